"""The Hugging Face hub: what can go wrong there, in the words of who wrote `hub:`."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager

from sofrito.problems import Trouble


def needs_hub(text: str, extra: str) -> None:
    """Raise Trouble where the package is not installed; ``extra`` brings it."""
    if importlib.util.find_spec("huggingface_hub") is None:
        raise Trouble(
            f"`hub: {text}` needs the package huggingface_hub, which is not installed.",
            f"Install it: pip install 'sofrito[{extra}]'",
        )


@contextmanager
def fetching(text: str, repo: str, *, otherwise: str) -> Iterator[None]:
    """Turn what a download raises into Trouble; ``otherwise`` is what to do without a network."""
    from huggingface_hub import errors as hub

    try:
        yield
    except hub.GatedRepoError as e:
        fix = f"Accept its terms at https://huggingface.co/{repo} and log in: hf auth login"
        raise Trouble(f"`hub: {text}`: the repository is gated.", fix) from e
    except hub.RepositoryNotFoundError as e:
        fix = "Check the name; a private repository needs `hf auth login`."
        raise Trouble(f"`hub: {text}`: there is no repository {repo}.", fix) from e
    except hub.EntryNotFoundError as e:
        if isinstance(e, hub.LocalEntryNotFoundError):
            raise _offline(text, e, otherwise) from e
        fix = f"See https://huggingface.co/{repo}/tree/main for the files it has."
        raise Trouble(f"`hub: {text}`: the repository has no such file.", fix) from e
    except Exception as e:
        raise _offline(text, e, otherwise) from e


def _offline(text: str, error: Exception, otherwise: str) -> Trouble:
    return Trouble(
        f"`hub: {text}` is not on this machine and cannot be downloaded ({type(error).__name__}).",
        f"Check the network (HF_HUB_OFFLINE must not be set), {otherwise}.",
    )
