"""Read the export that a Zulip server makes of itself: users, channels, subscriptions and all messages."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from commfinder.errors import FormatError
from commfinder.interactions.schema import LANDED
from commfinder.progress import SILENT, Progress
from commfinder.sources.archive import MemberError, Members, open_members
from commfinder.sources.assemble import Known, account_table, membership_table
from commfinder.sources.json_text import decode_text, load_members
from commfinder.sources.reading import Part, Reading, batched, whole
from commfinder.sources.streams import digest, existing
from commfinder.sources.tally import Tally
from commfinder.sources.zulip_chat import COLUMNS, Chat
from commfinder.sources.zulip_parts import Message, is_bot_name, moment, quoted, topic_key

__all__ = ["is_zulip_export", "read_zulip_export", "zulip_export_parts"]

_MESSAGES = re.compile(r"(?:.*/)?messages-\d{6}\.json", re.DOTALL)
_REALM = "realm.json"
_PERSON, _STREAM, _GROUP = "1", "2", "3"
_GUEST = "600"
_MENTIONED = re.compile(r'<span class="user-mention" data-user-id="(\d{1,15})">')
_MOST = 200


@dataclass
class _Server:
    """What was read of an export so far."""

    chat: Chat
    accounts: dict[str, str] = field(default_factory=dict)
    streams: dict[str, str] = field(default_factory=dict)
    places: dict[str, tuple[str, str]] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    strangers: set[str] = field(default_factory=set)

    def account(self, user: str) -> str:
        """Give the account of a user; one that the export does not list stands under its number."""
        if user not in self.accounts:
            self.accounts[user] = user
            self.chat.known.setdefault(user, Known())
            self.strangers.add(user)
        return self.accounts[user]


def is_zulip_export(names: list[str]) -> bool:
    """Say whether an archive or folder is what Zulip's own export makes.

    Parameters
    ----------
    names : list of str
        Relative names with slashes.

    Returns
    -------
    bool
    """
    return any(name.rpartition("/")[2] == _REALM for name in names) and any(map(_MESSAGES.fullmatch, names))


def read_zulip_export(path: str | os.PathLike[str], *, name: str | None = None, progress: Progress = SILENT) -> Reading:
    """Read who addressed whom in the export of a Zulip server.

    Prefer `commfinder.sources.read_zulip_topics` for archives with one file per topic. Of a message's text only the
    numbers of those it mentions and of the messages it quotes are taken; a digest stands for the topic.

    Parameters
    ----------
    path : str or path
        The unpacked folder with ``realm.json`` and ``messages-000001.json``, or a zip archive of it.
    name : str, optional
        Name of the source; the file's or folder's own by default.
    progress : Progress, optional
        Told of the files read.

    Returns
    -------
    Reading
        As `commfinder.sources.read_zulip_topics` gives it, with addresses as accounts, direct messages (role "to"), and
        the subscriptions as memberships.

    Raises
    ------
    MissingFileError
        If there is no such file or folder.
    FormatError
        If it is no such export.
    UnsafeArchiveError
        If the archive is a bomb.
    """
    return whole(zulip_export_parts(path, name=name, progress=progress))


def zulip_export_parts(
    path: str | os.PathLike[str], *, name: str | None = None, progress: Progress = SILENT
) -> Iterator[Part]:
    """Read the export of a Zulip server and yield its rows piece by piece.

    What is kept of the messages lies on disk until all are read, in a file without a name, for one may quote any other.
    Memory grows with the people and the longest topic.

    Parameters
    ----------
    path, name, progress
        As for `read_zulip_export`.

    Yields
    ------
    Part

    Raises
    ------
    MissingFileError, FormatError, UnsafeArchiveError
        As `read_zulip_export`.
    """
    return _parts(existing(path), name, progress)


def _parts(where: Path, name: str | None, progress: Progress) -> Iterator[Part]:
    """Read all messages, then make rows of them."""
    source = name or where.resolve().name
    tally = Tally(source)
    with contextlib.closing(Chat(tally)) as chat:
        server = _Server(chat)
        _read_all(where, server, source, progress)
        yield from batched(chat.rows(), COLUMNS, medium="chat", source=source)
    if not chat.messages:
        tally.add("no message was found", unit="files", where=source)
    tally.add(
        "account that realm.json does not list; kept under its number",
        unit="accounts",
        count=len(server.strangers),
        advice="Map these numbers in the directory.",
    )
    pairs = [
        (server.streams[place], account)
        for recipient, (kind, place) in server.places.items()
        if kind == _STREAM and place in server.streams
        for account in server.members.get(recipient, ())
    ]
    yield Part(
        LANDED.empty_table(),
        accounts=account_table(server.chat.known, source=source),
        memberships=membership_table(pairs, source=source),
        losses=tally.losses(),
        digests={where.name: digest(where)} if where.is_file() else {},
    )


def _read_all(where: Path, server: _Server, source: str, progress: Progress) -> None:
    """Read users, channels and all messages."""
    tally = server.chat.tally
    with open_members(where) as members:
        names = sorted(members.openers)
        if not is_zulip_export(names):
            raise FormatError(
                f"{where.name} is no export of a Zulip server.",
                need="It has realm.json and messages-000001.json.",
                hint="Unpack the export (.tar.gz) and give the folder.",
            )
        for refused, reason in members.refused:
            tally.add(f"archive member refused: {reason}", unit="files", where=refused)
        if members.broken:
            tally.add("zip archive is damaged or cut off; its whole members are kept", unit="files", where=where.name)
        parts = [one for one in names if _MESSAGES.fullmatch(one)]
        with progress.stage(f"Reading {source}", len(parts) + 1) as stage:
            for one in [name for name in names if name.rpartition("/")[2] == _REALM][:1]:
                _read_realm(_members_of(members, one, tally), server)
                stage.advance()
            for one in parts:
                _read_messages(_members_of(members, one, tally), one, server)
                stage.advance()


def _members_of(members: Members, name: str, tally: Tally) -> dict[str, Any]:
    """Read one file of the export, and count what is wrong with it."""
    try:
        text, replaced = decode_text(members.read(name))
    except MemberError as error:
        tally.add("file can not be read", unit="files", where=f"{name}: {error}")
        return {}
    if replaced:
        tally.add("file is not UTF-8; wrong bytes were replaced", unit="files", where=name)
    found, problem = load_members(text)
    if problem:
        tally.add(
            "JSON is damaged or cut off; what comes before the damage is kept",
            unit="files",
            where=f"{name}: {problem}",
            advice="Export again.",
        )
    return found


def _records(found: dict[str, Any], *tables: str) -> Iterator[dict[str, Any]]:
    """Yield the records of some tables."""
    for table in tables:
        held = found.get(table)
        yield from (one for one in (held if isinstance(held, list) else ()) if isinstance(one, dict))


def _read_realm(found: dict[str, Any], server: _Server) -> None:
    """Read users, channels, and who is addressed by which number."""
    users = ("zerver_userprofile", "zerver_userprofile_mirrordummy", "zerver_userprofile_crossrealm")
    for user in _records(found, *users):
        number = user.get("id")
        if not isinstance(number, str) or number in server.accounts:
            continue
        emails = [one for one in (user.get("delivery_email"), user.get("email")) if isinstance(one, str) and "@" in one]
        email = emails[0].strip().lower() if emails else None
        account = server.accounts[number] = email or number
        name = user.get("full_name")
        name = " ".join(name.split()) if isinstance(name, str) else ""
        # What Zulip lists across realms are its own bots.
        bot = user.get("is_bot") is True or "full_name" not in user or is_bot_name(name)
        known = Known(email, "bot" if bot else "person", user.get("role") == _GUEST)
        server.chat.known.setdefault(account, known)
        if name:
            server.chat.known[account].names[name] += 1
    for stream in _records(found, "zerver_stream"):
        number, name = stream.get("id"), stream.get("name")
        if isinstance(number, str) and isinstance(name, str) and name.strip():
            server.streams[number] = name.strip()
    for one in _records(found, "zerver_recipient"):
        number, kind, place = one.get("id"), one.get("type"), one.get("type_id")
        if isinstance(number, str) and isinstance(kind, str) and isinstance(place, str):
            server.places[number] = (kind, place)
    for one in _records(found, "zerver_subscription"):
        member, recipient = one.get("user_profile"), one.get("recipient")
        if isinstance(member, str) and isinstance(recipient, str) and one.get("active") is not False:
            server.members.setdefault(recipient, []).append(server.account(member))


def _read_messages(found: dict[str, Any], name: str, server: _Server) -> None:
    """Read the messages of one file."""
    for one in _records(found, "zerver_message"):
        reason = _read_message(one, name, server)
        if reason:
            server.chat.tally.add(reason, unit="messages", where=name)


def _read_message(one: dict[str, Any], where: str, server: _Server) -> str | None:
    """Keep one message, or say why not."""
    number, sender, time = one.get("id"), one.get("sender"), moment(one.get("date_sent"))
    kind, place = server.places.get(str(one.get("recipient")), ("", ""))
    if not isinstance(number, str) or not re.fullmatch(r"\d{1,15}", number):
        return "no number"
    if not isinstance(sender, str):
        return "no sender"
    if time is None:
        return "no time stamp between 1990 and 2099"
    content = one.get("rendered_content") or one.get("content")
    named = _MENTIONED.findall(content)[:_MOST] if isinstance(content, str) else ()
    mentions = tuple(dict.fromkeys(server.account(user) for user in named))
    message = Message(number, time, server.account(sender), mentions, quoted(content))
    if kind == _STREAM and place in server.streams:
        topic = topic_key(one["subject"] if isinstance(one.get("subject"), str) else "")
        server.chat.add(server.streams[place], topic, message, where)
    elif kind == _PERSON:
        server.chat.add_direct(message, (server.account(place),))
    elif kind == _GROUP:
        others = sorted(set(server.members.get(str(one.get("recipient")), ())) - {message.sender})
        server.chat.add_direct(message, others or (message.sender,))
    else:
        return "no channel or conversation that is listed"
    return None
