"""What is sent: the ledger that traffic is written into, and the messages that come out of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from commfinder.simulation.clock import Clock

__all__ = ["HUMAN", "MAIL_HOST", "Draft", "Ledger", "Message", "finish", "stamp"]

HUMAN = ("talk", "oneoff", "space", "list", "direct-group")
"""Kinds of messages by which people talk to one another; every other kind is noise."""

MAIL_HOST = "mail.example.org"
"""What Message-IDs end in."""


class Draft(NamedTuple):
    """A message before it has an id; `parent` and `root` are positions in the ledger, -1 for none."""

    time: int
    sender: str
    recipients: tuple[tuple[str, str], ...]
    medium: str
    space: str
    parent: int
    root: int
    kind: str
    automated: bool
    reactions: tuple[str, ...]
    files: tuple[str, ...]
    case: str = ""


@dataclass(frozen=True)
class Message:
    """One message or post.

    Parameters
    ----------
    event : str
        Message-ID without brackets, or conversation and time stamp of a chat post.
    time : int
        Microseconds since 1970 UTC.
    sender : str
        Mail address or, in chat, the e-mail address of the account.
    recipients : tuple of (str, str)
        Account and role (to, cc, mention, reply); empty for a post that addresses nobody.
    medium : str
        ``"email"`` or ``"chat"``.
    space : str
        List address, channel name or id of the direct conversation; empty for plain mail.
    thread, parent : str
        Event that opened the conversation; event this one answers, empty if none.
    kind : str
        What it is in truth: talk, oneoff, space, list, direct-group, or the name of a kind of noise.
    automated : bool
        Whether a machine wrote it.
    reactions : tuple of str
        Accounts that reacted.
    files : tuple of str
        Exports that hold it; a duplicate stands in two.
    case : str, default ""
        Planted case or conversation of work that it belongs to.
    """

    event: str
    time: int
    sender: str
    recipients: tuple[tuple[str, str], ...]
    medium: str
    space: str
    thread: str
    parent: str
    kind: str
    automated: bool
    reactions: tuple[str, ...]
    files: tuple[str, ...]
    case: str = ""


class Ledger:
    """Collects drafts in the order in which they are made up, and drops those outside the period.

    Parameters
    ----------
    clock : Clock
        The simulated span.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.drafts: list[Draft] = []

    def add(
        self,
        time: int,
        sender: str,
        recipients: Iterable[tuple[str, str]],
        *,
        kind: str,
        medium: str = "email",
        space: str = "",
        parent: int = -1,
        automated: bool = False,
        reactions: Sequence[str] = (),
        files: Sequence[str] = (),
        case: str = "",
    ) -> int:
        """Write one message down.

        Parameters
        ----------
        time : int
            Microseconds since 1970 UTC.
        sender : str
            Account.
        recipients : iterable of (str, str)
            Account and role; of an account named twice the first role stays.
        kind, medium, space, automated, reactions, files, case
            As in `Message`.
        parent : int, default -1
            Position of the message that this one answers.

        Returns
        -------
        int
            Its position; -1 if it lies outside the period and was not kept.
        """
        period = self.clock.period
        if not period.start_us <= time < period.end_us:
            return -1
        position = len(self.drafts)
        roles: dict[str, str] = {}
        for account, role in recipients:
            roles.setdefault(account, role)
        root = self.drafts[parent].root if parent >= 0 else position
        stored = tuple(files) or (("slack.zip",) if medium == "chat" else ("sent.mbox",))
        # Whole seconds in mail, because its Date header holds no fractions.
        moment = time if medium == "chat" else time - time % 1_000_000
        what = (medium, space, parent, root, kind, automated, tuple(reactions), stored, case)
        self.drafts.append(Draft(moment, sender, tuple(roles.items()), *what))
        return position


def finish(ledger: Ledger, seed: int) -> tuple[Message, ...]:
    """Give every draft its id and put them in order of time.

    Parameters
    ----------
    ledger : Ledger
        The drafts.
    seed : int
        Part of the Message-IDs, so that two simulated organisations do not share any.

    Returns
    -------
    tuple of Message
        Ordered by time, then event.
    """
    drafts = ledger.drafts
    moments = [draft.time for draft in drafts]
    events = [""] * len(drafts)
    taken: set[str] = set()
    for position, draft in enumerate(drafts):
        if draft.medium == "email":
            events[position] = f"{position:07d}.{seed}@{MAIL_HOST}"
            continue
        # Time stamps are the ids of a chat, unique within a conversation.
        while (event := f"{draft.space}:{stamp(moments[position])}") in taken:
            moments[position] += 1
        taken.add(event)
        events[position] = event
    found = [
        Message(
            event=events[position],
            time=moments[position],
            sender=draft.sender,
            recipients=draft.recipients,
            medium=draft.medium,
            space=draft.space,
            thread=events[draft.root],
            parent=events[draft.parent] if draft.parent >= 0 else "",
            kind=draft.kind,
            automated=draft.automated,
            reactions=draft.reactions,
            files=draft.files,
            case=draft.case,
        )
        for position, draft in enumerate(drafts)
    ]
    return tuple(sorted(found, key=lambda message: (message.time, message.event)))


def stamp(moment: int) -> str:
    """Write a moment as the time stamp of a chat: seconds, a point, six digits."""
    return f"{moment // 1_000_000}.{moment % 1_000_000:06d}"
