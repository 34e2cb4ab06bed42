"""Write results to a folder: each file whole or not at all, the manifest last."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from commfinder.errors import OutputError

__all__ = ["csv_bytes", "json_bytes", "parquet_bytes", "write_all"]

MANIFEST = "manifest.json"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠")


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as CSV in UTF-8; text that a spreadsheet would run as a formula gets an apostrophe before it."""
    safe = frame.rename(columns=lambda name: _inert(str(name)))
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[name].dtype):
            safe[name] = safe[name].map(_inert)
    return safe.to_csv(index=False, lineterminator="\n").encode()


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as Parquet, without the pandas metadata that names its version."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """Return a document as JSON: sorted keys, no NaN, one line end."""
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, allow_nan=False, indent=1) + "\n").encode()


def write_all(files: Mapping[str, bytes], out: Path, *, facts: Mapping[str, Any]) -> list[Path]:
    """Write files to a folder and the manifest of their digests last.

    The old manifest goes first, so that a folder with a manifest is always whole. Files of an earlier run that this one
    does not write are removed if the old manifest knows them; nothing else in the folder is touched.

    Parameters
    ----------
    files : mapping of str to bytes
        Contents by file name.
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
    try:
        out.mkdir(parents=True, exist_ok=True)
        _remove_earlier(out, set(files))
        written = [_write(out / name, content) for name, content in sorted(files.items())]
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
        manifest = json_bytes({"schema": "commfinder/manifest/1", **facts, "files": digests})
        return [*written, _write(out / MANIFEST, manifest)]
    except OSError as error:
        raise OutputError(
            f"The folder {str(out)!r} can not be written: {error.strerror or error}.",
            hint="Name another folder with --out, or make room.",
        ) from error


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


def _write(path: Path, content: bytes) -> Path:
    """Write a file whole: to a name beside it, on to the disk, and then to its own name."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o600 if path.name.startswith("person-level") else 0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def _inert(value: Any) -> Any:
    """Keep a spreadsheet from running a cell as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
