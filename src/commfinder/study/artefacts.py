"""Write results to a folder: all files or none, each whole, the manifest last."""

from __future__ import annotations

import contextlib
import glob
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from commfinder.errors import OutputError
from commfinder.provenance import file_digest

__all__ = [
    "Content",
    "csv_bytes",
    "json_bytes",
    "parquet_bytes",
    "write_all",
    "write_csv",
    "write_one",
    "write_parquet",
]

Content: TypeAlias = bytes | Callable[[BinaryIO], None]
"""What is in a file: bytes, or, for what is large, who writes them."""

MANIFEST = "manifest.json"
_AT_ONCE = 250_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠")


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as CSV in UTF-8; text that a spreadsheet would run as a formula gets an apostrophe before it."""
    stream = io.BytesIO()
    write_csv(frame, stream)
    return stream.getvalue()


def write_csv(frame: pd.DataFrame, stream: BinaryIO) -> None:
    """Write a frame as CSV, a stretch of rows after the other; see `csv_bytes`."""
    for number, piece in enumerate(_stretches(frame)):
        safe = piece.rename(columns=lambda name: _inert(str(name)))
        for name in safe.columns:
            if not pd.api.types.is_numeric_dtype(safe[name].dtype):
                safe[name] = safe[name].map(_inert)
        stream.write(safe.to_csv(index=False, header=not number, lineterminator="\n").encode())


def _stretches(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Cut a frame into stretches of rows; not one with times, which are written as all of them have need of."""
    whole = any(pd.api.types.is_datetime64_any_dtype(kind) for kind in frame.dtypes)
    size = max(len(frame), 1) if whole else _AT_ONCE
    for first in range(0, max(len(frame), 1), size):
        yield frame.iloc[first : first + size]


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as Parquet, without the pandas metadata that names its version."""
    stream = io.BytesIO()
    write_parquet(frame, stream)
    return stream.getvalue()


def write_parquet(frame: pd.DataFrame, stream: BinaryIO) -> None:
    """Write a frame as Parquet; see `parquet_bytes`."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, stream, compression="zstd")


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """Return a document as JSON: sorted keys, no NaN, one line end."""
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, allow_nan=False, indent=1) + "\n").encode()


def write_all(files: Mapping[str, Content], out: Path, *, facts: Mapping[str, Any]) -> list[Path]:
    """Write files to a folder and the manifest of their digests last.

    All are written under other names before the first gets its own: on a disk that is full, what an earlier run left
    stays as it was. Then the old manifest goes first, so that a folder with a manifest is always whole. Files of an
    earlier run that this one does not write are removed if the old manifest knows them; nothing else in the folder is
    touched.

    Parameters
    ----------
    files : mapping of str to bytes or callable
        Contents by file name; what is large is better written by a function than held.
    out : Path
        The folder; made if it is not there.
    facts : mapping
        What the manifest says beside the digests. No clock time: equal runs are equal bytes.

    Returns
    -------
    list of Path
        The files, the manifest last.

    Raises
    ------
    OutputError
        If the folder can not be written.
    """
    partial: dict[str, Path] = {}
    with _told(out):
        try:
            out.mkdir(parents=True, exist_ok=True)
            _remove_partial(out, {*files, MANIFEST})
            digests = {}
            for name, content in sorted(files.items()):
                partial[name], digests[name] = _write(out / name, content)
            manifest = json_bytes({"schema": "commfinder/manifest/1", **facts, "files": digests})
            partial[MANIFEST], _ = _write(out / MANIFEST, manifest)
            _remove_earlier(out, set(files))
            return [_put(partial[name], out / name) for name in (*sorted(files), MANIFEST)]
        except BaseException:
            for one in partial.values():
                one.unlink(missing_ok=True)
            raise


def write_one(path: Path, content: Content, *, private: bool = False) -> Path:
    """Write a file of which the user has said where, whole or not at all.

    Parameters
    ----------
    path : Path
        The file; one of the name is replaced, and its folder is made if it is not there.
    content : bytes or callable
        What is in it.
    private : bool, default False
        Whether it is for the user alone.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OutputError
        If it can not be written.
    """
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        return _put(_write(path, content, private=private)[0], path)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say what to do where a file or folder can not be written."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{str(path)!r} can not be written: {error.strerror or error}.",
            hint="Name another place with --out, or make room. Nothing half-written is left.",
        ) from error


def _remove_partial(out: Path, names: set[str]) -> None:
    """Remove what a run that was killed left of files of these names."""
    for name in names:
        for one in out.glob(f".{glob.escape(name)}.*.partial"):
            one.unlink(missing_ok=True)


def _remove_earlier(out: Path, names: set[str]) -> None:
    """Remove the manifest of an earlier run, and its files that this run does not write."""
    manifest = out / MANIFEST
    if not manifest.is_file():
        return
    try:
        earlier = json.loads(manifest.read_text(encoding="utf-8")).get("files", {})
    except (ValueError, AttributeError):
        earlier = {}
    manifest.unlink()
    for name in sorted(set(earlier) - names):
        stale = out / Path(name).name
        if stale.is_file():
            stale.unlink()


def _write(path: Path, content: Content, *, private: bool = False) -> tuple[Path, str]:
    """Write a file to a name beside its own and on to the disk; return that name and the digest."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as stream:
            if isinstance(content, bytes):
                stream.write(content)
            else:
                content(stream)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o600 if private or path.name.startswith("person-level") else 0o644)
        return Path(name), file_digest(Path(name))
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _put(partial: Path, path: Path) -> Path:
    """Give a file that is whole its own name."""
    partial.replace(path)
    return path


def _inert(value: Any) -> Any:
    """Keep a spreadsheet from running a cell as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
