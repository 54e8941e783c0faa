"""The command line: the only part that prints."""

import gc
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from tempfile import NamedTemporaryFile

import click

from sofrito import __version__
from sofrito.cli.pipe import let_go, reader_may_leave
from sofrito.problems import RecipeError, Trouble

DONE, FELL_SHORT, WRONG_RECIPE, OUR_BUG, INTERRUPTED = 0, 1, 2, 3, 130

COMMANDS = {
    "new": "Begin a recipe: a commented folder that validates and runs.",
    "validate": "Check a recipe; needs no model, no network and no key.",
    "explain": "Explain a diagnostic code, such as SOF201, with an example.",
    "plan": "Tell what a run would do: calls, tokens, money, time, coverage, prompts.",
    "run": "Make the dataset of a recipe, or go on where a run stopped.",
    "show": "Show a run, or one of its rows with its whole story.",
    "recipes": "List the recipes that come with Sofrito.",
    "models": "List the models on this machine, add one, try one.",
    "doctor": "Say what is installed, what is missing, and which models are found.",
    "fmt": "Lay a recipe out: order of keys, indentation; comments stay.",
    "diff": "Say what two recipes do differently, and which calls are reused.",
    "migrate": "Rewrite a recipe of an older version of the language.",
    "schema": "Print the JSON Schema of recipes, for editors.",
}


class _Commands(click.Group):
    """Imports a command when it is called, so that each starts as fast as it can."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"sofrito.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from sofrito.problems import did_you_mean

            near = did_you_mean(args[0], COMMANDS, otherwise="`sofrito --help` lists the commands.")
            raise click.UsageError(f"There is no command `{args[0]}`. {near}", ctx) from error

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; one whose output nobody reads to its end is done, which click calls a failure."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            let_go()
            raise click.exceptions.Exit(DONE) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sofrito")
def cli() -> None:
    """A YAML recipe in, a training dataset for language models out."""


def invoke(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code: 0 done, 1 fell short, 2 wrong recipe, 3 our bug."""
    # https://no-color.org: any value but an empty one
    colour = False if os.environ.get("NO_COLOR") else None
    with click.Context(cli, color=colour).scope(cleanup=False):
        return _invoke(arguments, colour)


def _invoke(arguments: Sequence[str], colour: bool | None) -> int:
    try:
        code = cli.main(list(arguments), "sofrito", standalone_mode=False, color=colour)
    except RecipeError as error:
        from sofrito.cli.problems import echo_problems

        with reader_may_leave():
            echo_problems(error.problems)
        return WRONG_RECIPE
    except click.ClickException as error:
        with reader_may_leave():
            error.show()
        return error.exit_code
    except Trouble as error:
        with reader_may_leave():
            click.echo(f"{click.style('sofrito:', fg='red', bold=True)} {error.what}", err=True)
            if error.fix:
                click.echo(error.fix, err=True)
        return FELL_SHORT
    except (KeyboardInterrupt, click.Abort):
        with reader_may_leave():
            click.echo("Interrupted. Run the same command again to go on.", err=True)
        return INTERRUPTED
    except Exception as error:
        return _bug(arguments, error)
    return code if isinstance(code, int) else DONE


def _bug(arguments: Sequence[str], error: Exception) -> int:
    from sofrito.recipe.plugins import to_blame

    package = to_blame(error)
    command = arguments[0] if arguments else ""  # not the values: --set may hold a secret
    text = f"sofrito {__version__}\n{command}\n{traceback.format_exc()}"
    last = text.strip().splitlines()[-1]
    whose = f"the package {package.who}" if package else "ours"
    click.echo(f"sofrito: a bug of {whose}: {last}", err=True)
    try:
        with NamedTemporaryFile(
            "w", encoding="utf-8", prefix="sofrito-error-", suffix=".log", delete=False
        ) as log:
            log.write(text)
        to = " to its authors" if package else ""
        click.echo(f"Please report it{to} with {log.name}.", err=True)
    except OSError:
        click.echo(text, err=True)
    return OUR_BUG


def main() -> None:
    """Run the command line of this process.

    Nothing of what is imported becomes garbage; looking for it at the start and again at the end
    would take a quarter of the time of a `sofrito validate`. Nor is every installed package asked
    whether it has a plugin for pydantic.
    """
    gc.disable()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    code = invoke(sys.argv[1:])
    gc.freeze()
    sys.exit(code)
