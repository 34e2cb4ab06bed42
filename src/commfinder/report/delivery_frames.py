"""What the gate needs to know of delivery groups: who takes over where, who guards what, and how many hold a role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.delivery import Cases, DeliveryGroup, DeliveryGroups, Rates, hourly_value
from commfinder.people import Directory

__all__ = ["delivery_frames", "places_of"]

_DELIVERS = ("process", "mixed")


def delivery_frames(
    deliver: DeliveryGroups, people: Directory | None = None, *, rates: Rates | None = None
) -> dict[str, Any]:
    """Return the frames that `Disclosure.release_delivery` takes.

    Parameters
    ----------
    deliver : DeliveryGroups
        The groups.
    people : Directory, optional
        The organisation: how many people each unit has.
    rates : Rates, optional
        What time is worth, to tell what an hour saved at each handoff would be.

    Returns
    -------
    dict of str to pandas.DataFrame
        frame, members, handoffs (group, taker, role, elapsed, waiting), gatekeepers (group, step; also steps that one
        person alone takes), places (place, people, unit) and, with rates, worth.
    """
    work = [group for group in deliver if group.type in _DELIVERS]
    taken = [_handoffs(group) for group in work]
    gates = [part[["step"]].assign(group=one.name) for one in work for part in (one.gatekeepers, one.single_points)]
    columns = ["group", "taker", "role", "elapsed", "waiting"]
    worth = {} if rates is None or not work else {"worth": pd.concat([_worth(group, rates) for group in work])}
    return {
        "frame": deliver.to_frame(),
        "members": deliver.members[["group", "person"]],
        "handoffs": pd.concat(taken, ignore_index=True) if taken else pd.DataFrame(columns=columns),
        "gatekeepers": pd.concat(gates, ignore_index=True) if gates else pd.DataFrame(columns=["step", "group"]),
        "places": places_of(deliver.cases, people),
        **worth,
    }


def places_of(cases: Cases, people: Directory | None = None) -> pd.DataFrame:
    """Count how many people of the organisation hold each role, are in each unit, and do each activity.

    Parameters
    ----------
    cases : Cases
        All cases.
    people : Directory, optional
        The directory.

    Returns
    -------
    pandas.DataFrame
        place, people, unit (of a role; missing for units and activities), sorted by place.
    """
    acts = cases.acts
    units = _holders(cases.units, acts.unit, acts.person)
    for name, count in _in_units(cases, people).items():
        units[name] = max(units.get(name, 0), count)
    roles = _holders(cases.roles, acts.role, acts.person)
    steps = _holders(cases.activities, acts.activity, acts.person)
    counts: dict[str, int] = {}
    for part in (steps, roles, units):
        for name, count in part.items():
            counts[name] = max(counts.get(name, 0), count)
    unit = _units_of_roles(cases)
    names = sorted(counts)
    return pd.DataFrame(
        {
            "place": pd.array(names, dtype="string"),
            "people": np.array([counts[name] for name in names], dtype=np.int64),
            "unit": pd.array([unit.get(name) for name in names], dtype="string"),
        }
    )


def _handoffs(group: DeliveryGroup) -> pd.DataFrame:
    """Return the handoffs of one group; whoever takes over is a number, as the gate only counts them."""
    made, cases = group.handoffs, group.cases
    return pd.DataFrame(
        {
            "group": group.name,
            "taker": made.taker,
            "role": np.append(cases.roles, np.array([None], dtype=object))[made.role_to],
            "elapsed": np.asarray(made.elapsed, dtype=np.float64),
            "waiting": np.asarray(made.waiting, dtype=np.float64),
        }
    )


def _worth(group: DeliveryGroup, rates: Rates) -> pd.DataFrame:
    """Return what an hour saved at each handoff of a group is worth."""
    inside = group.cases.select(persons=np.flatnonzero(np.isin(group.cases.people, group.members["person"])))
    return (
        hourly_value(inside, rates, handoffs=group.handoffs, calendar=group.calendar)
        .to_frame()
        .assign(group=group.name)
    )


def _holders(
    names: npt.NDArray[Any], code: npt.NDArray[np.integer[Any]], person: npt.NDArray[np.integer[Any]]
) -> dict[str, int]:
    """Count the different people behind each name."""
    known = code >= 0
    if not known.any():
        return {}
    width = int(person.max()) + 1
    pairs = np.unique(code[known].astype(np.int64) * width + person[known])
    counts = np.bincount(pairs // width, minlength=len(names))
    return {str(name): int(count) for name, count in zip(names, counts, strict=True) if count}


def _in_units(cases: Cases, people: Directory | None) -> dict[str, int]:
    """Count the people of each unit, those of the directory and those who act."""
    here = cases.unit_of[cases.unit_of >= 0]
    found = {
        str(cases.units[code]): int(count) for code, count in zip(*np.unique(here, return_counts=True), strict=True)
    }
    if people is not None:
        for name, count in people.at()["unit"].dropna().value_counts().items():
            found[str(name)] = max(found.get(str(name), 0), int(count))
    return found


def _units_of_roles(cases: Cases) -> Mapping[str, str]:
    """Return the unit that each role is most often acted for."""
    acts = cases.acts
    both = (acts.role >= 0) & (acts.unit >= 0)
    if not both.any():
        return {}
    width = len(cases.units)
    pairs, counts = np.unique(acts.role[both].astype(np.int64) * width + acts.unit[both], return_counts=True)
    order = np.lexsort((pairs % width, -counts, pairs // width))
    role, first = np.unique(pairs[order] // width, return_index=True)
    unit = pairs[order][first] % width
    return {str(cases.roles[one]): str(cases.units[of]) for one, of in zip(role, unit, strict=True)}
