"""Whether calls fit the functions that they call."""

from collections.abc import Mapping, Sequence
from typing import Any

from sofrito.steps.json_schema import JsonSchema, read_json
from sofrito.steps.verify_found import Found, failed

_PARAMETERS = ("parameters", "input_schema", "inputSchema")
_ARGUMENTS = ("arguments", "input", "parameters")
_ANY: Mapping[str, Any] = {"type": "object"}


def called(value: Any, tools: Any) -> Found:
    """Return what is found of calls, one or a list, of the functions in ``tools``.

    A function is {name, parameters}, a call {name, arguments}, either maybe within `function`, as
    servers have it; arguments may be a JSON text.
    """
    calls, why = read_json(value)
    if why:
        return failed("not JSON", why)
    known = functions_of(tools)
    if not known:
        return failed("no tools", "there is no function to call")
    several = list(calls) if isinstance(calls, list | tuple) else [calls]
    if not several:
        return failed("no calls")
    faults = (_fault(one, known) for one in several)
    numbered = ((number, fault) for number, fault in enumerate(faults, 1) if fault)
    number, fault = next(numbered, (0, None))
    if fault is None:
        return Found()
    return failed(fault[0], f"call {number}: {fault[1]}")


def functions_of(tools: Any) -> dict[str, Mapping[str, Any] | bool]:
    """Return the schema of each function's arguments, by its name."""
    read, _ = read_json(tools)
    listed: Sequence[Any] = read if isinstance(read, list | tuple) else [read]
    inner = (_inner(one) for one in listed)
    return {
        one["name"]: next((one[key] for key in _PARAMETERS if one.get(key) is not None), _ANY)
        for one in inner
        if isinstance(one.get("name"), str)
    }


def _inner(one: Any) -> Mapping[str, Any]:
    function = one.get("function") if isinstance(one, Mapping) else None
    if isinstance(function, Mapping):
        return function
    return one if isinstance(one, Mapping) else {}


def _fault(call: Any, known: Mapping[str, Mapping[str, Any] | bool]) -> tuple[str, str] | None:
    """Return what is wrong with a call, as a class and in words."""
    inner = _inner(call)
    name = inner.get("name")
    if not isinstance(name, str):
        return "no call", "it names no function"
    if name not in known:
        return "unknown function", f"there is no function `{name[:80]}`"
    said: Any = next((inner[key] for key in _ARGUMENTS if inner.get(key) is not None), {})
    arguments, why = read_json(said)
    if why:
        return "arguments", f"`{name}`: the arguments are not JSON"
    schema = JsonSchema(known[name])
    if schema.fault:
        return "schema", f"`{name}`: {schema.fault}"
    misfit = schema.misfit(arguments)
    return ("arguments", f"`{name}`: {misfit}") if misfit else None
