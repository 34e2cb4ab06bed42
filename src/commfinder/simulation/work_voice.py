"""How the members of a planted group write to one another: by mail, in direct chat, in a channel or a list."""

from __future__ import annotations

from collections.abc import Sequence

from commfinder.simulation.traffic import Writer, mpim_id

__all__ = ["Voice"]


class Voice:
    """Writes what belongs to the cases and conversations of one group.

    Parameters
    ----------
    writer : Writer
        Where it goes.
    medium : str
        email, chat, email and chat, channel or list.
    space : str
        The channel, or the address of the list.

    Attributes
    ----------
    chats : set of tuple of int
        Members of the direct conversations of several people that were held.
    """

    def __init__(self, writer: Writer, medium: str, space: str) -> None:
        self.writer = writer
        self.space = space
        self.medium = medium
        self.chats: set[tuple[int, ...]] = set()

    def carrier(self, people: Sequence[int]) -> str:
        """Return what carries a conversation of some people; mail, where not all of them chat."""
        medium = self.medium
        if medium == "email and chat":
            medium = "chat" if self.writer.rng.random() < 0.5 else "email"
        if medium in {"chat", "channel"} and not self.writer.structure.on_slack[list(people)].all():
            return "email"
        return medium

    def say(
        self,
        carrier: str,
        sender: int,
        to: Sequence[int],
        moment: int,
        case: str,
        *,
        parent: int = -1,
        copy: bool = True,
    ) -> int:
        """Write one message.

        Parameters
        ----------
        carrier : str
            What `carrier` returned.
        sender : int
            Who writes.
        to : sequence of int
            To whom; nobody for an opening post in a channel or a list.
        moment : int
            Microseconds since 1970 UTC.
        case : str
            The planted case or conversation.
        parent : int, default -1
            Position in the ledger of the message answered; not told in direct chat.
        copy : bool, default True
            Whether those after the first recipient get a copy of a mail, rather than the mail itself.

        Returns
        -------
        int
            Its position in the ledger, -1 if it lies outside the period.
        """
        writer, ledger = self.writer, self.writer.ledger
        parent = parent if parent >= 0 and ledger.drafts[parent].case == case else -1
        if carrier == "channel":
            # In a channel all answers hang on the post that opened the thread, and reach whoever wrote it.
            root = ledger.drafts[parent].root if parent >= 0 else -1
            account = writer.address(sender, chat=True)
            opened = {ledger.drafts[root].sender} - {account} if root >= 0 else set()
            named = [(writer.address(person, chat=True), "mention") for person in to]
            named = [(known, role) for known, role in named if known not in opened]
            named += [(known, "reply") for known in opened]
            return ledger.add(
                moment, account, named, kind="space", medium="chat", space=self.space, parent=root, case=case
            )
        if carrier == "list":
            named = [(writer.address(person), "to") for person in to] + [(self.space, "cc" if to else "to")]
            return ledger.add(
                moment, writer.address(sender), named, kind="list", space=self.space, parent=parent,
                files=("lists.mbox",), case=case,
            )  # fmt: skip
        if carrier == "chat":
            return self._chat(sender, to, moment, case)
        second = "cc" if copy else "to"
        named = [(writer.address(person), "to" if place == 0 else second) for place, person in enumerate(to)]
        return ledger.add(
            moment, writer.address(sender), named, kind="talk", parent=parent, files=writer.archives(), case=case
        )

    def _chat(self, sender: int, to: Sequence[int], moment: int, case: str) -> int:
        """Write into a direct conversation of two people, or of several."""
        writer = self.writer
        people = tuple(sorted({sender, *to}))
        if len(people) == 2:
            kind, space = "talk", f"D{people[0]:05d}{people[1]:05d}"
        else:
            kind, space = "direct-group", mpim_id(people)
        account, named = writer.address(sender, chat=True), [(writer.address(p, chat=True), "to") for p in to]
        found = writer.ledger.add(moment, account, named, kind=kind, medium="chat", space=space, case=case)
        if found >= 0 and len(people) > 2:
            self.chats.add(people)
        return found
