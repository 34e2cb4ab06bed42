"""Read mail archives: mbox files, pipermail archives, single messages. Headers only."""

from __future__ import annotations

import hashlib
import marshal
import os
import tempfile
import zoneinfo
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from commfinder.interactions.schema import LANDED
from commfinder.progress import SILENT, Progress
from commfinder.sources.assemble import Known, account_table
from commfinder.sources.mail_headers import (
    ADDRESSED,
    Fields,
    addresses,
    capped,
    fields,
    is_automated,
    is_robot,
    list_of,
    message_ids,
)
from commfinder.sources.mail_links import Links, key_of
from commfinder.sources.mbox_split import Block, blocks, looks_like_mail
from commfinder.sources.reading import Part, Reading, batched, whole
from commfinder.sources.streams import digest, existing, open_stream, walk
from commfinder.sources.tally import Tally
from commfinder.sources.times import mail_time, zone_of

__all__ = ["mbox_parts", "read_mbox"]

_HEAD_BYTES = 1 << 16
_MAX_REFERENCES = 200
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


@dataclass(frozen=True, slots=True)
class _Mail:
    """What is kept of one message."""

    event: str
    time: int
    sender: str
    recipients: tuple[tuple[str, str], ...]
    answers: tuple[str, ...]
    list_id: str | None
    list_address: str | None
    unaddressed: bool
    automated: bool


@dataclass
class _Gathered:
    """What was read so far; the messages themselves wait in a file that nobody else can open."""

    tally: Tally
    zone: zoneinfo.ZoneInfo | None
    spool: IO[bytes]
    links: Links = field(default_factory=Links)
    known: dict[str, Known] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    lists: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    posts: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)

    def add(self, mail: _Mail, references: Iterable[str]) -> None:
        """Keep a message."""
        number = self.numbers.setdefault(mail.sender, len(self.numbers))
        self.links.add(mail.event, mail.time, number, (*mail.answers, *references))
        marshal.dump(tuple(getattr(mail, name) for name in _Mail.__slots__), self.spool)
        if mail.list_address:
            self.lists.add(mail.list_address)
        if mail.list_id:
            self.ids.add(mail.list_id)
            if mail.list_address:
                self.posts[mail.list_id] = min(self.posts.get(mail.list_id, mail.list_address), mail.list_address)

    def mails(self) -> Iterator[_Mail]:
        """Yield all messages again."""
        self.spool.seek(0)
        for _ in range(len(self.links)):
            yield _Mail(*marshal.load(self.spool))

    def meet(self, name: str, address: str) -> None:
        """Note that an address occurs, under a name."""
        known = self.known.get(address)
        if known is None:
            known = self.known[address] = Known(address, "bot" if is_robot(address) else "person")
        if name:
            known.names[name] += 1


def read_mbox(
    path: str | os.PathLike[str],
    *,
    name: str | None = None,
    progress: Progress = SILENT,
    timezone: str | None = None,
) -> Reading:
    r"""Read the headers of an mbox file, or of all mail files below a folder.

    Subjects and bodies are never looked at. Plain, ``.gz`` and ``.bz2`` files are read, pipermail archives
    (``2006q1.txt``) and single messages (``.eml``) as well.

    Parameters
    ----------
    path : str or path
        File or folder.
    name : str, optional
        Name of the source; the file's or folder's own by default. It is also the space of messages that no header
        addresses to anybody, as in a pipermail archive.
    progress : Progress, optional
        Told of the bytes read.
    timezone : str, optional
        Zone of dates that name none, for example ``"Europe/Berlin"``; by default they are taken as UTC and counted.

    Returns
    -------
    Reading
        One row per message and recipient (roles to, cc, bcc). An answer to a mailing list is one row with role
        "reply" to the author of what it answers; a message that addresses nobody is one row without recipient.

    Raises
    ------
    MissingFileError
        If there is no such file or folder.
    InputError
        If the time zone has no such name.
    UnsafeArchiveError
        If a compressed file is a bomb.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> mail = "From a@x.org Tue Jan  3 18:35:40 2006\nFrom: Ann <a@x.org>\nTo: b@x.org\n\nFrom here on: text\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "mail.mbox").write_text(mail)
    ...     reading = read_mbox(pathlib.Path(folder, "mail.mbox"))
    >>> reading.interactions.select(["sender", "recipient", "role"]).to_pylist()
    [{'sender': 'a@x.org', 'recipient': 'b@x.org', 'role': 'to'}]
    """
    return whole(mbox_parts(path, name=name, progress=progress, timezone=timezone))


def mbox_parts(
    path: str | os.PathLike[str],
    *,
    name: str | None = None,
    progress: Progress = SILENT,
    timezone: str | None = None,
) -> Iterator[Part]:
    """Read the headers of mail piece by piece; prefer `read_mbox` for what fits in memory.

    What a message answers, and which addresses are lists, is known only when all mail was read. Until then what is kept
    of each message waits in a temporary file without a name, which is gone when this process is. In memory stay the
    accounts, the id of the first message of each thread, and about a hundred bytes a message.

    Parameters
    ----------
    path, name, progress, timezone
        As for `read_mbox`.

    Yields
    ------
    Part

    Raises
    ------
    MissingFileError, InputError, UnsafeArchiveError
        As `read_mbox`.
    """
    return _parts(existing(path), name, zone_of(timezone), progress)


def _parts(where: Path, name: str | None, zone: zoneinfo.ZoneInfo | None, progress: Progress) -> Iterator[Part]:
    """Read all mail, then make rows of it."""
    source = name or where.resolve().name
    with tempfile.TemporaryFile(prefix="commfinder-") as spool:
        gathered = _Gathered(Tally(source), zone, spool)
        files, refused = walk(where) if where.is_dir() else ([(where.name, where)], [])
        for link in refused:
            gathered.tally.add("not a regular file", unit="files", where=link)
        total = sum(file.stat().st_size for _, file in files)
        with progress.stage(f"Reading mail of {source}", total) as stage:
            for label, file in files:
                _read_file(label, file, gathered, stage.advance)
        if not len(gathered.links):
            gathered.tally.add(
                "no message was found",
                unit="files",
                where=source,
                count=max(len(files), 1),
                advice="An mbox is needed: each message opens with a line 'From <address> <date>'.",
            )
        posts, lists = _lists(gathered)
        yield from batched(_rows(gathered, posts, lists, source), _COLUMNS, medium="email", source=source)
    known = dict(gathered.known)
    for address in lists:
        names = known[address].names if address in known else Known().names
        known[address] = Known(address if "@" in address else None, "list", names=names)
    yield Part(
        LANDED.empty_table(),
        accounts=account_table(known, source=source),
        losses=gathered.tally.losses(),
        digests=gathered.digests,
    )


def _read_file(label: str, file: Path, gathered: _Gathered, advance: Callable[[float], None]) -> None:
    """Read all messages of one file."""
    tally = gathered.tally
    with open_stream(file, advance) as (reader, stream):
        head = reader.peek(_HEAD_BYTES)
        if head and not looks_like_mail(head[:_HEAD_BYTES]):
            tally.add("not a mail file", unit="files", where=label)
            return
        gathered.digests[label] = digest(file)
        for block in blocks(reader):
            _keep(block, label, gathered)
        if stream.broken:
            tally.add(
                "compressed file is damaged or cut off; the messages before the damage are kept",
                unit="files",
                where=label,
                advice="Fetch the file again.",
            )


def _keep(block: Block, label: str, gathered: _Gathered) -> None:
    """Read one header block and keep the message; only count it if it says not who or not when."""
    where = f"{label}, byte {block.offset}"
    tally = gathered.tally
    found, foreign = fields(block.content)
    tally.add("header is not UTF-8; taken as Latin-1", unit="headers", where=where, count=foreign)
    if block.cut:
        tally.add("header beyond 256 KiB or 500 lines; the rest of it is left out", unit="messages", where=where)
    sender = _sender(found, block, gathered)
    if sender is None:
        tally.add("no sender that can be read", unit="messages", where=where)
        return
    time = _time(found, block, where, gathered)
    if time is None:
        tally.add("no date between 1990 and 2099 that can be read", unit="messages", where=where)
        return
    list_id, list_address = list_of(found)
    references = message_ids(found.get("references", ()))
    answers = message_ids(found.get("in-reply-to", ()))[:1] + references[-1:]
    mail = _Mail(
        event=_event(found, sender, block),
        time=time,
        sender=sender,
        recipients=_recipients(found, where, gathered),
        answers=tuple(dict.fromkeys(answers)),
        list_id=list_id,
        list_address=list_address,
        unaddressed=not any(header in found for header, _ in ADDRESSED),
        automated=is_automated(found, sender),
    )
    gathered.add(mail, references[:1] + references[1:][-_MAX_REFERENCES:])


def _sender(found: Fields, block: Block, gathered: _Gathered) -> str | None:
    """Find the sender: the author, else who sent it for the author, else the From_ line."""
    for values in (found.get("from", []), found.get("sender", []), [block.sender]):
        here, _ = addresses(values)
        if here:
            gathered.meet(*here[0])
            return here[0][1]
    return None


def _time(found: Fields, block: Block, where: str, gathered: _Gathered) -> int | None:
    """Read the date of a message, else of its From_ line; count what had to be assumed."""
    for value in found.get("date", ()):
        time, assumed = mail_time(value, gathered.zone)
        if time is not None:
            break
    else:
        time, assumed = mail_time(block.date, gathered.zone) if block.date else (None, False)
        if time is not None:
            gathered.tally.add("date taken from the From_ line", unit="messages", where=where)
    if assumed:
        gathered.tally.add(
            "date without a time zone; taken as UTC",
            unit="messages",
            where=where,
            advice='Name the zone they were written in: timezone="Europe/Berlin".',
        )
    return time


def _event(found: Fields, sender: str, block: Block) -> str:
    """Give a message its id: its own, else a digest of what tells it from others."""
    for value in found.get("message-id", ()):
        ids = message_ids([value])
        if ids or value.strip("<> "):
            return ids[0] if ids else capped(value.strip("<> "))
    parts = [sender, *found.get("date", [block.date])[:1], *found.get("to", ())]
    key = "\n".join(parts).encode("utf-8", "replace") + b"\n" + block.separator
    return f"sha256:{hashlib.sha256(key).hexdigest()}"


def _recipients(found: Fields, where: str, gathered: _Gathered) -> tuple[tuple[str, str], ...]:
    """Read whom a message addresses, each once, in the strongest role."""
    roles: dict[str, str] = {}
    for header, role in ADDRESSED:
        here, unread = addresses(found.get(header, ()))
        gathered.tally.add("address that can not be read", unit="recipients", where=where, count=unread)
        for name, address in here:
            gathered.meet(name, address)
            roles.setdefault(address, role)
    return tuple(sorted(roles.items()))


def _rows(gathered: _Gathered, posts: dict[str, str], lists: set[str], source: str) -> Iterator[tuple[Any, ...]]:
    """Turn messages into rows, once all lists and all authors are known."""
    accounts = list(gathered.numbers)
    threads = gathered.links.settled(accounts)
    roots: dict[int, str] = {}
    for mail, number, first in zip(gathered.mails(), threads.thread.tolist(), threads.first.tolist(), strict=True):
        if first:
            roots[number] = min(roots.get(number, mail.event), mail.event)
    nobody: list[tuple[str | None, str]] = [(None, "to")]
    for mail, number in zip(gathered.mails(), threads.thread.tolist(), strict=True):
        answers = [one for one in mail.answers if one != mail.event]
        written = ((one, threads.author(key_of(one))) for one in answers)
        parent, author = next((pair for pair in written if pair[1] is not None), (None, None))
        persons: list[tuple[str | None, str]] = [
            (address, role) for address, role in mail.recipients if address not in lists
        ]
        others = sum(address != mail.sender for address, _ in persons)
        if not persons and author is not None and accounts[author] != mail.sender:
            persons, others = [(accounts[author], "reply")], 1
        space = _space(mail, posts, lists, source)
        cited = parent or next(iter(answers), None)
        for recipient, role in persons or nobody:
            values = (mail.event, mail.time, mail.sender, recipient, role, space, roots[number], cited)
            yield (*values, others, mail.automated)


def _lists(gathered: _Gathered) -> tuple[dict[str, str], set[str]]:
    """Find the mailing lists: the address of each list id, and every address or id that is a list."""
    posts, lists = dict(gathered.posts), set(gathered.lists)
    # A list id is by custom the list's address with a dot in place of the @.
    for address in sorted(gathered.known):
        dotted = address.replace("@", ".")
        if dotted in gathered.ids:
            lists.add(address)
            posts.setdefault(dotted, address)
    lists.update(one for one in gathered.ids if one not in posts)
    return posts, lists


def _space(mail: _Mail, posts: dict[str, str], lists: set[str], source: str) -> str | None:
    """Name the list that a message went to."""
    if mail.list_address:
        return mail.list_address
    if mail.list_id:
        return posts.get(mail.list_id, mail.list_id)
    addressed = [address for address, _ in mail.recipients if address in lists]
    if addressed:
        return min(addressed)
    return source if mail.unaddressed else None
