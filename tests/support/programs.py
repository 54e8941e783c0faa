"""Programs for a sandbox, and how each must end."""

from sofrito.sandbox import Job

TESTS = "assert f(2) == 4"
SHORT, LONG = 2.0, 120.0

# By name: the program, its tests, and the reason that its end has.
HARMLESS: dict[str, tuple[str, str, str]] = {
    "right": ("def f(x): return 2 * x", TESTS, ""),
    "wrong": ("def f(x): return x", TESTS, "assertion"),
    "wrong, with words": ("def f(x): return x", "assert f(2) == 4, 'no'", "assertion"),
    "another name": ("def g(x): return x", TESTS, "exception"),
    "broken": ("def f(x: return", TESTS, "syntax"),
    "broken tests": ("def f(x): return 2 * x", "assert (", "syntax"),
    "leaves before the tests": ("import sys; sys.exit(0)", TESTS, "exit"),
    "leaves for good": ("import os; os._exit(0)", TESTS, "exit"),
    "has an error that has errors": (
        "class E(Exception):\n    def __str__(self): raise E\nraise E",
        TESTS,
        "exception",
    ),
    "a dataclass": (
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\ndef f(x): return P(4).x",
        TESTS,
        "",
    ),
    "asks only where it is a script": (
        "def f(x): return 4\nif __name__ == '__main__': f(input())",
        TESTS,
        "",
    ),
    "half a character": ("def f(x): raise ValueError('\\ud800')", TESTS, "exception"),
    "goes too deep": ("def f(x): return f(x)", TESTS, "exception"),
    "prints forever": ("while True: print('x' * 1000)", TESTS, "output"),
    "prints past Python": (
        "import os\nfor i in range(10**7): os.write(1, b'x' * 1024)",
        TESTS,
        "output",
    ),
    "loops": ("while True: pass", TESTS, "time"),
    "takes a little longer": ("import time; time.sleep(3)\ndef f(x): return 4", TESTS, "time"),
    "switches off the alarm": (
        "import signal, time\n"
        "if hasattr(signal, 'setitimer'): signal.setitimer(signal.ITIMER_REAL, 0)\n"
        "time.sleep(3)\ndef f(x): return 4",
        TESTS,
        "time",
    ),
    "sleeps": ("import time; time.sleep(600)", TESTS, "time"),
    "one large piece": ("x = bytearray(10**9)", TESTS, "memory"),
    "many pieces": ("x = []\nwhile True: x.append(bytearray(10**6))", TESTS, "memory"),
}

ALL = "assert all(f(x) == 2 * x for x in range(9))"
EQUAL = "class E:\n    def __eq__(self, other): return True\n"
WRITE = 'os.write(1, ("\\n" + {} + "\\n").encode()); os._exit(0)'
FRAMES = (
    "import sys, os, json\nframe = sys._getframe()\nwhile frame:\n    {}\n    frame = frame.f_back"
)

# Programs that do not do what the tests ask, and see to it that these pass; each passes, or passed in
# an earlier harness, where nothing looks for it.
FORGERIES: dict[str, tuple[str, str, str]] = {
    "prints a report": ("import os\n" + WRITE.format("'0' * 32"), TESTS, "exit"),
    "replaces exec": ("import builtins; builtins.exec = lambda *a: None", TESTS, "exception"),
    "replaces compile": (
        "import builtins; real = builtins.compile\n"
        "builtins.compile = lambda text, *a: real('pass', *a)",
        TESTS,
        "exception",
    ),
    "replaces next and str": (
        "import builtins\nbuiltins.next = builtins.str = lambda *a: ''",
        TESTS,
        "exception",
    ),
    "replaces all": (
        "import builtins; builtins.all = lambda several: True\ndef f(x): return 0",
        ALL,
        "assertion",
    ),
    "replaces the error": (
        "import builtins\nbuiltins.AssertionError = SystemExit\ndef f(x): return 0",
        TESTS,
        "assertion",
    ),
    "replaces the harness's function": (
        "import __main__; __main__.ended = lambda e, t: ('', '')",
        TESTS,
        "exception",
    ),
    "replaces the harness's reasons": (
        "import __main__; __main__.REASONS = ((BaseException, ''),)",
        TESTS,
        "exception",
    ),
    "replaces them where they are": (
        FRAMES.format("frame.f_globals.update(ended=lambda e, t: ('', ''))"),
        TESTS,
        "forged",
    ),
    "replaces the tests": (
        "import sys\nsys._getframe().f_back.f_locals['texts']['tests'] = 'pass'",
        TESTS,
        "exception",
    ),
    "jumps over a test": (
        "import sys\ndef jump(frame, event, _):\n"
        "    if frame.f_lineno == 2: frame.f_lineno = 3\n"
        "def f(x):\n"
        "    sys.settrace(lambda *_: None)\n"
        "    sys._getframe().f_back.f_trace = jump",
        "x = f(2)\nassert x == 4\ny = x",
        "assertion",
    ),
    "finds the token in a frame": (
        FRAMES.format(
            "if 'token' in frame.f_locals: "
            + WRITE.format("frame.f_locals['token'] + json.dumps({'reason': '', 'detail': ''})")
        ),
        TESTS,
        "exception",
    ),
    "finds the token in memory": (
        "import gc, os, json\nfor one in gc.get_objects():\n"
        "    if isinstance(one, dict) and 'token' in one and 'seconds' in one:\n        "
        + WRITE.format("one['token'] + json.dumps({'reason': '', 'detail': ''})"),
        TESTS,
        "exception",
    ),
    "takes the token": ("import os\n" + WRITE.format("os.read(0, 32).decode()"), TESTS, "forged"),
    "equals anything": (f"{EQUAL}def f(x): return E()", TESTS, "forged"),
    "equals any number": (
        "class E(int):\n    def __eq__(self, other): return isinstance(other, int)\n"
        "def f(x): return E()",
        "assert 4 == f(2)",
        "forged",
    ),
    "equals anything, in a list": (
        f"{EQUAL}def f(x): return [E()]",
        "def check(f):\n    assert f(2) == [4], 'no'\ncheck(f)",
        "forged",
    ),
    "is among anything": (f"{EQUAL}def f(x): return E()", "assert f(2) in (3, 4)", "forged"),
    "has anything": (f"{EQUAL}def f(x): return [E()]", "assert 4 in f(2)", "forged"),
    "differs from nothing": (
        "class E(int):\n    def __ne__(self, other): return False\ndef f(x): return E()",
        "if f(2) != 4: raise ValueError",
        "forged",
    ),
    "is among some": (
        "def f(x): return 2 * x",
        "assert f(2) in (3, 4, 5) and f(2) not in [3] and not f(2) != 4 and f(2) != 5\n"
        "assert 'a' in 'ab' and 1 in {1: 2} and (f(2), 1) in [(4, 1), (4, 2)]",
        "",
    ),
    "equals what is alike": (
        "class P:\n    def __init__(self, x): self.x = x\n"
        "    def __eq__(self, other): return self.x == other.x\n"
        "def f(x): return P(2 * x)",
        "assert f(2) == P(4) and not f(2) == P(5) and f(2).x == 4 == 4.0",
        "",
    ),
}

_HOSTILE = {
    "reads a file": "open('/etc/passwd').read()",
    "reads itself": "open('/proc/self/environ').read()",
    "reads the home folders": "import os; os.listdir('/home')",
    "sets the machine": "open('/proc/sys/kernel/core_pattern', 'r+')",
    "writes a file": "open('/tmp/sofrito-was-here', 'wb', 0).write(b'x')",
    "writes over a program": "open('/usr/bin/env', 'r+b')",
    "opens a socket": "import socket; socket.create_connection(('127.0.0.1', {port}), 9)",
    "asks for a name": "import socket; socket.getaddrinfo('example.com', 80)",
    "mounts": "import ctypes\nif ctypes.CDLL(None).mount(b'', b'/tmp', b'tmpfs', 0, 0): raise OSError",
    "makes a device": "import os; os.mknod('/tmp/device', 0o60666, 0x801)",
    "finds the environment": (
        "import os\nif not {{'USER', 'PATH'}} & set(os.environ): raise OSError"
    ),
}


def hostile(port: int) -> dict[str, tuple[str, str, str]]:
    """Return what only a sandbox stops, and passes where it does not; ``port`` is this machine's."""
    right = "\ndef f(x): return 2 * x"
    return {
        name: (program.format(port=port) + right, TESTS, "exception")
        for name, program in _HOSTILE.items()
    }


# What WebAssembly has none of.
MISSING: dict[str, tuple[str, str, str]] = {
    name: (f"{program}\ndef f(x): return 2 * x", TESTS, "exception")
    for name, program in {
        "lists a folder": "import os; os.listdir('/')",
        "forks": "import os\nif not os.fork(): os._exit(0)",
        "starts a program": "import subprocess; subprocess.run(['ls'])",
        "loads a library": "import ctypes; ctypes.CDLL(None).system(b'id')",
        "starts a thread": "import threading; threading.Thread(target=print).start()",
    }.items()
}

# What the kernel keeps programs from in processes of this machine, those of root aside.
FORKS: dict[str, tuple[str, str, str]] = {
    **{name: MISSING[name] for name in ("forks", "starts a program", "starts a thread")},
    **{
        name: (f"import os, time\n{program}\ndef f(x): return 2 * x", TESTS, "exception")
        for name, program in {
            "forks two hundred times": (
                "for _ in range(200):\n    if not os.fork(): time.sleep(600)"
            ),
            "forks where it may be root": (
                "import ctypes\nctypes.CDLL(None).unshare(0x10000000)\n"
                "if not os.fork(): time.sleep(600)"
            ),
        }.items()
    },
}


def job(program: str, tests: str, reason: str) -> Job:
    """Return the job of a program; one that ends by itself has time for it on any machine."""
    return Job(program, tests, SHORT if reason in ("time", "output") else LONG, 256)
