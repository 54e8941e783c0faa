import datetime
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from runs import environment

from sofrito.problems import Trouble
from sofrito.prompts import Render, Templates, wire
from sofrito.prompts.process import Process
from sofrito.recipe.expressions import ExpressionError
from sofrito.recipe.sources import TemplateSources

NOWHERE = TemplateSources(Path("/nowhere"), shared=Path("/nowhere"))
# Two lists that are no more than sixty small ones, and whose comparison takes 2 to the 30 steps,
# all of them within one operation of Python's.
ENDLESS = (
    "{% set a = [1] %}{% set b = [1] %}"
    + "{% set a = [a, a] %}{% set b = [b, b] %}" * 40
    + "{{ a == b }}"
)


@pytest.fixture
def process() -> Any:
    process = Process(seconds=1)
    yield process
    process.close()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(pid: int, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not alive(pid)


def test_values_of_every_kind_arrive_as_they_are(process: Process) -> None:
    values = {
        "text": "é \0 \u202e",
        "day": datetime.date(2026, 2, 3),
        "large": 2**70,
        "nested": {"a": [1, None, True, 1.5, {"b": "c"}]},
    }
    template = "{{ text }}|{{ day.year }}|{{ large }}|{{ nested.a }}"
    (apart,) = Templates(NOWHERE, process).render([Render(template, values)])
    (here,) = Templates(NOWHERE, None).render([Render(template, values)])
    assert (
        apart == here == "é \0 \u202e|2026|1180591620717411303424|[1, None, True, 1.5, {'b': 'c'}]"
    )


@pytest.mark.parametrize("apart", [True, False])
def test_half_a_character_fails_the_row(process: Process, apart: bool) -> None:
    """No teacher, no journal and no file could take it."""
    (error,) = Templates(NOWHERE, process if apart else None).render(
        [Render('{{ "\\ud800" }}', {})]
    )
    assert isinstance(error, ExpressionError)
    assert error.words == "it writes half of a character (a lone surrogate)"


def test_many_are_rendered_in_order(process: Process) -> None:
    requests = [Render("{{ n }}" if n % 3 else "{{ nobody }}", {"n": n}) for n in range(100)]
    texts = Templates(NOWHERE, process).render(requests)
    assert [text if isinstance(text, str) else "" for text in texts] == [
        str(n) if n % 3 else "" for n in range(100)
    ]


def test_recipes_do_not_see_each_other_s_templates(process: Process, tmp_path: Path) -> None:
    several = []
    for n in range(12):
        folder = tmp_path / str(n)
        folder.mkdir()
        (folder / "a.j2").write_text("{% include 'b.j2' %}")
        (folder / "b.j2").write_text(f"{n}")
        several.append(Templates(TemplateSources(folder, shared=folder), process))
    for _ in range(2):
        said = [templates.render([Render("a.j2", {})])[0] for templates in several]
        assert said == [str(n) for n in range(12)]


def test_what_takes_too_long_stops_the_run_and_is_named(process: Process) -> None:
    requests = [Render("{{ n }}", {"n": n}) for n in range(5)]
    requests[3] = Render(ENDLESS, {})
    with pytest.raises(Trouble) as trouble:
        Templates(NOWHERE, process).render(requests, lambda at: f"row {at}")
    assert trouble.value.what == (
        f"The template `{ENDLESS[:59]}…` takes longer than 1 second for row 3."
    )
    assert trouble.value.fix == "Look for loops in loops over long lists."
    assert Templates(NOWHERE, process).render([Render("still here", {})]) == ["still here"]


def test_what_takes_too_much_memory_stops_the_run_and_is_named() -> None:
    process = Process(megabytes=16)
    template = "{% set a = text * 900000 %}" + "".join(
        f"{{% set a{n} = a ~ '{n}' %}}" for n in range(8)
    )
    requests = [
        Render("{{ text }}", {"text": "\U0001f600"}),
        Render(template, {"text": "\U0001f600"}),
    ]
    with pytest.raises(Trouble) as trouble:
        Templates(NOWHERE, process).render(requests, lambda at: f"row {at}")
    assert trouble.value.what.endswith(
        "… needs more than 16 MB of memory for row 1.".replace("… ", "` ")
    )
    process.close()


def test_one_that_was_killed_is_replaced(process: Process) -> None:
    templates = Templates(NOWHERE, process)
    templates.render([Render("a", {})])
    first = process.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert templates.render([Render("b", {}), Render("c", {})]) == ["b", "c"]
    assert process.pid != first


@pytest.mark.parametrize("seconds", [0.05, 0.3])
def test_one_that_is_killed_at_work_is_replaced_and_the_work_done_again(seconds: float) -> None:
    """The kernel may kill it for the memory that others take."""
    process = Process()
    templates = Templates(NOWHERE, process)
    templates.render([Render("a", {})])
    first = process.pid
    assert first is not None
    killer = threading.Timer(seconds, os.kill, (first, signal.SIGKILL))
    killer.start()
    loops = "{% for i in text %}{{ i | upper }}{% endfor %}"
    requests = [Render(loops, {"text": f"{n}" * 150_000}) for n in range(4)]
    texts = [text for one in requests for text in templates.render([one])]
    killer.join()
    assert texts == [f"{n}" * 150_000 for n in range(4)]
    process.close()


def test_one_that_ends_again_and_again_stops_the_run(process: Process) -> None:
    def kill(_: str, __: str | None) -> tuple[str, str | None]:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        return "a.j2", "text"

    class Killing(Templates):
        def _template(self, name: str, parent: str | None) -> tuple[str, str | None]:
            return kill(name, parent)

    with pytest.raises(Trouble) as trouble:
        Killing(NOWHERE, process).render([Render("a.j2", {})], lambda _: "row 7")
    assert trouble.value.what == "The template `a.j2` needs more than 128 MB of memory for row 7."
    assert Templates(NOWHERE, process).render([Render("still here", {})]) == ["still here"]


def test_threads_share_it(process: Process) -> None:
    templates = Templates(NOWHERE, process)

    def rendered(n: int) -> list[str | ExpressionError]:
        return templates.render([Render("{{ n }} {{ text }}", {"n": n, "text": "x" * 100_000})])

    with ThreadPoolExecutor(8) as pool:
        texts = [*pool.map(rendered, range(60))]
    assert texts == [[f"{n} " + "x" * 100_000] for n in range(60)]


def test_after_memory_ran_out_the_next_one_is_rendered() -> None:
    process = Process(megabytes=16)
    templates = Templates(NOWHERE, process)
    much = "".join(f"{{% set a{n} = text * 900000 ~ {n} %}}" for n in range(8))
    for _ in range(2):
        with pytest.raises(Trouble, match="needs more than 16 MB"):
            templates.render([Render(much, {"text": "\U0001f600"})])
        assert templates.render([Render("still here", {})]) == ["still here"]
    process.close()


FORKED = """
import json, os, sys, threading
from pathlib import Path
from sofrito.prompts import Render, Templates
from sofrito.prompts.process import PROCESS
from sofrito.recipe.sources import TemplateSources

templates = Templates(TemplateSources(Path("/nowhere"), shared=Path("/nowhere")))
templates.render([Render("a", {})])
first = PROCESS.pid
slow = "{% for i in text %}{{ i | upper }}{% endfor %}"
started = threading.Event()
texts = []

def busy():
    started.set()
    texts.extend(templates.render([Render(slow, {"text": "x" * 200_000})]))

def told(name):
    made = templates.render([Render("{{ name }}", {"name": name})])
    return [made, PROCESS.pid]

thread = threading.Thread(target=busy)
if sys.argv[1] == "at work":
    thread.start()
    started.wait()
read, write = os.pipe()
child = os.fork()
if child == 0:
    inherited = PROCESS.pid
    os.write(write, json.dumps([inherited, *told("child")]).encode())
    PROCESS.close()
    os._exit(0)
if sys.argv[1] == "at work":
    thread.join()
_, status = os.waitpid(child, 0)
mine = told("parent")
print(json.dumps([first, json.loads(os.read(read, 10_000)), mine, status, texts == ["X" * 200_000]]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
@pytest.mark.parametrize("when", ["idle", "at work"])
def test_what_is_forked_has_a_process_of_its_own(when: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKED, when], capture_output=True, check=True, env=environment()
    )
    first, (inherited, child, pid), parent, status, whole = json.loads(done.stdout)
    assert (inherited, child, parent, status) == (None, ["child"], [["parent"], first], 0)
    assert pid != first
    assert whole == (when == "at work")
    assert done.stderr == b""
    assert gone(first)
    assert gone(pid)


def test_it_is_gone_when_it_is_closed(process: Process) -> None:
    Templates(NOWHERE, process).render([Render("a", {})])
    pid = process.pid
    assert pid is not None
    assert alive(pid)
    process.close()
    assert not alive(pid)
    assert process.pid is None


PARENT = """
import signal, sys, time
from pathlib import Path
from sofrito.prompts import Render, Templates
from sofrito.prompts.process import PROCESS
from sofrito.recipe.sources import TemplateSources
templates = Templates(TemplateSources(Path("/nowhere"), shared=Path("/nowhere")))
templates.render([Render("a", {})])
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it
try:
    print(PROCESS.pid, flush=True)
    if sys.argv[1:]:
        templates.render([Render(sys.argv[1], {})])
    time.sleep(60)
except KeyboardInterrupt:
    print(templates.render([Render("still here", {})]), flush=True)
"""


def parent(*arguments: str) -> tuple[subprocess.Popen[str], int]:
    started = subprocess.Popen(
        [sys.executable, "-c", PARENT, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
        start_new_session=True,
    )
    assert started.stdout is not None
    return started, int(started.stdout.readline())


@pytest.mark.parametrize("arguments", [(), (ENDLESS,)], ids=["idle", "at work"])
def test_it_ends_with_its_parent_even_if_that_is_killed(arguments: tuple[str, ...]) -> None:
    started, pid = parent(*arguments)
    started.kill()
    started.communicate()
    assert gone(pid, 60)


def test_an_interrupt_is_its_parent_s_business() -> None:
    started, pid = parent()
    os.killpg(started.pid, signal.SIGINT)
    os.kill(pid, signal.SIGINT)
    said, _ = started.communicate()
    assert (said, started.returncode) == ("['still here']\n", 0)
    assert gone(pid)


def test_it_has_no_environment_and_opens_no_files(process: Process) -> None:
    Templates(NOWHERE, process).render([Render("a", {})])
    proc = Path(f"/proc/{process.pid}")
    if not proc.exists():
        pytest.skip("there is no /proc here")
    assert (proc / "environ").read_bytes() == b""
    assert sorted(one.name for one in (proc / "fd").iterdir()) == ["0", "1", "2"]
    limits = (proc / "limits").read_text()
    assert [line.split()[3:5] for line in limits.splitlines() if line.startswith("Max open")] == [
        ["3", "3"]
    ]


def test_it_imports_little() -> None:
    code = (
        "import sys, sofrito.prompts.worker; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment()
    )
    heavy = {"pydantic", "numpy", "llama_cpp", "orjson", "ruamel", "asyncio", "aiohttp", "rich"}
    assert heavy & set(done.stdout.split()) == set()


@pytest.mark.parametrize(
    "payload",
    [b"", b"\x01", b"\xff" * 8, b"\x01" + b"\0" * 15, b"\x01" + b"\0" * 7 + b"\x09" + b"\0" * 7],
)
def test_the_parent_trusts_no_answer(payload: bytes) -> None:
    good = wire.joined([(True, "a"), (False, "é"), (True, "")])
    assert wire.split(good) == [(True, "a"), (False, "é"), (True, "")]
    if payload == b"\x01" + b"\0" * 15:
        assert wire.split(payload) == [(True, "")]
        return
    with pytest.raises(ValueError, match=r"too short|of another length"):
        wire.split(payload)


def test_without_a_process_it_is_rendered_here() -> None:
    templates = Templates(NOWHERE, None)
    one, other = templates.render([Render("{{ a }}", {"a": 1}), Render("{{ a }}", {"b": 1})])
    assert one == "1"
    assert isinstance(other, ExpressionError)
    assert other.words == "'a' is undefined"
