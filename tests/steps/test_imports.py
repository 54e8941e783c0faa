import subprocess
import sys

HEAVY = "{'numpy', 'aiohttp', 'arro3', 'llama_cpp', 'rapidfuzz', 'jsonschema', 'pyarrow', 'rich'}"
CODE = f"import sys, sofrito.steps, sofrito.filters; print({HEAVY} & {{m.split('.')[0] for m in sys.modules}})"


def test_verbs_and_filters_need_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout == "set()\n"
