"""The program inside every sandbox: it runs the job, and reports how it ended."""

import json
import secrets
from typing import Any

from sofrito.sandbox.job import OUTPUT, Ended, Job

HARNESS_VERSION = 3

# Runs under CPython 3.11 and later, inside and outside of WebAssembly, with nothing installed. The
# program shares its interpreter, and could change whatever it finds there. So the harness has
# built-ins of its own, gives others to the tests, has both texts compiled before either runs, and
# takes from the standard input what precedes its report when all is over. That is no wall:
# `sofrito.sandbox.control` finds out what gets over it.
_BODY = """
import io, json, os, signal, sys, time, types, builtins

class TooMuch(BaseException):
    pass

class Forged(BaseException):
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

def alarmed(seconds):
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # which ends the program
        signal.setitimer(signal.ITIMER_REAL, seconds)
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

REASONS = ((TooMuch, "output"), (Forged, "forged"), (MemoryError, "memory"), (SystemExit, "exit"),
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
    return reason, where + words

def another(value):
    if type(value) in (list, tuple) and value:
        return type(value)(map(another, value))
    if type(value) is dict and value:
        return {key: another(one) for key, one in value.items()}
    if type(value) is bool:
        return not value
    if type(value) in (int, float):
        return value + 1 if value + 1 != value else -value
    return value + "." if type(value) is str else object()

def same(left, right):
    found = left == right
    try:
        anything = found and (left == another(right) or another(left) == right)
    except Exception:
        anything = False
    if anything:
        raise Forged("what it returns equals anything")
    return found

def unlike(left, right):
    found = left != right
    try:
        anything = not found and not (left != another(right) and another(left) != right)
    except Exception:
        anything = False
    if anything:
        raise Forged("what it returns differs from nothing")
    return found

def within(left, right):
    found = left in right
    if found and type(right) in (list, tuple):
        try:
            one = right[right.index(left)]
        except Exception:
            return found
        same(left, one)
    return found

PROBES = {"Eq": same, "NotEq": unlike, "In": within, "NotIn": lambda *two: not within(*two)}

def probing(text):
    import ast
    class Probe(ast.NodeTransformer):
        def visit_Compare(self, node):
            self.generic_visit(node)
            kind = type(node.ops[0]).__name__
            if len(node.ops) > 1 or kind not in PROBES:
                return node
            name = ast.Name("__%%s__" %% kind, ast.Load())
            return ast.copy_location(ast.Call(name, [node.left, node.comparators[0]], []), node)
    return ast.fix_missing_locations(Probe().visit(ast.parse(text, "tests")))

def taken(size, read=os.read):
    found = b""
    while len(found) < size and (piece := read(0, size - len(found))):
        found += piece
    return found

def main():
    asked = json.loads(taken(int(taken(12))))
    write, leave, run, clock = os.write, os._exit, exec, time.monotonic
    texts = {"program": asked["program"], "tests": asked["tests"]}
    probed, ours = asked["probed"], dict(vars(builtins))
    ours.update(("__%%s__" %% kind, probe) for kind, probe in PROBES.items())
    space = types.ModuleType("solution")
    names, sys.modules["solution"] = vars(space), space
    seconds = asked["seconds"]
    bound(asked)
    alarmed(seconds)
    del asked
    sys.stdin = sys.__stdin__ = io.StringIO()
    sys.stdout, sys.stderr = Printed(), Printed()
    sys.settrace = sys.setprofile = lambda *_: None  # a trace can jump over lines
    report, began = ("", ""), clock()
    try:
        program = compile(texts["program"], "program", "exec", 0, True)
        tests = probing(texts["tests"]) if probed else texts["tests"]
        tests = compile(tests, "tests", "exec", 0, True)
        names["__builtins__"] = builtins
        run(program, names)
        names["__builtins__"] = ours
        run(tests, names)
    except BaseException as error:
        report = ended(error, texts)
    if clock() - began > seconds:  # the program has switched off the alarm
        report = "time", "stopped after %%g s" %% seconds
    write(1, b"\\n" + taken(32) + "\\n".join(report).encode("utf-8", "replace"))
    leave(0)

main()
""" % {"output": OUTPUT}  # noqa: UP031 - the program is full of braces

HARNESS = f"""
import builtins
exec(compile({_BODY!r}, "harness", "exec"), {{"__builtins__": dict(vars(builtins))}})
"""
_REASONS = frozenset(
    ("", "time", "output", "forged", "memory", "exit", "assertion", "syntax", "exception")
)


def asked(job: Job, *, probed: bool = False) -> tuple[bytes, str]:
    """Return what the harness reads, and the token before its report.

    Where it is ``probed``, each `==`, `!=` and `in` of the tests also compares with something else
    than it says, and what is equal to that as well is forged.
    """
    token = secrets.token_hex(16)
    said: dict[str, Any] = {
        "program": job.program,
        "tests": job.tests,
        "seconds": job.seconds,
        "memory_mb": job.memory_mb,
        "probed": probed,
    }
    text = json.dumps(said)
    return f"{len(text):12}{text}{token}".encode(), token


def reported(printed: bytes, token: str) -> Ended | None:
    """Return what the harness reported at the end of what was printed; None where it did not."""
    _, found, after = printed.rpartition(f"\n{token}".encode())
    reason, _, detail = after.decode("utf-8", "replace").partition("\n")
    return Ended(reason, detail) if found and reason in _REASONS else None
