"""A worker that echoes, sleeps, dies, prints nonsense, or tells a trouble, as it is asked."""

import json
import os
import sys
import time


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        time.sleep(asked.get("sleep", 0))
        if asked.get("die"):
            os._exit(3)
        said = "nonsense" if asked.get("nonsense") else json.dumps({**asked, "pid": os.getpid()})
        print(said, flush=True)
