"""Which models are found on a machine, and what cannot be used."""

from pathlib import Path

from gguf_writer import CHAT, write_gguf

from sofrito.teachers.found import FoundModel, Unreadable, found_models


def checkpoint(folder: Path, **config: object) -> Path:
    import json

    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"n_ctx": 64, "dtype": "bfloat16", **config}))
    (folder / "model.safetensors").write_bytes(bytes(12))
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# A model\n")
    return folder


def test_models_of_this_machine(tmp_path: Path) -> None:
    project, hub = tmp_path / "project", tmp_path / "hub"
    (project / "models").mkdir(parents=True)
    snapshot = hub / "models--owner--some--repo" / "snapshots" / "abc"
    (snapshot / "deep").mkdir(parents=True)
    own = write_gguf(project / "models" / "own.gguf", CHAT)
    base = write_gguf(project / "models" / "base.gguf", {"general.architecture": "llama"})
    bert = write_gguf(project / "models" / "vectors.gguf", {"general.architecture": "bert"})
    (project / "models" / "broken.gguf").write_bytes(b"GGUF")
    cached = write_gguf(snapshot / "deep" / "m.gguf", CHAT)
    (snapshot / "config.json").write_text("{}")
    mine = checkpoint(project / "models" / "mine")
    (mine / "chat_template.jinja").write_text("{{ messages }}")
    theirs = checkpoint(hub / "models--a--b" / "snapshots" / "1")

    found, broken = found_models(project, cache=hub)
    use = {"backend": "transformers"}
    size = own.stat().st_size
    assert [m for m in found if m.spec != {"model": "local"}] == [
        FoundModel({"path": "models/base.gguf"}, base, "base", "base", base.stat().st_size,
                   None, None, None),
        FoundModel({"path": "models/own.gguf"}, own, "Tiny", "chat", size, "Q4_0", 4096,
                   "apache-2.0"),
        FoundModel({"path": "models/vectors.gguf"}, bert, "vectors", "embeddings",
                   bert.stat().st_size, None, None, None),
        FoundModel({"hub": "owner/some--repo/deep/m.gguf"}, cached, "Tiny", "chat", size, "Q4_0",
                   4096, "apache-2.0"),
        FoundModel({**use, "path": "models/mine"}, mine, "mine", "chat", 12, "bfloat16", 64, "mit"),
        FoundModel({**use, "hub": "a/b"}, theirs, "a/b", "base", 12, "bfloat16", 64, "mit"),
    ]  # fmt: skip
    path = project / "models" / "broken.gguf"
    why = f"{path} is a GGUF file that is damaged or incomplete (it ends inside its header)."
    assert broken == [Unreadable(path, why)]


def test_a_sentence_transformers_folder_makes_vectors(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "models" / "mini")
    (folder / "modules.json").write_text("[]")
    found, _ = found_models(tmp_path, cache=tmp_path / "none")
    (mini,) = (m for m in found if m.spec != {"model": "local"})
    assert (mini.kind, mini.size, mini.path) == ("embeddings", 12, folder)


def test_the_terms_hear_the_licence_and_every_name(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    write_gguf(tmp_path / "models" / "Llama-3.1-8B.gguf", CHAT)
    found, _ = found_models(tmp_path, cache=tmp_path / "none")
    assert {m.terms.verdict for m in found if m.path.stem == "Llama-3.1-8B"} == {"conditional"}
