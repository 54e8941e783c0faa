"""Runs programs with this machine's Python: in a bubblewrap of namespaces, or bare and unsafe."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sofrito.problems import Trouble
from sofrito.sandbox.control import controlled
from sofrito.sandbox.harness import HARNESS, HARNESS_VERSION, asked, reported
from sofrito.sandbox.job import OUTPUT, Ended, Job
from sofrito.sandbox.workers import cores

_GRACE = 2.0
"""Seconds in which Python begins; those of the program are kept in there, by an alarm."""

_NOTHING = Job("import decimal", "", 30.0, 256)  # a module that lies in a file of its own
_SYSTEM = ("/usr", "/bin", "/lib", "/lib64")


class NativeRunner:
    """Runs each program in a process of its own, ended with all that it started.

    ``wrapper`` is the command that keeps it in; nothing but limits of the process does without one.
    ``before`` is Python that runs in there before all else.
    """

    def __init__(self, name: str, wrapper: Sequence[str] = (), before: str = "") -> None:
        self.identity: Mapping[str, Any] = {
            "runner": name,
            "harness": HARNESS_VERSION,
            "python": ".".join(map(str, sys.version_info[:3])),
        }
        self.concurrency = cores()
        self._command = (*wrapper, sys.executable, "-I", "-S", "-c", before + HARNESS)
        self._room = asyncio.Semaphore(self.concurrency)
        self._name, self._tried = name, not wrapper
        self._trying = asyncio.Lock()

    async def run(self, job: Job) -> Ended:
        """Run a program and its tests, and what passes once more.

        Raises Trouble where the wrapper cannot run Python at all.
        """
        async with self._trying:
            if not self._tried:
                await self._try()
        return await controlled(job, self._once)

    async def _once(self, job: Job, probed: bool) -> Ended:
        stdin, token = asked(job, probed=probed)
        async with self._room:
            with tempfile.TemporaryDirectory(prefix="sofrito-", ignore_cleanup_errors=True) as home:
                process = await self._started(home)
                try:
                    async with asyncio.timeout(job.seconds + _GRACE):
                        printed = await _exchanged(process, stdin)
                except TimeoutError:
                    return Ended("time", f"stopped after {job.seconds:g} s")
                finally:
                    await _end(process)
        if printed is None:
            return Ended("output", f"more than {OUTPUT:,} bytes were printed")
        report = reported(printed, token)
        return report or _unreported(process.returncode or 0, job)

    async def close(self) -> None:
        """Nothing outlives a run."""

    async def _try(self) -> None:
        """Run nothing: a wrapper that the machine does not allow would fail every program."""
        ended = await self._once(_NOTHING, False)
        if ended.reason:
            what = f"`runner: {self._name}` runs no Python on this machine ({ended.detail})."
            fix = "Allow namespaces there, or leave `runner` out: wasm."
            raise Trouble(what, fix)
        self._tried = True

    async def _started(self, home: str) -> Process:
        try:
            return await asyncio.create_subprocess_exec(
                *self._command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                cwd=home,
                env={},
                start_new_session=True,
            )
        except OSError as error:
            what = f"No process can be started: {error.strerror or error}."
            raise Trouble(what, "Close some programs and run the same command again.") from error


ALLOWED = "SOFRITO_ALLOW_UNSAFE"


def unsafe_runner(environ: Mapping[str, str] = os.environ) -> NativeRunner:
    """Return the runner that keeps no program from anything: for programs that are trusted.

    Raises Trouble where the environment does not allow it: a recipe comes from a stranger, and its
    word is not enough.
    """
    if environ.get(ALLOWED) != "1":
        what = "`runner: unsafe` lets programs do to this machine whatever they like."
        fix = f"Leave `runner` out, or, if you trust each of the programs: export {ALLOWED}=1"
        raise Trouble(what, fix)
    return NativeRunner("unsafe")


def bwrap_runner() -> NativeRunner:
    """Return the runner that shows programs a read-only Python and nothing else, by bubblewrap (Linux).

    There is no /proc, in which root could set the machine. Programs cannot start others: the kernel
    counts the processes of each user, but for root. So where the user is root, programs run as
    another one; a user namespace alone would not do, for in it root is counted as root, whatever its
    number. Only root of a container that may not mount has nothing else: there programs can start
    others, which end with them. Raises Trouble where `bwrap` is not installed.
    """
    found = shutil.which("bwrap")
    if found is None:
        what = "`runner: bwrap` needs the program bwrap, which is not installed."
        raise Trouble(what, "Install bubblewrap (Linux only), or leave `runner` out: wasm.")
    kept = dict.fromkeys(
        (*_SYSTEM, sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parents[1]))
    )
    shown = (word for place in kept for word in ("--ro-bind-try", place, place))
    root = os.geteuid() == 0 and may_mount()
    wrapper = (found, *(_BY_ROOT if root else _BY_OTHERS), *_WRAPPED, *_parents(kept), *shown)
    return NativeRunner("bwrap", (*wrapper, "--chdir", "/tmp"), _LEAVE_ROOT if root else "")


def _parents(places: Iterable[str]) -> list[str]:
    """Return the options that make the folders around places; by itself bwrap makes them root's own."""
    folders = {folder for place in places for folder in Path(place).parents[:-1]}
    return [word for folder in sorted(folders) for word in ("--dir", str(folder))]


def may_mount() -> bool:
    """Say whether this process has the capability CAP_SYS_ADMIN, as root has outside of containers."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    effective = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(effective.split()[1], 16) >> _SYS_ADMIN & 1)


_SYS_ADMIN = 21
_NOBODY = 65534
_LEAVE_ROOT = f"""
import os
os.setgroups([])
os.setresgid({_NOBODY}, {_NOBODY}, {_NOBODY})
os.setresuid({_NOBODY}, {_NOBODY}, {_NOBODY})
"""
_BY_OTHERS = ("--unshare-all", "--cap-drop", "ALL")
# In a user namespace there would be no other user to become. All capabilities go with the user.
_BY_ROOT = (
    "--unshare-ipc",
    "--unshare-pid",
    "--unshare-net",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--cap-drop",
    "ALL",
    "--cap-add",
    "CAP_SETUID",
    "--cap-add",
    "CAP_SETGID",
)
_WRAPPED = (
    "--die-with-parent",
    "--new-session",
    "--clearenv",
    "--dev",
    "/dev",
    "--tmpfs",
    "/tmp",
)


async def _exchanged(process: Process, stdin: bytes) -> bytes | None:
    """Return what the process prints till its end, None where that is too much."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(OSError):
        process.stdin.write(stdin)
        await process.stdin.drain()
        process.stdin.close()
    printed = bytearray()
    while chunk := await process.stdout.read(1 << 16):
        printed += chunk
        if len(printed) > 2 * OUTPUT:
            return None
    await process.wait()
    return bytes(printed)


async def _end(process: Process) -> None:
    """End the process and its children; what left its session dies with bwrap's namespace alone.

    The process has ended for asyncio when its pipes have as well: what is still in them is read.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(ProcessLookupError):
        process.kill()
    process.stdin.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(_GRACE):
            while await process.stdout.read(1 << 16):
                pass
            await process.wait()


def _unreported(status: int, job: Job) -> Ended:
    ended_by = -status if status < 0 else status - 128  # a wrapper adds 128, as shells do
    if ended_by in (signal.SIGALRM, signal.SIGXCPU):
        return Ended("time", f"stopped after {job.seconds:g} s")
    if ended_by > 0:
        return Ended("crash", f"the program was ended by signal {ended_by}")
    return Ended("exit", f"the program left with status {status}")
