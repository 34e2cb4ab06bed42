"""A Slack export: one ZIP with users, channels and conversations, and a file per conversation and day."""

from __future__ import annotations

import json
import zipfile
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from commfinder.simulation.messages import Message
from commfinder.simulation.spaces import BOT, Channel
from commfinder.simulation.structure import Structure

__all__ = ["write_slack"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STAMP = (2026, 1, 1, 0, 0, 0)
"""Every member of the archive carries this date, so that two equal organisations give equal bytes."""


def write_slack(
    path: Path,
    messages: Sequence[Message],
    structure: Structure,
    channels: Sequence[Channel],
    group_chats: Mapping[str, tuple[int, ...]],
) -> None:
    """Write the export.

    Parameters
    ----------
    path : Path
        The ZIP to make.
    messages : sequence of Message
        All messages in order; those that are no chat are passed over.
    structure : Structure
        The people; those with a chat account become users.
    channels : sequence of Channel
        The channels.
    group_chats : mapping of str to tuple of int
        Members of the direct conversations of several people, by name.
    """
    users = {addresses[0]: _user_id(person) for person, addresses in enumerate(structure.addresses)}
    days, direct = _days(messages, users)
    created = min((message.time for message in messages), default=0) // 1_000_000
    files: dict[str, Any] = {
        "users.json": [_user(structure, p) for p in range(structure.size) if structure.on_slack[p]],
        "channels.json": [_channel(channel, number, created) for number, channel in enumerate(channels)],
        "dms.json": [{"id": name, "created": created, "members": list(pair)} for name, pair in sorted(direct.items())],
        "mpims.json": [
            _group_chat(name, number, created, members)
            for number, (name, members) in enumerate(sorted(group_chats.items()))
        ],
        **days,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, json.dumps(files[name], ensure_ascii=False, separators=(",", ":")))


def _days(
    messages: Sequence[Message], users: Mapping[str, str]
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, tuple[str, str]]]:
    """Sort posts into files of days, and collect who talks in which direct conversation."""
    authors = {message.event: message.sender for message in messages if message.medium == "chat"}
    answered = {message.thread for message in messages if message.medium == "chat" and message.parent}
    days: dict[str, list[dict[str, Any]]] = defaultdict(list)
    direct: dict[str, tuple[str, str]] = {}
    for message in messages:
        if message.medium != "chat":
            continue
        day = (_EPOCH + timedelta(microseconds=message.time)).date().isoformat()
        days[f"{message.space}/{day}.json"].append(_post(message, users, authors, answered))
        if message.kind == "talk":
            first, second = sorted((users[message.sender], users[message.recipients[0][0]]))
            direct[message.space] = (first, second)
    return dict(days), direct


def _post(
    message: Message, users: Mapping[str, str], authors: Mapping[str, str], answered: Collection[str]
) -> dict[str, Any]:
    """Write one post; its text holds nothing but who is mentioned."""
    post: dict[str, Any] = {"type": "message", "ts": message.event.rpartition(":")[2]}
    if message.kind == "bot message":
        return post | {
            "subtype": "bot_message",
            "bot_id": BOT,
            "username": "Build news",
            "text": "(text omitted)",
        }
    user = users[message.sender]
    if message.kind == "system":
        return post | {"subtype": "channel_join", "user": user, "text": f"<@{user}> has joined the channel"}
    mentions = [f"<@{users[account]}> " for account, role in message.recipients if role == "mention"]
    post |= {"user": user, "text": "".join(mentions) + "(text omitted)"}
    if message.event in answered:
        # The opening post of a thread carries its own time stamp as the thread's.
        post["thread_ts"] = post["ts"]
    if message.parent:
        post["thread_ts"] = message.thread.rpartition(":")[2]
        post["parent_user_id"] = users[authors[message.thread]]
    if message.reactions:
        reacting = [users[account] for account in message.reactions]
        post["reactions"] = [{"name": "thumbsup", "users": reacting, "count": len(reacting)}]
    return post


def _user_id(person: int) -> str:
    """Return the id of a chat account."""
    return f"U{person + 1:08d}"


def _user(structure: Structure, person: int) -> dict[str, Any]:
    """Write an account of a person."""
    address = structure.addresses[person][0]
    return {
        "id": _user_id(person),
        "team_id": "T00000001",
        "name": address.partition("@")[0],
        "deleted": bool(structure.until_us[person]),
        "real_name": structure.names[person],
        "is_bot": False,
        "profile": {"real_name": structure.names[person], "email": address},
    }


def _channel(channel: Channel, number: int, created: int) -> dict[str, Any]:
    """Write a channel with its members."""
    members = [_user_id(member) for member in channel.members]
    return {
        "id": f"C{number + 1:08d}",
        "name": channel.name,
        "created": created,
        "creator": members[0] if members else "USLACKBOT",
        "is_archived": False,
        "is_general": channel.kind == "general",
        "members": members,
    }


def _group_chat(name: str, number: int, created: int, members: tuple[int, ...]) -> dict[str, Any]:
    """Write a direct conversation of several people."""
    return {
        "id": f"G{number + 1:08d}",
        "name": name,
        "created": created,
        "members": [_user_id(m) for m in members],
    }
