"""Ready weights: what requantising the starter model gains in speed, and what it costs in quality.

Prints, in one run and beside each other, each as a ratio to the file as shipped: the bare speed of
reading 512 tokens and of writing 16 sequences at once (llama_decode and nothing else), and the
perplexity of real text. `sofrito` makes Q4_0 with the vocabulary at Q8_0.
"""

import argparse
import math
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import llama_cpp as lc
import numpy as np

from sofrito.teachers.llama.find import find_local
from sofrito.teachers.llama.gguf import GgufInfo
from sofrito.teachers.llama.log import complaint, listen
from sofrito.teachers.llama.ready import MIXES, Mix, requantise

READ, WRITE, HISTORY = 512, 16, 48
PIECE = 512

VARIANTS = {
    "Q8_0": MIXES["q8_0"],
    "Q4_0, Q8_0: vocabulary": MIXES["q4_0"],
    "and attention": Mix(lc.LLAMA_FTYPE_MOSTLY_Q4_0, lc.GGML_TYPE_Q8_0, ("attn_",)),
    "and attention and down": Mix(
        lc.LLAMA_FTYPE_MOSTLY_Q4_0, lc.GGML_TYPE_Q8_0, ("attn_", "ffn_down")
    ),
    "Q4_0 throughout": Mix(lc.LLAMA_FTYPE_MOSTLY_Q4_0, lc.GGML_TYPE_Q4_0),
}


@dataclass
class Loaded:
    """A model in a context of its own; times are the shortest seen, in seconds."""

    name: str
    path: Path
    threads: int
    reading: list[float] = field(default_factory=list)
    writing: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        listen()
        self.model = lc.llama_model_load_from_file(
            os.fsencode(self.path), lc.llama_model_default_params()
        )
        assert self.model, complaint()
        params = lc.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = 2048, READ, READ
        params.n_seq_max, params.kv_unified = WRITE, True
        params.n_threads = params.n_threads_batch = self.threads
        params.flash_attn_type = lc.LLAMA_FLASH_ATTN_TYPE_DISABLED
        self.context = lc.llama_init_from_model(self.model, params)
        self.vocab = lc.llama_model_get_vocab(self.model)
        self.size = lc.llama_vocab_n_tokens(self.vocab)
        self.batch = lc.llama_batch_init(READ, 0, WRITE)

    def decode(self, cells: list[tuple[int, int, int]], *, logits: bool) -> float:
        """Decode (token, position, sequence) triples; return the seconds it took."""
        batch = self.batch
        batch.n_tokens = len(cells)
        for i, (token, position, sequence) in enumerate(cells):
            batch.token[i], batch.pos[i] = token, position
            batch.n_seq_id[i], batch.seq_id[i][0] = 1, sequence
            batch.logits[i] = logits or i == len(cells) - 1
        # The processor time of one thread, unlike wall time, is the same on a busy machine.
        clock = time.process_time if self.threads == 1 else time.perf_counter
        start = clock()
        assert lc.llama_decode(self.context, batch) == 0, complaint()
        lc.llama_synchronize(self.context)
        return clock() - start

    def forget(self) -> None:
        lc.llama_memory_clear(lc.llama_get_memory(self.context), True)

    def measure(self, tokens: list[int]) -> None:
        """Time one prompt and one token of each of many sequences."""
        self.forget()
        prompt = [(token, i, 0) for i, token in enumerate(tokens[:READ])]
        self.reading.append(self.decode(prompt, logits=False))
        self.forget()
        for sequence in range(WRITE):
            history = tokens[sequence * HISTORY : (sequence + 1) * HISTORY]
            self.decode([(token, i, sequence) for i, token in enumerate(history)], logits=False)
        for step in range(4):
            cells = [(tokens[s], HISTORY + step, s) for s in range(WRITE)]
            self.writing.append(self.decode(cells, logits=True))

    def surprise(self, tokens: list[int]) -> float:
        """Return the mean negative log-probability of the second half of each piece of a text."""
        losses = []
        for start in range(0, len(tokens) - PIECE + 1, PIECE):
            piece = tokens[start : start + PIECE]
            self.forget()
            self.decode([(token, i, 0) for i, token in enumerate(piece)], logits=True)
            raw = lc.llama_get_logits(self.context)
            logits = np.ctypeslib.as_array(raw, shape=(PIECE, self.size))[PIECE // 2 - 1 : -1]
            top = logits.max(axis=1, keepdims=True)
            total = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0]
            picked = logits[np.arange(len(logits)), piece[PIECE // 2 :]]
            losses.append(float(np.mean(total - picked)))
        return float(np.mean(losses))

    def tokens_of(self, text: str) -> list[int]:
        raw = text.encode()
        room = (lc.llama_token * (len(raw) + 8))()
        n = lc.llama_tokenize(self.vocab, raw, len(raw), room, len(raw) + 8, False, False)
        return list(room[:n])


def real_text(path: Path | None) -> str:
    beside = Path(__file__).parents[2] / "shared" / "data" / "real_text" / "wikitext2_valid.txt"
    path = path or beside
    if not path.is_file():
        raise SystemExit(f"There is no text {path}: name one with --text.")
    return path.read_text(encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--text", type=Path, help="a text file, by default WikiText-2's")
    parser.add_argument("--model", type=Path, help="a GGUF file, by default the starter model")
    parser.add_argument("--tokens", type=int, default=8 * PIECE, help="of the text")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    text, shipped = real_text(options.text), options.model or find_local()
    listen()
    lc.llama_backend_init()
    with tempfile.TemporaryDirectory() as folder:
        info = GgufInfo.read(shipped)
        models = [Loaded(f"as shipped, {info.layers}", shipped, options.threads)]
        for i, (name, mix) in enumerate(VARIANTS.items()):
            made = Path(folder) / f"{i}.gguf"
            start = time.perf_counter()
            requantise(shipped, made, mix, options.threads)
            print(f"{name}: made in {time.perf_counter() - start:.1f} s")
            models.append(Loaded(name, made, options.threads))
        report(models, models[0].tokens_of(text[: options.tokens * 8])[: options.tokens], options)


def report(models: list[Loaded], tokens: list[int], options: argparse.Namespace) -> None:
    for _ in range(options.rounds):
        for model in models:
            model.measure(tokens)
    base, loss = models[0], models[0].surprise(tokens)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else math.nan
    print(
        f"\n{options.threads} threads, load {load:.1f}, {len(tokens):,} tokens of text "
        f"(half of them scored); tokens/s and ratio to the file as shipped\n"
    )
    print(f"{'weights':<26}{'MB':>5}{'reading 512':>17}{'writing 16':>17}{'perplexity':>19}")
    for model in models:
        read, write = READ / min(model.reading), WRITE / min(model.writing)
        faster = min(base.reading) / min(model.reading), min(base.writing) / min(model.writing)
        mine = model.surprise(tokens)
        worse = math.exp(mine - loss)
        print(
            f"{model.name:<26}{model.path.stat().st_size / 1e6:>5.0f}"
            f"{read:>9.0f} {faster[0]:>6.2f}x{write:>9.0f} {faster[1]:>6.2f}x"
            f"{math.exp(mine):>10.2f} {100 * (worse - 1):>+6.1f} %"
        )


if __name__ == "__main__":
    main()
