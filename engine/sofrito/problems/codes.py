"""Every diagnostic code, with the sentence that explains it; a code is never reused."""

CODES: dict[str, str] = {
    # the file
    "SOF001": "The recipe's file cannot be read.",
    "SOF002": "The file is not YAML.",
    "SOF003": "A key appears twice in one mapping; YAML would silently keep one of them.",
    "SOF004": "The file is empty, or its top level is not a mapping of keys.",
    "SOF005": "The file is not UTF-8 text.",
    "SOF006": "YAML indents with spaces; a tab is not allowed there.",
    "SOF007": "The file is larger, deeper or, its aliases expanded, longer than a recipe can need.",
    "SOF008": "YAML read this value as something other than what was written (yes/no, a date, 007).",
    "SOF009": "The file uses a part of YAML that recipes do not have: tags, a second document.",
    # the structure
    "SOF101": "The key is not known here.",
    "SOF102": "A required key is missing.",
    "SOF103": "The value has the wrong type.",
    "SOF104": "The value is not one of those allowed, or is out of range.",
    "SOF105": "A step has no verb, two verbs, or one that does not exist.",
    "SOF106": "The filter does not exist.",
    "SOF107": "The output format does not exist.",
    # the meaning
    "SOF201": "A template or expression uses a name that nothing before it makes.",
    "SOF202": "A file that the recipe names is missing or out of its folder.",
    "SOF203": "The model is not declared under `models`.",
    "SOF204": "The seed pool is not declared under `seeds`.",
    "SOF205": "The filter chain is not declared under `chains`.",
    "SOF206": "Two makers for one name: a column, axis, seed column or record already has it.",
    "SOF207": "A template cannot be parsed.",
    "SOF208": "An expression cannot be parsed.",
    "SOF209": "A seed file has a line that cannot be read.",
    "SOF210": "An output format lacks a column it needs.",
    "SOF211": "The recipe cannot produce a row, or does not say how many.",
    "SOF212": "Two parts of a step contradict each other.",
    "SOF213": "Nothing uses what is declared.",
    "SOF214": "Something that the recipe needs is not here: an environment variable, a price, enough cores.",
    "SOF215": "A model is asked for what its backend cannot do.",
}
