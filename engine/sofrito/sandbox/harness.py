"""The program inside every sandbox: it runs the job, and reports how it ended."""

import json
import secrets
from typing import Any

from sofrito.sandbox.job import OUTPUT, Ended, Job

HARNESS_VERSION = 1

# Runs under CPython 3.11 and later, inside and outside of WebAssembly, with nothing installed. What
# it reports follows a token that the program is not told: printing alone forges no report.
HARNESS = """
import io, json, os, sys, types

class TooMuch(BaseException):
    pass

class Printed(io.TextIOBase):
    left = %(output)d
    def writable(self):
        return True
    def write(self, text):
        Printed.left -= len(text)
        if Printed.left < 0:
            raise TooMuch("more than %(output)d characters were printed")
        return len(text)

def bound(asked):
    try:
        import resource
    except ImportError:
        return
    memory = asked["memory_mb"] << 20
    limits = (("AS", memory), ("DATA", memory), ("CPU", int(asked["seconds"]) + 1), ("FSIZE", 0),
              ("NOFILE", 16), ("NPROC", 0), ("CORE", 0))
    for name, most in limits:
        hard = most + (name == "CPU")  # the soft limit's signal tells what it was
        try:
            resource.setrlimit(getattr(resource, "RLIMIT_" + name), (most, hard))
        except (AttributeError, ValueError, OSError):
            pass

def place(error, texts):
    line, found, trace = 0, "", error.__traceback__
    if isinstance(error, SyntaxError) and error.filename in texts:
        return "%%s, line %%s: " %% (error.filename, error.lineno), ""
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name in texts:
            line, found = trace.tb_lineno, name
        trace = trace.tb_next
    if not found:
        return "", ""
    source = texts[found].splitlines()
    said = source[line - 1].strip()[:200] if 0 < line <= len(source) else ""
    return "%%s, line %%d: " %% (found, line), said

REASONS = ((TooMuch, "output"), (MemoryError, "memory"), (SystemExit, "exit"),
           (AssertionError, "assertion"), (SyntaxError, "syntax"), (BaseException, "exception"))

def ended(error, texts):
    reason = next(reason for kind, reason in REASONS if isinstance(error, kind))
    try:
        said = str(error)[:200]
        where, line = place(error, texts)
    except BaseException:
        said = where = line = ""
    name = type(error).__name__[:80]
    words = line if reason == "assertion" and line and not said else name + (said and ": " + said)
    return {"reason": reason, "detail": where + words}

def main():
    asked = json.loads(sys.stdin.buffer.read())
    token, write, leave, dumps = asked["token"], os.write, os._exit, json.dumps
    texts = {"program": asked["program"], "tests": asked["tests"]}
    space = types.ModuleType("solution")
    sys.modules["solution"] = space
    bound(asked)
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), Printed(), Printed()
    report = {"reason": "", "detail": ""}
    try:
        for name, text in texts.items():
            exec(compile(text, name, "exec"), space.__dict__)
    except BaseException as error:
        report = ended(error, texts)
    write(1, ("\\n" + token + dumps(report) + "\\n").encode())
    leave(0)

main()
""" % {"output": OUTPUT}  # noqa: UP031 - the program is full of braces


def asked(job: Job) -> tuple[bytes, str]:
    """Return what the harness reads, and the token before its report."""
    token = secrets.token_hex(16)
    said: dict[str, Any] = {
        "program": job.program,
        "tests": job.tests,
        "seconds": job.seconds,
        "memory_mb": job.memory_mb,
        "token": token,
    }
    return json.dumps(said).encode(), token


def _plain(text: str) -> str:
    """Return a text without the halves of characters, which no file can hold."""
    return text.encode("utf-8", "replace").decode()


def reported(printed: bytes, token: str) -> Ended | None:
    """Return what the harness reported at the end of what was printed; None where it did not."""
    _, found, after = printed.rpartition(f"\n{token}".encode())
    try:
        said = json.loads(after) if found else None
        return None if said is None else Ended(_plain(said["reason"]), _plain(said["detail"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
