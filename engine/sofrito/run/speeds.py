"""Remembers in the journal how fast a model was when it was last timed."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import xxhash

from sofrito.plan.estimate_time import Speed

_TABLE = """
CREATE TABLE IF NOT EXISTS speed(
  model TEXT PRIMARY KEY, fixed REAL NOT NULL, token REAL NOT NULL, lanes INTEGER NOT NULL,
  calls INTEGER NOT NULL
) WITHOUT ROWID
"""


def remember(
    journal: Path, speeds: Mapping[str, Speed], identities: Mapping[str, Mapping[str, Any]]
) -> None:
    """Store the speeds of models, by name, in a journal that exists; a hint, so a failure is silent."""
    rows = [
        (_key(identities[name]), one.fixed, one.token, one.lanes, one.calls)
        for name, one in speeds.items()
    ]
    try:
        with closing(sqlite3.connect(journal, timeout=60)) as connection, connection:
            connection.execute(_TABLE)
            connection.executemany("INSERT OR REPLACE INTO speed VALUES(?, ?, ?, ?, ?)", rows)
    except sqlite3.Error:
        return


def remembered(journal: Path, identities: Mapping[str, Mapping[str, Any]]) -> dict[str, Speed]:
    """Return the speeds that the journal has, by the recipe's names of the models."""
    if not journal.is_file():
        return {}
    query = "SELECT fixed, token, lanes, calls FROM speed WHERE model = ?"
    found = {}
    try:
        with closing(sqlite3.connect(f"{journal.resolve().as_uri()}?mode=ro", uri=True)) as reader:
            for name, identity in identities.items():
                row = reader.execute(query, (_key(identity),)).fetchone()
                if row:
                    found[name] = Speed(*row)
    except sqlite3.Error:
        return {}
    return found


def _key(identity: Mapping[str, Any]) -> str:
    return xxhash.xxh3_128_hexdigest(orjson.dumps(identity, option=orjson.OPT_SORT_KEYS))
