"""Tell of what kind an input is, by its content; by its name only where it is empty."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal, TypeAlias

from commfinder.errors import FormatError
from commfinder.sources.archive import open_members
from commfinder.sources.mbox_split import looks_like_mail
from commfinder.sources.slack import is_slack
from commfinder.sources.streams import existing, open_stream, walk

__all__ = ["KINDS", "Kind", "detect"]

Kind: TypeAlias = Literal["mbox", "slack", "table"]

KINDS: tuple[Kind, ...] = ("mbox", "slack", "table")
"""The kinds of input that can be read."""

_TAUGHT = (
    "Kinds are: 'mbox' (mail archives and folders of them), 'slack' (the zip or folder of a Slack export), "
    "'table' (CSV, JSON lines, Parquet)."
)
_TABLES = {".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".tab", ".psv"}
_HEAD = 1 << 16
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


def detect(path: str | os.PathLike[str]) -> Kind:
    """Tell of what kind a file or folder is.

    Parameters
    ----------
    path : str or path
        File or folder.

    Returns
    -------
    {"mbox", "slack", "table"}

    Raises
    ------
    MissingFileError
        If there is no such file or folder.
    FormatError
        If it is of no kind that can be read.
    """
    where = existing(path)
    if where.is_dir():
        return _folder(where)
    if not where.is_file():
        raise FormatError(f"{where.name} is neither a file nor a folder.", need=_TAUGHT)
    with where.open("rb") as file:
        magic = file.read(4)
    if magic[:2] == b"PK":
        return _archive(where)
    if magic == b"PAR1":
        return "table"
    return _text(where)


def _folder(folder: Path) -> Kind:
    """Tell the kind of a folder."""
    files, _ = walk(folder)
    if is_slack([name for name, _ in files]):
        return "slack"
    for _, file in files:
        with open_stream(file) as (reader, _):
            if looks_like_mail(reader.peek(_HEAD)[:_HEAD]):
                return "mbox"
    tables = [name for name, file in files if file.suffix.lower() in _TABLES]
    if tables:
        raise FormatError(
            f"{folder.name} is a folder; a table is read from one file, such as {tables[0]}.",
            hint="Read each file by itself and join them with Interactions.concat.",
        )
    raise FormatError(
        f"{folder.name} holds nothing that is known, in {len(files)} files.",
        need="Looked for users.json and channels.json of Slack, and for files that open like mail. " + _TAUGHT,
        hint="Name the kind: kind='mbox'.",
    )


def _archive(path: Path) -> Kind:
    """Tell the kind of a zip archive."""
    with open_members(path) as members:
        names = sorted(members.openers)
    if is_slack(names):
        return "slack"
    raise FormatError(
        f"{path.name} is a zip archive of no known kind ({len(names)} members).",
        need="Looked for users.json, channels.json and <channel>/<YYYY-MM-DD>.json of Slack. " + _TAUGHT,
        hint="Unpack it and give what is inside, or name the kind: kind='slack'.",
    )


def _text(path: Path) -> Kind:
    """Tell the kind of a plain or compressed file."""
    with open_stream(path) as (reader, _):
        head = reader.peek(_HEAD)[:_HEAD]
    suffixes = {suffix.lower() for suffix in path.suffixes}
    if looks_like_mail(head):
        return "mbox"
    if suffixes & _TABLES:
        return "table"
    if not head:
        return "mbox"
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[1:400:2].count(0) > 60 or head[0:400:2].count(0) > 60
    lines = head.splitlines()[:20]
    if wide or (b"\0" not in head and not _CONTROL.search(head) and _has_cells(lines)):
        return "table"
    raise FormatError(
        f"{path.name} is of no known kind.",
        need="Looked for a line 'From <address> <date>' or mail headers, and for lines of cells. " + _TAUGHT,
        hint="Name the kind if it is one of them: kind='table'.",
    )


def _has_cells(lines: list[bytes]) -> bool:
    """Say whether lines look like rows of equally many cells."""
    full = [line for line in lines if line.strip()]
    full = full[:-1] if len(full) > 2 else full
    if not full:
        return False
    counts = [[line.count(mark) for line in full] for mark in (b",", b";", b"\t", b"|")]
    counts.append([len(line.split()) - 1 for line in full])
    return any(count[0] > 0 and count.count(count[0]) >= 0.8 * len(count) for count in counts)
