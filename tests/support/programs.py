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
    "forges a report": (
        'print("\\n" + "0" * 32 + \'{"reason": "", "detail": ""}\')',
        TESTS,
        "exception",
    ),
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
    "sleeps": ("import time; time.sleep(600)", TESTS, "time"),
    "one large piece": ("x = bytearray(10**9)", TESTS, "memory"),
    "many pieces": ("x = []\nwhile True: x.append(bytearray(10**6))", TESTS, "memory"),
}

# What only a sandbox stops.
HOSTILE: dict[str, tuple[str, str, str]] = {
    "reads a file": ("open('/etc/passwd').read()", TESTS, "exception"),
    "reads itself": ("open('/proc/self/environ').read()", TESTS, "exception"),
    "writes a file": ("open('/tmp/sofrito-was-here', 'w')", TESTS, "exception"),
    "lists a folder": ("import os; os.listdir('/')", TESTS, "exception"),
    "opens a socket": (
        "import socket; socket.create_connection(('127.0.0.1', 80))",
        TESTS,
        "exception",
    ),
    "forks": ("import os; os.fork()", TESTS, "exception"),
    "starts a program": ("import subprocess; subprocess.run(['ls'])", TESTS, "exception"),
    "loads a library": ("import ctypes; ctypes.CDLL(None).system(b'id')", TESTS, "exception"),
    "finds the environment": (
        "import os\nassert {'HOME', 'USER', 'PATH'} & set(os.environ) - {'HOME'}",
        TESTS,
        "assertion",
    ),
}


def job(program: str, tests: str, reason: str) -> Job:
    """Return the job of a program; one that ends by itself has time for it on any machine."""
    return Job(program, tests, SHORT if reason in ("time", "output") else LONG, 256)
