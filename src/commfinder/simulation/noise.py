"""Pitfalls: mail that is no communication between two people, and must not become a tie."""

from __future__ import annotations

import numpy as np

from commfinder.simulation.clock import DAY, HOUR
from commfinder.simulation.structure import DOMAIN
from commfinder.simulation.traffic import Writer

__all__ = ["BUILDS", "NEWS", "TICKETS", "write_noise", "write_planned_noise"]

NEWS = f"no-reply@{DOMAIN}"
"""Sends newsletters, with the headers of a bulk sender."""
TICKETS = f"service-desk@{DOMAIN}"
"""Mails out of the ticket system, with the headers of a machine."""
BUILDS = f"builds@{DOMAIN}"
"""A machine without any header that says so: only its behaviour gives it away."""

_PARTNER = "partner.example.com"
_MASS, _NEWS = 120, 150  # recipients
_LARGE = 51


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
