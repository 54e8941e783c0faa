"""A tiny random BERT: as a sentence-transformers folder, and as a GGUF file of the same weights."""

import json
import struct
from pathlib import Path
from typing import Any

from gguf_writer import header, text

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "blue", "bird", "##s", "sing", "."]
LAYERS, WIDTH, INNER, HEADS, CONTEXT = 2, 32, 64, 4, 24
_NAMES = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}


def sentence_folder(at: Path, pooling: str = "mean_tokens", **said: Any) -> Path:
    """Write the folder; ``said`` goes into sentence_bert_config.json. Needs torch and transformers."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(4)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
        max_position_embeddings=CONTEXT,
        initializer_range=0.4,
    )
    BertModel(config).save_pretrained(at)
    (at / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    BertTokenizerFast(vocab={w: i for i, w in enumerate(WORDS)}).save_pretrained(at)
    kinds = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds)
    ]
    (at / "1_Pooling").mkdir(exist_ok=True)
    (at / "modules.json").write_text(json.dumps(modules))
    (at / "1_Pooling" / "config.json").write_text(json.dumps({f"pooling_mode_{pooling}": True}))
    (at / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 16, **said}))
    return at


def gguf_of(folder: Path, path: Path, pooling: int) -> Path:
    """Write the weights of a folder as a GGUF file; ``pooling`` is llama.cpp's number, -1 for none."""
    from safetensors.numpy import load_file

    weights = load_file(folder / "model.safetensors")
    tensors = {_name(name): value for name, value in weights.items() if "pooler" not in name}
    tensors = {name: value for name, value in tensors.items() if name}
    pairs = _pairs(pooling)
    raw = header(len(pairs), len(tensors)) + b"".join(text(k) + v for k, v in pairs.items())
    at, data = 0, b""
    for name, value in tensors.items():
        sizes = struct.pack(f"<I{value.ndim}Q", value.ndim, *reversed(value.shape))
        raw += text(name) + sizes + struct.pack("<IQ", 0, at)
        body = value.astype("<f4").tobytes()
        data += body + bytes(-len(body) % 32)
        at = len(data)
    path.write_bytes(raw + bytes(-len(raw) % 32) + data)
    return path


def _name(name: str) -> str:
    stem, _, kind = name.rpartition(".")
    if stem.startswith("encoder.layer."):
        _, _, layer, rest = stem.split(".", 3)
        return f"blk.{layer}.{_NAMES[rest]}.{kind}"
    return {
        "embeddings.word_embeddings": "token_embd.weight",
        "embeddings.position_embeddings": "position_embd.weight",
        "embeddings.token_type_embeddings": "token_types.weight",
        "embeddings.LayerNorm": f"token_embd_norm.{kind}",
    }.get(stem, "")


def _pairs(pooling: int) -> dict[str, bytes]:
    def number(value: int) -> bytes:
        return struct.pack("<II", 4, value)

    tokens = [w[2:] if w.startswith("##") else w if w[0] == "[" else f"\u2581{w}" for w in WORDS]
    listed = b"".join(map(text, tokens))
    kinds = struct.pack(f"<{len(WORDS)}i", *(3 if w[0] == "[" else 1 for w in WORDS))
    pairs = {
        "general.architecture": struct.pack("<I", 8) + text("bert"),
        "general.name": struct.pack("<I", 8) + text("Tiny BERT"),
        "bert.block_count": number(LAYERS),
        "bert.context_length": number(CONTEXT),
        "bert.embedding_length": number(WIDTH),
        "bert.feed_forward_length": number(INNER),
        "bert.attention.head_count": number(HEADS),
        "bert.attention.layer_norm_epsilon": struct.pack("<If", 6, 1e-12),
        "bert.attention.causal": struct.pack("<I?", 7, False),
        "tokenizer.ggml.model": struct.pack("<I", 8) + text("bert"),
        "tokenizer.ggml.pre": struct.pack("<I", 8) + text("default"),
        "tokenizer.ggml.token_type_count": number(2),
        "tokenizer.ggml.tokens": struct.pack("<IIQ", 9, 8, len(WORDS)) + listed,
        "tokenizer.ggml.token_type": struct.pack("<IIQ", 9, 5, len(WORDS)) + kinds,
    }
    if pooling >= 0:
        pairs["bert.pooling_type"] = number(pooling)
    ids = {"padding": 0, "unknown": 1, "cls": 2, "bos": 2, "seperator": 3, "eos": 3, "mask": 4}
    return pairs | {f"tokenizer.ggml.{name}_token_id": number(i) for name, i in ids.items()}
