"""Programs in processes of this machine: the harness and the bounds; and bubblewrap where it is."""

import asyncio
import os
import shutil
import socket
from collections.abc import Mapping

import pytest
from programs import FORGERIES, FORKS, HARMLESS, hostile, job

from sofrito.problems import Trouble
from sofrito.sandbox import Ended
from sofrito.sandbox.native import ALLOWED, NativeRunner, bwrap_runner, may_mount, unsafe_runner

YES = {ALLOWED: "1"}


def ended(runner: NativeRunner, cases: Mapping[str, tuple[str, str, str]]) -> dict[str, Ended]:
    async def go() -> list[Ended]:
        jobs = (job(*case) for case in cases.values())
        return list(await asyncio.gather(*map(runner.run, jobs)))

    return dict(zip(cases, asyncio.run(go()), strict=True))


def reasons(cases: Mapping[str, tuple[str, str, str]]) -> dict[str, str]:
    return {name: reason for name, (_, _, reason) in cases.items()}


def test_a_bare_process_has_the_same_ends() -> None:
    found = ended(unsafe_runner(YES), HARMLESS | FORGERIES)
    assert {name: one.reason for name, one in found.items()} == reasons(HARMLESS | FORGERIES)


def test_it_wants_the_users_word() -> None:
    for environ in ({}, {ALLOWED: "0"}):
        with pytest.raises(Trouble) as trouble:
            unsafe_runner(environ)
        assert f"export {ALLOWED}=1" in trouble.value.fix


def test_bubblewrap_has_the_same_ends() -> None:
    if shutil.which("bwrap") is None:
        with pytest.raises(Trouble):
            bwrap_runner()
        pytest.skip("bwrap is not installed")
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = hostile(server.getsockname()[1])
        kept |= FORKS if os.geteuid() != 0 or may_mount() else {}
        found = ended(bwrap_runner(), HARMLESS | FORGERIES | kept)
    assert {name: one.reason for name, one in found.items()} == reasons(HARMLESS | FORGERIES | kept)


def test_a_wrapper_that_cannot_run_is_trouble_and_no_failed_program() -> None:
    with pytest.raises(Trouble) as trouble:
        ended(NativeRunner("bwrap", ("false",)), {"right": HARMLESS["right"]})
    said = "`runner: bwrap` runs no Python on this machine (the program left with status 1)."
    assert trouble.value.what == said
