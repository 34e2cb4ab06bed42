"""Read chat archives of Zulip: one file of JSON per topic, streams as folders."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from commfinder.errors import FormatError
from commfinder.interactions.schema import LANDED
from commfinder.progress import SILENT, Progress
from commfinder.sources.archive import MemberError, Members, open_members
from commfinder.sources.assemble import account_table
from commfinder.sources.documents import peek_member
from commfinder.sources.json_text import decode_text, load_items, load_members
from commfinder.sources.reading import Part, Reading, batched, whole
from commfinder.sources.streams import digest, existing
from commfinder.sources.tally import Tally
from commfinder.sources.zulip_chat import COLUMNS, Chat
from commfinder.sources.zulip_parts import parse_message, topic_key

__all__ = ["is_zulip", "read_zulip_topics", "zulip_topic_parts"]

_INDEX = "stream_index.json"
_NUMBERED = re.compile(r"(\d{1,12})-(.+)", re.DOTALL)
_LOOKED_AT = 20


def is_zulip(names: list[str], peek: Callable[[str], bytes]) -> bool:
    """Say whether an archive or folder holds topics of Zulip.

    Parameters
    ----------
    names : list of str
        Relative names with slashes.
    peek : callable
        Gives the first bytes of a file by its name.

    Returns
    -------
    bool
        Whether one of the first files of JSON below a folder holds messages as Zulip names their parts.
    """
    topics = [name for name in names if _is_topic(name)]
    return any(b'"sender_full_name"' in peek(name) for name in topics[:_LOOKED_AT])


def read_zulip_topics(path: str | os.PathLike[str], *, name: str | None = None, progress: Progress = SILENT) -> Reading:
    """Read who addressed whom in a chat archive with one file per topic, as the archiving tools of Zulip make it.

    Of a message's text only the names of those it mentions and the numbers of the messages it quotes are taken. A topic
    is a line that people wrote: its digest stands for it. Nothing is extracted to disk.

    Parameters
    ----------
    path : str or path
        The folder, with one folder per stream (channel) and in it one file of JSON per topic, or a zip archive of it.
    name : str, optional
        Name of the source; the file's or folder's own by default.
    progress : Progress, optional
        Told of the files read.

    Returns
    -------
    Reading
        One row per message and recipient, medium chat; the stream is the space, the stream and the digest of the topic
        are the thread. The archive names people and has no ids: the name is the account. Roles are mention and reply; a
        post that addresses nobody has no recipient. There are no memberships.

    Raises
    ------
    MissingFileError
        If there is no such file or folder.
    FormatError
        If it is no such archive.
    UnsafeArchiveError
        If the archive is a bomb.

    Notes
    -----
    Zulip records no link from a post to what it answers, but for quotations. A post that quotes messages answers their
    authors. Any other answers who opened the topic, as a post in a Slack thread answers who opened the thread: a topic
    is Zulip's thread, ties of the two programs stay comparable, and no guess is made of who of the latest speakers
    was meant. Bots open nothing: the first person does. In topics that stay open for years this favours who opened
    them; topics are meant to be short, as threads are.
    """
    return whole(zulip_topic_parts(path, name=name, progress=progress))


def zulip_topic_parts(
    path: str | os.PathLike[str], *, name: str | None = None, progress: Progress = SILENT
) -> Iterator[Part]:
    """Read a chat archive with one file per topic and yield its rows piece by piece.

    What is kept of the messages lies on disk until all are read, in a file without a name, for one may quote any other.
    Memory grows with the people, the number of topics and the longest of them.

    Parameters
    ----------
    path, name, progress
        As for `read_zulip_topics`.

    Yields
    ------
    Part

    Raises
    ------
    MissingFileError, FormatError, UnsafeArchiveError
        As `read_zulip_topics`.
    """
    return _parts(existing(path), name, progress)


def _parts(where: Path, name: str | None, progress: Progress) -> Iterator[Part]:
    """Read all messages, then make rows of them."""
    source = name or where.resolve().name
    with contextlib.closing(Chat(Tally(source))) as chat:
        digests = _read_all(where, chat, source, progress)
        yield from batched(chat.rows(), COLUMNS, medium="chat", source=source)
        yield Part(
            LANDED.empty_table(),
            accounts=account_table(chat.known, source=source),
            losses=chat.tally.losses(),
            digests={where.name: digest(where)} if where.is_file() else digests,
        )


def _read_all(where: Path, chat: Chat, source: str, progress: Progress) -> dict[str, str]:
    """Read all messages, and digest what was read."""
    with open_members(where) as members:
        names = sorted(members.openers)
        if not is_zulip(names, lambda one: peek_member(members, one)):
            raise FormatError(
                f"{where.name} is no archive of Zulip topics.",
                need="It has a folder for each stream, and in it one file of JSON for each topic, with messages that "
                "have a 'sender_full_name' and a 'timestamp'.",
                hint="Give the folder that holds the streams, or leave kind out.",
            )
        _note_damage(members, chat.tally)
        return _read_topics(members, names, chat, progress, source)


def _is_topic(name: str) -> bool:
    """Say whether a name may be that of a topic's file."""
    return name.lower().endswith(".json") and "/" in name and name.rpartition("/")[2] != _INDEX


def _note_damage(members: Members, tally: Tally) -> None:
    """Count what an archive holds that is not opened."""
    for name, reason in members.refused:
        tally.add(f"archive member refused: {reason}", unit="files", where=name)
    if members.broken:
        tally.add(
            "zip archive is damaged or cut off; its whole members are kept",
            unit="files",
            where=members.name,
            advice="Fetch the archive again.",
        )


def _read_topics(members: Members, names: list[str], chat: Chat, progress: Progress, source: str) -> dict[str, str]:
    """Read the messages of every topic, and digest what was read: the names of the files are topics."""
    streams = _stream_names(members, names, chat.tally)
    topics = [name for name in names if _is_topic(name)]
    whole = hashlib.sha256()
    with progress.stage(f"Reading {source}", len(topics)) as stage:
        for name in topics:
            raw = _read(members, name, chat.tally)
            if raw is not None:
                whole.update(f"{name}\n".encode("utf-8", "replace") + hashlib.sha256(raw).digest())
                _read_topic(raw, name, streams, chat)
            stage.advance()
    return {members.name: whole.hexdigest()}


def _read_topic(raw: bytes, name: str, streams: dict[str, str], chat: Chat) -> None:
    """Read the messages of one topic."""
    text, replaced = decode_text(raw)
    items, problem = load_items(text)
    if problem == "no JSON array" or not _has_message(items):
        if items or problem:
            chat.tally.add("not a topic's file", unit="files", where=name)
        return
    if replaced:
        chat.tally.add("file is not UTF-8; wrong bytes were replaced", unit="files", where=name)
    if problem:
        chat.tally.add(
            "file is no whole JSON array; the messages before the damage are kept",
            unit="files",
            where=name,
            advice="Make the archive again.",
        )
    folder, _, file = name.rpartition("/")
    stream, topic = _stream(folder.rpartition("/")[2], streams), topic_key(_plain(file[: -len(".json")]))
    for item in items:
        message = parse_message(item, chat.meet)
        if isinstance(message, str):
            chat.tally.add(message, unit="messages", where=name)
        else:
            chat.add(stream, topic, message, name)


def _has_message(items: list[Any]) -> bool:
    """Say whether any item is a message."""
    return any(isinstance(item, dict) and "sender_full_name" in item for item in items)


def _read(members: Members, name: str, tally: Tally) -> bytes | None:
    """Read a member; one that can not be read is counted."""
    try:
        return members.read(name)
    except MemberError as error:
        tally.add("file can not be read", unit="files", where=f"{name}: {error}")
        return None


def _stream_names(members: Members, names: list[str], tally: Tally) -> dict[str, str]:
    """Read what the index says of the names of streams, by their number: folders hold them with dashes for blanks."""
    index = next((name for name in names if name.rpartition("/")[2] == _INDEX), None)
    raw = _read(members, index, tally) if index else None
    found = load_members(decode_text(raw)[0])[0].get("streams") if raw else None
    streams: dict[str, str] = {}
    for name, about in found.items() if isinstance(found, dict) else ():
        number = about.get("id") if isinstance(about, dict) else None
        if isinstance(number, str) and name.strip():
            streams[number] = name.strip()
    return streams


def _stream(folder: str, streams: dict[str, str]) -> str:
    """Name the stream of a folder: as the index does, else as the folder does."""
    numbered = _NUMBERED.fullmatch(folder)
    if numbered is None:
        return _plain(folder) or folder
    return streams.get(numbered[1]) or _plain(numbered[2])


def _plain(name: str) -> str:
    """Read a name from which everything but letters and digits was escaped, as in links: ``.20`` is a blank."""
    return urllib.parse.unquote(re.sub(r"\.(?=[0-9A-Fa-f]{2})", "%", name))
