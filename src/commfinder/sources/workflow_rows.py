"""Turn what was done on cases into the plain tables, whatever format it came from, case by case."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from commfinder.interactions.machines.automated import named_like_a_machine
from commfinder.interactions.schema import LANDED
from commfinder.sources.coded import Coded
from commfinder.sources.reading import PART_ROWS, Part
from commfinder.sources.spool import Spool, spread
from commfinder.sources.tally import Tally
from commfinder.sources.workflow_links import PLANS, SKIPS, links, starts_work
from commfinder.sources.workflow_people import People
from commfinder.sources.workflow_trail import Trail, ranks, settled

__all__ = ["Gathering"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_MACHINE = re.compile(
    r"(?:the )?(?:system|automat(?:ic|ed|ion)?|batch|robot|bot|rpa|cron|daemon|scheduler|workflow engine)"
    r"(?:[ _.-]?(?:user|account|process|job|agent|engine|bot|task))?[ _.-]?\d*",
    re.IGNORECASE,
)


class Gathering:
    """What was done on cases, gathered piece by piece on disk; then rows are made of it, some cases at a time.

    Each entry is one row: the resource is the sender, nobody is the recipient, the case is the thread. The group is the
    unit of the account, and a membership with the title as its role. Entries without a case or a resource are counted
    and left out, for no name is made up; placeholders such as ``UNKNOWN`` or ``EMPTY`` are nobody and no group. Memory
    grows with the people and with the longest case, not with the log.

    Parameters
    ----------
    source, file : str
        Name of the source, and of the file for places.
    tally : Tally
        Where losses are counted.
    by_time : bool, default True
        Whether the events of a case are numbered by time; else by their place in the file.
    medium : str
        Of all rows.

    Attributes
    ----------
    cases : int
        How many cases there are, once all rows are made.
    """

    def __init__(self, *, source: str, file: str, tally: Tally, by_time: bool = True, medium: str = "workflow") -> None:
        self.cases = 0
        self._source, self._file, self._tally, self._medium = source, file, tally, medium
        self._by_time = by_time
        self._held = Spool(Trail.schema())
        self._begun = False
        self._rows = 0
        self._people = People(_is_machine)

    def add(self, trail: Trail) -> None:
        """Take the next piece of the log, in the order of the file.

        Parameters
        ----------
        trail : Trail
            What was done.
        """
        trail = settled(trail, self._file, self._tally)
        acted = trail.usable & (trail.case.codes >= 0) & (trail.resource.codes >= 0)
        self._begun = self._begun or starts_work(trail.transitions.take(acted))
        self._rows += int(acted.sum())
        self._held.add(trail.take(trail.case.codes >= 0).batch())

    def rows(self) -> Iterator[Part]:
        """Make rows of all that was gathered.

        Yields
        ------
        Part
            Of interactions alone.
        """
        with self._held:
            for batch in spread(self._held.read(), Trail.schema(), _case_hashes, at_most=2 * PART_ROWS):
                yield from self._some(Trail.of(batch))
        if not self._rows:
            self._tally.add("no event was found that says who acted when", unit="files", where=self._file)

    def last(self, digests: dict[str, str], names: Mapping[str, str] | None = None) -> Part:
        """Say what is known of the whole log, once all rows are made.

        Parameters
        ----------
        digests : dict
            Of the files read.
        names : mapping of str to str, optional
            Display name by resource.

        Returns
        -------
        Part
            Without interactions.
        """
        return Part(
            LANDED.empty_table(),
            accounts=self._people.accounts(names or {}, self._source),
            memberships=self._people.memberships(self._source),
            losses=self._tally.losses(),
            digests=digests,
        )

    def _some(self, trail: Trail) -> Iterator[Part]:
        """Make rows of some cases."""
        self.cases += len(np.unique(trail.case.codes))
        trail = trail.take(trail.step >= 0)
        position = ranks(trail.case, trail.time if self._by_time else np.zeros(len(trail), np.int64), trail.step)
        acted = np.flatnonzero(trail.usable & (trail.resource.codes >= 0))
        trail, position = trail.take(acted), position[acted]
        self._people.add(trail)
        linked = np.full(len(trail), -1, np.int64)
        if self._begun:
            linked = links(
                trail.case, trail.activity, trail.resource, trail.instance, trail.transitions, trail.time, position
            )
        machines = np.array([*map(_is_machine, trail.resource.words), False], dtype=bool)
        by_machine = machines[trail.resource.codes] | _is_in(trail.transitions, SKIPS)
        for start in range(0, len(trail), PART_ROWS):
            rows = np.arange(start, min(start + PART_ROWS, len(trail)))
            events = _events(trail, position, rows), _events(trail, position, linked[rows])
            yield Part(self._interactions(trail.take(rows), events, by_machine[rows]))

    def _interactions(self, here: Trail, events: tuple[pa.Array, pa.Array], by_machine: Flags) -> pa.Table:
        """Build the table of some interactions."""
        n = len(here)
        # A plan is no work: whoever measures the time between linked events can tell it by its role.
        roles = np.where(_is_in(here.transitions, PLANS), "assign", "edit").astype(object)
        said = here.role.codes >= 0
        roles[said] = np.array([*here.role.words, ""], dtype=object)[here.role.codes[said]]
        arrays: dict[str, Any] = {
            "event": events[0],
            "time": pa.array(here.time).cast(pa.timestamp("us", tz="UTC")),
            "sender": here.resource.arrow(),
            "role": pa.array(roles, pa.string()),
            "medium": pa.repeat(pa.scalar(self._medium), n),
            "space": here.space.arrow(),
            "thread": here.case.arrow(),
            "parent": events[1],
            "activity": here.activity.arrow(),
            "n_recipients": pa.repeat(pa.scalar(0, pa.int32()), n),
            "automated": pa.array(by_machine),
            "source": pa.repeat(pa.scalar(self._source), n),
        }
        columns = [arrays.get(column.name, pa.nulls(n, column.type)) for column in LANDED]
        return pa.Table.from_arrays(columns, schema=LANDED)


def _case_hashes(batch: pa.RecordBatch) -> npt.NDArray[np.uint64]:
    """Give a number for each entry by its case."""
    case = Coded.of(batch["case"])
    hashes: npt.NDArray[np.uint64] = pd.util.hash_array(np.array([*case.words, ""], dtype=object))[case.codes]
    return hashes


def _is_machine(resource: str) -> bool:
    """Tell whether a resource calls itself a machine."""
    return _MACHINE.fullmatch(resource) is not None or named_like_a_machine(resource)


def _is_in(column: Coded, words: frozenset[str]) -> Flags:
    """Tell which cells hold one of some words."""
    return np.array([*(word in words for word in column.words), False], dtype=bool)[column.codes]


def _events(trail: Trail, position: Ints, rows: Ints) -> pa.Array:
    """Name some events by their case and their place in it; -1 stands for none."""
    case = trail.case.take(rows)
    case = Coded(np.where(rows < 0, -1, case.codes).astype(np.int32), case.words)
    places = pc.utf8_lpad(pa.array(position[rows]).cast(pa.string()), 6, "0")
    return pc.binary_join_element_wise(case.arrow(), places, "#")
