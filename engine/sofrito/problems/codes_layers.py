"""The diagnostics of recipes that extend others, and of parameters."""

from sofrito.problems.code import Code

_ABOUT = '  - generate: answer\n    prompt: "Tell me something about {{ params.topic }}."\n'

LAYERS: dict[str, Code] = {
    "SOF230": Code(
        title="The recipe that this one extends cannot be found, or may not be read.",
        means="`extends` names no shipped recipe, no folder or file below this recipe's folder, and "
        "no folder beside it; or it leads further away, or back to this recipe.",
        why="Without the other recipe this one is only a part, and a recipe from a stranger must not "
        "read files that it does not bring along.",
        wrong="recipe: example\nextends: self-instuct\nrows: 10\n",
        instead="Correct the name: `sofrito recipes` lists those that are shipped. Elsewhere on this "
        "machine a recipe is read with `--allow-files`.",
        right="recipe: example\nextends: self-instruct\nrows: 10\n",
        whole=True,
    ),
    "SOF231": Code(
        title="A step is named that the recipe which is extended does not have.",
        means="Under `extends`, `steps` maps the names of that recipe's steps to what is other in them. "
        "A step is called by its `name`, or by its verb and columns, as in reports: `generate "
        "instruction`. A name that is not there is a new step, which needs a verb.",
        why="The change would change nothing.",
        wrong="recipe: example\nextends: self-instruct\nsteps:\n"
        "  generate instructions: {sampling: {temperature: 1}}\n",
        instead="Correct the name; or give a new step its verb, and its place by `before` or `after`.",
        right="recipe: example\nextends: self-instruct\nsteps:\n"
        "  generate instruction: {sampling: {temperature: 1}}\n",
        whole=True,
    ),
    "SOF232": Code(
        title="The parameter is not declared under `params`.",
        means="`${params.NAME}` or `--set NAME=VALUE` names a parameter that the recipe does not have.",
        why="The prompt would have a hole, or what was set would be ignored.",
        wrong=f"params: {{topic: the sea}}\nrows: ${{params.size}}\nsteps:\n{_ABOUT}",
        instead="Declare it with a default, `params: {size: 10}`, or correct its name. A text that "
        "shall have `${params.…}` in it as it stands writes `$${params.…}`.",
        right=f"params: {{topic: the sea, size: 10}}\nrows: ${{params.size}}\nsteps:\n{_ABOUT}",
    ),
    "SOF233": Code(
        title="A parameter has no value.",
        means="It is declared without a default, and nothing gives it a value.",
        why="Its author left it open for you to say: the recipe makes no sense without it.",
        wrong=f"params:\n  topic: {{type: string, doc: What to write about.}}\nsteps:\n{_ABOUT}",
        instead="Give it on the command line, `--set topic=volcanoes`; in a recipe that extends this "
        "one, `params: {topic: volcanoes}`; or give it a default.",
        right="params:\n  topic: {type: string, default: volcanoes, doc: What to write about.}\n"
        f"steps:\n{_ABOUT}",
    ),
    "SOF234": Code(
        title="A parameter is put into an expression as text, which is then read as code.",
        means="`${params.NAME}` is replaced by the value before anything reads the place where it "
        "stands. In an expression the text `tea` would be the name of a column, and `it's` a quote "
        "that is not closed.",
        why="What a user of the recipe gives would change what the expression says, or break it.",
        wrong="params: {least: 20}\nsteps:\n  - generate: answer\n"
        "    prompt: Tell me something about the sea.\n"
        "    keep: answer | length > ${params.least}\n",
        instead="Name it as a column is named, without dollar, braces and quotes: `params.least`.",
        right="params: {least: 20}\nsteps:\n  - generate: answer\n"
        "    prompt: Tell me something about the sea.\n"
        "    keep: answer | length > params.least\n",
    ),
}
