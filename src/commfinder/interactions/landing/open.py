"""Open what was landed: rows are read from disk when they are asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from commfinder.interactions.schema import ACCOUNTS, MEMBERSHIPS, Loss
from commfinder.interactions.store import Store
from commfinder.interactions.table import Interactions
from commfinder.interactions.words import WORD_COLUMNS, Words

__all__ = ["open_landed"]


def open_landed(done: Path, store: Store) -> Interactions:
    """Open a landed input; nothing but names, words and accounts is read now.

    Parameters
    ----------
    done : Path
        The folder that `Landing.finish` returned.
    store : Store
        A database that may read this folder in place.

    Returns
    -------
    Interactions
        Equal to what reading the input in memory gives.
    """
    words = pq.read_table(done / "words.parquet")
    kinds, texts = (np.array(words[name].to_pylist(), dtype=object) for name in ("column", "word"))
    said = json.loads((done / "done.json").read_text(encoding="utf-8"))
    opened = Interactions.from_numbered(
        _opened(done / "rows.parquet", store),
        names=_texts(pq.read_table(done / "names.parquet")["name"]),
        words=Words(*(texts[kinds == column] for column in WORD_COLUMNS)),
        texts=_opened(done / "texts.parquet", store),
        store=store,
        losses=[Loss(**loss) for loss in said["losses"]],
        inputs=said["digests"],
    )
    accounts, memberships = (
        pq.read_table(done / f"{name}.parquet").cast(schema).to_pandas()
        for name, schema in (("accounts", ACCOUNTS), ("memberships", MEMBERSHIPS))
    )
    return replace(opened, accounts=accounts, memberships=memberships)


def _texts(column: pa.ChunkedArray) -> npt.NDArray[np.object_]:
    """Return a column of texts as an array of objects."""
    array = np.empty(len(column), dtype=object)
    array[:] = column.to_pylist()
    return array


def _opened(path: Path, store: Store) -> Any:
    """Return the expression that reads a file in place."""
    return store.backend.read_parquet(str(path.resolve()))
