"""The diagnostics of a recipe's file: whether it is there, is text, is YAML."""

from itertools import pairwise

from sofrito.problems.code import Code

_BOMB = "tags: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"k{number}: &{name} [{', '.join([f'*{of}'] * 10)}]\n"
    for number, (of, name) in enumerate(pairwise("abcdef"))
)

FILE: dict[str, Code] = {
    "SOF001": Code(
        title="The recipe's file cannot be read.",
        means="There is no such file, it is no regular file, or you may not read it. A folder is "
        "taken for the `recipe.yaml` in it.",
        why="Nothing can be checked without it.",
        instead="Check the path that you gave; `sofrito recipes` lists the recipes that come along "
        "and can be used by name.",
    ),
    "SOF002": Code(
        title="The file is not YAML.",
        means="A bracket or quote is not closed, a line is indented to where nothing is, or a text "
        "has `: ` or ` #` in it and no quotes.",
        why="Where the lines belong is not clear, so nothing is guessed: the rest of the file is "
        "looked at only where the sense of the line is beyond doubt.",
        wrong="title: [bootstrap, physics\n",
        instead="Mend the line that the answer points at. When in doubt, put a text in double "
        "quotes.",
        right='title: "[bootstrap, physics]"\n',
    ),
    "SOF003": Code(
        title="A key appears twice in one mapping; YAML would silently keep one of them.",
        means="The same key stands twice at the same level.",
        why="Most readers of YAML keep the last one and say nothing: half of what you wrote would "
        "be lost.",
        wrong="rows: 50\nrows: 500\n",
        instead="Keep the one that you mean. Two of a kind (models, axes, seed pools) are entries "
        "with different names below one key.",
        right="rows: 500\n",
    ),
    "SOF004": Code(
        title="The file is empty, or its top level is not a mapping of keys.",
        means="A recipe is a mapping: `recipe:`, `steps:`, `output:` and more keys, each at the "
        "beginning of a line.",
        why="A list of steps alone says neither what the dataset is called nor what is written.",
        wrong="- generate: answer\n  prompt: Tell me something about the sea.\n",
        instead="Begin with `recipe: NAME` and put the steps below `steps:`.",
        right="recipe: example\nrows: 10\nsteps:\n  - generate: answer\n"
        "    prompt: Tell me something about the sea.\noutput: {write: [raw]}\n",
        whole=True,
    ),
    "SOF005": Code(
        title="The file is not UTF-8 text.",
        means="A byte or a character in it is none that a YAML text may have: it was saved in an old "
        "encoding or as UTF-16, or is no text at all.",
        why="Read in the wrong encoding, every accent would turn into another letter, in your "
        "prompts and in your dataset.",
        wrong="title: Café\n",
        instead="Save the file as UTF-8; every editor can. The example was saved in Windows' old "
        "encoding.",
        right="title: Café au lait\n",
        encoding="cp1252",
    ),
    "SOF006": Code(
        title="YAML indents with spaces; a tab is not allowed there.",
        means="A line begins with a tab.",
        why="How deep a line stands says what it belongs to, and a tab has no certain width.",
        wrong="budget:\n\tcalls: 500\n",
        instead="Replace each tab by two spaces.",
        right="budget:\n  calls: 500\n",
    ),
    "SOF007": Code(
        title="The file is larger, deeper or, its aliases expanded, longer than a recipe can need.",
        means="A file of more than 10 MB, of more than 100,000 values, or nested without end; "
        "aliases (`*name`) count as often as they are used.",
        why="A few lines of aliases of aliases can stand for billions of values and fill any "
        "memory: such files are made to do harm.",
        wrong=_BOMB,
        instead="Keep rows in a seed file (`seeds: {tasks: {file: tasks.jsonl}}`), which has no such "
        "limit.",
        right="tags: &tags [sft, physics]\n",
    ),
    "SOF008": Code(
        title="YAML read this value as something other than what was written (yes/no, a date, 007).",
        means="`yes`, `on`, `007` and `1_000` mean different things to different readers of YAML. "
        "Here they are the text that was written, and nothing else.",
        why="Norway's country code `NO` has become `false` in many a dataset.",
        wrong="title: yes\n",
        instead="Write `true` or `false` where one is meant; put a text in quotes.",
        right='title: "yes"\n',
    ),
    "SOF010": Code(
        title="The file has invisible characters: it reads otherwise than it is.",
        means="A mark that turns the direction of writing around, or letters that no screen shows, "
        "stand in the recipe or in one of its templates.",
        why="What a person reads and what the teacher is sent are then two texts: a shared recipe "
        "could ask for something else than it seems to.",
        wrong='title: "\u202eitsni fles\u202c"\n',
        instead="Delete them. Where text from right to left stands by itself, it needs none.",
        right='title: "self instruct"\n',
    ),
    "SOF009": Code(
        title="The file uses a part of YAML that recipes do not have: tags, a second document.",
        means="A word that begins with `!` is a tag to YAML, and `---` begins a second document.",
        why="Tags can make a reader of YAML run code; recipes come from strangers and are data.",
        wrong="title: !important Questions about the sea\n",
        instead="Remove it, or put the whole value in double quotes.",
        right='title: "!important Questions about the sea"\n',
    ),
}
