"""From what a group does to the facts on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.delivery.cases.find import Cases
from commfinder.delivery.cases.handoffs import Handoffs
from commfinder.delivery.cases.value import WITH_ID
from commfinder.delivery.kinds.background import Background
from commfinder.delivery.kinds.facts import Facts
from commfinder.delivery.kinds.measures import (
    Firsts,
    burstiness,
    firsts,
    in_order,
    one_way,
    order_spread,
    path_information,
    position_entropy,
    same_twice,
    set_keys,
)
from commfinder.delivery.order.nulls import NullTest
from commfinder.delivery.order.predictability import LEVELS, OrderLevels
from commfinder.period import Windows

__all__ = ["gather", "informal_share", "share_alone"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_WINDOW_DAYS = 28.0
_PART, _PART_PAIRS, _REGULAR, _MOST_PARTS, _LOOSE = 10, 15, 3, 20, 0.1
_UNKNOWN = float("nan")


def gather(
    *,
    size: int,
    members: npt.NDArray[np.integer],
    work: Cases,
    handoffs: Handoffs,
    order: OrderLevels,
    alone: float,
    background: Background,
    beyond: NullTest,
) -> Facts:
    """Gather the facts on one group.

    Parameters
    ----------
    size : int
        Members, whether they act or not.
    members : ndarray of int
        Places of the members in ``Cases.people``.
    work : Cases
        What members did on the group's cases.
    handoffs : Handoffs
        Those of `work`.
    order : OrderLevels
        Order in `work`.
    alone : float
        Share of what members open that nobody answers, by `share_alone`.
    background : Background
        What the group is seen against.
    beyond : NullTest
        Handoffs between members against those of others of the same units.

    Returns
    -------
    Facts
    """
    acts = work.acts
    doers, handoffs = _Doers.of(work, handoffs, background)
    people, roles = firsts(acts.case, doers.person), firsts(acts.case, acts.role)
    place = background.places(work.people[members])
    return Facts(
        size=size,
        cases=len(work),
        windows=_windows(work),
        acts=acts.n,
        with_id=int(work.frame["how"].isin(WITH_ID).sum()),
        units=len(np.unique(acts.unit[acts.unit >= 0])),
        roles=len(np.unique(acts.role[acts.role >= 0])),
        **_order(order, {"person": people, "role": roles, "activity": firsts(acts.case, acts.activity)}),
        **_units(doers, people),
        **_path(doers, handoffs, people, roles),
        **_openers(work, people, roles, size),
        **_parts(work, len(doers.place), people, roles),
        **_times(work, handoffs),
        **_hours(acts.time, doers, background),
        alone=alone,
        talk=background.talk(place),
        formal=background.formal(place),
        informal=_informal(doers.place[handoffs.giver], doers.place[handoffs.taker], background),
        beyond_units=beyond.excess,
        beyond_units_p=beyond.p,
    )


@dataclass(frozen=True, eq=False)
class _Doers:
    """Those who act in a group, numbered from 0 up: nothing that is asked of a group is as long as all people.

    `person` is who does each act, `place` where each stands in the background, and `unit` the unit in which each acts
    here, the last if there are several.
    """

    person: IntArray
    place: IntArray
    unit: IntArray

    @classmethod
    def of(cls, work: Cases, handoffs: Handoffs, background: Background) -> tuple[_Doers, Handoffs]:
        """Number them, in the handoffs as well."""
        acts = work.acts
        known, person = np.unique(acts.person, return_inverse=True)
        unit = np.full(len(known), -1, dtype=np.int64)
        person = person.reshape(-1).astype(np.int64)
        unit[person[acts.unit >= 0]] = acts.unit[acts.unit >= 0]
        ends = (handoffs.giver, handoffs.taker)
        giver, taker = (np.searchsorted(known, end).astype(np.int32) for end in ends)
        place = background.places(work.people[known])
        return cls(person, place, unit), replace(handoffs, giver=giver, taker=taker)


def _windows(work: Cases) -> int:
    """Count the windows of four weeks in which cases begin."""
    if work.period is None or not len(work):
        return 0
    windows = Windows.over(work.period.start_us, work.period.end_us, days=_WINDOW_DAYS)
    start = _micro(work)
    return len(np.unique(np.minimum((windows.end_us - 1 - start) // windows.length_us, windows.count - 1)))


def _micro(work: Cases) -> IntArray:
    """Return when each case begins, in microseconds."""
    acts = work.acts
    first = np.r_[True, acts.case[1:] != acts.case[:-1]] if acts.n else np.zeros(0, dtype=bool)
    return acts.time[first]


def _order(order: OrderLevels, entries: Mapping[str, Firsts]) -> dict[str, Any]:
    """Say how far the order of new cases is that of others, at the level at which it is best founded."""
    values = {f"order_{level}": order[level].value for level in LEVELS}
    best = order.best
    if best is None:
        nothing = dict.fromkeys(("order", "order_null", "order_p", "order_low", "order_spread"), _UNKNOWN)
        return {**values, **nothing, "order_level": "", "order_pairs": 0}
    got = order[best]
    return {
        **values,
        "order": got.value,
        "order_null": got.null_mean,
        "order_p": order.p,
        "order_low": got.low,
        "order_level": best,
        "order_pairs": got.pairs,
        "order_spread": order_spread(*in_order(entries[best])[1:]),
    }


def _units(doers: _Doers, people: Firsts) -> dict[str, Any]:
    """Say how far cases and the group mix units."""
    unit = doers.unit
    known = unit >= 0
    group = 1 - same_twice(np.bincount(unit[known])) if known.sum() > 1 else _UNKNOWN
    of = unit[people.actor]
    case, of = people.case[of >= 0], of[of >= 0]
    if not len(case):
        return {"units_in_case": _UNKNOWN, "units_in_group": group}
    n = np.bincount(case).astype(np.float64)
    cell = np.unique(case * (int(of.max()) + 1) + of, return_counts=True)
    same = np.bincount(cell[0] // (int(of.max()) + 1), cell[1] * (cell[1] - 1.0), len(n))
    several = n >= 2
    mixed = float(1 - (same[several] / (n[several] * (n[several] - 1))).mean()) if several.any() else _UNKNOWN
    return {"units_in_case": mixed, "units_in_group": group}


def _path(doers: _Doers, handoffs: Handoffs, people: Firsts, roles: Firsts) -> dict[str, Any]:
    """Say which way work passes, and through whom."""
    giver, taker, unit = handoffs.giver, handoffs.taker, doers.unit
    count = len(giver)
    known = (unit[giver] >= 0) & (unit[taker] >= 0) if count else np.zeros(0, dtype=bool)
    straight = float((people.length[people.opening] - 1).sum())
    return {
        "handoffs": count,
        "across_units": float((unit[giver] != unit[taker])[known].mean()) if known.any() else _UNKNOWN,
        "path": path_information(handoffs.role_from, handoffs.role_to),
        "one_way_roles": one_way(handoffs.role_from, handoffs.role_to),
        "one_way_people": one_way(giver, taker),
        "place_entropy": position_entropy(roles),
        "same_roles": same_twice(np.unique(set_keys(roles), return_counts=True)[1]),
        "same_people": same_twice(np.unique(set_keys(people), return_counts=True)[1]),
        "back": float(handoffs.back.mean()) if count else _UNKNOWN,
        "chain": min(straight / count, 1.0) if count else _UNKNOWN,
        "people_per_case": float(people.length[people.opening].mean()) if len(people.case) else _UNKNOWN,
    }


def _openers(work: Cases, people: Firsts, roles: Firsts, size: int) -> dict[str, Any]:
    """Say who opens cases, who answers, and how they end."""
    opened = np.bincount(people.actor[people.opening], minlength=1)
    answered = np.bincount(people.actor[~people.opening], minlength=1)
    twice = same_twice(opened)
    acts = work.acts
    last = np.r_[acts.case[1:] != acts.case[:-1], True] if acts.n else np.zeros(0, dtype=bool)
    ends, kinds = acts.activity[last], len(np.unique(acts.activity[acts.activity >= 0]))
    if kinds < 2:
        ends, kinds = roles.actor[roles.closing], len(np.unique(roles.actor))
    ends = ends[ends >= 0]
    end = same_twice(np.bincount(ends, minlength=1)) * kinds if kinds > 1 else _UNKNOWN
    share = np.cumsum(np.sort(opened)[::-1]) / max(int(opened.sum()), 1)
    return {
        "openers": twice,
        "opener_lift": twice * size,
        "answer_lift": same_twice(answered) * size,
        "half_open": int(np.searchsorted(share, 0.5) + 1) if opened.sum() else 0,
        "end_lift": end,
    }


def _parts(work: Cases, n: int, people: Firsts, roles: Firsts) -> dict[str, Any]:
    """Compare the parts of the work: what passes through each space, and what passes through none."""
    label, names = _labels(work.frame["space"])
    many = np.bincount(label, minlength=len(names))
    large = np.flatnonzero(many >= _PART)
    large = large[np.lexsort((large, -many[large]))][:_MOST_PARTS]
    strict, opened, there = np.zeros(len(large)), np.full(len(large), np.nan), np.zeros(len(large))
    regular = np.bincount(people.actor, minlength=n) >= _REGULAR
    for place, part in enumerate(large):
        here = people.take(label[people.case] == part)
        strict[place] = max(_part_order(here), _part_order(roles.take(label[roles.case] == part)))
        opened[place] = same_twice(np.bincount(here.actor[here.opening], minlength=1))
        there[place] = (np.bincount(here.actor, minlength=n) >= _REGULAR).sum()
    if not len(large):
        names_of = ("strict_reach", "strict_share", "strictest_part", "loosest_part", "fewest_openers", "most_openers")
        return {"parts": 0, **dict.fromkeys((*names_of, "loose_share", "loose_spaces"), _UNKNOWN)}
    best, named = int(np.argmax(strict)), names[large] != ""
    held, loose = many[large].astype(np.float64), named & (strict < _LOOSE)
    return {
        "parts": len(large),
        "strict_reach": float(there[best] / regular.sum()) if regular.any() else _UNKNOWN,
        "strict_share": float(held[best] / len(label)),
        "strictest_part": float(strict.max()),
        "loosest_part": float(strict.min()),
        "fewest_openers": float(opened.max()),
        "most_openers": float(opened.min()),
        "loose_share": float(held[loose].sum() / len(label)),
        "loose_spaces": float(held[loose].sum() / held[named].sum()) if named.any() else _UNKNOWN,
    }


def _labels(space: pd.Series[str]) -> tuple[IntArray, npt.NDArray[np.object_]]:
    """Number spaces in order of their names; no space is one without a name."""
    code, found = pd.factorize(space)
    names = np.array([*found.tolist(), ""] if (code < 0).any() else found.tolist(), dtype=object)
    names, number = np.unique(names, return_inverse=True)
    return number.reshape(-1)[code].astype(np.int64), names


def _part_order(entries: Firsts) -> float:
    """Return order beyond a half in a part of the work, drawn towards none where few pairs tell of it."""
    _, right, pairs, _ = in_order(entries)
    told = float(pairs.sum())
    return (float(right.sum()) / told - 0.5) * told / (told + _PART_PAIRS) if told else 0.0


def _times(work: Cases, handoffs: Handoffs) -> dict[str, Any]:
    """Say how quickly members follow one another, and at what rhythm cases begin."""
    start = np.sort(_micro(work))
    gaps = np.diff(start) / 86_400e6
    elapsed = np.log1p(np.maximum(handoffs.elapsed, 0.0)) if len(handoffs.giver) else np.empty(0)
    elapsed = elapsed[~np.isnan(elapsed)]
    low, middle, high = np.quantile(elapsed, [0.25, 0.5, 0.75]) if len(elapsed) >= 5 else [_UNKNOWN] * 3
    return {
        "response_hours": float(np.expm1(middle)),
        "response_spread": float(high - low),
        "burst": burstiness(start),
        "gap_days": float(np.median(gaps)) if len(gaps) else _UNKNOWN,
    }


def _hours(time: IntArray, doers: _Doers, background: Background) -> dict[str, Any]:
    """Say how much is done outside usual working hours, and how much members do so otherwise."""
    if not len(time):
        return {"off_hours": _UNKNOWN, "usual_off_hours": _UNKNOWN}
    person = doers.place[doers.person]
    usual = background.usual_off[person]
    return {
        "off_hours": float(background.off_hours(person, time).mean()),
        "usual_off_hours": float(np.nanmean(usual)) if (~np.isnan(usual)).any() else _UNKNOWN,
    }


def share_alone(everything: Cases, own: IntArray, touched: IntArray, members: npt.NDArray[np.integer]) -> float:
    """Return the share of cases that members open in the group's spaces and that nobody answers.

    A space is the group's if ten of its cases are.

    Parameters
    ----------
    everything : Cases
        All cases of the organisation.
    own : ndarray of int64
        Rows of the group's cases, rising; all are in `touched`.
    touched : ndarray of int64
        Rows of all cases on which a member acts, rising.
    members : ndarray of int
        Places of the members in ``Cases.people``.

    Returns
    -------
    float
        nan where no space is the group's.
    """
    code, names = pd.factorize(everything.frame["space"].iloc[touched])
    mine = code[np.searchsorted(touched, own)]
    used = np.append(np.bincount(mine[mine >= 0], minlength=len(names)) >= _PART, False)
    opener = everything.acts.person[everything.first_act[touched]]
    there = used[code]
    there[there] = np.isin(opener[there], members)
    many = everything.frame["people"].to_numpy()[touched[there]]
    return float((many == 1).mean()) if len(many) else _UNKNOWN


def informal_share(work: Cases, handoffs: Handoffs, background: Background) -> float:
    """Return the share of handoffs that do not follow the chart.

    Parameters
    ----------
    work : Cases
        What members did on the group's cases.
    handoffs : Handoffs
        Those of `work`.
    background : Background
        Units and managers.

    Returns
    -------
    float
        Handoffs between two people who are in different units, have different managers, and of whom neither reports to
        the other, over all handoffs of which units or managers are known; nan where there are none.
    """
    doers, handoffs = _Doers.of(work, handoffs, background)
    return _informal(doers.place[handoffs.giver], doers.place[handoffs.taker], background)


def _informal(giver: IntArray, taker: IntArray, background: Background) -> float:
    """Return the share of handoffs, told by places in the background, that do not follow the chart."""
    linked, told = background.formally_linked(giver, taker)
    return float((~linked[told]).mean()) if told.any() else _UNKNOWN
