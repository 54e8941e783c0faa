"""Weights in memory, shared by all teachers that use the same file; import it only where llama_cpp is."""

import os
import threading
from pathlib import Path
from typing import Any

import llama_cpp as lc

from sofrito.problems import Trouble
from sofrito.teachers.llama.log import complaint, listen
from sofrito.teachers.llama.tokenizer import Tokenizer

_loaded: dict[Path, "Model"] = {}
_loading = threading.Lock()


class Model:
    """The weights of one file and their vocabulary, held as long as somebody uses them."""

    def __init__(self, path: Path) -> None:
        """Load the weights; Trouble with llama.cpp's words when they do not load."""
        listen()
        lc.llama_backend_init()
        self.path, self.users = path, 0
        self.handle: Any = lc.llama_model_load_from_file(
            os.fsencode(path), lc.llama_model_default_params()
        )
        if not self.handle:
            raise Trouble(
                f"llama.cpp cannot load {path}: {complaint()}",
                "Check that the file is whole and fits into memory; a model newer than the "
                "installed llama-cpp-python needs `pip install -U llama-cpp-python`.",
            )
        self.tokenizer = Tokenizer(lc.llama_model_get_vocab(self.handle))

    @classmethod
    def shared(cls, path: Path) -> "Model":
        """Return the model of a file, loading it only once; every user calls :meth:`release`."""
        with _loading:
            model = _loaded.get(path) or cls(path)
            _loaded[path] = model
            model.users += 1
            return model

    @property
    def shares(self) -> bool:
        """Whether a sequence can begin with the first cells of another one: not with a state."""
        stateful = lc.llama_model_is_recurrent(self.handle) or lc.llama_model_is_hybrid(self.handle)
        return not stateful

    def release(self) -> None:
        """Free the weights once nobody uses them any more."""
        with _loading:
            self.users -= 1
            if not self.users:
                _loaded.pop(self.path, None)
                lc.llama_model_free(self.handle)
                self.handle = None
