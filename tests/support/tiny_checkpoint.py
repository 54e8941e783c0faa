"""Builds a checkpoint of a few kilobytes: random weights, a token a byte, ChatML."""

from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
END = "<|im_end|>"


def tiny_checkpoint(folder: Path, *, template: str | None = TEMPLATE, **config: Any) -> Path:
    """Write a Llama of two layers into ``folder``; needs torch, transformers and tokenizers."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer(template).save_pretrained(folder)
    shape = {
        "vocab_size": 272,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "initializer_range": 0.6,
        "bos_token_id": None,
        "eos_token_id": 258,
    }
    torch.manual_seed(7)
    LlamaForCausalLM(LlamaConfig(**(shape | config))).save_pretrained(folder)
    return folder


def tokenizer(template: str | None = TEMPLATE) -> Any:
    """Return a tokenizer with a token for each byte and ChatML's special ones."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    own = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
    own.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    own.decoder = decoders.ByteLevel()
    own.add_special_tokens(
        [AddedToken(t, special=True) for t in ("<|endoftext|>", "<|im_start|>", END)]
    )
    made = PreTrainedTokenizerFast(tokenizer_object=own, eos_token=END)
    made.chat_template = template
    return made
