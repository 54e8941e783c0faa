"""The diagnostics of a recipe's structure: keys, types, verbs, filters, formats."""

from sofrito.problems.code import Code

STRUCTURE: dict[str, Code] = {
    "SOF101": Code(
        title="The key is not known here.",
        means="The mapping has no such key: it is misspelt, or belongs to another verb or one level "
        "deeper.",
        why="A key that is silently ignored is the costliest kind of slip: the run goes on without "
        "what you asked for.",
        wrong="steps:\n  - generate: answer\n    prompt: Tell me something about the sea.\n"
        "    temperature: 0.7\n",
        instead="Take the key that the answer suggests; docs/recipe.md lists all of them, and an "
        "editor with the recipes' JSON Schema completes them.",
        right="steps:\n  - generate: answer\n    prompt: Tell me something about the sea.\n"
        "    sampling: {temperature: 0.7}\n",
    ),
    "SOF102": Code(
        title="A required key is missing.",
        means="A recipe, a step, a filter, a model or a seed pool lacks what it cannot do without.",
        why="What should be asked, or looked at, is not said anywhere.",
        wrong="steps:\n  - generate: answer\n    sampling: {temperature: 0.7}\n",
        instead="Add the key that the answer names.",
        right="steps:\n  - generate: answer\n    prompt: Tell me something about the sea.\n"
        "    sampling: {temperature: 0.7}\n",
    ),
    "SOF103": Code(
        title="The value has the wrong type.",
        means="A text stands where a number, a list or a mapping is needed, or the other way round; "
        "or a key has no value at all.",
        why="What was meant cannot be told, and guessing it would make other data than you wanted.",
        wrong="rows: many\n",
        instead="Write a value of the type that the answer names. A list is written in brackets, a "
        "mapping in braces or as indented lines.",
        right="rows: 500\n",
    ),
    "SOF104": Code(
        title="The value is not one of those allowed, or is out of range.",
        means="The type is right, but not the value: no such choice, a number too small or too "
        "large, a name that is none, a list too short.",
        why="It would fail when the run first needs it, perhaps after hours.",
        wrong="steps:\n  - generate: answer\n    prompt: Tell me something about the sea.\n"
        "    sampling: {top_p: 70}\n",
        instead="Take one of the values that the answer names.",
        right="steps:\n  - generate: answer\n    prompt: Tell me something about the sea.\n"
        "    sampling: {top_p: 0.7}\n",
    ),
    "SOF105": Code(
        title="A step has no verb, two verbs, or one that does not exist.",
        means="A step is a mapping with exactly one verb as a key (`generate`, `filter`, ...), "
        "whose value is what the step is about.",
        why="The verb says what happens to a row; with two it would not be clear what happens "
        "first.",
        wrong="steps:\n  - genrate: answer\n    prompt: Tell me something about the sea.\n",
        instead="Begin each step with one verb, and begin a step of its own for each verb.",
        right="steps:\n  - generate: answer\n    prompt: Tell me something about the sea.\n",
    ),
    "SOF106": Code(
        title="The filter does not exist.",
        means="An entry of `by` or of `chains` is a filter's name, or its name with its options, and "
        "there is none of this name.",
        why="Rows that you wanted to drop would stay.",
        wrong="steps:\n  - generate: answer\n    prompt: Tell me something about the sea.\n"
        "  - filter: answer\n    by: [{lenght: {words: [5, 90]}}]\n",
        instead="Take the name that the answer suggests, or one of those it lists.",
        right="steps:\n  - generate: answer\n    prompt: Tell me something about the sea.\n"
        "  - filter: answer\n    by: [{length: {words: [5, 90]}}]\n",
    ),
    "SOF107": Code(
        title="The output format does not exist.",
        means="An entry of `write` is a format's name, or its name with its options, and there is "
        "none of this name.",
        why="There would be nothing to train on at the end of the run.",
        wrong="output: {write: [rows]}\n",
        instead="Take the name that the answer suggests, or one of those it lists.",
        right="output: {write: [raw]}\n",
    ),
    "SOF108": Code(
        title="The recipe is written in another version of the language.",
        means="It says `sofrito: N` with a version that is older or newer than the one that is read "
        "here, or it uses a key as an older version spelt it.",
        why="An old spelling that was silently ignored, or guessed at, would make other data than "
        "you wanted.",
        wrong="models: {teacher: {backend: openai, base_url: http://localhost:8000/v1, model: qwen3-32b,"
        " timeout: 300}}\n",
        instead="Run `sofrito migrate` on the file: it rewrites what is spelt otherwise now and "
        "leaves the rest of the file, comments included, as it is. For a newer version, upgrade "
        "Sofrito.",
        right="models: {teacher: {backend: openai, base_url: http://localhost:8000/v1, model: qwen3-32b,"
        " timeout_seconds: 300}}\n",
    ),
}
