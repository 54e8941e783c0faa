"""A sentence-transformers folder as its files describe it; nothing of it is loaded here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from sofrito.problems import Trouble

MODULES = "modules.json"
POOLINGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len",
    "pooling_mode_weightedmean_tokens": "weighted_mean",
    "pooling_mode_lasttoken": "last",
}
_KNOWN = "Transformer, Pooling (of one mode), Dense and Normalize"


def is_sentence_folder(path: Path) -> bool:
    """Whether a checkpoint's folder holds a sentence-transformers model."""
    return (path / MODULES).is_file()


@dataclass(frozen=True, slots=True)
class SentenceFolder:
    """What turns a text into a vector: a checkpoint, a pooling of its states, and layers behind it.

    ``tokens`` is how many tokens of a text are read, 0 where only the checkpoint says so;
    ``prompt`` is what is put before every text; ``dense`` are the folders of the layers.
    """

    path: Path
    checkpoint: Path
    pooling: str
    tokens: int
    lower: bool
    prompt: str
    dense: tuple[Path, ...]

    @classmethod
    def read(cls, path: Path) -> "SentenceFolder":
        """Read modules.json and what it names; raises Trouble for what cannot be done as it says."""
        modules = _json(path / MODULES)
        if not isinstance(modules, list) or not all(isinstance(one, dict) for one in modules):
            raise _unfit(path, f"its {MODULES} is no list of modules")
        kinds = [str(one.get("type", "")).rpartition(".")[2] for one in modules]
        places = [path / str(one.get("path", "")) for one in modules]
        body = [kind for kind in kinds if kind != "Normalize"]
        if body[:2] != ["Transformer", "Pooling"] or set(body[2:]) - {"Dense"}:
            raise _unfit(path, f"its modules are {', '.join(kinds) or 'none'}")
        said = _json(places[0] / "sentence_bert_config.json", {})
        prompts = _json(path / "config_sentence_transformers.json", {})
        default = prompts.get("default_prompt_name")
        pooling = _json(places[1] / "config.json")
        prompt = str((prompts.get("prompts") or {}).get(default) or "") if default else ""
        if prompt and pooling.get("include_prompt") is False:
            raise _unfit(path, "its pooling leaves out the prompt")
        return cls(
            path=path,
            checkpoint=places[0],
            pooling=_pooling(path, pooling),
            tokens=int(said.get("max_seq_length") or 0),
            lower=bool(said.get("do_lower_case")),
            prompt=prompt,
            dense=tuple(
                place for kind, place in zip(kinds, places, strict=True) if kind == "Dense"
            ),
        )

    def files(self) -> list[Path]:
        """Return the files that the vectors depend on; raises Trouble where the weights are missing."""
        folders = [self.checkpoint, *self.dense]
        files = [file for folder in folders for file in sorted(folder.glob("*.safetensors"))]
        bare = [folder for folder in folders if not any(folder.glob("*.safetensors"))]
        if bare:
            raise Trouble(
                f"{bare[0]} has no weights in safetensors format.",
                "Pickled weights (.bin) are never loaded: they can run code. Convert them first.",
            )
        own = ("tokenizer.json", "vocab.txt", "config.json", "sentencepiece.bpe.model")
        files += [self.checkpoint / name for name in own]
        files += [folder / "config.json" for folder in self.dense]
        return [file for file in files if file.is_file()]


def _pooling(path: Path, said: dict[str, Any]) -> str:
    modes = said.get("pooling_mode")
    named = [modes] if isinstance(modes, str) else list(modes or ())
    found = [POOLINGS[key] for key in POOLINGS if said.get(key)]
    found += [{"lasttoken": "last", "weightedmean": "weighted_mean"}.get(one, one) for one in named]
    one_mode = sorted(set(found))
    if len(one_mode) != 1 or one_mode[0] not in POOLINGS.values():
        raise _unfit(path, f"its pooling is {', '.join(one_mode) or 'not said'}")
    return one_mode[0]


def _json(path: Path, default: Any = None) -> Any:
    try:
        return orjson.loads(path.read_bytes())
    except FileNotFoundError:
        if default is None:
            raise Trouble(
                f"There is no file {path}.", "Copy the model's whole folder, subfolders included."
            ) from None
        return default
    except (OSError, orjson.JSONDecodeError) as error:
        raise Trouble(
            f"{path} cannot be read: {error}.", "Copy the model's folder again."
        ) from error


def _unfit(path: Path, why: str) -> Trouble:
    return Trouble(
        f"The sentence-transformers folder {path} cannot be used: {why}.",
        f"What can be used is made of {_KNOWN}, in that order.",
    )
