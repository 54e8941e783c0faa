"""The diagnostics of whether a recipe can do what it says: rows, limits, models, terms."""

from sofrito.problems.code import Code

_STEP = "steps:\n  - generate: answer\n    prompt: Tell me something about the sea.\n"
_MODEL = "models:\n  teacher: {model: local}\n"
_SERVER = "{backend: openai, base_url: 'http://localhost:8000/v1', model: qwen3-32b%s}\n"

SENSE: dict[str, Code] = {
    "SOF210": Code(
        title="An output format lacks a column it needs.",
        means="A format maps its fields to columns, and one of these is made by nothing.",
        why="The run would be paid for, and then not one row could be written.",
        wrong=f"{_STEP}output:\n  write: [{{messages: {{prompt: question, completion: answer}}}}]\n",
        instead="Name a column that exists, or add the step that makes it.",
        right="steps:\n  - generate: question\n    prompt: Ask me something about the sea.\n"
        '  - generate: answer\n    prompt: "{{ question }}"\n'
        "output:\n  write: [{messages: {prompt: question, completion: answer}}]\n",
    ),
    "SOF211": Code(
        title="The recipe cannot produce a row, or not as many as it says, or does not say how many.",
        means="`rows` is missing, or larger than what the seeds can give; axes and `exclude` leave no "
        "cell; a filter, or two of them together, let nothing pass; a condition is never true.",
        why="The teacher would be asked again and again, and every answer thrown away.",
        wrong=f"{_STEP}  - filter: answer\n"
        "    by: [{length: {words: [50, 90]}}, {length: {words: [5, 20]}}]\n",
        instead="Loosen one of the two that contradict each other; ask for fewer rows, or give more "
        "seeds.",
        right=f"{_STEP}  - filter: answer\n    by: [{{length: {{words: [5, 90]}}}}]\n",
    ),
    "SOF212": Code(
        title="Two parts of the recipe contradict each other.",
        means="Each of two keys makes sense alone, and together they do not: `items` without a "
        "list, a fan-out with `when`, an embedded model with a `base_url`, a `round` in which "
        "nothing grows.",
        why="One of the two would be ignored.",
        wrong="steps:\n  - generate: [question, answer]\n    prompt: Ask and answer about the sea.\n",
        instead="Keep the one that you mean, as the answer says.",
        right="steps:\n  - generate: [question, answer]\n    prompt: Ask and answer about the sea.\n"
        "    parse: json\n",
    ),
    "SOF213": Code(
        title="Nothing uses what is declared.",
        means="A model, seed pool, chain, axis or column is made, and no template, expression, "
        "filter or format looks at it. Or a rubric does not show what it judges or what is `given`, an "
        "operator not the text that it rewrites; or a column is written as the answer to another one, "
        "and its prompt does not read that.",
        why="An axis that no prompt mentions changes nothing, and a column that nobody reads costs "
        "calls; often it is a name that was forgotten in a template. A judge that sees no answer "
        "scores all the same.",
        wrong=f"axes:\n  tone: {{values: [calm, playful]}}\n{_STEP}",
        instead="Use it, or remove it.",
        right="axes:\n  tone: {values: [calm, playful]}\n"
        'steps:\n  - generate: answer\n    prompt: "Tell me of the sea in a {{ tone }} tone."\n',
    ),
    "SOF214": Code(
        title="Something that the recipe needs is not here: an environment variable, a price, cores.",
        means="The recipe itself is right; this machine lacks what a run of it will need. An error is "
        "`budget.usd` where a model's price is known neither from its `price` nor from the table of "
        "the extra `prices`.",
        why="A run would stop at the first call or before, or be slower than it need be.",
        wrong="models:\n  teacher: " + _SERVER % ", api_key: '${SOFRITO_EXAMPLE_KEY}'" + _STEP,
        instead="Set the variable, `export SOFRITO_EXAMPLE_KEY=...`, or do what the answer says.",
        right="models:\n  teacher: " + _SERVER % "" + _STEP,
    ),
    "SOF215": Code(
        title="A model is asked for what its backend cannot do.",
        means="Not every backend can score texts, weigh answers, write the user's turn, make "
        "vectors, or hold its answers to every schema.",
        why="Each call would be refused.",
        wrong=f"models:\n  teacher: {{backend: wordllama}}\n{_STEP}",
        instead="Ask a model of one of the backends that the answer names.",
        right=f"{_MODEL}{_STEP}",
    ),
    "SOF216": Code(
        title="The teacher's terms forbid training other models on its answers.",
        means="By what is known of its name, its server and its licence, the maker of the model "
        "does not allow that another model is trained on its outputs, or only one that does not "
        "compete.",
        why="It is better known before a dataset is made than after it is published. What is known "
        "here is a hint and no legal advice.",
        wrong="models:\n  teacher: {backend: openai, base_url: 'https://api.openai.com/v1', "
        f"model: gpt-4o-mini}}\n{_STEP}",
        instead="Take a teacher whose licence allows it; docs/teachers.md has a table. If you have "
        "read the terms and they allow what you do, say so and why: the reason goes into the "
        "manifest and the dataset card.",
        right="models:\n  teacher:\n    backend: openai\n    base_url: https://api.openai.com/v1\n"
        "    model: gpt-4o-mini\n    terms: {accepted-because: the rows test our own prompts and "
        f"train nothing}}\n{_STEP}",
    ),
    "SOF217": Code(
        title="A prompt and its answer do not fit into the model's context.",
        means="What is known of the longest prompt (the words of the templates, the shots, the seeds "
        "and axes that were looked at) and `max_tokens` together are more than `context`, the tokens "
        "that the model can see at once. A word counts as one token, which is the least it can be.",
        why="A call that does not fit is refused, and its row is lost.",
        wrong="models:\n  teacher: {model: local, context: 256}\n"
        f"{_STEP}    sampling: {{max_tokens: 400}}\n",
        instead="Raise `context` as far as the model allows, shorten the prompt, draw fewer shots, "
        "or lower `max_tokens`.",
        right="models:\n  teacher: {model: local, context: 1024}\n"
        f"{_STEP}    sampling: {{max_tokens: 400}}\n",
    ),
    "SOF218": Code(
        title="A value is used as what it is not.",
        means="What a step makes of a column, or a seed file has in it, is a text, a number, true or "
        "false, or a list, and an expression, a step or an output format takes it for another of "
        "these; or it is compared with a value that is none of its choices. Or a filter, test, method "
        "or macro is called with options that it does not take; a part that reads no column always fails; "
        "a column is null in rows that its step's `when` leaves out, and null will not do; a rubric "
        "prints the list of answers that it compares; a format writes a list, a record, or true or "
        "false as a text.",
        why="The expression would fail on every row, or come out the same for each of them.",
        wrong=f"{_STEP}    keep: answer > 20\n",
        instead="Say which number is meant, such as the length of a text; or let the step make "
        "another type: `parse: boolean`, or `schema` with `parse: json`.",
        right=f"{_STEP}    keep: answer | length > 20\n",
    ),
}
