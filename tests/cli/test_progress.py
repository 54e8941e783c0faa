from rich.console import Console

from sofrito.cli.progress import PlainLines, acceptance, display, duration, pace, rows_of
from sofrito.run.progress import Progress, StepProgress

PROGRESS = Progress(
    accepted=12,
    wanted=48,
    candidates=20,
    inflight=3,
    elapsed=10.0,
    left=95.0,
    asked=30,
    replayed=4,
    prompt_tokens=900,
    completion_tokens=450,
    steps=(StepProgress("generate question", 20, 50), StepProgress("filter question", 50, 12)),
    retrying="teacher: overloaded, try 2",
)


def test_the_display_tells_rows_pace_and_acceptance_by_step() -> None:
    console = Console(width=140, record=True, file=open("/dev/null", "w", encoding="utf-8"))  # noqa: SIM115, PTH123
    with console.file:
        console.print(display("tea", PROGRESS))
        lines = [line.rstrip() for line in console.export_text().splitlines()]
    assert lines[0].endswith(
        "12 of 48 rows 27 calls done, 3 running, 4 taken from the journal, 45 tokens/s, "
        "about 1 min 35 s left"
    )
    assert lines[1:] == [
        "  generate question  20 in  50 out  2.5 of each",
        "  filter question    50 in  12 out  24%",
        "  trying again: teacher: overloaded, try 2",
    ]


def test_the_pace_says_only_what_is_known() -> None:
    from dataclasses import replace

    early = replace(PROGRESS, replayed=0, completion_tokens=0, left=None)
    assert pace(early) == "27 calls done, 3 running"
    assert pace(replace(early, inflight=0, asked=1)) == "1 call"
    assert rows_of(replace(PROGRESS, wanted=1)) == "row"
    assert rows_of(replace(PROGRESS, wanted=None, accepted=0)) == "rows"
    assert acceptance(StepProgress("x", 0, 0)) == ""


def test_an_interrupted_run_says_what_it_waits_for() -> None:
    from dataclasses import replace

    console = Console(width=120, record=True, file=open("/dev/null", "w", encoding="utf-8"))  # noqa: SIM115, PTH123
    with console.file:
        console.print(display("tea", replace(PROGRESS, stopping="stopping: for 2 calls")))
        assert console.export_text().splitlines()[-1].rstrip() == "  stopping: for 2 calls"


def test_durations() -> None:
    assert [duration(s) for s in (0.4, 59, 60, 3599, 7325)] == [
        "0 s",
        "59 s",
        "1 min 0 s",
        "59 min 59 s",
        "2 h 2 min",
    ]


def test_plain_lines_come_often_at_first_and_seldom_later() -> None:
    from dataclasses import replace

    lines = PlainLines("tea", 100.0)
    told = []
    for second in range(2000):
        progress = replace(PROGRESS, elapsed=float(second), asked=30 + second)
        told += [second for _ in lines.due(progress, 100.0 + second)]
    assert told[:12] == [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 112, 125]
    assert told[-3:] == [1820, 1880, 1940]


def test_a_plain_line_says_how_far_it_is_and_that_it_stops_at_once() -> None:
    from dataclasses import replace

    lines = PlainLines("tea", 0.0)
    assert [*lines.due(PROGRESS, 9.0)] == []
    assert [*lines.due(PROGRESS, 10.0)] == [
        "tea: 12 of 48 rows, 27 calls done, 3 running, 4 taken from the journal, 45 tokens/s, "
        "about 1 min 35 s left"
    ]
    stopping = replace(PROGRESS, stopping="stopping: for 2 calls")
    assert [*lines.due(stopping, 11.0)] == ["tea: stopping: for 2 calls"]
    assert [*lines.due(stopping, 12.0)] == []


def test_a_plain_line_without_news_comes_once_a_minute() -> None:
    lines = PlainLines("tea", 0.0)
    told = [second for second in range(200) for _ in lines.due(PROGRESS, float(second))]
    assert told == [10, 70, 130, 190]
