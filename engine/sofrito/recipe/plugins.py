"""Words that installed packages bring by entry points: verbs, filters, formats, backends."""

import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from traceback import walk_tb
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from sofrito.problems import Trouble

Kind = Literal["verb", "filter", "format", "backend"]
KINDS: tuple[Kind, ...] = ("verb", "filter", "format", "backend")
P = TypeVar("P")

_OURS = b"[sofrito."
_ENDINGS = (".dist-info", ".egg-info")


class Plugin(NamedTuple):
    """A word of recipes that an installed package brings; ``value`` is its `module:object`."""

    kind: Kind
    name: str
    value: str
    package: str
    version: str

    @property
    def who(self) -> str:
        """The package and its version."""
        return f"{self.package} {self.version}"

    def load(self) -> Any:
        """Import what the word stands for; raises Trouble where the package does not let it."""
        from importlib.metadata import EntryPoint

        try:
            found = EntryPoint(self.name, self.value, f"sofrito.{self.kind}s").load()
        except Exception as error:
            said = " ".join(f"{type(error).__name__}: {error}".split())
            what = (
                f"The {self.kind} `{self.name}` of the package {self.who} fails to import: {said}"
            )
            raise Trouble(f"{what.rstrip('.')}.", remedy(self)) from error
        _LOADED[self] = found
        return found


_LOADED: dict[Plugin, Any] = {}


def remedy(plugin: Plugin) -> str:
    """Return what a user can do about a package that does not work."""
    return f"Update the package, or remove it: pip uninstall {plugin.package}"


def loaded() -> dict[Plugin, Any]:
    """Return what this process has imported of packages."""
    return dict(_LOADED)


def origin(found: Any) -> Plugin | None:
    """Return the plugin that a class or function was loaded as, None for a built-in one."""
    return next((plugin for plugin, one in _LOADED.items() if one is found), None)


def to_blame(error: BaseException) -> Plugin | None:
    """Return whose code an error comes from, if that is a package's and not Sofrito's own."""
    owners = {plugin.value.partition(":")[0].partition(".")[0]: plugin for plugin in _LOADED}
    modules = (frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__))
    tops = [str(module).partition(".")[0] for module in modules]
    last = next((top for top in reversed(tops) if top in (*owners, "sofrito")), "")
    return owners.get(last)


@cache
def installed() -> tuple[Plugin, ...]:
    """Return the words of all installed packages."""
    return plugins_on(sys.path)


def plugins_on(path: Sequence[str]) -> tuple[Plugin, ...]:
    """Return the words of the packages on a path, sorted; of a package the first found counts.

    Only a package whose entry points speak of Sofrito is looked at closer: to ask
    `importlib.metadata` for all of them takes several times as long.
    """
    seen = set[str]()
    found: list[Plugin] = []
    for folder in path:
        for name, place in _packages(folder or "."):
            if name not in seen:
                seen.add(name)
                found += _brought(place)
    return tuple(sorted(found))


def _packages(folder: str) -> Iterator[tuple[str, str]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(_ENDINGS):
                    name = entry.name.rpartition(".")[0].partition("-")[0]
                    yield name.lower().replace("-", "_").replace(".", "_"), entry.path
    except OSError:
        return


def _brought(place: str) -> Iterator[Plugin]:
    try:
        with open(f"{place}/entry_points.txt", "rb") as file:  # noqa: PTH123 - for every package
            if _OURS not in file.read():
                return
    except OSError:
        return
    from importlib.metadata import Distribution

    package = Distribution.at(Path(place))
    for point in package.entry_points:
        kind = next((kind for kind in KINDS if point.group == f"sofrito.{kind}s"), None)
        if kind:
            name = package.metadata["Name"]
            yield Plugin(kind, point.name, point.value, name, package.version)


def named(
    kind: Kind, name: str, builtin: Collection[str], plugins: Sequence[Plugin]
) -> Plugin | None:
    """Return the plugin of a name, None where there is none.

    Raises Trouble where it is not clear which is meant: two packages have it, or it is built in.
    """
    found = [one for one in plugins if (one.kind, one.name) == (kind, name)]
    if not found:
        return None
    packages = " and ".join(one.who for one in found)
    fix = f"Remove one: pip uninstall {found[-1].package}"
    if name in builtin:
        what = f"The {kind} `{name}` is built in, and there is one in {packages} as well."
        raise Trouble(what, fix)
    if len(found) > 1:
        raise Trouble(f"Two packages have a {kind} `{name}`: {packages}.", fix)
    return found[0]


class Words(Mapping[str, type[P]], Generic[P]):
    """Built-in classes, and behind them those of packages, each imported when it is asked for.

    ``fault`` says what is wrong with the class of a package by its name, "" if nothing is. Asking for
    a class raises Trouble where it is broken, or where it is not clear which one is meant.
    """

    def __init__(
        self,
        kind: Kind,
        builtin: Mapping[str, type[P]],
        plugins: Sequence[Plugin],
        fault: Callable[[str, Any], str],
    ) -> None:
        self._kind: Kind = kind
        self._builtin, self._plugins, self._fault = builtin, plugins, fault
        names = dict.fromkeys(one.name for one in plugins if one.kind == kind)
        self._more = [name for name in names if name not in builtin]
        self._checked: dict[str, type[P]] = {}

    def __getitem__(self, name: str) -> type[P]:
        if name not in self._checked:
            self._checked[name] = self._found(name)
        return self._checked[name]

    def _found(self, name: str) -> type[P]:
        plugin = named(self._kind, name, self._builtin, self._plugins)
        if plugin is None:
            return self._builtin[name]
        cls: type[P] = plugin.load()
        if fault := self._fault(name, cls):
            what = f"The {self._kind} `{name}` of the package {plugin.who} {fault}."
            raise Trouble(what, remedy(plugin))
        return cls

    def __iter__(self) -> Iterator[str]:
        yield from self._builtin
        yield from self._more

    def __len__(self) -> int:
        return len(self._builtin) + len(self._more)

    def __contains__(self, name: object) -> bool:
        return name in self._builtin or name in self._more
