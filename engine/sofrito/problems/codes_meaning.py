"""The diagnostics of what a recipe says: names, files, models, pools, chains."""

from sofrito.problems.code import Code

_ASK = "  - generate: answer\n    prompt: "
_SEA = "Tell me something about the sea.\n"
_STEP = f"steps:\n{_ASK}{_SEA}"
_MODEL = "models:\n  teacher: {model: local}\n"
_FROM = "seeds:\n  tasks: {rows: [{question: Why is the sea salty?}]}\nfrom: tasks\n"

NAMES: dict[str, Code] = {
    "SOF201": Code(
        title="A template or expression uses a name that nothing before it makes.",
        means="A prompt, `when`, `keep` or a filter reads a column that no axis, seed or earlier "
        "step makes; a record is asked for a field that it does not have; a template uses a filter, "
        "test or macro that does not exist.",
        why="Rendered, it would be an empty gap in every prompt, and the teacher would answer "
        "something else than you meant to ask.",
        wrong=f'{_FROM}steps:\n{_ASK}"{{{{ qestion }}}}"\n',
        instead="Take the name that the answer suggests. If a later step makes it, move this one "
        "below that step. For a value that may be missing, write `{{ name | default('') }}`.",
        right=f'{_FROM}steps:\n{_ASK}"{{{{ question }}}}"\n',
    ),
    "SOF202": Code(
        title="A file that the recipe names is missing or out of its folder.",
        means="There is no such seed file, axis file or template, or it is not below the recipe's "
        "folder: an absolute path, `..`, a link that leads out.",
        why="A recipe from somebody else must not be able to read your files and send them to a "
        "server.",
        wrong=f"steps:\n{_ASK}prompts/answer.j2\n",
        instead="Correct the path, which counts from the recipe's folder, or copy the file there. "
        "For a recipe that you trust, `--allow-files` lifts the bound.",
        right=_STEP,
    ),
    "SOF203": Code(
        title="The model is not declared under `models`.",
        means="A step or filter asks a model by a name that is not there, or asks no certain one "
        "where there are several and none is called `teacher`.",
        why="Who answers decides what the dataset is like, and what it costs.",
        wrong=f"{_MODEL}{_STEP}    model: techer\n",
        instead="Declare the model, correct its name, or call one of them `teacher`: steps that name "
        "none ask that one.",
        right=f"{_MODEL}{_STEP}    model: teacher\n",
    ),
    "SOF204": Code(
        title="The seed pool is not declared under `seeds`.",
        means="`from`, a step's shots, `grow` or a filter name a pool that is not there.",
        why="There are no rows to start with, or to draw.",
        wrong="from: tasks\n",
        instead="Declare the pool under `seeds`, or correct its name.",
        right=_FROM + f'steps:\n{_ASK}"{{{{ question }}}}"\n',
    ),
    "SOF205": Code(
        title="The filter chain is not declared under `chains`.",
        means="`chain: NAME` names a chain that is not there, or a chain contains itself.",
        why="Rows that you wanted to drop would stay, or the filters would never end.",
        wrong=f"{_STEP}  - filter: answer\n    by: [{{chain: tidy}}]\n",
        instead="Declare the chain under `chains`, correct its name, or end the circle.",
        right="chains:\n  tidy: [{length: {words: [5, 90]}}]\n"
        f"{_STEP}  - filter: answer\n    by: [{{chain: tidy}}]\n",
    ),
    "SOF206": Code(
        title="Two makers for one name: a column, axis, seed column or record already has it.",
        means="Templates see axes, seed columns and the columns of steps under plain names, all in "
        "one place, and each name has one maker. Only `set` may change a column. Names that the "
        "templates have themselves, such as `loop`, `none` and `params`, are taken as well.",
        why="Which of the two a prompt means would depend on the order of steps, and one of them "
        "would be lost.",
        wrong=f'{_FROM}steps:\n  - generate: question\n    prompt: "{{{{ question }}}} Why?"\n',
        instead="Rename one of the two.",
        right=f'{_FROM}steps:\n  - generate: answer\n    prompt: "{{{{ question }}}} Why?"\n',
    ),
    "SOF207": Code(
        title="A template cannot be parsed.",
        means="The template (Jinja) has a bracket, quote or block that is not closed, a tag that "
        "does not exist, includes itself, or is one word: neither a file nor a text with a column. A "
        "column in single braces is a warning: it would be sent as it stands.",
        why="No prompt could be made of it.",
        wrong=f'{_FROM}steps:\n{_ASK}"Answer briefly: {{{{ question }}"\n',
        instead="Mend it where the answer points. A template file ends in `.j2`; a column stands "
        "in double braces: `{{ question }}`.",
        right=f'{_FROM}steps:\n{_ASK}"Answer briefly: {{{{ question }}}}"\n',
    ),
    "SOF208": Code(
        title="An expression cannot be parsed.",
        means="`when`, `keep`, `where`, `to` and `exclude` are expressions: Jinja without braces, "
        "such as `score >= 4 and answer != ''`.",
        why="Whether a row is kept could not be told.",
        wrong=f"{_STEP}    keep: answer && true\n",
        instead="Write `and`, `or`, `not`, `==`; leave the braces out; put the whole expression in "
        "double quotes where YAML cannot read it bare.",
        right=f"{_STEP}    keep: answer and true\n",
    ),
    "SOF209": Code(
        title="Something in a seed pool cannot be read or used.",
        means="A line is no JSON; a row lacks a column that `columns` declares, or has another type "
        "there; a file has no rows. As warnings: a file that is empty or cannot be read is left out "
        "where there are others; a column's name is none that a template can name; a declared column "
        "is null in every row; a row has a key that no other has, where all others have one it lacks.",
        why="A seed row that is skipped silently is missing from the dataset, and nobody knows; nor "
        "that a column comes to nothing.",
        wrong="seeds:\n  tasks:\n    rows: [{question: Why is the sea salty?}, {qestion: Why?}]\n"
        "    columns: {question: string}\n"
        f'from: tasks\nsteps:\n{_ASK}"{{{{ question }}}}"\n',
        instead="Correct the line that the answer points at; a `?` behind a column's type lets it be "
        "missing or null. A column is named by letters, digits and `_`, no digit first: rename "
        "another in the file.",
        right="seeds:\n  tasks:\n    rows: [{question: Why is the sea salty?}, {question: Why?}]\n"
        "    columns: {question: string}\n"
        f'from: tasks\nsteps:\n{_ASK}"{{{{ question }}}}"\n',
    ),
}
