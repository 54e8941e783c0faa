"""The local teacher against llama_cpp.Llama and llama.cpp's own server, on the same prompts.

64 prompts that share a prefix of 600 tokens (or none, or with a JSON Schema), 64 new tokens each at
temperature 0.8. Every contender runs in a process of its own, one after the other, in as many
rounds as asked for; each one's best round counts, and what is printed are ratios. llama.cpp's own
server runs in-process through xllamacpp (`pip install xllamacpp`), in the best of its settings
tried. `llama_cpp.server` serves a `Llama` one request at a time, so that is the prefix-reusing row.
"""

import argparse
import asyncio
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sofrito.teachers.call import Completion, Message, Score
from sofrito.teachers.llama.cores import usable_cores
from sofrito.teachers.llama.find import find_local
from sofrito.teachers.llama.gguf import GgufInfo
from sofrito.teachers.llama.ready import MIXES, requantise
from sofrito.teachers.result import Scored

TOPICS = "bread soup rice beans salad eggs fish stew pasta cake tea jam cheese pickles nuts herbs"
SENTENCE = "A cook named {} tasted the {} on day {} and wrote down what was missing from it. "
SCHEMA = {
    "type": "object",
    "properties": {
        "dish": {"type": "string", "minLength": 3, "maxLength": 40},
        "minutes": {"type": "integer", "minimum": 1, "maximum": 90},
        "steps": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 6},
    },
    "required": ["dish", "minutes", "steps"],
    "additionalProperties": False,
}


def prompts(shape: str, number: int) -> list[str]:
    """Return user messages: some 600 tokens in common and 20 of their own, or 60 of their own."""
    words = TOPICS.split()
    shared = "".join(SENTENCE.format("Ana", words[i % 16], i) for i in range(30))
    own = (
        f"Note {i}: write what {words[i % 16]} needs, for guest number {i}." for i in range(number)
    )
    if shape == "apart":
        return [
            f"{SENTENCE.format(f'N{i}', words[i % 16], i) * 2}{text}" for i, text in enumerate(own)
        ]
    return [shared + text for text in own]


def calls(options: argparse.Namespace) -> list[Completion]:
    """Return what everybody is asked."""
    return [
        Completion(
            "teacher",
            (Message("user", text),),
            {"temperature": 0.8, "max_tokens": options.tokens},
            SCHEMA if options.shape == "schema" else None,
            seed=i,
        )
        for i, text in enumerate(prompts(options.shape, options.prompts))
    ]


def ours(options: argparse.Namespace) -> dict[str, float]:
    """Run the teacher of Sofrito on ``options.model``."""
    from sofrito.teachers.llama.teacher import LlamaTeacher

    asked = calls(options)

    async def go() -> dict[str, float]:
        teacher = LlamaTeacher(
            Path(options.model), context=2048, parallel=options.parallel, threads=options.threads
        )
        await teacher.answer(Completion("teacher", (Message("user", "Hi"),), {"max_tokens": 1}))
        assert teacher._desk is not None
        spent = teacher._desk.worker.engine.spent
        spent.decoding = spent.outside = spent.prompt_tokens = spent.shared_tokens = 0
        start = time.perf_counter()
        room = asyncio.Semaphore(teacher.concurrency)

        async def one(call: Completion) -> int:
            async with room:
                answer = await teacher.answer(call)
            return answer.completion_tokens

        written = sum(await asyncio.gather(*map(one, asked)))
        seconds = time.perf_counter() - start
        await teacher.close()
        return {
            "speed": written / seconds,
            "outside": 1 - spent.decoding / seconds,
            "decoded": (spent.prompt_tokens - spent.shared_tokens + written) / spent.decoding,
        }

    return asyncio.run(go())


def llama(options: argparse.Namespace) -> dict[str, float]:
    """Run llama_cpp.Llama one prompt after the other, with a reset each time or its own prefix reuse."""
    import llama_cpp

    model = llama_cpp.Llama(
        options.model,
        n_ctx=2048,
        n_threads=options.threads,
        n_threads_batch=options.threads,
        verbose=False,
    )
    kept: dict[str, Any] = {}
    if options.shape == "schema":
        kept["response_format"] = {"type": "json_object", "schema": SCHEMA}
    written, start = 0, time.perf_counter()
    for call in calls(options)[: options.some]:
        if options.reset:
            model.reset()
            model._ctx.kv_cache_clear()
        said = model.create_chat_completion(
            [{"role": "user", "content": call.messages[0].content}],
            temperature=0.8,
            top_k=0,
            top_p=1.0,
            min_p=0.0,
            repeat_penalty=1.0,
            seed=call.seed,
            max_tokens=options.tokens,
            **kept,
        )
        written += said["usage"]["completion_tokens"]
    return {"speed": written / (time.perf_counter() - start)}


def server(options: argparse.Namespace) -> dict[str, float]:
    """Run llama.cpp's server in this process, as many requests in flight as it has slots."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = options.model
    params.n_parallel, params.n_ctx = options.parallel, 2048 * (1 if options.unified else 8)
    params.kv_unified, params.cache_prompt, params.cont_batching = options.unified, True, True
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads
    params.n_gpu_layers, params.verbosity, params.warmup = 0, -1, False
    if options.unified:
        params.n_ctx = 768 * options.parallel + 2048
    running = xllamacpp.Server(params)
    extra = {"json_schema": SCHEMA} if options.shape == "schema" else {}

    def ask(call: Completion) -> int:
        said = running.handle_chat_completions(
            {
                "messages": [{"role": "user", "content": call.messages[0].content}],
                "temperature": 0.8,
                "top_k": 0,
                "top_p": 1.0,
                "min_p": 0.0,
                "seed": call.seed,
                "max_tokens": options.tokens,
                "cache_prompt": True,
                **extra,
            }
        )
        said = said if isinstance(said, dict) else json.loads(said)
        return int(said["usage"]["completion_tokens"])

    asked = calls(options)[: options.some]
    start = time.perf_counter()
    with ThreadPoolExecutor(options.parallel) as pool:
        written = sum(pool.map(ask, asked))
    seconds = time.perf_counter() - start
    print(json.dumps({"speed": written / seconds}), flush=True)
    os._exit(0)  # its threads do not all end


def bare(options: argparse.Namespace) -> dict[str, float]:
    """Decode without anything around: 512 tokens of a prompt, and 16 answers on no and on a long prefix."""
    from sofrito.teachers.llama.context import Context, Entry, Size
    from sofrito.teachers.llama.model import Model
    from sofrito.teachers.llama.shelf import Copy, Cut

    context = Context(Model.shared(Path(options.model)), Size(4096, 18, 128, options.threads))

    def timed(entries: Callable[[int], list[Entry]], times: int) -> float:
        best = 1e9
        for i in range(times):
            start = time.perf_counter()
            context.decode(entries(i))
            best = min(best, time.perf_counter() - start)
        return len(entries(0)) / best

    def prompt(i: int) -> list[Entry]:
        return [Entry(100 + j, 128 * i + j, 0, j == 127) for j in range(128)]

    def answers(first: int) -> Callable[[int], list[Entry]]:
        return lambda i: [Entry(200 + s, first + i, s, True) for s in range(1, 17)]

    prefill = timed(prompt, 4)
    short = timed(answers(0), 16)
    context.order([*(Cut(s, 0) for s in range(18))])
    for i in range(5):
        context.decode(prompt(i))
    context.order([Copy(0, s, 640) for s in range(1, 17)])
    return {"prefill": prefill, "short": short, "long": timed(answers(640), 48)}


def score(options: argparse.Namespace) -> dict[str, float]:
    """Score the text with the teacher."""
    from sofrito.teachers.llama.teacher import LlamaTeacher

    async def go() -> float:
        teacher = LlamaTeacher(Path(options.model), context=1024, threads=options.threads)
        scored = await teacher.answer(Score("teacher", wikitext()))
        await teacher.close()
        assert isinstance(scored, Scored)
        logprobs = array("f", scored.logprobs)
        return math.exp(-math.fsum(logprobs) / len(logprobs))

    return {"perplexity": asyncio.run(go())}


PARTS: dict[str, Callable[[argparse.Namespace], dict[str, float]]] = {
    "ours": ours,
    "llama": llama,
    "server": server,
    "bare": bare,
    "score": score,
}


def best_server(options: argparse.Namespace) -> list[str]:
    """Return the settings of llama.cpp's server that are fastest with two rounds of its slots."""
    if not find_spec("xllamacpp"):
        return []
    speeds: dict[tuple[str, ...], float] = {}
    for slots in (8, 16):
        for cache in ([], ["--unified"]):
            settings = ["server", "--parallel", str(slots), *cache]
            told = measured([*settings, "--some", str(2 * slots)], options)
            speeds[tuple(settings)] = told["speed"]
            print(f"  tried: {' '.join(settings)}: {told['speed']:.0f} tokens/s", flush=True)
    return list(max(speeds, key=lambda settings: speeds[settings]))


def contenders(
    options: argparse.Namespace, ready: str, server: list[str]
) -> Iterator[tuple[str, list[str]]]:
    """Yield a name and the arguments of the process that measures it."""
    few = str(max(1, options.prompts // 8))
    yield "Llama, reset", ["llama", "--reset", "--some", few]
    yield "Llama, its prefix reuse", ["llama", "--some", str(max(1, options.prompts // 3))]
    if server:
        yield " ".join(["llama.cpp's", *server]), [*server, "--some", str(options.prompts // 2)]
    yield "Sofrito, the same weights", ["ours"]
    if ready:
        yield "Llama, prefix reuse, ready weights", ["llama", "--some", few, "--model", ready]
        yield "Sofrito, ready weights", ["ours", "--model", ready]


def measured(arguments: list[str], options: argparse.Namespace) -> dict[str, float]:
    """Return what a process of its own prints."""
    given = ["--part", *arguments, "--shape", options.shape]
    for name in ("prompts", "tokens", "threads"):
        given += [f"--{name}", str(getattr(options, name))]
    if "--model" not in arguments:
        given += ["--model", options.model]
    said = subprocess.run(
        [sys.executable, __file__, *given], capture_output=True, text=True, check=False
    )
    if said.returncode:
        raise SystemExit(f"{' '.join(given)}:\n{said.stderr[-2000:]}")
    found: dict[str, float] = json.loads(said.stdout.splitlines()[-1])
    return found


def best(options: argparse.Namespace, ready: str, server: list[str]) -> dict[str, dict[str, float]]:
    """Return each contender's best round."""
    found: dict[str, dict[str, float]] = {}
    for _ in range(options.rounds):
        for name, arguments in contenders(options, ready, server):
            told = measured(arguments, options)
            if told["speed"] > found.get(name, {"speed": 0})["speed"]:
                found[name] = told
    return found


def report(options: argparse.Namespace, ready: str, server: list[str]) -> None:
    found = best(options, ready, server)
    speeds = {name: told["speed"] for name, told in found.items()}
    servers = {name: speed for name, speed in speeds.items() if name.startswith("llama.cpp's")}
    against = ["Llama, reset", "Llama, its prefix reuse"]
    against += [max(servers, key=lambda name: servers[name])] if servers else []
    print(f"\n{options.shape}: {options.prompts} prompts, {options.tokens} new tokens, tokens/s")
    for name, speed in speeds.items():
        mine = name.startswith("Sofrito")
        ratios = [f"{speed / speeds[other]:5.1f} x {other}" for other in against if mine]
        print(f"  {name:<36}{speed:7.0f}   {'; '.join(ratios)}")
    for name, model in (("the same weights", options.model), ("ready weights", ready)):
        if not model:
            continue
        told, least = found[f"Sofrito, {name}"], measured(["bare", "--model", model], options)
        print(
            f"  {name}: {told['decoded'] / least['prefill']:.0%} of the bare prefill rate "
            f"({least['prefill']:.0f} tokens/s in batches of 128); a batch of 16 answers alone "
            f"reaches {least['short'] / least['prefill']:.0%} of it, with a prefix of 640 "
            f"{least['long'] / least['prefill']:.0%}; outside llama_decode {told['outside']:.1%}"
        )


def wikitext() -> str:
    """Return a real text to measure perplexity on, "" where it is not there."""
    folder = Path(__file__).parents[2] / "shared" / "data" / "real_text"
    path = folder / "wikitext2_valid.txt"
    return path.read_text(encoding="utf-8")[:8_000] if path.is_file() else ""


def print_quality(options: argparse.Namespace, ready: str, text: str) -> None:
    """Print what the ready weights cost: the perplexity of a text that both models score."""
    found = []
    for model in (options.model, ready):
        told = measured(["score", "--model", model], options)
        found.append(told["perplexity"])
    print(
        f"perplexity of {len(text):,} characters of WikiText-2: {found[0]:.2f} as shipped, "
        f"{found[1]:.2f} with ready weights ({found[1] / found[0] - 1:+.1%}); more in bench/ready.py"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="", help="a GGUF file; by default the starter model")
    parser.add_argument("--ready", choices=[*MIXES, "off"], default="q4_0")
    parser.add_argument("--shapes", nargs="+", default=["prefix", "apart", "schema"])
    parser.add_argument("--prompts", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--threads", type=int, default=usable_cores())
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--shape", default="prefix", help=argparse.SUPPRESS)
    parser.add_argument("--some", type=int, default=10**9, help=argparse.SUPPRESS)
    parser.add_argument("--parallel", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--reset", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--unified", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.model = options.model or str(find_local())
    if options.part:
        print(json.dumps(PARTS[options.part](options)))
        return
    with tempfile.TemporaryDirectory() as folder:
        ready = ""
        if options.ready != "off":
            ready = str(Path(folder) / "ready.gguf")
            requantise(Path(options.model), Path(ready), MIXES[options.ready])
        info = GgufInfo.read(Path(options.model))
        print(
            f"{info.name}, {info.layers}; ready weights {options.ready}; {options.threads} threads"
        )
        if not find_spec("xllamacpp"):
            print("llama.cpp's own server is not measured: pip install xllamacpp")
        if ready and (text := wikitext()):
            print_quality(options, ready, text)
        server = best_server(options)
        for shape in options.shapes:
            options.shape = shape
            report(options, ready, server)


if __name__ == "__main__":
    main()
