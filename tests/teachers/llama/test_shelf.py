"""Sequences and cells: what is shared, what waits, what is kept, and that no cell is miscounted."""

import itertools
import random
import struct

import pytest

from sofrito.teachers.llama.shelf import BYTES, SPARE, WORTH, Copy, Cut, Placed, Shelf, Wait, common


def packed(*tokens: int) -> bytes:
    return struct.pack(f"<{len(tokens)}i", *tokens)


LONG = packed(*range(100))


def read(shelf: Shelf, placed: Placed, prompt: bytes, more: bytes = b"") -> None:
    shelf.decoded(placed.sequence, prompt[placed.shared * BYTES :] + more)


def place(shelf: Shelf, prompt: bytes, limit: int = 10) -> Placed:
    placed = shelf.place(prompt, len(prompt) // BYTES - 1, limit)
    assert isinstance(placed, Placed), placed
    return placed


@pytest.mark.parametrize(
    ("a", "b", "n"),
    [
        (packed(), packed(1), 0),
        (packed(1, 2, 3), packed(1, 2, 3), 3),
        (packed(1, 2, 3), packed(1, 2, 4, 5), 2),
        (packed(256), packed(1), 0),  # bytes in common are not tokens in common
    ],
)
def test_what_two_prompts_have_in_common(a: bytes, b: bytes, n: int) -> None:
    assert (common(a, b), common(b, a)) == (n, n)


def test_a_beginning_that_is_there_is_copied() -> None:
    shelf = Shelf(4, 1000, parallel=2)
    first = place(shelf, LONG + packed(7))
    read(shelf, first, LONG + packed(7))
    assert (first.shared, shelf.used) == (0, 101)
    second = place(shelf, LONG + packed(8, 9))
    assert (second.shared, second.sequence != first.sequence) == (100, True)
    assert shelf.orders == [Copy(first.sequence, second.sequence, 100)]
    read(shelf, second, LONG + packed(8, 9))
    assert shelf.used == 103


def test_a_beginning_that_is_being_read_is_waited_for() -> None:
    shelf = Shelf(4, 1000, parallel=2)
    first = place(shelf, LONG + packed(7))
    wait = shelf.place(LONG + packed(8), 100, 10)
    assert wait == Wait(first.sequence, 100)
    shelf.decoded(first.sequence, LONG[: 99 * BYTES])
    assert shelf.still(wait)
    shelf.decoded(first.sequence, packed(99))
    assert not shelf.still(wait)
    assert place(shelf, LONG + packed(8)).shared == 100


def test_a_few_tokens_are_not_worth_waiting_for() -> None:
    shelf = Shelf(4, 1000, parallel=2)
    beginning = LONG[: (WORTH - 1) * BYTES]
    place(shelf, beginning + packed(501))
    assert place(shelf, beginning + packed(502)).shared == 0


def test_the_last_token_of_a_prompt_is_always_decoded() -> None:
    shelf = Shelf(4, 1000, parallel=2)
    read(shelf, place(shelf, LONG), LONG)
    assert place(shelf, LONG).shared == 99


def test_there_is_no_room_beyond_the_cells_and_the_answers_at_once() -> None:
    shelf = Shelf(4, 250, parallel=2)
    place(shelf, LONG, limit=100)
    assert shelf.place(packed(*range(500, 560)), 59, 0) == Wait()
    place(shelf, packed(*range(500, 540)))
    assert shelf.place(packed(1), 0, 1) == Wait()


def test_what_was_shared_is_kept_and_what_was_not_is_forgotten() -> None:
    shelf = Shelf(6, 4000, parallel=2)
    ends = [packed(*range(1000 * k, 1000 * k + SPARE + 1)) for k in (1, 2, 3)]
    first, second = place(shelf, LONG + ends[0]), place(shelf, ends[2])
    read(shelf, first, LONG + ends[0])
    read(shelf, second, ends[2])
    shelf.release(second.sequence)
    assert shelf.used == 100 + SPARE + 1  # nobody shared the second one
    third = place(shelf, LONG + ends[1])
    read(shelf, third, LONG + ends[1])
    shelf.release(first.sequence)
    shelf.release(third.sequence)
    assert shelf.used == 100
    assert place(shelf, LONG + packed(1)).shared == 100


def test_what_waiting_prompts_begin_with_is_kept() -> None:
    shelf = Shelf(6, 4000, parallel=2)
    prompt = packed(*range(600))
    one = place(shelf, prompt)
    read(shelf, one, prompt)
    shelf.release(one.sequence, [packed(*range(400), 7)])
    assert shelf.used == 400


def test_a_conversation_that_goes_on_finds_its_answer_read() -> None:
    shelf = Shelf(6, 4000, parallel=4)
    one = place(shelf, LONG)
    read(shelf, one, LONG, packed(301, 302))
    shelf.release(one.sequence)
    assert place(shelf, LONG + packed(301, 302, 303)).shared == 102


def test_one_at_a_time_uses_its_one_sequence_again_in_whole_pieces() -> None:
    shelf = Shelf(1, 1000, parallel=1, grid=32)
    read(shelf, place(shelf, LONG), LONG, packed(500))
    shelf.release(0)
    assert shelf.orders == [Cut(0, 96)]
    shelf.orders.clear()
    assert place(shelf, LONG[: 80 * BYTES] + packed(*range(600, 640))).shared == 64
    assert shelf.orders == [Cut(0, 64)]


def test_one_at_a_time_reads_its_own_answer_again() -> None:
    shelf = Shelf(1, 1000, parallel=1, grid=32)
    written = packed(*range(500, 600))
    read(shelf, place(shelf, LONG, limit=100), LONG, written)
    shelf.release(0)
    assert place(shelf, LONG + written + packed(7)).shared == 96


def test_what_a_failed_decoding_leaves_is_forgotten() -> None:
    shelf = Shelf(3, 200, parallel=2)
    place(shelf, LONG, limit=90)
    shelf.clear()
    assert (shelf.live, shelf.used) == (0, 0)
    assert shelf.orders == [Cut(0, 0), Cut(1, 0), Cut(2, 0)]
    assert place(shelf, LONG, limit=90).shared == 0


def test_a_model_with_a_state_shares_nothing() -> None:
    shelf = Shelf(4, 1000, parallel=2, grid=0)
    read(shelf, place(shelf, LONG), LONG)
    assert place(shelf, LONG).shared == 0


class Cache:
    """What llama.cpp would hold: cells by sequence, each with the token it was decoded for."""

    def __init__(self, sequences: int) -> None:
        self.cells: list[list[tuple[int, int]]] = [[] for _ in range(sequences)]
        self.fresh = itertools.count()

    def order(self, shelf: Shelf) -> None:
        for one in shelf.orders:
            if isinstance(one, Copy):
                assert not self.cells[one.target]
                self.cells[one.target] = self.cells[one.source][: one.length]
                assert len(self.cells[one.target]) == one.length
            else:
                del self.cells[one.sequence][one.length :]
        shelf.orders.clear()

    def decode(self, sequence: int, tokens: list[int]) -> None:
        self.cells[sequence] += [(next(self.fresh), token) for token in tokens]

    @property
    def used(self) -> int:
        return len({cell for held in self.cells for cell in held})


@pytest.mark.parametrize("seed", range(60))
def test_whatever_comes_every_job_finds_its_tokens_and_no_cell_is_miscounted(seed: int) -> None:
    luck = random.Random(seed)
    parallel = luck.choice([1, 2, 5])
    sequences = 1 if parallel == 1 else parallel + luck.randrange(1, 4)
    cells = luck.choice([120, 200, 1000])
    shelf = Shelf(sequences, cells, parallel=parallel, grid=luck.choice([1, 1, 4]))
    cache, live, done = Cache(sequences), {}, 0
    trunks = [[luck.randrange(5) for _ in range(60)] for _ in range(3)]
    waiting: list[tuple[list[int], int]] = []
    for _ in range(400):
        if len(waiting) < 4:
            trunk = luck.choice(trunks)[: luck.randrange(61)]
            tail = [luck.randrange(5) for _ in range(luck.randrange(1, 20))]
            waiting.append(([*trunk, *tail], luck.randrange(1, 30)))
        prompt, limit = waiting[0]
        placed = shelf.place(packed(*prompt), len(prompt) - 1, limit)
        if isinstance(placed, Placed):
            cache.order(shelf)
            held = [token for _, token in cache.cells[placed.sequence]]
            assert held == prompt[: placed.shared]
            live[placed.sequence] = ([*prompt, *(luck.randrange(5) for _ in range(limit))], 0)
            waiting.pop(0)
        for sequence, (tokens, _) in list(live.items()):
            at = len(cache.cells[sequence])
            some = tokens[at : at + luck.randrange(1, 30)]
            cache.decode(sequence, some)
            shelf.decoded(sequence, packed(*some))
            assert cache.used == shelf.used <= cells
            if len(cache.cells[sequence]) == len(tokens) or luck.random() < 0.02:
                del live[sequence]
                shelf.release(sequence, [packed(*p) for p, _ in waiting])
                cache.order(shelf)
                assert cache.used == shelf.used
                done += 1
    assert done > 20
