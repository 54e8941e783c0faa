"""A client of yaml-language-server, the program that editors ask about YAML, over its stdio."""

import json
import subprocess
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

_SETTINGS = {
    "yaml": {
        "validate": True,
        "hover": True,
        "completion": True,
        "format": {"enable": False},
        "schemaStore": {"enable": False},
    },
    "http": {"proxy": "", "proxyStrictSSL": False},
}
_SKELETON = 7  # the protocol's number of a class


@dataclass(frozen=True)
class Squiggle:
    """What an editor underlines: lines and columns count from 1, the end is exclusive."""

    line: int
    start: int
    end: int
    message: str


class LanguageServer(AbstractContextManager["LanguageServer"]):
    """The server in a process of its own; lines and columns count from 1, as an editor shows them."""

    def __init__(self, node: str, script: Path) -> None:
        self._process = subprocess.Popen(
            [node, str(script), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._asked = 0
        self._told: dict[str, list[dict[str, Any]]] = {}
        self._versions: dict[str, int] = {}

    def __enter__(self) -> "LanguageServer":
        hover = {"contentFormat": ["markdown", "plaintext"]}
        item = {"documentationFormat": ["markdown"], "snippetSupport": True}
        capabilities = {
            "textDocument": {
                "hover": hover,
                "completion": {"completionItem": item},
                "publishDiagnostics": {},
            }
        }
        started = {"processId": None, "rootUri": None, "capabilities": capabilities}
        self._request("initialize", started)
        self._notify("initialized", {})
        self._notify("workspace/didChangeConfiguration", {"settings": _SETTINGS})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def show(self, file: Path, text: str) -> None:
        """Open a text as the content of a file, or replace it there; the file itself is not read."""
        uri = file.as_uri()
        version = self._versions[uri] = self._versions.get(uri, 0) + 1
        if version == 1:
            opened = {"uri": uri, "languageId": "yaml", "version": version, "text": text}
            self._notify("textDocument/didOpen", {"textDocument": opened})
        else:
            changed = {"uri": uri, "version": version}
            changes = [{"text": text}]
            self._notify(
                "textDocument/didChange", {"textDocument": changed, "contentChanges": changes}
            )

    def completions(self, file: Path, line: int, column: int) -> dict[str, str]:
        """Return what is offered at a place, with the help that is shown beside it.

        Left out are the skeletons of whole mappings, which the server makes up of required keys.
        """
        found = self._request("textDocument/completion", _at(file, line, column))
        items = found["items"] if isinstance(found, dict) else found or []
        offered: dict[str, str] = {}
        for item in items:
            if item.get("kind") != _SKELETON:
                help_ = _text(item.get("documentation", ""))
                offered[item["label"]] = offered.get(item["label"]) or help_
        return offered

    def hover(self, file: Path, line: int, column: int) -> str:
        """Return the help that is shown where the pointer rests on a place."""
        found = self._request("textDocument/hover", _at(file, line, column))
        return _text(found["contents"]) if found else ""

    def squiggles(self, file: Path) -> list[Squiggle]:
        """Return what is underlined in a text that was shown once; the server tells it unasked."""
        uri = file.as_uri()
        while uri not in self._told:
            self._read()
        return [_squiggle(each) for each in self._told.pop(uri)]

    def _request(self, method: str, params: Mapping[str, Any]) -> Any:
        self._asked += 1
        self._send({"id": self._asked, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == self._asked and "method" not in message:
                assert "error" not in message, message["error"]
                return message["result"]

    def _notify(self, method: str, params: Mapping[str, Any]) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        pipe = self._process.stdin
        assert pipe is not None
        pipe.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        pipe.flush()

    def _read(self) -> dict[str, Any]:
        """Read a message: an answer is returned, diagnostics are kept, a question is answered."""
        pipe = self._process.stdout
        assert pipe is not None
        message: dict[str, Any] = json.loads(pipe.read(_length(pipe)))
        if message.get("method") == "textDocument/publishDiagnostics":
            self._told[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "id" in message and "method" in message:
            self._send({"id": message["id"], "result": None})
        return message


def _length(pipe: IO[bytes]) -> int:
    length = 0
    while line := pipe.readline().strip():
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    assert length, "the language server has ended"
    return length


def _at(file: Path, line: int, column: int) -> dict[str, Any]:
    position = {"line": line - 1, "character": column - 1}
    return {"textDocument": {"uri": file.as_uri()}, "position": position}


def _text(shown: Any) -> str:
    return shown["value"] if isinstance(shown, dict) else str(shown)


def _squiggle(told: Mapping[str, Any]) -> Squiggle:
    start, end = told["range"]["start"], told["range"]["end"]
    return Squiggle(
        start["line"] + 1, start["character"] + 1, end["character"] + 1, told["message"]
    )
