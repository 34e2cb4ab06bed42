"""Read Slack exports: the zip as Slack hands it out, or the folder unpacked from it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from commfinder.errors import FormatError
from commfinder.interactions.schema import LANDED, ROLES
from commfinder.progress import SILENT, Progress
from commfinder.sources.archive import MemberError, Members, open_members
from commfinder.sources.assemble import Known, account_table, membership_table
from commfinder.sources.json_text import decode_text, load_items
from commfinder.sources.reading import Part, Reading, batched, whole
from commfinder.sources.slack_parts import Channel, Post, parse_post, strings
from commfinder.sources.streams import digest, existing
from commfinder.sources.tally import Tally

__all__ = ["is_slack", "read_slack", "slack_parts"]

_USERS = ("users.json", "org_users.json")
_CHANNELS = {"channels.json": "channel", "groups.json": "channel", "mpims.json": "mpim", "dms.json": "dm"}
_DAY = re.compile(r"(?P<channel>[^/]+)/\d{4}-\d\d-\d\d\.json")
_DIRECT = re.compile(r"D[A-Z0-9]{7,}")
_RANK = {role: rank for rank, role in enumerate(ROLES)}
_COLUMNS = (
    "event",
    "time",
    "sender",
    "recipient",
    "role",
    "space",
    "thread",
    "parent",
    "n_recipients",
    "automated",
)


@dataclass
class _Export:
    """What was read of an export so far."""

    tally: Tally
    accounts: dict[str, str] = field(default_factory=dict)
    known: dict[str, Known] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    strangers: set[str] = field(default_factory=set)

    def account(self, user: str, *, bot: bool = False) -> str:
        """Give the account of a user id; those that the export does not list stand under their id."""
        account = self.accounts.get(user)
        if account is None:
            account = self.accounts[user] = user
            self.known.setdefault(account, Known(None, "bot" if bot or user.startswith("B") else "person"))
            if self.known[account].kind == "person":
                self.strangers.add(user)
        return account


def is_slack(names: list[str]) -> bool:
    """Say whether the names of an archive's members are those of a Slack export.

    Parameters
    ----------
    names : list of str
        Relative names with slashes.

    Returns
    -------
    bool
    """
    top = _top(names)
    here = {name[len(top) :] for name in names if name.startswith(top)}
    listed = not here.isdisjoint(_USERS) or not here.isdisjoint(_CHANNELS)
    return listed and (any(map(_DAY.fullmatch, here)) or "channels.json" in here)


def read_slack(path: str | os.PathLike[str], *, name: str | None = None, progress: Progress = SILENT) -> Reading:
    """Read who addressed whom in a Slack export.

    Of a message's text only the ids of those it mentions are taken. Nothing is extracted to disk; members with
    unsafe names, links and encrypted members are never opened, and the rest is read all the same.

    Parameters
    ----------
    path : str or path
        The zip file, also one that was cut off, or an unpacked folder.
    name : str, optional
        Name of the source; the file's or folder's own by default.
    progress : Progress, optional
        Told of the files read.

    Returns
    -------
    Reading
        Roles: to (direct messages), mention, reply (to who opened the thread), reaction. A post that addresses
        nobody has no recipient. The memberships are those of the channels, as of the day of the export.

    Raises
    ------
    MissingFileError
        If there is no such file or folder.
    FormatError
        If it is no Slack export.
    UnsafeArchiveError
        If the archive is a bomb.
    """
    return whole(slack_parts(path, name=name, progress=progress))


def slack_parts(
    path: str | os.PathLike[str], *, name: str | None = None, progress: Progress = SILENT
) -> Iterator[Part]:
    """Read a Slack export piece by piece; prefer `read_slack` for one that fits in memory.

    Channels are read one after the other: in memory stay the accounts, the channels, and the messages of one channel,
    for what they answer may stand anywhere in it.

    Parameters
    ----------
    path, name, progress
        As for `read_slack`.

    Yields
    ------
    Part

    Raises
    ------
    MissingFileError, FormatError, UnsafeArchiveError
        As `read_slack`.
    """
    return _parts(existing(path), name, progress)


def _parts(where: Path, name: str | None, progress: Progress) -> Iterator[Part]:
    """Read channel by channel."""
    source = name or where.resolve().name
    export = _Export(Tally(source))
    found = False
    with open_members(where) as members:
        names = sorted(members.openers)
        if not is_slack(names):
            raise FormatError(
                f"{where.name} is no Slack export.",
                need="It has users.json, channels.json and <channel>/<YYYY-MM-DD>.json.",
                hint="Export under Settings > Import/Export data, and give the zip file or the unpacked folder.",
            )
        _note_damage(members, export.tally)
        _read_lists(members, names, export)
        for part in batched(_rows(members, names, export, progress), _COLUMNS, medium="chat", source=source):
            found = True
            yield part
    if not found:
        export.tally.add("no message of a person was found", unit="files", where=source)
    pairs = [
        (channel.name, export.account(member))
        for channel in export.channels.values()
        if channel.kind == "channel"
        for member in channel.members
    ]
    export.tally.add(
        "account that users.json does not list; kept under its id",
        unit="accounts",
        count=len(export.strangers),
        advice="Guests and people of connected workspaces are often missing: map their ids in the directory.",
    )
    yield Part(
        LANDED.empty_table(),
        accounts=account_table(export.known, source=source),
        memberships=membership_table(pairs, source=source),
        losses=export.tally.losses(),
        digests={where.name: digest(where)} if where.is_file() else {},
    )


def _note_damage(members: Members, tally: Tally) -> None:
    """Count what an archive holds that is not opened."""
    for name, reason in members.refused:
        tally.add(f"archive member refused: {reason}", unit="files", where=name)
    if members.broken:
        tally.add(
            "zip archive is damaged or cut off; its whole members are kept",
            unit="files",
            where=members.name,
            advice="Fetch the export again.",
        )


def _read_lists(members: Members, names: list[str], export: _Export) -> None:
    """Read the users and the channels."""
    top = _top(names)
    for file in _USERS:
        for user in _items(members, top + file, export.tally):
            _add_user(user, export)
    _settle_kinds(export)
    for file, kind in _CHANNELS.items():
        for channel in _items(members, top + file, export.tally):
            _add_channel(channel, kind, export)


def _rows(members: Members, names: list[str], export: _Export, progress: Progress) -> Iterator[tuple[Any, ...]]:
    """Read every day of every channel, and yield the rows of each."""
    top = _top(names)
    days: dict[str, list[str]] = {}
    for name in names:
        if match := _DAY.fullmatch(name.removeprefix(top)):
            days.setdefault(match["channel"], []).append(name)
    with progress.stage(f"Reading {export.tally.source}", sum(map(len, days.values()))) as stage:
        for channel in sorted(days):
            posts: list[Post] = []
            for name in days[channel]:
                for message in _items(members, name, export.tally):
                    post = parse_post(message)
                    if isinstance(post, str):
                        export.tally.add(post, unit="messages", where=name)
                    else:
                        posts.append(post)
                stage.advance()
            if channel not in export.channels:
                # A conversation that the export forgot to list: those who spoke in it are its members.
                kind = "dm" if _DIRECT.fullmatch(channel) else "mpim" if channel.startswith("mpdm-") else "channel"
                spoke = tuple(sorted({post.author for post in posts})) if kind != "channel" else ()
                export.channels[channel] = Channel(channel, kind, spoke)
            yield from _channel_rows(export, export.channels[channel], posts)


def _items(members: Members, name: str, tally: Tally) -> Iterator[Any]:
    """Yield the items of one JSON file, and count what is wrong with it."""
    if name not in members.openers:
        return
    try:
        raw = members.read(name)
    except MemberError as error:
        tally.add("file can not be read", unit="files", where=f"{name}: {error}")
        return
    text, replaced = decode_text(raw)
    if replaced:
        tally.add("file is not UTF-8; wrong bytes were replaced", unit="files", where=name)
    items, problem = load_items(text)
    if problem:
        tally.add(
            "file is no whole JSON array; the items before the damage are kept",
            unit="files",
            where=f"{name}: {problem}",
            advice="Export again.",
        )
    yield from items


def _add_user(user: Any, export: _Export) -> None:
    """Note one user of users.json; two ids with one e-mail are one account."""
    ids = strings([user.get("id")]) if isinstance(user, dict) else []
    if not ids or ids[0] in export.accounts:
        return
    profile = user["profile"] if isinstance(user.get("profile"), dict) else {}
    email = profile.get("email") or user.get("email")
    email = email.strip().lower() if isinstance(email, str) and "@" in email else None
    account = export.accounts[ids[0]] = email or ids[0]
    bot = user.get("is_bot") is True or ids[0] == "USLACKBOT"
    guest = any(user.get(flag) is True for flag in ("is_restricted", "is_ultra_restricted", "is_stranger"))
    known = export.known.get(account)
    if known is None:
        known = export.known[account] = Known(email, "bot" if bot else "person", guest)
    else:
        known.kind = "bot" if bot and known.kind == "bot" else "person"
        known.guest = known.guest and guest
    for name in strings([user.get("real_name") or profile.get("real_name")]):
        known.names[" ".join(name.split())] += 1


def _settle_kinds(export: _Export) -> None:
    """List Slackbot, whom exports mention and do not list."""
    if "USLACKBOT" not in export.accounts:
        export.accounts["USLACKBOT"] = "USLACKBOT"
        export.known["USLACKBOT"] = Known(None, "bot")


def _add_channel(channel: Any, kind: str, export: _Export) -> None:
    """Note one channel under the name of its folder."""
    if not isinstance(channel, dict):
        return
    key = channel.get("id") if kind == "dm" else channel.get("name") or channel.get("id")
    for folder in strings([key]):
        export.channels.setdefault(folder, Channel(folder, kind, tuple(strings(channel.get("members")))))


def _channel_rows(export: _Export, channel: Channel, posts: list[Post]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of one channel."""
    authors = {post.ts: export.account(post.author, bot=post.automated) for post in posts}
    space = channel.name if channel.kind == "channel" else None
    for post in posts:
        sender = authors[post.ts]
        event = f"{channel.name}/{post.ts}"
        thread = f"{channel.name}/{post.root or post.ts}"
        parent = thread if thread != event else None
        roles = _recipients(export, channel, post, authors)
        humans = sum(export.known[one].kind == "person" for one in roles if one != sender)
        # A message to a bot alone still went to one.
        count = max(humans, int(any(one != sender for one in roles)))
        addressed: list[tuple[str | None, str]] = [*sorted(roles.items())] or [(None, "to")]
        for recipient, role in addressed:
            yield event, post.time, sender, recipient, role, space, thread, parent, count, post.automated
        for name, user in post.reactions:
            reactor = export.account(user)
            bot = export.known[reactor].kind == "bot"
            other = int(reactor != sender)
            yield (
                f"{event}/reaction/{name}/{user}",
                post.time,
                reactor,
                sender,
                "reaction",
                space,
                thread,
                event,
                other,
                bot,
            )


def _recipients(export: _Export, channel: Channel, post: Post, authors: dict[str, str]) -> dict[str, str]:
    """Say whom a message addresses, each once, in the first of its roles."""
    found: list[tuple[str, str]] = [(export.account(user), "mention") for user in post.mentions]
    if channel.kind != "channel":
        sender = authors[post.ts]
        others = [account for account in map(export.account, channel.members) if account != sender]
        # A note to oneself: the only member is the sender.
        found.extend((account, "to") for account in others or [sender])
    if post.root and post.root != post.ts:
        root = authors.get(post.root) or (export.account(post.root_author) if post.root_author else None)
        if root:
            found.append((root, "reply"))
    roles: dict[str, str] = {}
    for account, role in sorted(found, key=lambda pair: _RANK[pair[1]]):
        roles.setdefault(account, role)
    if channel.kind == "channel":
        # To answer in one's own thread addresses nobody.
        roles.pop(authors[post.ts], None)
    return roles


def _top(names: list[str]) -> str:
    """Give the one folder that encloses an export, "" if none does."""
    tops = {name.partition("/")[0] for name in names}
    listed = [name for name in names if name.rpartition("/")[2] in (*_USERS, *_CHANNELS)]
    if any("/" not in name for name in listed):
        return ""
    enclosing = sorted({name.rpartition("/")[0] for name in listed if name.count("/") == 1})
    return f"{enclosing[0]}/" if len(enclosing) == 1 and len(tops) <= 3 else ""
