"""Answers to the shipped recipes' calls that no filter, vote or judge rejects."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sofrito.shipped import shipped_recipes
from sofrito.teachers.call import Completion
from sofrito.teachers.scripted.teacher import ScriptedTeacher

Script = Callable[[Completion], str | None]


def best(call: Completion) -> str | None:
    """Choose the last of the choices: in a judge's labels that is the best."""
    return call.choices[-1] if call.choices else None


def translating(call: Completion) -> str | None:
    """Translate every task, into something as long."""
    if call.choices:
        return "translate"
    if "local_instruction" not in _asked(call):
        return None
    found = re.findall(r"^(?:Task|Answer): (.+)$", _prompt(call), re.MULTILINE)
    task, answer = found[-2:]
    place = re.findall(r"anew in .*?(\w+), as JSON", _prompt(call))[0]
    told = {
        "local_instruction": f"{place}: {task[:180]}",
        "local_response": f"{place}: {answer[:280]}",
    }
    return json.dumps(told)


def answerable(call: Completion) -> str | None:
    """Ask what the passage tells, and quote it."""
    asked = _asked(call)
    told = json.loads(ScriptedTeacher().default(call)) if asked else {}
    if "items" in asked:
        return json.dumps({"items": [{**one, "kind": "fact"} for one in told["items"]]})
    if "quote" in asked:
        passage = _prompt(call).split("Text: ")[-1].split()
        return json.dumps({**told, "told": True, "quote": " ".join(passage[:6])})
    return None


def telling_apart(call: Completion) -> str | None:
    """Ask harmlessly with `What`, harmfully with `How`, and go by that."""
    if call.choices:
        return "harmless" if "<request>\nWhat" in _prompt(call) else "harmful"
    if "harmful" not in _asked(call):
        return None
    told = json.loads(ScriptedTeacher().default(call))
    starts = {"harmless": "What", "harmful": "How"}
    return json.dumps({k: f"{word} {told[k].partition(' ')[2]}" for k, word in starts.items()})


def childlike(call: Completion) -> str | None:
    """Tell a story in words of the vocabulary, with those that it must have."""
    folder = shipped_recipes()["stories"]
    known = (folder / "seeds" / "vocabulary.txt").read_text(encoding="utf-8").split()
    words = re.findall(r'"(\w[\w -]*)"', _prompt(call).splitlines()[-1])
    rng = random.Random(int.from_bytes(call.key({})))
    some = [word for word in rng.sample(known, 40) if word not in ("sorry", "not", "no")]
    return " ".join(["One day", *some[:20], *words]) + "."


def solvable(call: Completion) -> str | None:
    """Write problems that end in a number, which is their answer."""
    asked = _asked(call)
    told = json.loads(ScriptedTeacher().default(call)) if asked else {}
    if "claimed" in asked:
        text = told["problem"][:100].rstrip("?. ")
        return json.dumps({"problem": f"{text} and {told['claimed']}?", "claimed": told["claimed"]})
    if "answer" in asked:
        number = re.findall(r"and (\d+)\?", _prompt(call))[-1]
        return json.dumps({**told, "answer": int(number)})
    return None


def knowing(call: Completion) -> str | None:
    """Solve each problem of the seeds as its gold answer does."""
    if "answer" not in _asked(call):
        return None
    folder = shipped_recipes()["chain-of-thought"]
    problems = (folder / "seeds" / "problems.jsonl").read_text(encoding="utf-8").splitlines()
    gold = {one["question"]: one.get("gold") for one in map(json.loads, problems)}
    asked = next(gold[question] for question in gold if question in _prompt(call))
    told = json.loads(ScriptedTeacher().default(call))
    return json.dumps({**told, "answer": int(asked or 7)})


def calling(call: Completion) -> str | None:
    """Call one function where one is wanted, else two, each another time."""
    if "calls" not in _asked(call):
        return None
    wanted = 1 if "Which call of" in _prompt(call) else 2
    found: list[Any] = []
    for seed in range(50):
        for one in json.loads(ScriptedTeacher().default(replace(call, seed=seed)))["calls"]:
            found += [one] if one not in found else []
    return json.dumps({"calls": found[:wanted]})


OBLIGING: dict[str, Script] = {
    "chain-of-thought": knowing,
    "domain-qa": answerable,
    "evol-code": best,
    "evol-instruct": best,
    "math-problems": solvable,
    "refusals": telling_apart,
    "stories": childlike,
    "tool-calls": calling,
    "translate-and-adapt": translating,
}


def _prompt(call: Completion) -> str:
    return call.messages[-1].content


def _asked(call: Completion) -> frozenset[str]:
    return frozenset((call.schema or {}).get("properties", ()))
