"""A delivery group as a value: its path, its rhythm, and whom it hangs on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.cases.handoffs import Handoffs
from commfinder.delivery.impact.survival import Curve, kaplan_meier
from commfinder.delivery.impact.times import Times, measure_times
from commfinder.delivery.kinds.facts import Facts
from commfinder.delivery.kinds.kind import Kind
from commfinder.delivery.kinds.measures import Firsts, firsts
from commfinder.delivery.order.nulls import Beyond, null_frame, time_null
from commfinder.delivery.order.patterns import Path, Pattern, Variant, role_patterns
from commfinder.delivery.order.predictability import OrderLevels
from commfinder.provenance import Provenance
from commfinder.result import Result

__all__ = ["DeliveryGroup", "Grounds", "gates_of", "member_frame", "sort_of_step", "step_frame", "steps_of"]

IntArray = npt.NDArray[np.int64]

_OFTEN, _LONGEST = 0.2, 8
_DRAWS, _SHUFFLES = 199, 99
_FEW_HANDOFFS, _BOUND = 10, 1.645
_SEEN = 3
_ARROW = " → "
_STEPS: dict[str, Any] = {
    "step": "string",
    "position": "float64",
    "people": "int64",
    "cases": "int64",
    "handoffs": "int64",
    "share": "float64",
    "person": "string",
    "gatekeeper": "bool",
    "single": "bool",
}
_GATES, _SINGLE = ("step", "person", "share", "handoffs"), ("step", "person", "cases")


@dataclass(frozen=True, eq=False)
class Grounds:
    """What is told of a group only if somebody asks rests on this.

    Parameters
    ----------
    sort : str
        What its steps are, as `sort_of_step` says; empty where it has no path.
    beyond : Beyond
        Who acts in it, and the test against others of the same units.
    seed : int
        Seed of shuffles and of the intervals of times.
    """

    sort: str
    beyond: Beyond
    seed: int


@dataclass(frozen=True, eq=False, repr=False)
class DeliveryGroup(Result):
    """One group: who is in it, what passes through it, in what order, how quickly, and whom it hangs on.

    Take one from `DeliveryGroups` by its name.

    Parameters
    ----------
    name : str
        ``"D1"``, ``"D2"``, … for groups that were found; a declared group or community keeps its name.
    origin : str
        ``"handover"`` (found by who hands work to whom), ``"process"`` (everybody who works on the cases of one space
        or workflow), ``"declared"`` or ``"community"``.
    kind : Kind
        Its type, with probability, reason and support.
    facts : Facts
        The facts that the type rests on.
    cases : Cases
        Its cases, with what everybody did on them.
    handoffs : Handoffs
        Handoffs from member to member.
    members : pandas.DataFrame
        group, person, role (the one they act in most), position (mean relative position in a case, 0 first and 1 last)
        and cases, in order of position.
    path : tuple of str
        Roles (unit and title, or unit) in the order in which they usually come in; activities where no role is known.
        Only those that take part in a fifth of the cases. There is a path, and what follows from it, where the type is
        process or mixed, or where no type is told and the cases have an order beyond chance; else it is empty.
    steps : pandas.DataFrame
        step, position, people, cases, handoffs (into and out of it), share (of these that the busiest person makes) and
        person (who that is), along the path.
    variants : tuple of Variant
        The most frequent whole sequences of steps.
    gatekeepers : pandas.DataFrame
        step, person, share, handoffs: people through whom most handoffs of a step go.
    single_points : pandas.DataFrame
        step, person, cases: steps that one person alone takes.
    order : OrderLevels
        The evidence of order.
    excess_pairs : float
        Share of the pairs of members who are on the same cases more often than chance puts them there (false discovery
        rate 0.05). It is evidence for a group and no condition: where all work on everything, nobody does so in excess.
    calendar : BusinessHours or None
        The calendar of the times; None where every hour of the working week of the library counts.
    grounds : Grounds
        What `patterns`, `nulls` and `times` are worked out from; they are when they are first asked for, and kept.
    provenance : Provenance
        What made this value.
    """

    name: str
    origin: str
    kind: Kind
    facts: Facts
    cases: Cases
    handoffs: Handoffs
    members: pd.DataFrame
    path: tuple[str, ...]
    steps: pd.DataFrame
    variants: tuple[Variant, ...]
    gatekeepers: pd.DataFrame
    single_points: pd.DataFrame
    order: OrderLevels
    excess_pairs: float
    calendar: BusinessHours | None
    grounds: Grounds
    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/delivery-group/1"

    @property
    def type(self) -> str:
        """The type of the group: process, knowledge, social, formal-only, mixed or abstain."""
        return self.kind.type

    @property
    def probability(self) -> float:
        """How probable the type is; nan for abstain."""
        return self.kind.probability

    @property
    def cadence_days(self) -> float:
        """Median days between the beginnings of two cases; nan for fewer than two."""
        gaps = np.diff(np.sort(self.cases.frame["start"].to_numpy(dtype="datetime64[us]"))) / np.timedelta64(1, "D")
        return float(np.median(gaps)) if len(gaps) else float("nan")

    @property
    def cycle_median_hours(self) -> float:
        """Business hours within which half of the cases end, as `times` has it; nan where the data can not tell."""
        return self._cycles.quantile(0.5)

    @property
    def cycle_p85_hours(self) -> float:
        """Business hours within which 85 in 100 cases end, as `times` has it; nan where the data can not tell."""
        return self._cycles.quantile(0.85)

    @property
    def informal_share(self) -> float:
        """Share of handoffs that do not follow the chart: not within a unit, not to or from the manager or a peer."""
        return self.facts.informal

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """Sequences of roles that return more than chance makes them; none without a path."""
        sort = self.grounds.sort
        return role_patterns(self._work, by=sort) if sort else ()

    @cached_property
    def nulls(self) -> pd.DataFrame:
        """What the group has beyond others of the same units and like activity, and beyond other orders and times.

        Columns are null, measure, observed, expected, excess, p, draws and reason.
        """
        beyond, seed = self.grounds.beyond, self.grounds.seed
        return null_frame((*beyond.tests, *time_null(self._work, shuffles=_SHUFFLES, seed=seed)))

    @cached_property
    def times(self) -> Times:
        """Cycle times, waiting and rework, with intervals."""
        return measure_times(self.cases, self.handoffs, self.calendar, draws=_DRAWS, seed=self.grounds.seed)

    @property
    def _work(self) -> Cases:
        """What members did on the group's cases."""
        return self.cases.select(persons=self.grounds.beyond.members)

    @cached_property
    def _cycles(self) -> Curve:
        """The curve of cycle times."""
        if not len(self.cases):
            return Curve(np.empty(0), np.empty(0))
        start, end = (self.cases.frame[name].array.as_unit("us").asi8 for name in ("start", "end"))
        ended = ~self.cases.frame["open"].to_numpy(dtype=bool)
        # As `bounds` has it: just after the last moment of the data.
        last = max(int(end.max()) + 1, self.cases.period.end_us if self.cases.period is not None else 0)
        until = np.where(ended, end, last)
        hours = (self.calendar or BusinessHours()).hours(start, until)
        return kaplan_meier(np.maximum(hours, 0.0), ended)

    def to_frame(self) -> pd.DataFrame:
        """Return the steps along the path."""
        return self.steps.copy()

    def __repr__(self) -> str:
        sure = "" if np.isnan(self.probability) else f" ({round(100 * self.probability)} %)"
        path = f", {_ARROW.join(self.path)}" if self.path else ""
        counts = f"{len(self.members)} members, {len(self.cases)} cases"
        return f"<DeliveryGroup {self.name}: {self.type}{sure}, {counts}{path}>"


def sort_of_step(work: Cases) -> str:
    """Say what the steps of a group are: roles, or activities where no two roles are known, or nothing."""
    acts = work.acts
    if len(np.unique(acts.role[acts.role >= 0])) >= 2:
        return "role"
    if len(np.unique(acts.activity[acts.activity >= 0])) >= 2:
        return "activity"
    return "role" if (acts.role >= 0).any() else ""


def steps_of(path: Path) -> tuple[str, ...]:
    """Return the steps of the usual path that take part in a fifth of the cases, in order; eight at most."""
    frame = path.frame.sort_values(["cases", "name"], ascending=[False, True], kind="stable")
    often = frame[frame["share"] >= _OFTEN]
    kept = set((often if len(often) >= 2 else frame.head(3))["name"].head(_LONGEST))
    return tuple(name for name in path.roles if name in kept)


def _relative(entries: Firsts) -> npt.NDArray[np.float64]:
    """Return relative positions, 0 first and 1 last; the middle where a case has one entry."""
    return np.where(entries.length > 1, entries.rank / np.maximum(entries.length - 1, 1), 0.5)


def member_frame(name: str, listed: list[str], work: Cases) -> pd.DataFrame:
    """Return the members of a group, with what they do in it.

    Parameters
    ----------
    name : str
        Name of the group.
    listed : list of str
        Its members, whether they act or not.
    work : Cases
        What they did on the group's cases.

    Returns
    -------
    pandas.DataFrame
        group, person, role, position, cases, in order of position; who acts on no case comes last.
    """
    acts = work.acts
    doers, person = np.unique(acts.person, return_inverse=True)
    person, n = person.reshape(-1), len(doers)
    entries = firsts(acts.case, person)
    # The last place is that of whoever acts on no case.
    cases = np.append(np.bincount(entries.actor, minlength=n), 0)
    position = np.append(np.bincount(entries.actor, _relative(entries), n) / np.maximum(cases[:-1], 1), np.nan)
    role = np.append(_most_frequent(person, acts.role, n), -1)
    names = np.array(listed, dtype=object)
    known, nobody = work.people[doers], np.array([None], dtype=object)
    at = np.searchsorted(known, names)
    place = np.where(np.concatenate([known, nobody])[at] == names, at, n)
    order = np.lexsort((np.argsort(np.argsort(names, kind="stable")), position[place]))
    place = place[order]
    roles = np.concatenate([work.roles, nobody])[role[place]]
    return pd.DataFrame(
        {
            "group": pd.array([name] * len(names), dtype="string"),
            "person": pd.array(names[order], dtype="string"),
            "role": pd.array(roles, dtype="string"),
            "position": position[place],
            "cases": cases[place].astype(np.int64),
        }
    )


def _most_frequent(person: npt.NDArray[np.integer], value: npt.NDArray[np.integer], n: int) -> IntArray:
    """Return everybody's most frequent value, -1 for none; of equals the lowest."""
    found = np.full(n, -1, dtype=np.int64)
    known = value >= 0
    if not known.any():
        return found
    width = int(value.max()) + 1
    pair, count = np.unique(person[known].astype(np.int64) * width + value[known], return_counts=True)
    order = np.lexsort((pair % width, -count, pair // width))
    holder, first = np.unique(pair[order] // width, return_index=True)
    found[holder] = (pair % width)[order][first]
    return found


def step_frame(work: Cases, handoffs: Handoffs, steps: Sequence[str], sort: str) -> pd.DataFrame:
    """Return how each step of the path is staffed, and how much of it goes through its busiest person.

    Parameters
    ----------
    work : Cases
        What members did on the group's cases.
    handoffs : Handoffs
        Those of `work`.
    steps : sequence of str
        Names of the steps along the path.
    sort : str
        What they are: as `sort_of_step` says.

    Returns
    -------
    pandas.DataFrame
        step, position, people, cases, handoffs, share, person, gatekeeper (whether the lower 95 % bound of the share is
        above a half, of ten handoffs or more) and single (whether one person alone takes the step, in three cases or
        more).
    """
    if not steps:
        return _no_steps()[0].copy(deep=False)
    acts = work.acts
    by_role = sort == "role"
    code, names = (acts.role, work.roles) if by_role else (acts.activity, work.activities)
    position = firsts(acts.case, code)
    rows = []
    for step in np.searchsorted(names, np.array(steps, dtype=object)).tolist():
        here = code == step
        people = np.unique(acts.person[here])
        cases = len(np.unique(acts.case[here]))
        through = _through(handoffs, step, people, by_role=by_role)
        who, count = np.unique(through, return_counts=True)
        top = int(np.argmax(count)) if len(who) else -1
        share = float(count[top] / len(through)) if len(who) else float("nan")
        bound = share - _BOUND * np.sqrt(share * (1 - share) / len(through)) if len(who) else 0.0
        at = position.actor == step
        rows.append(
            {
                "step": names[step],
                "position": float(_relative(position)[at].mean()),
                "people": len(people),
                "cases": cases,
                "handoffs": len(through),
                "share": share,
                "person": work.people[who[top]] if len(who) else pd.NA,
                "gatekeeper": bool(bound > 0.5 and len(through) >= _FEW_HANDOFFS),
                "single": len(people) == 1 and cases >= _SEEN,
            }
        )
    return pd.DataFrame(rows, columns=list(_STEPS)).astype(_STEPS)


@cache
def _no_steps() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the frames of a group without a path; most have none, and pandas takes long to make them.

    They are given as shallow copies: pandas copies what they share before it writes to one of them.
    """
    none = pd.DataFrame({name: pd.array([], dtype=kind) for name, kind in _STEPS.items()})
    return none, none[list(_GATES)].copy(), none[list(_SINGLE)].copy()


def gates_of(staffed: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the people through whom most handoffs of a step go, and the steps that one person alone takes.

    Parameters
    ----------
    staffed : pandas.DataFrame
        Of `step_frame`.

    Returns
    -------
    gatekeepers, single_points : pandas.DataFrame
        step, person, share, handoffs; and step, person, cases.
    """
    if staffed.empty:
        _, gates, single = _no_steps()
        return gates.copy(deep=False), single.copy(deep=False)
    gates, single = staffed[staffed["gatekeeper"] | staffed["single"]], staffed[staffed["single"]]
    gates = gates[list(_GATES)].dropna(subset=["person"]).reset_index(drop=True)
    return gates, single[list(_SINGLE)].reset_index(drop=True)


def _through(
    handoffs: Handoffs, step: int, people: npt.NDArray[np.integer], *, by_role: bool
) -> npt.NDArray[np.integer]:
    """Return who hands on from a step or takes over in it, once for each handoff."""
    if by_role:
        into, out = handoffs.role_to == step, handoffs.role_from == step
        return np.concatenate([handoffs.taker[into], handoffs.giver[out]])
    # Handoffs know roles, not activities: those of the people who do the activity stand in.
    return np.concatenate(
        [handoffs.taker[np.isin(handoffs.taker, people)], handoffs.giver[np.isin(handoffs.giver, people)]]
    )
