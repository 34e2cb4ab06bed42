"""What is kept of one Slack message, and how it is told apart from system noise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commfinder.sources.times import EARLIEST_US, LATEST_US

__all__ = ["Channel", "Post", "parse_post", "strings"]

_MENTION = re.compile(r"<@([UWB][A-Z0-9]{1,20})(?:\|[^<>]{0,200})?>")
_TS = re.compile(r"(\d{1,12})(?:\.(\d{1,6}))?")
_SPOKEN = frozenset(
    ["", "me_message", "thread_broadcast", "bot_message", "file_comment", "file_share", "reply_broadcast"]
)
_ID_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, or a conversation of a few.

    Parameters
    ----------
    name : str
        Name of its folder in the export.
    kind : str
        ``"channel"``, ``"dm"`` or ``"mpim"``.
    members : tuple of str
        User ids of its members.
    """

    name: str
    kind: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Post:
    """What is kept of one message.

    Parameters
    ----------
    ts : str
        Slack's own time stamp, which is the message's id within its channel.
    time : int
        Microseconds since 1970 UTC.
    author : str
        User or bot id.
    root : str or None
        `ts` of the message that opened the thread, None for a message outside any thread.
    root_author : str or None
        Who opened the thread, as far as the message says.
    mentions : tuple of str
        Ids of those mentioned.
    reactions : tuple of (str, str)
        Name of the reaction and id of who reacted.
    automated : bool
        Whether a bot wrote it.
    """

    ts: str
    time: int
    author: str
    root: str | None
    root_author: str | None
    mentions: tuple[str, ...]
    reactions: tuple[tuple[str, str], ...]
    automated: bool


def strings(value: Any) -> list[str]:
    """Take the short strings of a list, whatever else it holds.

    Parameters
    ----------
    value : object
        From JSON.

    Returns
    -------
    list of str
        Empty if the value is no list.
    """
    return (
        [one for one in value if isinstance(one, str) and 0 < len(one) <= _ID_LENGTH] if isinstance(value, list) else []
    )


def parse_post(message: Any) -> Post | str:
    """Keep of one message who, when, in answer to what, to whom; the text is searched for mentions and dropped.

    Parameters
    ----------
    message : object
        One item of a day's file.

    Returns
    -------
    Post or str
        A string says why the message is left out.
    """
    if not isinstance(message, dict):
        return "not a message"
    subtype = message.get("subtype") or ""
    if not isinstance(subtype, str) or subtype not in _SPOKEN:
        return "system message (joined, left, renamed, pinned, deleted …)"
    ts = message.get("ts")
    time = _time(ts)
    if time is None or not isinstance(ts, str):
        return "no time stamp between 1990 and 2099"
    bot = _text(message.get("bot_id"))
    user = _comment_user(message) if subtype == "file_comment" else _text(message.get("user"))
    automated = bool(bot) or subtype == "bot_message"
    author = (bot or user) if automated else user
    if not author:
        return "no user"
    root = message.get("thread_ts")
    root = root if isinstance(root, str) and _TS.fullmatch(root) else None
    text = message.get("text")
    return Post(
        ts=ts,
        time=time,
        author=author,
        root=root,
        root_author=_text(message.get("parent_user_id")),
        mentions=tuple(dict.fromkeys(_MENTION.findall(text))) if isinstance(text, str) else (),
        reactions=tuple(_reactions(message.get("reactions"))),
        automated=automated,
    )


def _time(ts: Any) -> int | None:
    """Turn ``"1486999900.000136"`` into microseconds without passing through a float."""
    match = _TS.fullmatch(ts) if isinstance(ts, str) else None
    if match is None:
        return None
    time = int(match[1]) * 1_000_000 + int((match[2] or "0").ljust(6, "0"))
    return time if EARLIEST_US <= time < LATEST_US else None


def _text(value: Any) -> str | None:
    """Give an id, None for anything else."""
    return value if isinstance(value, str) and 0 < len(value) <= _ID_LENGTH else None


def _comment_user(message: Mapping[str, Any]) -> str | None:
    """Give who commented on a file: old exports name the file's owner as the message's user."""
    comment = message.get("comment")
    return _text(comment.get("user")) if isinstance(comment, dict) else _text(message.get("user"))


def _reactions(value: Any) -> list[tuple[str, str]]:
    """List each reaction with each who reacted, once."""
    found: list[tuple[str, str]] = []
    for reaction in value if isinstance(value, list) else ():
        if isinstance(reaction, dict) and (name := _text(reaction.get("name"))):
            found.extend((name, user) for user in strings(reaction.get("users")))
    return list(dict.fromkeys(found))
