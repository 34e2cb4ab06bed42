"""Who delivers the work, as a step of a study: what is asked, and the tables it becomes."""

from __future__ import annotations

from typing import Any

import pandas as pd

from commfinder.communities import Communities
from commfinder.delivery import DeliveryGroups, find_delivery_groups
from commfinder.interactions import Interactions
from commfinder.people import DeclaredGroups, Directory
from commfinder.progress import Progress
from commfinder.report import Disclosed, Disclosure, delivery_frames, delivery_sentences
from commfinder.report.delivery_words import TYPES
from commfinder.study.config import DeliveryConfig, GraphConfig, StudyConfig, calendar_of, rates_of

__all__ = ["any_delivers", "delivery_limits", "delivery_settings", "delivery_table", "find_delivery", "flat", "release"]

COLUMNS = ("group", "origin", "type", "probability", "path", "reason", "support")
"""Columns of the table where there is no group."""

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def find_delivery(
    inter: Interactions,
    people: Directory | None,
    groups: DeclaredGroups | None,
    found: Communities,
    config: StudyConfig,
    progress: Progress,
) -> DeliveryGroups | None:
    """Find groups that deliver work, as a study file asks; None where it does not.

    Parameters
    ----------
    inter : Interactions
        The interactions of the period, each account a person.
    people, groups : Directory and DeclaredGroups, optional
        The directory and the declared groups.
    found : Communities
        Found communities.
    config : StudyConfig
        The study file.
    progress : Progress
        Whoever wants to know how far the work is.

    Returns
    -------
    DeliveryGroups or None
    """
    wanted = config.delivery
    if not wanted.find:
        return None
    return find_delivery_groups(
        inter,
        people,
        groups=groups,
        found=found if wanted.communities else None,
        calendar=calendar_of(wanted),
        # Types were learnt from graphs of default options; one of other options is not theirs.
        graph=found.graph if people is not None and config.graph == GraphConfig() else None,
        min_cases=wanted.min_cases,
        shuffles=wanted.shuffles,
        progress=progress,
        seed=config.seed,
    )


def release(
    gate: Disclosure, deliver: DeliveryGroups | None, people: Directory | None, config: StudyConfig
) -> Disclosed | None:
    """Let what was found pass the gate; None where it was not asked for.

    Parameters
    ----------
    gate : Disclosure
        The gate.
    deliver : DeliveryGroups or None
        The groups.
    people : Directory, optional
        The directory.
    config : StudyConfig
        The study file: roles of single people are named only where it allows names.

    Returns
    -------
    Disclosed or None
    """
    if deliver is None:
        return None
    privacy = config.privacy
    names = privacy.person_level and not privacy.pseudonymise and bool(privacy.purpose.strip())
    return gate.release_delivery(**delivery_frames(deliver, people, rates=rates_of(config.delivery)), rare=names)


def delivery_table(piece: Disclosed, working_day: float) -> pd.DataFrame:
    """Return the groups as a table, with the reason in words and the support that fits.

    Parameters
    ----------
    piece : Disclosed
        What passed the gate.
    working_day : float
        Business hours of a day.

    Returns
    -------
    pandas.DataFrame
        Columns path, stages and gatekeepers hold lists.
    """
    frame = piece.to_frame()
    if frame.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    for name in ("path", "gatekeepers"):
        frame[name] = [list(value) for value in frame[name]]
    stages = [[{**stage, "before": list(stage["before"])} for stage in row["stages"]] for row in piece.rows]
    frame["stages"] = pd.Series(stages, index=frame.index, dtype=object)
    frame["worth"] = pd.Series([[dict(one) for one in row["worth"]] for row in piece.rows], index=frame.index)
    frame["reason"] = [" ".join(delivery_sentences(row, piece.k, working_day=working_day)) for row in piece.rows]
    frame["support"] = [TYPES[row["type"]].helps for row in piece.rows]
    return frame


def delivery_settings(config: DeliveryConfig) -> dict[str, Any]:
    """Return the settings that decide numbers, as the report shows them.

    Parameters
    ----------
    config : DeliveryConfig
        What the study file says.

    Returns
    -------
    dict of str to object
    """
    calendar = calendar_of(config)
    days = ", ".join(_DAYS[day] for day in calendar.days)
    hours = f"{days}, {calendar.start} to {calendar.end} ({calendar.timezone})"
    return {
        "business hours": "every hour counts" if calendar.is_always else hours,
        "fewest cases of a group": config.min_cases,
        "shuffles of the test of order": config.shuffles,
    }


def delivery_limits(deliver: DeliveryGroups) -> list[str]:
    """Say what the search for groups that deliver can not tell.

    Parameters
    ----------
    deliver : DeliveryGroups
        What was found.

    Returns
    -------
    list of str
    """
    limits = [
        "Of what type a group is was learnt from generated organisations; no real groups of known type were at hand to "
        "check it against.",
    ]
    sure = set(deliver.cases.frame["how"].unique()) <= {"workflow", "page"}
    if not sure:
        limits.append(
            "Not all cases have an id in the records: a thread, or a chain of messages, was taken for one, which makes "
            "the times of cases less sure."
        )
    return limits


def any_delivers(piece: Disclosed) -> bool:
    """Say whether a group delivers a process, alone or beside sharing knowledge.

    Parameters
    ----------
    piece : Disclosed
        What passed the gate.

    Returns
    -------
    bool
    """
    return any(row["type"] in ("process", "mixed") for row in piece.rows)


def flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table without lists, for CSV and Parquet: a path on one line, stages in words.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of `delivery_table`.

    Returns
    -------
    pandas.DataFrame
    """
    if "stages" not in frame:
        return frame
    plain = frame.copy()
    plain["path"] = [" → ".join(path) or None for path in frame["path"]]
    plain["gatekeepers"] = ["; ".join(names) or None for names in frame["gatekeepers"]]
    plain["stages"] = ["; ".join(map(_stage, stages)) or None for stages in frame["stages"]]
    plain["worth"] = ["; ".join(map(_worth, worth)) or None for worth in frame["worth"]]
    return plain


def _stage(stage: dict[str, Any]) -> str:
    """Write a stage: before whom, hours, share of all hours."""
    hours = "–" if stage["hours"] is None else f"{stage['hours']:g} h"
    share = "–" if stage["share"] is None else f"{stage['share']:.0%}"
    return f"before {', '.join(stage['before'])}: {hours} ({share})"


def _worth(worth: dict[str, Any]) -> str:
    """Write what an hour saved at each handoff is worth."""
    return f"{worth['what']}: {worth['low']:g} to {worth['high']:g} {worth['currency']} a year"
