"""Writes conversations in the form of the ShareGPT data set."""

from typing import Any, ClassVar

from sofrito.formats.base import Type, Values
from sofrito.formats.messages import Messages

_FROM = {"user": "human", "assistant": "gpt"}


class Sharegpt(Messages):
    """Writes `{"conversations": [{"from": "human", "value": ...}, ...]}`.

    The options are those of `messages`; `user` is written as `human`, `assistant` as `gpt`.
    """

    format: ClassVar[str] = "sharegpt"

    def shape(self) -> dict[str, Type]:
        """A list of turns."""
        return {"conversations": [{"from": "string", "value": "string"}]}

    def record(self, values: Values) -> dict[str, Any]:
        """Return the row as a conversation."""
        said = super().record(values)["messages"]
        turns = [
            {"from": _FROM.get(one["role"], one["role"]), "value": one["content"]} for one in said
        ]
        return {"conversations": turns}
