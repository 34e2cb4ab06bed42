"""The same awkward inputs through every kind of frame, cleaning, people and pseudonyms: nothing falls over."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from commfinder import Directory, Interactions, concat, pseudonymise, resolve_people

T = "2026-07-01T09:00:00Z"

# rows of (sender, recipient, time); rows and people that cleaning leaves
AWKWARD = {
    "empty": ([], 0, []),
    "one person": ([("a", None, T)], 1, ["a"]),
    "self-loops only": ([("a", "a", T), ("b", "b", T)], 0, []),
    "one pair": ([("a", "b", T)], 1, ["a", "b"]),
    "duplicates": ([("a", "b", T)] * 3, 3, ["a", "b"]),
    "disconnected": ([("a", "b", T), ("c", "d", T)], 2, ["a", "b", "c", "d"]),
    "no times": ([("a", "b", None), ("b", "c", None)], 2, ["a", "b", "c"]),
    "one moment": ([("a", "b", T), ("b", "c", T), ("c", "a", T)], 3, ["a", "b", "c"]),
    "nobody is addressed": ([("a", None, T), ("b", None, T)], 2, ["a", "b"]),
    "machines only": ([("no-reply@x", "ci-bot", T)], 0, []),
    "odd names": ([("<b>", "'; DROP TABLE held_0;--", T), ("名", "\u202e", T)], 2, None),
}
MAKERS = {
    "pandas": lambda columns: pd.DataFrame(columns, dtype="string"),
    "mapping": dict,
    "polars": lambda columns: pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)),
    "arrow": lambda columns: pa.table(columns, schema=pa.schema(dict.fromkeys(columns, pa.string()))),
}


def columns(rows):
    found = {name: [row[at] for row in rows] for at, name in enumerate(("sender", "recipient", "time"))}
    if not any(found["time"]):
        del found["time"]
    return found


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_input(name, maker):
    rows, kept, people = AWKWARD[name]
    inter = Interactions.from_frame(MAKERS[maker](columns(rows)))
    assert len(inter) == len(rows)
    clean = inter.clean()
    assert len(clean) == kept == len(clean.to_frame())
    assert people is None or clean.people == people
    assert len(rows) == kept + clean.losses["count"].sum()
    assert (clean.period is None) == (name in ("no times", "empty", "self-loops only", "machines only"))
    for value in (inter, clean):
        assert repr(value).startswith(f"<Interactions: {len(value)} rows")
        assert value.to_json() == value.to_json()
        assert len(concat([value, value]).clean()) == len(value.clean())
        assert len(pseudonymise(value, key=b"k" * 32)) == len(value)
        resolved, aliases = resolve_people(value, Directory.from_frame({"person": ["a", "z"]}))
        assert len(resolved) == len(value)
        assert aliases.to_frame()["account"].tolist() == value.people


def test_every_kind_of_frame_gives_the_same_bytes():
    for name in ("empty", "disconnected", "no times", "odd names"):
        rows, *_ = AWKWARD[name]
        found = {Interactions.from_frame(make(columns(rows))).clean().to_json() for make in MAKERS.values()}
        assert len(found) == 1
