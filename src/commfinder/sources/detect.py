"""Tell of what kind an input is, by its content; by its name only where it is empty."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal, TypeAlias

from commfinder.errors import FormatError
from commfinder.sources.archive import Members, open_members
from commfinder.sources.documents import head_of, member_of, peek_member
from commfinder.sources.event_log_columns import header_of, looks_like_log
from commfinder.sources.mbox_split import looks_like_mail
from commfinder.sources.slack import is_slack
from commfinder.sources.streams import existing, open_stream, walk
from commfinder.sources.zulip import is_zulip
from commfinder.sources.zulip_export import is_zulip_export

__all__ = ["KINDS", "Kind", "detect"]

Kind: TypeAlias = Literal["mbox", "slack", "zulip", "table", "event_log", "xes", "ocel"]

KINDS: tuple[Kind, ...] = ("mbox", "slack", "zulip", "table", "event_log", "xes", "ocel")
"""The kinds of input that can be read."""

_TAUGHT = (
    "Kinds are: 'mbox' (mail archives and folders of them), 'slack' (the zip or folder of a Slack export), "
    "'zulip' (a folder of topics, one file each, or the export of a Zulip server), 'table' (CSV, JSON lines, Parquet), "
    "'event_log' (a table of who did what on which case), 'xes' and 'ocel' (event logs of one and of many objects)."
)
_ROOT = re.compile(r"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINES = {".jsonl", ".ndjson"}
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
    {"mbox", "slack", "zulip", "table", "event_log", "xes", "ocel"}

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
        return _table(where)
    return _text(where)


def _folder(folder: Path) -> Kind:
    """Tell the kind of a folder."""
    with open_members(folder) as members:
        chat = _chat(members)
    if chat is not None:
        return chat
    files, _ = walk(folder)
    for _, file in files:
        with open_stream(file) as (reader, _):
            if looks_like_mail(reader.peek(_HEAD)[:_HEAD]):
                return "mbox"
    tables = [name for name, file in files if file.suffix.lower() in _TABLES]
    logs = [name for name, file in files if {".xes", ".jsonocel"} & {one.lower() for one in file.suffixes}]
    if tables or logs:
        raise FormatError(
            f"{folder.name} is a folder; a table or an event log is read from one file, such as {(logs + tables)[0]}.",
            hint="Read each file by itself and join them with Interactions.concat.",
        )
    raise FormatError(
        f"{folder.name} holds nothing that is known, in {len(files)} files.",
        need="Looked for users.json and channels.json of Slack, for topics of Zulip, and for files that open like "
        "mail. " + _TAUGHT,
        hint="Name the kind: kind='mbox'.",
    )


def _chat(members: Members) -> Kind | None:
    """Tell the kind of an archive or folder that a chat program filled, None for any other."""
    names = sorted(members.openers)
    if is_slack(names):
        return "slack"
    if is_zulip_export(names) or is_zulip(names, lambda one: peek_member(members, one)):
        return "zulip"
    return None


def _archive(path: Path) -> Kind:
    """Tell the kind of a zip archive."""
    with open_members(path) as members:
        chat = _chat(members)
        if chat is not None:
            return chat
        for suffixes in ((".xes", ".xml"), (".jsonocel", ".xmlocel", ".json")):
            name = _only(members, suffixes)
            found = _document(peek_member(members, name)) if name else None
            if found is not None:
                return found
        count = len(members.openers)
    raise FormatError(
        f"{path.name} is a zip archive of no known kind ({count} members).",
        need="Looked for users.json, channels.json and <channel>/<YYYY-MM-DD>.json of Slack, for topics of Zulip and "
        "for one event log. " + _TAUGHT,
        hint="Unpack it and give what is inside, or name the kind: kind='slack'.",
    )


def _only(members: Members, suffixes: tuple[str, ...]) -> str | None:
    """Find the one document of a format; several are an error only if their names leave no doubt of what they are."""
    try:
        return member_of(members, suffixes)
    except FormatError:
        if sum(name.lower().removesuffix(".gz").endswith(suffixes[0]) for name in members.openers) > 1:
            raise
        return None


def _text(path: Path) -> Kind:
    """Tell the kind of a plain or compressed file."""
    with open_stream(path) as (reader, _):
        head = reader.peek(_HEAD)[:_HEAD]
    suffixes = {suffix.lower() for suffix in path.suffixes}
    if looks_like_mail(head):
        return "mbox"
    document = None if suffixes & _LINES else _document(head)
    if document is not None:
        return document
    if suffixes & _TABLES:
        return _table(path)
    if not head:
        return "xes" if ".xes" in suffixes else "ocel" if ".jsonocel" in suffixes else "mbox"
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[1:400:2].count(0) > 60 or head[0:400:2].count(0) > 60
    lines = head.splitlines()[:20]
    if wide or (b"\0" not in head and not _CONTROL.search(head) and _has_cells(lines)):
        return _table(path)
    raise FormatError(
        f"{path.name} is of no known kind.",
        need="Looked for a line 'From <address> <date>' or mail headers, for event logs as XML and JSON, and for lines "
        "of cells. " + _TAUGHT,
        hint="Name the kind if it is one of them: kind='table'.",
    )


def _table(path: Path) -> Kind:
    """Tell an event log from a table of who wrote to whom, by its headings."""
    return "event_log" if looks_like_log(header_of(path)) else "table"


def _document(head: bytes) -> Kind | None:
    """Tell an event log by its first bytes; None for anything else."""
    if head[:15] == b"SQLite format 3":
        return "ocel" if b"event_object" in head else None
    text = head_of(head).lstrip()
    if text.startswith("<"):
        return _xml(_COMMENT.sub("", text))
    if text.startswith("{"):
        version_2 = '"relationships"' in text or '"objectTypes"' in text or '"eventTypes"' in text
        return "ocel" if '"ocel:' in text or version_2 else None
    if text.startswith("[") and '"sender_full_name"' in text:
        raise FormatError(
            "This is the file of one topic of a Zulip archive.", hint="Give the folder that holds the streams."
        )
    return "ocel" if "ocel:eid" in text.partition("\n")[0] else None


def _xml(text: str) -> Kind | None:
    """Tell an event log by the first element of its XML."""
    root = _ROOT.search(text)
    if root is None or root[1] not in ("log", "WorkflowLog"):
        return None
    if root[1] == "WorkflowLog":
        raise FormatError(
            "This is an event log in MXML, the format before XES, which is not read.",
            hint="Open it with ProM or another process-mining tool and save it as XES.",
        )
    return "ocel" if "<object-types" in text or "<objects" in text or 'scope="object"' in text else "xes"


def _has_cells(lines: list[bytes]) -> bool:
    """Say whether lines look like rows of equally many cells."""
    full = [line for line in lines if line.strip()]
    full = full[:-1] if len(full) > 2 else full
    if not full:
        return False
    counts = [[line.count(mark) for line in full] for mark in (b",", b";", b"\t", b"|")]
    counts.append([len(line.split()) - 1 for line in full])
    return any(count[0] > 0 and count.count(count[0]) >= 0.8 * len(count) for count in counts)
