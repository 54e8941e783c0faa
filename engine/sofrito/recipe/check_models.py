"""Models: options that contradict each other, and the environment they need."""

from collections.abc import Mapping, Sequence
from itertools import takewhile

from sofrito.recipe.base import Key
from sofrito.recipe.check_limits import check_limits
from sofrito.recipe.model import Model
from sofrito.recipe.overrides import COMMAND_LINE
from sofrito.recipe.scene import Scene
from sofrito.recipe.words import either

_LOCAL, _REMOTE = ("path", "hub"), ("base_url", "api_key")

_OF_SERVERS = frozenset(
    (
        "revision",
        "concurrency",
        "calls_per_minute",
        "tokens_per_minute",
        "batch",
        "price",
        "timeout_seconds",
    )
)
_OF_LLAMA = frozenset(("context", "parallel", "requantize", "threads", "chat_template"))

# A job is one upload, whatever the number of its calls.
_OF_LIVE_CALLS = ("calls_per_minute", "tokens_per_minute")

# A scripted model hears nothing: any recipe can be tried on one by a single --set.
_UNHEARD = {
    "llama.cpp": _OF_SERVERS,
    "openai": _OF_LLAMA,
    "transformers": _OF_SERVERS | {"requantize"},
    "wordllama": _OF_SERVERS | _OF_LLAMA,
}


def check_models(scene: Scene) -> None:
    """Check every model that the recipe declares."""
    for name, model in scene.recipe.models.items():
        if scene.draft.sound("models", name) and scene.places.at(("models", name)) is not None:
            path: Key = ("models", name)
            _unheard(scene, path, model)
            if model.backend == "llama.cpp":
                _embedded(scene, path, model)
            elif model.backend == "openai":
                _remote(scene, path, model)
            elif model.backend == "transformers":
                _checkpoint(scene, path, model)
            elif model.backend == "wordllama":
                _nothing_to_name(scene, path, model)
            _key(scene, path, model, scene.environ)
    check_limits(scene)


def _unheard(scene: Scene, path: Key, model: Model) -> None:
    """Note what a model says that its backend, or a batch job, does not hear."""
    unheard = dict.fromkeys(_UNHEARD.get(model.backend, ()), f"backend: {model.backend}")
    if model.batch and model.backend == "openai":
        unheard |= dict.fromkeys(_OF_LIVE_CALLS, "batch: true")
    for key, by in sorted(unheard.items()):
        if key in model.model_fields_set:
            what = f"`{key}` means nothing to `{by}`."
            fix = _other_backend(scene, path, key) or "Remove it."
            scene.problems.add("SOF212", (*path, key), what, fix, at_key=True)


def _other_backend(
    scene: Scene, path: Key, key: str, by: Sequence[str] = ("backend", "model")
) -> str:
    """Return how to be rid of a key where those that make the model another are of another file.

    "" where all were written in one, or the key is of the recipe and they of one that it extends.
    """
    has = scene.places.key_span((*path, key)).file
    files = [COMMAND_LINE, *(one.path for one in scene.places.documents())]
    nearer = [*takewhile(lambda file: file != has, files)]
    model = ".".join(map(str, path))
    written = [one for one in by if scene.places.at((*path, one)) is not None]
    others = [scene.places.key_span((*path, one)) for one in written]
    swapped = next((one for one in others if one.file in nearer), None)
    if swapped is None:
        return ""
    if swapped.file == COMMAND_LINE:
        return f"To replace the whole model: --set '{model}={{backend: …}}'"
    return (
        f"In line {swapped.line} of {swapped.file.name}, where `{model}` becomes another model, "
        f"add `{key}: null`."
    )


def _embedded(scene: Scene, path: Key, model: Model) -> None:
    for key in _REMOTE:
        if getattr(model, key):
            what = f"`{key}` is for a server, and `{path[-1]}` is an embedded model."
            fix = _other_backend(scene, path, key) or "Add `backend: openai`, or remove it."
            scene.problems.add("SOF212", (*path, key), what, fix, at_key=True)
            return
    given = [key for key in ("model", *_LOCAL) if getattr(model, key)]
    if len(given) > 1:
        what = f"`{path[-1]}` has {either(map('`{}`'.format, given), 'and')}: which model is it?"
        fix = "Keep one."
        if scene.places.span((*path, given[1])).file == COMMAND_LINE:
            whole = f"--set '{'.'.join(map(str, path))}={{{given[1]}: …}}'"
            fix = f"To replace the model that the recipe names: {whole}"
        elif fixes := [one for key in given if (one := _other_backend(scene, path, key, given))]:
            fix = fixes[0]
        scene.problems.add("SOF212", (*path, given[1]), what, fix, at_key=True)
    elif not given:
        what = f"`{path[-1]}` names no model."
        fix = "Write `model: local`, or `path:` or `hub:` of a GGUF file."
        scene.problems.add("SOF102", path, what, fix, at_key=True)
    elif given == ["model"] and model.model != "local":
        what = f"An embedded model is `local`, or is named by `path` or `hub`; not `{model.model}`."
        fix = "For a model of a server, add `backend: openai` and `base_url`."
        scene.problems.add("SOF212", (*path, "model"), what, fix)
    elif given == ["hub"] and not model.hub.endswith(".gguf"):
        what = f"`hub: {model.hub}` names a repository, and an embedded model is one GGUF file."
        fix = f"Write `hub: {model.hub}/FILE.gguf`; for a checkpoint add `backend: transformers`."
        scene.problems.add("SOF212", (*path, "hub"), what, fix)


def _checkpoint(scene: Scene, path: Key, model: Model) -> None:
    for key in ("model", *_REMOTE):
        if getattr(model, key):
            what = f"`{key}` means nothing to `backend: transformers`."
            otherwise = "Name the checkpoint by `path` or `hub`."
            fix = _other_backend(scene, path, key) or otherwise
            scene.problems.add("SOF212", (*path, key), what, fix, at_key=True)
            return
    if bool(model.path) == bool(model.hub):
        what = "`backend: transformers` needs one of `path` and `hub`."
        fix = "Such as `path: models/my-checkpoint`, a folder with a config.json."
        scene.problems.add("SOF212", path, what, fix, at_key=True)


def _nothing_to_name(scene: Scene, path: Key, model: Model) -> None:
    for key in ("model", *_LOCAL, *_REMOTE):
        if getattr(model, key):
            what = f"`{key}` means nothing to `backend: wordllama`: there is one model."
            fix = _other_backend(scene, path, key) or "Remove it."
            scene.problems.add("SOF212", (*path, key), what, fix, at_key=True)


def _remote(scene: Scene, path: Key, model: Model) -> None:
    for key in _LOCAL:
        if getattr(model, key):
            what = f"`{key}` is for an embedded model, and `{path[-1]}` is a server's."
            otherwise = "Remove `backend: openai`, or name the model by `model`."
            fix = _other_backend(scene, path, key) or otherwise
            scene.problems.add("SOF212", (*path, key), what, fix, at_key=True)
    for key, example in (("base_url", "http://localhost:8000/v1"), ("model", "qwen3-32b")):
        if not getattr(model, key):
            what = f"`backend: openai` needs `{key}`."
            fix = f"Such as `{key}: {example}`."
            scene.problems.add("SOF212", path, what, fix, at_key=True)


def _key(scene: Scene, path: Key, model: Model, environ: Mapping[str, str]) -> None:
    name = model.api_key.removeprefix("${").removesuffix("}")
    if name and not environ.get(name):
        what = f"The environment variable `{name}` is not set."
        scene.problems.warn("SOF214", (*path, "api_key"), what, f"Before a run: export {name}=…")
