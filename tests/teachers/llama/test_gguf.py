"""A model file's header: what it says, and files that lie."""

import struct
from pathlib import Path

import pytest
from gguf_writer import CHAT, header, pair, tensor, text, write_gguf

from sofrito.problems import Trouble
from sofrito.teachers.llama.gguf import GgufInfo
from sofrito.teachers.llama.weights import content_hash


def test_it_says_what_the_header_says(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "tiny.gguf", CHAT)
    assert GgufInfo.read(path) == GgufInfo(
        path=path,
        name="Tiny",
        architecture="llama",
        context=4096,
        template="{{ messages[0].content }}",
        quantisation="Q4_0",
        licence="apache-2.0",
        size=path.stat().st_size,
        kinds={"F32": 128},
    )


def test_what_the_header_does_not_say_is_none(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "base.gguf", {"general.architecture": "gpt2"})
    assert GgufInfo.read(path) == GgufInfo(
        path=path,
        name="base",
        architecture="gpt2",
        context=None,
        template=None,
        quantisation=None,
        licence=None,
        size=path.stat().st_size,
        kinds={"F32": 128},
    )


def test_it_tells_the_bytes_of_each_kind_of_weights(tmp_path: Path) -> None:
    square = (32, 32)
    heads = [
        tensor("token_embd.weight", 0, kind=8, shape=square),
        tensor("blk.0.ffn_up.weight", 1088, kind=3, shape=square),
        tensor("blk.0.attn_norm.weight", 1728),
        tensor("blk.0.other.weight", 1856, kind=99, shape=square),
    ]
    raw = header(0, len(heads)) + b"".join(heads)
    path = tmp_path / "w.gguf"
    path.write_bytes(raw + bytes(-len(raw) % 32) + bytes(1856 + 64))
    info = GgufInfo.read(path)
    assert list(info.kinds.items()) == [
        ("Q8_0", 1088),
        ("Q4_1", 640),
        ("F32", 128),
        ("type 99", 64),
    ]
    assert info.layers == "Q4_1"


def test_missing_folder_and_other_formats(tmp_path: Path) -> None:
    (tmp_path / "empty.gguf").touch()
    (tmp_path / "other.gguf").write_bytes(b"PK\x03\x04 a zip file")
    (tmp_path / "pointer.gguf").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    said = {}
    for name in ("none.gguf", "", "empty.gguf", "other.gguf", "pointer.gguf"):
        with pytest.raises(Trouble) as caught:
            GgufInfo.read(tmp_path / name)
        said[name] = caught.value.what.replace(str(tmp_path), "~")
        assert caught.value.fix
    assert said == {
        "none.gguf": "There is no model file ~/none.gguf.",
        "": "~ is a folder, not a model file.",
        "empty.gguf": "~/empty.gguf is empty.",
        "other.gguf": "~/other.gguf is not a GGUF file.",
        "pointer.gguf": "~/pointer.gguf is not a GGUF file "
        "(it is a Git LFS pointer: run `git lfs pull`).",
    }


def test_a_part_of_a_split_model(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "m-00001-of-00003.gguf", {**CHAT, "split.count": 3})
    with pytest.raises(Trouble) as caught:
        GgufInfo.read(path)
    assert caught.value.what == f"{path} is one of 3 parts of a model."


def test_a_file_cut_anywhere_is_trouble_or_the_whole_truth(tmp_path: Path) -> None:
    whole = write_gguf(tmp_path / "whole.gguf", CHAT, offsets=(0, 128))
    raw, info = whole.read_bytes(), GgufInfo.read(whole)
    last_tensor = len(raw) - 128
    cut = tmp_path / "cut.gguf"
    for n in range(4, len(raw)):
        cut.write_bytes(raw[:n])
        if n > last_tensor:
            assert GgufInfo.read(cut).template == info.template
            continue
        with pytest.raises(Trouble, match="damaged or incomplete"):
            GgufInfo.read(cut)


HOSTILE = {
    "version": (header(0, version=7), "version 7 is not known"),
    "pairs": (header(2**60), f"it announces {2**60} metadata entries"),
    "tensors": (header(0, 2**60), f"it announces {2**60} tensors"),
    "string": (header(1) + struct.pack("<Q", 2**63), "it ends inside its header"),
    "type": (header(1) + text("k") + struct.pack("<I", 99), "value type 99 is not known"),
    "array": (
        header(1) + text("k") + struct.pack("<IIQ", 9, 8, 2**50),
        f"it holds an array of {2**50} values of type 8",
    ),
    "scalars": (
        header(1) + text("k") + struct.pack("<IIQ", 9, 0, 2**50),
        "it ends inside its header",
    ),
    "nested": (
        header(1) + text("k") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 5000,
        "it holds an array of 1 values of type 9",
    ),
    "dimensions": (header(0, 1) + text("t") + struct.pack("<I", 9), "it announces 9 dimensions"),
    "alignment": (header(1) + pair("general.alignment", 0), "its alignment is 0"),
    "not text": (header(1) + struct.pack("<Q", 1) + b"\xff", "can't decode byte"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_header_is_trouble(tmp_path: Path, name: str) -> None:
    raw, words = HOSTILE[name]
    path = tmp_path / "hostile.gguf"
    path.write_bytes(raw)
    with pytest.raises(Trouble) as caught:
        GgufInfo.read(path)
    assert caught.value.what.startswith(f"{path} is a GGUF file that is damaged or incomplete (")
    assert words in caught.value.what


def test_the_content_hash_is_remembered_until_the_file_changes(tmp_path: Path) -> None:
    path, cache = tmp_path / "w.gguf", tmp_path / "cache"
    path.write_bytes(b"one")
    first = content_hash(path, cache)
    store = cache / "weights.json"
    store.write_text(store.read_text().replace(first, "f" * 32))
    assert content_hash(path, cache) == "f" * 32
    path.write_bytes(b"three")
    third = content_hash(path, cache)
    assert third != first
    assert store.read_text().count(str(path)) == 1
    store.write_text("not json")
    assert content_hash(path, cache) == third


def test_a_cache_that_cannot_be_written_costs_nothing_else(tmp_path: Path) -> None:
    path, blocked = tmp_path / "w.gguf", tmp_path / "file"
    path.write_bytes(b"one")
    blocked.touch()
    assert content_hash(path, blocked / "cache") == content_hash(path, tmp_path / "cache")
