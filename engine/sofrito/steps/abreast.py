"""Works that go on side by side, each as soon as all have the replies that they wait for."""

from collections.abc import Generator, Sequence
from typing import Any, TypeVar

from sofrito.steps.work import Request

T = TypeVar("T")
Asking = Generator[list[Request], list[Any], T]


def abreast(works: Sequence[Asking[T]]) -> Asking[list[T]]:
    """Ask together what each of several works asks, and return what they return, in their order."""
    done: dict[int, T] = {}
    replies: dict[int, list[Any] | None] = dict.fromkeys(range(len(works)))
    while replies:
        wanted: dict[int, list[Request]] = {}
        for at, reply in replies.items():
            try:
                wanted[at] = works[at].send(reply)  # type: ignore[arg-type]
            except StopIteration as stop:
                done[at] = stop.value
        replies = {}
        if wanted:
            told = iter((yield [request for requests in wanted.values() for request in requests]))
            replies = {at: [next(told) for _ in requests] for at, requests in wanted.items()}
    return [done[at] for at in range(len(works))]
