"""Pitfalls: mail that is no communication between two people, and must not become a tie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.errors import InputError
from commfinder.simulation.clock import DAY, HOUR
from commfinder.simulation.structure import DOMAIN
from commfinder.simulation.traffic import Writer

__all__ = ["BUILDS", "MACHINE_KINDS", "NEWS", "TICKETS", "add_machines", "write_noise", "write_planned_noise"]

NEWS = f"no-reply@{DOMAIN}"
"""Sends newsletters, with the headers of a bulk sender."""
TICKETS = f"service-desk@{DOMAIN}"
"""Mails out of the ticket system, with the headers of a machine."""
BUILDS = f"builds@{DOMAIN}"
"""A machine without any header that says so: only its behaviour gives it away."""

_PARTNER = "partner.example.com"
_MASS, _NEWS = 120, 150  # recipients
_LARGE = 51

_SIZES = {"newsletter": (21, 200), "announcement": (6, 20), "alert": (1, 3), "flagged": (1, 3)}  # recipients
MACHINE_KINDS = (*_SIZES, "clockwork", "notifier", "list", "answered")
"""What `add_machines` can add."""
_ANSWERED = 0.05
_FEWEST = 30


def write_planned_noise(writer: Writer, storms: int, flagged: int, hidden: int) -> None:
    """Write what `write_noise` writes, with as many storms and machines as are wanted.

    Parameters
    ----------
    writer : Writer
        Where it goes.
    storms : int
        People who write to very large audiences.
    flagged, hidden : int
        Machines that headers give away, and machines that nothing gives away but what they do.
    """
    people = _working(writer)
    staff = [person for person in people if writer.structure.level[person] == 4]
    for author in staff[:storms]:
        _storm(writer, people, author)
    if flagged:
        _newsletters(writer, people)
    for number in range(flagged):
        _machine(writer, people, _numbered(TICKETS, number), "ticket mail", 6.0, automated=True)
    for number in range(hidden):
        watching = [int(person) for person in writer.rng.permutation(people)]
        watching = watching[: max(12, len(people) * 2 // 5)]
        _machine(writer, watching, _numbered(BUILDS, number), "build mail", 5.0, automated=False)
    _personal(writer, people)
    _partners(writer, people)


def _numbered(account: str, number: int) -> str:
    """Return the address of one of several machines of a sort."""
    name, _, host = account.partition("@")
    return account if number == 0 else f"{name}{number + 1}@{host}"


def write_noise(writer: Writer) -> None:
    """Write mass mail, machines' mail, mail to oneself, absence notes and mail with partners outside.

    Parameters
    ----------
    writer : Writer
        Where it goes.
    """
    people = _working(writer)
    _mass_mail(writer, people)
    _newsletters(writer, people)
    _machine(writer, people, TICKETS, "ticket mail", 6.0, automated=True)
    # Only a part of the organisation watches builds.
    _machine(writer, people[: max(12, len(people) * 2 // 5)], BUILDS, "build mail", 5.0, automated=False)
    _personal(writer, people)
    _partners(writer, people)


def _working(writer: Writer) -> list[int]:
    """Return in a drawn order everybody who is there all the time."""
    steady = np.flatnonzero(writer.structure.steady(writer.clock))
    return [int(person) for person in writer.rng.permutation(steady)]


def _recipients(writer: Writer, people: list[int], most: int) -> list[tuple[str, str]]:
    """Draw the recipients of a mass mail."""
    size = min(most, len(people))
    return [(writer.structure.addresses[int(p)][0], "to") for p in writer.rng.choice(people, size=size, replace=False)]


def _mass_mail(writer: Writer, people: list[int]) -> None:
    """Let one person write to more than fifty others every second week."""
    author = next(person for person in people if writer.structure.level[person] == 4)
    others = [person for person in people if person != author]
    for moment in range(writer.clock.period.start_us + 5 * DAY + 9 * HOUR, writer.clock.period.end_us, 14 * DAY):
        account = writer.structure.addresses[author][0]
        writer.ledger.add(moment, account, _recipients(writer, others, _MASS), kind="mass mail")


def _storm(writer: Writer, people: list[int], author: int) -> None:
    """Let one person write to a large part of the organisation, every week or every second."""
    rng, period = writer.rng, writer.clock.period
    others = [person for person in people if person != author]
    audience = max(min(_LARGE, len(others)), round(float(rng.uniform(0.25, 0.9)) * len(others)))
    step = int(rng.integers(1, 3)) * 7 * DAY
    for moment in range(period.start_us + int(rng.integers(DAY, step)), period.end_us, step):
        account = writer.structure.addresses[author][0]
        writer.ledger.add(moment, account, _recipients(writer, others, audience), kind="mass mail")


def _newsletters(writer: Writer, people: list[int]) -> None:
    """Let a no-reply address write to very many every week."""
    for moment in range(writer.clock.period.start_us + 3 * DAY + 6 * HOUR, writer.clock.period.end_us, 7 * DAY):
        to = _recipients(writer, people, _NEWS)
        writer.ledger.add(moment, NEWS, to, kind="newsletter", automated=True, files=("received.mbox",))


def _machine(writer: Writer, people: list[int], account: str, kind: str, each: float, *, automated: bool) -> None:
    """Let a machine write to one to three people, day and night alike; nobody answers."""
    rng, period = writer.rng, writer.clock.period
    number = round(each * len(people) * writer.clock.weeks / 26)
    moments = rng.integers(period.start_us, period.end_us, size=number)
    sizes = rng.integers(1, 4, size=number)
    for moment, size in zip(moments.tolist(), sizes.tolist(), strict=True):
        to = _recipients(writer, people, 1 if automated else size)
        writer.ledger.add(moment, account, to, kind=kind, automated=automated, files=("received.mbox",))


def _personal(writer: Writer, people: list[int]) -> None:
    """Write notes to oneself and absence notes."""
    rng, clock, ledger = writer.rng, writer.clock, writer.ledger
    for person in people:
        offset = int(writer.offset[person])
        main = writer.structure.addresses[person][0]
        for moment in clock.draw(rng, int(rng.poisson(0.7)), offset).tolist():
            # A note from the second address to the first is a note to oneself all the same.
            ledger.add(moment, writer.address(person), [(main, "to")], kind="self mail")
        for moment in clock.draw(rng, int(rng.poisson(0.5)), offset).tolist():
            other = people[int(rng.integers(len(people)))]
            if other != person:
                to = [(writer.address(other), "to")]
                ledger.add(moment, main, to, kind="away reply", automated=True, files=("received.mbox",))


def _partners(writer: Writer, people: list[int]) -> None:
    """Write mail to and from a few partners outside the organisation."""
    rng, clock, ledger = writer.rng, writer.clock, writer.ledger
    partners = [f"contact{number:02d}@{_PARTNER}" for number in range(1, 16)]
    for person in people[: max(5, len(people) // 3)]:
        partner = partners[int(rng.integers(len(partners)))]
        for moment in clock.draw(rng, int(rng.poisson(8.0)), int(writer.offset[person])).tolist():
            account = writer.address(person)
            sent = ledger.add(moment, account, [(partner, "to")], kind="external mail")
            if rng.random() < 0.5:
                answered = clock.after(moment, writer.delay(), 0)
                to = [(account, "to")]
                files = ("received.mbox",)
                ledger.add(answered, partner, to, kind="external mail", parent=sent, files=files)


def add_machines(
    frame: pd.DataFrame,
    kinds: Sequence[str] = MACHINE_KINDS,
    *,
    senders: float = 0.01,
    traffic: float = 0.3,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add machines, lists and broadcasters to interactions, to see what they do to a result.

    Their names are plain, and only those of the kind ``"flagged"`` have a header that gives them away.

    Parameters
    ----------
    frame : pandas.DataFrame
        Interactions with the columns ``event``, ``time``, ``sender``, ``recipient``, ``medium``, ``n_recipients`` and
        ``automated``; further ones are missing in the rows that are added.
    kinds : sequence of str
        Which kinds, in turn, one for each account:

        - ``"newsletter"``: to 21 to 200 people, when people write;
        - ``"announcement"``: to 6 to 20 people, other ones every time, when people write;
        - ``"alert"``: to one to three people, other ones every time, day and night;
        - ``"clockwork"``: to the same 5 to 12 people, at equal distances;
        - ``"notifier"``: to whoever has just written something, within a minute;
        - ``"flagged"``: as alerts, marked as automatic;
        - ``"list"``: an address that many write to and that never writes;
        - ``"answered"``: to one person, when people write; one in twenty is answered.
    senders : float, default 0.01
        How many accounts, as a share of those that write; at least one.
    traffic : float, default 0.3
        Share of the rows of the result that is theirs.
    seed : int, default 0
        Seed; equal seeds give equal rows.

    Returns
    -------
    frame : pandas.DataFrame
        The interactions and after them those of the machines.
    truth : pandas.DataFrame
        ``account``, ``kind`` and ``rows`` of each.

    Raises
    ------
    InputError
        If a share is out of range, a kind is unknown, or fewer than thirty people interact.

    Examples
    --------
    >>> from commfinder.simulation import simulate
    >>> organisation = simulate(people=60, weeks=8)
    >>> mixed, truth = add_machines(organisation.clean_frame(), ["alert"], seed=1)
    >>> truth["account"].tolist(), round(float(mixed["sender"].isin(truth["account"]).mean()), 2)
    (['account001@added.example'], 0.3)
    """
    for kind in kinds:
        if kind not in MACHINE_KINDS:
            raise InputError(f"kinds names {kind!r}.", need=f"Known are: {', '.join(MACHINE_KINDS)}.")
    if not kinds or not 0 < senders < 1 or not 0 < traffic < 1:
        raise InputError(
            f"senders is {senders!r}, traffic {traffic!r}, and there are {len(kinds)} kinds.",
            need="Shares above 0 and below 1 and at least one kind are needed.",
        )
    writing = frame["sender"].nunique()
    people = np.array(sorted({*frame["sender"], *frame["recipient"].dropna()}), dtype=object)
    if len(people) < _FEWEST:
        raise InputError(f"{len(people)} people interact.", need=f"At least {_FEWEST} are needed.")
    number = max(1, math.ceil(senders * writing))
    rows = round(traffic / (1 - traffic) * len(frame))
    times = _microseconds(frame["time"].dropna())
    added, told = [], []
    for place in range(number):
        kind, account = kinds[place % len(kinds)], f"account{place + 1:03d}@added.example"
        rng = np.random.default_rng([seed, place])
        quota = rows // number + (place < rows % number)
        made = _Machine(account, kind, people, times, frame, rng).rows(quota)
        added.append(made.assign(event=f"added:{place}:" + made["event"].astype(str)))
        told.append((account, kind, len(made)))
    whole = pd.concat([frame, *added], ignore_index=True)
    return whole.astype({"n_recipients": "int32", "automated": "bool"}), pd.DataFrame(
        told, columns=["account", "kind", "rows"]
    )


def _microseconds(times: pd.Series[Any]) -> npt.NDArray[np.int64]:
    return np.asarray(times.astype("datetime64[us, UTC]").astype("int64"), dtype=np.int64)


class _Machine:
    """Draws what one added account sends or gets."""

    def __init__(
        self,
        account: str,
        kind: str,
        people: npt.NDArray[np.object_],
        times: npt.NDArray[np.int64],
        frame: pd.DataFrame,
        rng: np.random.Generator,
    ) -> None:
        self.account, self.kind, self.people, self.times, self.frame, self.rng = (
            account, kind, people, times, frame, rng,
        )  # fmt: skip

    def rows(self, quota: int) -> pd.DataFrame:
        """Draw about so many rows."""
        if self.kind in ("list", "notifier"):
            return self._near_people(quota)
        if self.kind == "answered":
            return self._answered(quota)
        watching = np.empty(0, dtype=object)
        if self.kind == "clockwork":
            watching = self.rng.choice(self.people, size=int(self.rng.integers(5, 13)), replace=False)
            sizes = np.full(max(1, quota // len(watching)), len(watching))
        else:
            low, high = _SIZES[self.kind]
            high = min(high, len(self.people) - 1)
            drawn = self.rng.integers(min(low, high), high + 1, size=quota)
            # As many as make the quota: each message has at least one recipient.
            sizes = drawn[: max(1, int(np.searchsorted(np.cumsum(drawn), quota, side="right")))]
        moments = self._moments(len(sizes))
        to = [watching if len(watching) else self._some(int(size)) for size in sizes]
        event = np.repeat(np.arange(len(sizes)), sizes)
        return self._frame(
            event, moments[event], self.account, np.concatenate(to), sizes[event], flagged=self.kind == "flagged"
        )

    def _some(self, size: int) -> npt.NDArray[np.object_]:
        """Draw different people."""
        return self.rng.choice(self.people, size=size, replace=False)

    def _moments(self, number: int) -> npt.NDArray[np.int64]:
        """Draw when: by the clock, at any time, or when people write."""
        low, high = int(self.times.min()), int(self.times.max())
        if self.kind == "clockwork":
            return np.linspace(low, high, number).astype(np.int64)
        if self.kind in ("alert", "flagged"):
            return self.rng.integers(low, high + 1, size=number)
        return self.rng.choice(self.times, size=number) + self.rng.integers(0, HOUR, size=number)

    def _near_people(self, quota: int) -> pd.DataFrame:
        """Draw what people write to a list, or what a machine tells whoever has just written."""
        timed = self.frame.loc[self.frame["time"].notna()]
        chosen = timed.iloc[np.sort(self.rng.integers(0, len(timed), size=quota))]
        moments = _microseconds(chosen["time"]) + self.rng.integers(1, 61, size=quota) * 1_000_000
        who = chosen["sender"].to_numpy(dtype=object)
        sender, recipient = (who, self.account) if self.kind == "list" else (self.account, who)
        return self._frame(np.arange(quota), moments, sender, recipient, 1)

    def _answered(self, quota: int) -> pd.DataFrame:
        """Draw messages to one person each, and the answers to one in twenty."""
        number = max(1, round(quota / (1 + _ANSWERED)))
        event, moments = np.arange(number), self._moments(number)
        to = self.rng.choice(self.people, size=number)
        back = self.rng.random(number) < _ANSWERED
        later = moments[back] + (self.rng.lognormal(0.9, 1.1, size=int(back.sum())) * HOUR).astype(np.int64)
        asked = self._frame(event, moments, self.account, to, 1)
        return pd.concat(
            [asked, self._frame(number + event[back], later, to[back], self.account, 1)], ignore_index=True
        )

    def _frame(
        self, event: Any, moments: Any, sender: Any, recipient: Any, sizes: Any, *, flagged: bool = False
    ) -> pd.DataFrame:
        """Put rows into a frame."""
        return pd.DataFrame(
            {
                "event": event,
                "time": pd.to_datetime(moments, unit="us", utc=True),
                "sender": sender,
                "recipient": recipient,
                "medium": "email",
                "n_recipients": sizes,
                "automated": flagged,
            }
        )
