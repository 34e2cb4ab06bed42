"""Values of this package as files: numbers, texts and a tree of what they are parts of; never code."""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["NotPackableError", "pack", "unpack"]

_TREE, _NUMBERS, _TEXTS = "tree.json", "numbers.zst", "texts.parquet"
_PACKAGE = "commfinder."
_PLAIN = (type(None), bool, int, float, str)
_MASKED: dict[str, Callable[..., Any]] = {
    "Int64": pd.arrays.IntegerArray,
    "Float64": pd.arrays.FloatingArray,
    "boolean": pd.arrays.BooleanArray,
}
_Node = Any
"""What JSON can hold."""


class NotPackableError(TypeError):
    """A value has a part that can not be written down so that it comes back the same."""


def pack(value: object, folder: Path, *, given: Mapping[str, object] | None = None) -> list[Path]:
    """Write a value to a folder.

    Parameters
    ----------
    value : object
        A dataclass of this package, or what such are made of: plain values, tuples, lists, dicts, times in UTC, NumPy
        arrays of numbers or texts, and pandas frames of these. Nothing that is in it twice is written twice.
    folder : Path
        A folder that is there.
    given : mapping of str to object, optional
        Parts that are not written, since whoever unpacks has them.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    NotPackableError
        If it has a part of another kind.
    OSError
        If the files can not be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = pack({"labels": np.array([0, 1, 1]), "names": ("a", "b")}, Path(folder))
    ...     unpack(Path(folder))
    {'labels': array([0, 1, 1]), 'names': ('a', 'b')}
    """
    with pa.CompressedOutputStream(str(folder / _NUMBERS), "zstd") as stream:
        packer = _Packer(stream, given or {})
        tree = packer.node(value)
    texts = pa.chunked_array(packer.texts, type=pa.large_string())
    pq.write_table(pa.table({"text": texts}), folder / _TEXTS, compression="zstd")
    (folder / _TREE).write_text(json.dumps(tree, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    return [folder / name for name in (_NUMBERS, _TEXTS, _TREE)]


def unpack(folder: Path, *, given: Mapping[str, object] | None = None) -> Any:
    """Read what `pack` has written.

    Parameters
    ----------
    folder : Path
        The folder.
    given : mapping of str to object, optional
        What was given to `pack`, by the same names.

    Returns
    -------
    object
        Equal to what was packed.

    Raises
    ------
    OSError, ValueError, KeyError, TypeError, AttributeError, ImportError
        If the files are not those of `pack`, or of another version of this package.
    """
    tree = json.loads((folder / _TREE).read_text(encoding="utf-8"))
    texts = pq.read_table(folder / _TEXTS)["text"].combine_chunks()
    with pa.CompressedInputStream(str(folder / _NUMBERS), "zstd") as stream:
        return _Unpacker(stream, texts, given or {}).value(tree)


class _Packer:
    """Turns values into nodes of the tree, and puts numbers and texts aside."""

    def __init__(self, stream: Any, given: Mapping[str, object]) -> None:
        self.texts: list[pa.LargeStringArray] = []
        self._stream = stream
        self._given = {id(value): name for name, value in given.items()}
        self._numbers: dict[int, int] = {}
        self._texts = 0

    def node(self, value: Any) -> _Node:
        """Return the node of a value."""
        if type(value) in _PLAIN:
            return value
        if id(value) in self._given:
            return {"is": "given", "name": self._given[id(value)]}
        if isinstance(value, np.ndarray | pd.DataFrame) or (is_dataclass(value) and not isinstance(value, type)):
            return self._once(value)
        if type(value) in (list, tuple):
            return {"is": type(value).__name__, "of": [self.node(one) for one in value]}
        if type(value) is dict:
            return {"is": "dict", "of": [[self.node(key), self.node(one)] for key, one in value.items()]}
        if type(value) is datetime and value.tzinfo is UTC:
            return {"is": "datetime", "iso": value.isoformat()}
        if isinstance(value, np.bool_ | np.number):
            return {"is": "scalar", "type": value.dtype.str, "value": value.item()}
        raise NotPackableError(f"a {type(value).__module__}.{type(value).__qualname__}")

    def _once(self, value: Any) -> _Node:
        """Return the node of a value that may be in several places; all but the first name its number."""
        if id(value) in self._numbers:
            return {"is": "seen", "number": self._numbers[id(value)]}
        if isinstance(value, np.ndarray):
            node = self._array(value)
        elif isinstance(value, pd.DataFrame):
            node = self._frame(value)
        else:
            node = self._dataclass(value)
        # Parts have got their numbers before the whole: unpacking counts in the same order.
        self._numbers[id(value)] = len(self._numbers)
        return node

    def _dataclass(self, value: Any) -> _Node:
        """Return the node of a dataclass of this package."""
        kind = type(value)
        if not kind.__module__.startswith(_PACKAGE) or kind.__qualname__ != kind.__name__:
            raise NotPackableError(f"a {kind.__module__}.{kind.__qualname__}")
        parts = {one.name: self.node(getattr(value, one.name)) for one in fields(value) if one.init}
        return {"is": "dataclass", "of": f"{kind.__module__}:{kind.__qualname__}", "parts": parts}

    def _array(self, value: npt.NDArray[Any]) -> _Node:
        """Return the node of an array of numbers or texts."""
        if value.dtype == object:
            return {"is": "texts", "shape": value.shape, **self._put_texts(value.ravel().tolist())}
        if value.dtype.kind not in "biufM":
            raise NotPackableError(f"an array of {value.dtype}")
        kept = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))
        if kept.size:
            self._stream.write(kept.reshape(-1).view(np.uint8).data)
        return {"is": "array", "type": kept.dtype.str, "shape": value.shape}

    def _put_texts(self, values: Any) -> dict[str, int]:
        """Put texts aside, and return where they are."""
        try:
            texts = pa.array(values, pa.large_string())
        except (pa.ArrowException, TypeError) as error:
            raise NotPackableError(f"texts among which is something else: {error}") from None
        pieces = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
        self.texts += pieces
        self._texts += len(texts)
        return {"first": self._texts - len(texts), "count": len(texts)}

    def _frame(self, value: pd.DataFrame) -> _Node:
        """Return the node of a frame with named columns and numbered rows."""
        rows = value.index
        if not isinstance(rows, pd.RangeIndex) or (rows.start, rows.step, rows.name) != (0, 1, None) or value.attrs:
            raise NotPackableError("a frame whose rows have names")
        if value.columns.nlevels > 1 or not all(type(name) is str for name in value.columns):
            raise NotPackableError("a frame whose columns have no names")
        columns = [[name, self._column(column)] for name, column in value.items()]
        return {"is": "frame", "rows": len(value), "columns": columns}

    def _column(self, column: pd.Series[Any]) -> _Node:
        """Return the node of a column."""
        kind = column.dtype
        if isinstance(kind, pd.StringDtype):
            missing = "NA" if kind.na_value is pd.NA else "nan"
            return {"is": "strings", "storage": kind.storage, "missing": missing, **self._put_texts(column.array)}
        if str(kind) in _MASKED:
            mask = column.isna().to_numpy()
            plain = {"Int64": np.int64, "Float64": np.float64, "boolean": np.bool_}[str(kind)]
            values = column.to_numpy(dtype=plain, na_value=plain())
            return {"is": "masked", "type": str(kind), "values": self._array(values), "mask": self._array(mask)}
        if isinstance(kind, pd.DatetimeTZDtype) and str(kind.tz) == "UTC":
            return {"is": "moments", "values": self._array(column.dt.tz_localize(None).to_numpy())}
        if isinstance(kind, np.dtype):
            return self._array(column.to_numpy())
        raise NotPackableError(f"a column of {kind}")


class _Unpacker:
    """Turns nodes of the tree into values."""

    def __init__(self, stream: Any, texts: pa.LargeStringArray, given: Mapping[str, object]) -> None:
        self._stream, self._texts, self._given = stream, texts, given
        self._seen: list[Any] = []
        self._makers: dict[str, Callable[[dict[str, Any]], Any]] = {
            "given": lambda node: self._given[node["name"]],
            "seen": lambda node: self._seen[node["number"]],
            "list": lambda node: [self.value(one) for one in node["of"]],
            "tuple": lambda node: tuple(self.value(one) for one in node["of"]),
            "dict": lambda node: {self.value(key): self.value(one) for key, one in node["of"]},
            "datetime": lambda node: datetime.fromisoformat(node["iso"]),
            "scalar": lambda node: np.dtype(node["type"]).type(node["value"]),
            "dataclass": self._dataclass,
            "array": self._array,
            "texts": self._text_array,
            "frame": self._frame,
            "strings": self._strings,
            "masked": lambda node: _MASKED[node["type"]](self._array(node["values"]), self._array(node["mask"])),
            "moments": lambda node: pd.Series(self._array(node["values"])).dt.tz_localize("UTC"),
        }

    def value(self, node: _Node) -> Any:
        """Return the value of a node, and remember it if it may be in several places."""
        if not isinstance(node, dict):
            return node
        made = self._makers[node["is"]](node)
        if node["is"] in ("array", "texts", "frame", "dataclass"):
            self._seen.append(made)
        return made

    def _dataclass(self, node: dict[str, Any]) -> Any:
        """Make a dataclass of this package; nothing else is ever looked up by its name."""
        module, _, name = node["of"].partition(":")
        kind = getattr(importlib.import_module(module), name) if module.startswith(_PACKAGE) else None
        if not (isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == module):
            raise TypeError(f"{node['of']} is no dataclass of this package")
        return kind(**{name: self.value(part) for name, part in node["parts"].items()})

    def _array(self, node: dict[str, Any]) -> npt.NDArray[Any]:
        """Read an array of numbers; they follow one another in the order of the tree."""
        kind, count = np.dtype(node["type"]), math.prod(node["shape"])
        values = np.frombuffer(bytearray(self._stream.read(count * kind.itemsize)), dtype=kind, count=count)
        return values.astype(kind.newbyteorder("="), copy=False).reshape(node["shape"])

    def _text_array(self, node: dict[str, Any]) -> npt.NDArray[np.object_]:
        """Return an array of texts; equal texts are one object, as they mostly were."""
        codes = self._texts.slice(node["first"], node["count"]).dictionary_encode()
        words = np.array([*codes.dictionary.to_pylist(), None], dtype=object)
        places = codes.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)
        found: npt.NDArray[np.object_] = words[places].reshape(node["shape"])
        return found

    def _strings(self, node: dict[str, Any]) -> Any:
        """Return a column of texts of the same type of column."""
        kind: Any = pd.StringDtype(node["storage"], na_value=pd.NA if node["missing"] == "NA" else np.nan)
        return kind.__from_arrow__(self._texts.slice(node["first"], node["count"]))

    def _frame(self, node: dict[str, Any]) -> pd.DataFrame:
        """Return a frame."""
        columns = {name: self._makers[column["is"]](column) for name, column in node["columns"]}
        return pd.DataFrame(columns, index=pd.RangeIndex(node["rows"]), columns=pd.Index(list(columns), dtype="str"))
