"""Cases: what is worked on from a first act to a last one, and what people did on each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.delivery.cases.acts import HOW, NO_TIME, Acts, distinct, ranges
from commfinder.delivery.cases.kernels import persons_by_case, rows_by_number
from commfinder.delivery.cases.logs import coded as coded_names
from commfinder.delivery.cases.logs import most_frequent, numbered_cases, period_of, read_log
from commfinder.errors import InputError
from commfinder.interactions import Loss
from commfinder.interactions.losses import losses_frame
from commfinder.period import Period
from commfinder.provenance import Provenance, continued, record
from commfinder.result import Result

__all__ = ["HOW", "TEXT", "WITH_ID", "Cases", "facts_of_cases", "names_of"]

CodeArray = npt.NDArray[np.int32]
IntArray = npt.NDArray[np.int64]
Names = npt.NDArray[np.object_]

WITH_ID = ("workflow", "page")
"""Ways in which something outside the messages says what belongs to a case."""

TEXT = pd.StringDtype("pyarrow")

_COLUMNS = ("case", "how", "certainty", "space", "start", "end", "events", "people", "open")


@dataclass(frozen=True, eq=False, repr=False)
class Cases(Result):
    """What is worked on, from a first act to a last one, and what people did on it.

    Make them with `commfinder.delivery.find_cases`, or with `Cases.of` from an event log of your own.

    Parameters
    ----------
    frame : pandas.DataFrame, one row per case
        case (id), how (one of `HOW`), certainty (0 to 1: how sure it is that these acts belong together; it is no
        calibrated probability), space, start, end (UTC), events, people, open (it may not have ended).
    acts : Acts
        What people did, by case, then time, then event.
    people, activities, units, roles : ndarray of str
        The names that the numbers in `acts` stand for, each sorted.
    unit_of : ndarray of int32, shape (len(people),)
        Everybody's latest unit, -1 where it is unknown or a placeholder.
    manager_of : ndarray of int32, shape (len(people),)
        Place of everybody's manager in `people`, -1 where the manager is unknown or does not act on any case.
    losses : pandas.DataFrame
        The account of what was not used, and of what was odd but used.
    provenance : Provenance
        What made this value.
    period : Period, optional
        From the first event of the data to just after the last; None without any.

    Examples
    --------
    >>> log = {"case": ["1", "1", "2"], "person": ["ada", "ben", "ada"], "time": pd.Timestamp("2026-07-01", tz="UTC")}
    >>> Cases.of(log)
    <Cases: 2 cases, 3 acts, 2 people, workflow>
    """

    frame: pd.DataFrame
    acts: Acts
    people: Names
    activities: Names
    units: Names
    roles: Names
    unit_of: CodeArray
    manager_of: CodeArray
    losses: pd.DataFrame
    provenance: Provenance
    period: Period | None
    _schema: ClassVar[str] = "commfinder/cases/1"

    @classmethod
    def of(
        cls, data: Any, *, managers: Mapping[str, str] | None = None, period: Period | None = None, source: str = "log"
    ) -> Cases:
        """Make cases of an event log whose cases are known; prefer `find_cases` for interactions.

        Parameters
        ----------
        data : frame-like
            One row per act: ``case``, ``person``, ``time`` (date-times, or whole microseconds since 1970 UTC), and
            where known ``event`` (decides the order of equal times; else the order of rows does), ``activity``,
            ``started``, ``unit``, ``role``, and of the case ``how``, ``certainty``, ``space``, ``open``.
        managers : mapping of str to str, optional
            Manager by person.
        period : Period, optional
            What the data cover; by default from the first act to the last.
        source : str, default "log"
            A name for the account of what was not used.

        Returns
        -------
        Cases

        Raises
        ------
        ColumnError
            If there is no column of cases, persons or times.
        InputError
            If a time can not be read.
        """
        frame = _validate.as_frame(data, what="The event log").reset_index(drop=True)
        _validate.columns(frame, ["case", "person", "time"], what="The event log")
        log = read_log(frame)
        missing = log[["case", "person", "time"]].isna().any(axis=1)
        lost = [Loss("cases", source, "act without a case, person or time: not used", int(missing.sum()), "events")]
        log = log[~missing].sort_values(["case", "time", "event"], kind="stable")
        log = log[~(log.duplicated(["case", "event", "person", "time"]) & log["event"].notna())]
        names, number = numbered_cases(log)
        log = log.assign(number=number).sort_values("number", kind="stable")
        coded = {name: coded_names(log[name]) for name in ("person", "activity", "unit", "role")}
        person = coded["person"][1]
        acts = Acts(
            log["number"].to_numpy(np.int32),
            person,
            log["time"].to_numpy(np.int64),
            log["started"].fillna(NO_TIME).to_numpy(np.int64),
            coded["activity"][1],
            coded["unit"][1],
            coded["role"][1],
        )
        people = coded["person"][0]
        place = {name: code for code, name in enumerate(people.tolist())}
        manager_of = [place.get((managers or {}).get(name, ""), -1) for name in people.tolist()]
        first = log.drop_duplicates("number")
        said = pd.DataFrame({"case": names.astype(TEXT), "how": first["how"].to_numpy()})
        said = said.assign(certainty=first["certainty"].to_numpy(), space=first["space"].to_numpy())
        return cls(
            facts_of_cases(said, acts, first["open"].to_numpy(dtype=bool)),
            acts,
            people,
            coded["activity"][0],
            coded["unit"][0],
            coded["role"][0],
            most_frequent(person, acts.unit, len(people)),
            np.array(manager_of, dtype=np.int32),
            losses_frame(one for one in lost if one.count),
            record("Cases.of"),
            period or period_of(acts),
        )

    @cached_property
    def persons_of(self) -> tuple[IntArray, IntArray]:
        """Each (case, person) once, by case, then person: two arrays of numbers."""
        return persons_by_case(self.acts.case, self.acts.person)

    @cached_property
    def first_act(self) -> IntArray:
        """Where the acts of each case begin in `acts`, and where the last case ends: one number more than cases."""
        return np.searchsorted(self.acts.case, np.arange(len(self.frame) + 1))

    @cached_property
    def by_person(self) -> tuple[IntArray, IntArray]:
        """The cases of everybody, person after person, and where each person begins: one number more than people."""
        case, person = self.persons_of
        first, order = rows_by_number(person.astype(np.int32), len(self.people))
        return case[order], first

    def with_persons(self, persons: npt.ArrayLike) -> tuple[IntArray, IntArray]:
        """Return the cases in which any of some people act, and how many of them do; all cases are not gone through.

        Prefer `select` for their acts.

        Parameters
        ----------
        persons : array of int
            Places in `people`, each once.

        Returns
        -------
        cases, count : ndarray of int64, shape (c,)
            Rows of `frame`, rising, and the number of these people who act there.

        Examples
        --------
        >>> log = {"case": ["1", "1", "2"], "person": ["ada", "ben", "ada"], "time": [1, 2, 3]}
        >>> [one.tolist() for one in Cases.of(log).with_persons([0, 1])]
        [[0, 1], [2, 1]]
        """
        case, first = self.by_person
        held = np.sort(case[ranges(first, np.asarray(persons, dtype=np.int64))])
        heads = np.flatnonzero(np.concatenate([[True], held[1:] != held[:-1]])) if len(held) else held
        return held[heads], np.diff(np.append(heads, len(held)))

    def select(
        self,
        *,
        cases: npt.ArrayLike | None = None,
        persons: npt.ArrayLike | None = None,
        space: str | None = None,
    ) -> Cases:
        """Keep some cases, what some people did, or one space.

        Parameters
        ----------
        cases : array of int or of bool, optional
            Rows of `frame`, or a mask over them.
        persons : array of int, optional
            Places in `people`: only their acts stay, and only cases with any of them.
        space : str, optional
            Only cases of this space.

        Returns
        -------
        Cases
            The codes of people, activities, units and roles stay as they are. Start, end, events and people of a case
            are those of the acts kept.

        Raises
        ------
        InputError
            If a row or a person is outside the range.
        """
        rows = np.arange(len(self.frame)) if cases is None else _places(cases, len(self.frame), what="cases")
        if space is not None:
            rows = rows[(self.frame["space"].iloc[rows] == space).fillna(False).to_numpy(dtype=bool)]
        # Of a few cases out of very many only their own acts are touched.
        held = ranges(self.first_act, rows)
        if persons is not None:
            inside = np.zeros(len(self.people), dtype=bool)
            inside[_places(persons, len(self.people), what="persons")] = True
            held = held[inside[self.acts.person[held]]]
        acts = self.acts.take(held)
        fresh = np.ones(acts.n, dtype=bool)
        fresh[1:] = acts.case[1:] != acts.case[:-1]
        rows = acts.case[fresh].astype(np.int64)
        acts = replace(acts, case=np.cumsum(fresh, dtype=np.int32) - np.int32(1))
        said = self.frame[["case", "how", "certainty", "space", "open"]].iloc[rows].reset_index(drop=True)
        frame = facts_of_cases(said, acts, said["open"].to_numpy(dtype=bool))
        options = {"cases": cases is not None, "persons": persons is not None, "space": space}
        return replace(self, frame=frame, acts=acts, provenance=continued(self.provenance, record("select", options)))

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        ways = [way for way in HOW if (self.frame["how"] == way).any()]
        people = len(np.unique(self.acts.person))
        counts = (
            _plural(len(self.frame), "case"),
            _plural(self.acts.n, "act"),
            _plural(people, "person").replace("persons", "people"),
        )
        return f"<Cases: {', '.join((*counts, *ways))}>"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per case."""
        return self.frame.copy()

    def acts_frame(self) -> pd.DataFrame:
        """Return one row per act, with names in place of numbers: case, person, time, started, activity, unit, role."""
        acts = self.acts
        named = {
            name: pd.array(names_of(getattr(self, plural), getattr(acts, name)), dtype=TEXT)
            for name, plural in (("person", "people"), ("activity", "activities"), ("unit", "units"), ("role", "roles"))
        }
        started = pd.Series(np.where(acts.started == NO_TIME, np.iinfo(np.int64).min, acts.started).view("M8[us]"))
        return pd.DataFrame(
            {
                "case": self.frame["case"].to_numpy()[acts.case],
                "person": named["person"],
                "time": pd.Series(acts.time.view("M8[us]")).dt.tz_localize("UTC"),
                "started": started.dt.tz_localize("UTC"),
                "activity": named["activity"],
                "unit": named["unit"],
                "role": named["role"],
            }
        )


def facts_of_cases(said: pd.DataFrame, acts: Acts, is_open: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Complete what is said of cases by what their acts tell.

    Parameters
    ----------
    said : pandas.DataFrame, one row per case
        case, how, certainty, space.
    acts : Acts
        Every case has at least one.
    is_open : ndarray of bool, one per case
        Which cases may not have ended.

    Returns
    -------
    pandas.DataFrame
        The columns of ``Cases.frame``.
    """
    n = len(said)
    first = np.searchsorted(acts.case, np.arange(n))
    last = np.append(first, acts.n)[1:] - 1
    begun = np.where(acts.started == NO_TIME, acts.time, np.minimum(acts.started, acts.time))
    start = np.minimum.reduceat(begun, first) if n else np.zeros(0, dtype=np.int64)
    people = persons_by_case(acts.case, acts.person)[0]
    frame = pd.DataFrame(
        {
            "case": _in_one_piece(said["case"]),
            "how": _in_one_piece(said["how"]),
            "certainty": said["certainty"].astype(np.float64),
            "space": _in_one_piece(said["space"]),
            "start": pd.Series(start.view("M8[us]")).dt.tz_localize("UTC"),
            "end": pd.Series(acts.time[last].view("M8[us]")).dt.tz_localize("UTC"),
            "events": (last - first + 1).astype(np.int64),
            "people": np.bincount(people, minlength=n).astype(np.int64),
            "open": is_open,
        }
    )
    return frame[list(_COLUMNS)]


def _in_one_piece(texts: pd.Series) -> pd.Series:
    """Return texts that lie side by side: of texts in pieces, to take a few is to copy all of them."""
    array: Any = texts.astype(TEXT).array
    return pd.Series(pd.array(array.__arrow_array__().combine_chunks(), dtype=TEXT), index=texts.index)


def _places(chosen: npt.ArrayLike | Iterable[int], size: int, *, what: str) -> IntArray:
    """Turn a mask or numbers into numbers that rise, each once."""
    values = np.asarray(chosen)
    if values.dtype == bool and values.shape == (size,):
        return np.flatnonzero(values)
    if not values.size:
        return np.zeros(0, dtype=np.int64)
    if values.dtype.kind not in "iu" or values.min() < 0 or values.max() >= size:
        raise InputError(
            f"{what} holds a value that is none of {size}.", need=f"Whole numbers below {size} are needed."
        )
    return distinct(values.astype(np.int64).ravel())


def names_of(names: Names, codes: npt.NDArray[Any]) -> Names:
    """Return the names of codes; None where there is none (-1)."""
    padded = np.full(len(names) + 1, None, dtype=object)
    padded[:-1] = names
    found: Names = padded[codes]
    return found


def _plural(count: int, word: str) -> str:
    """Write a count with its word."""
    return f"{count} {word}{'' if count == 1 else 's'}"
