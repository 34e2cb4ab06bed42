"""What work was planted, as tables: groups, members, cases, and the events that belong to each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from commfinder.simulation.clock import Clock
from commfinder.simulation.messages import Message
from commfinder.simulation.structure import Structure, iso_day
from commfinder.simulation.work_groups import WorkGroup
from commfinder.simulation.work_log import event_rows
from commfinder.simulation.work_parts import WorkParts
from commfinder.simulation.work_process import Run

__all__ = ["work_tables"]

_PROCESS = (
    *("units", "per_week", "case_ids", "order_noise", "turnover", "waits", "touch", "rework", "stalled", "wave"),
    *("drift", "one_thread", "informed", "stand_ins"),
)
_TOLD = {
    "process": _PROCESS,
    "mixed": (*_PROCESS, "threads", "unanswered"),
    "knowledge": ("threads", "unanswered", "turnover"),
    "social": ("talks", "off_hours"),
    "formal-only": ("talks",),
}
_DRAWN = (*_PROCESS[1:], "threads", "unanswered", "talks", "off_hours")


def work_tables(
    work: WorkParts, structure: Structure, clock: Clock, written: Sequence[Message]
) -> dict[str, pd.DataFrame]:
    """Write down what work was planted.

    Parameters
    ----------
    work : WorkParts
        The work.
    structure : Structure
        The people.
    clock : Clock
        The span.
    written : sequence of Message
        The messages that are in the data.

    Returns
    -------
    dict of str to pandas.DataFrame
        work_groups, work_members, work_cases and work_events.
    """
    events = _events(work, structure, written)
    cases = _cases(work, events)
    return {
        "work_groups": _groups(work, structure, cases),
        "work_members": _members(work, structure, clock),
        "work_cases": cases,
        "work_events": events,
    }


def _groups(work: WorkParts, structure: Structure, cases: pd.DataFrame) -> pd.DataFrame:
    """Write one row per group."""
    rows = []
    processed = cases.loc[cases["what"] == "case"]
    counts, ids = processed.groupby("group").size(), processed.groupby("group")["with_id"].sum()
    for group in work.groups:
        people = list(group.people)
        row: dict[str, Any] = {
            "group": group.name,
            "type": group.type,
            "members": len(people),
            "units": len(np.unique(structure.unit[people])),
            "process": group.process,
            "space": group.space,
            "medium": group.medium,
            "timezone": f"Etc/GMT{-group.offset:+d}",
            "steps": len(group.steps),
            "path": _joined(group, [step.activity for step in group.steps]),
            "roles": _joined(group, [f"{structure.unit_names[step.unit]}/{step.title}" for step in group.steps]),
            "gatekeepers": sum(len(step.posts) == 1 for step in group.steps),
            "batch": next((step.activity for step in group.steps if step.weekday >= 0), ""),
            "machine": group.machine,
            "lifecycle": group.lifecycle,
            "changed": group.changed,
            "factor": work.work.factor if group.changed else 1.0,
            "cycle_ratio": _ratio(processed.loc[(processed["group"] == group.name) & processed["changed"]]),
            "cases": int(counts.get(group.name, 0)),
            "with_ids": int(ids.get(group.name, 0)),
        }
        told = _TOLD[group.type]
        rows.append(row | {name: round(group.drawn[name], 4) if name in told else np.nan for name in _DRAWN})
    columns = [*_GROUP_COLUMNS, *_DRAWN]
    return pd.DataFrame(rows, columns=columns)


_GROUP_COLUMNS = (
    *("group", "type", "members", "units", "process", "space", "medium", "timezone", "steps", "path", "roles"),
    *("gatekeepers", "batch", "machine", "lifecycle", "changed", "factor", "cycle_ratio", "cases"),
    "with_ids",
)


def _ratio(changed: pd.DataFrame) -> float:
    """Return how many times as long cases take for the change, as a geometric mean; 1 where nothing changed."""
    some = changed.loc[changed["unchanged"] > 0]
    ratios = np.log((some["hours"] / some["unchanged"]).to_numpy(dtype=np.float64))
    return round(float(np.exp(ratios.mean())), 4) if len(ratios) else 1.0


def _joined(group: WorkGroup, steps: list[str]) -> str:
    """Write steps in their usual order; two that have none stand side by side."""
    signs = [" + " if place == group.parallel else " > " for place in range(len(steps))]
    return "".join(step + sign for step, sign in zip(steps, [*signs[:-1], ""], strict=True)) if steps else ""


def _members(work: WorkParts, structure: Structure, clock: Clock) -> pd.DataFrame:
    """Write one row per group, member and what the member does there."""
    rows = [
        (
            group.name,
            structure.ids[member.person],
            member.role,
            group.steps[member.step].activity if member.step >= 0 else "",
            member.step,
            structure.unit_names[int(structure.unit[member.person])],
            work.titles[member.person],
            _day(clock, member.since) if member.since > 0 else "",
            _day(clock, member.until) if member.until < 1 else "",
            member.single,
        )
        for group in work.groups
        for member in group.members
    ]
    names = ["group", "person", "role", "step", "position", "unit", "title", "since", "until", "single"]
    return pd.DataFrame(rows, columns=names)


def _day(clock: Clock, share: float) -> str:
    """Return the day at a share of the span."""
    return iso_day(int(clock.moment(np.array([share]))[0]))


def _events(work: WorkParts, structure: Structure, written: Sequence[Message]) -> pd.DataFrame:
    """Write one row per event in the data that belongs to planted work."""
    owner = {run.name(case): run.group.name for run in work.runs for case in range(run.cases)}
    person = {account: structure.ids[p] for p, known in enumerate(structure.addresses) for account in known}
    said = [
        (message.event, message.case, owner.get(message.case, message.case.partition("-")[0]), "message",
         person.get(message.sender, message.sender), message.time)
        for message in written
        if message.case
    ]  # fmt: skip
    names = ["event", "case", "group", "what", "person", "time"]
    frame = pd.DataFrame(said, columns=names)
    rows = event_rows(work.acts, structure.ids, "")
    acts = pd.DataFrame(
        {
            "event": rows["event"],
            "case": rows["thread"],
            "group": rows["thread"].map(owner),
            "what": "act",
            "person": rows["sender"],
            "time": rows["time"].astype("int64"),
        }
    )
    both = pd.concat([frame, acts], ignore_index=True) if len(acts) else frame
    both = both.sort_values(["time", "event"], kind="stable", ignore_index=True)
    both["time"] = pd.to_datetime(both["time"], unit="us", utc=True)
    return both


def _cases(work: WorkParts, events: pd.DataFrame) -> pd.DataFrame:
    """Write one row per case of a process and per conversation."""
    handled = pd.concat([_run(run) for run in work.runs], ignore_index=True) if work.runs else _no_cases()
    talk = events.loc[~events["case"].isin(handled["case"])].groupby("case", sort=True)
    told = pd.DataFrame(
        {
            "case": list(talk.groups),
            "group": talk["group"].first().to_numpy(),
            "what": "talk",
            "start": talk["time"].min().to_numpy(),
            "end": talk["time"].max().to_numpy(),
        }
    )
    asking = {group.name for group in work.groups if group.of("answerer")}
    told["what"] = ["question" if group in asking else "talk" for group in told["group"]]
    told = told.assign(open=False, with_id=False, stalled=False, changed=False, hours=np.nan, unchanged=np.nan)
    for name in ("start", "end"):
        told[name] = pd.to_datetime(told[name], utc=True)
    parts = [part for part in (handled, told[list(handled.columns)]) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else _no_cases()


def _run(run: Run) -> pd.DataFrame:
    """Write one row per case of one process, as far as it was begun in the period."""
    begun = np.bincount(run.case, minlength=run.cases) > 0
    some = np.flatnonzero(begun)
    first, last = np.searchsorted(run.case, some), np.searchsorted(run.case, some, side="right") - 1
    start = (run.started if run.group.lifecycle else run.done)[first]
    return pd.DataFrame(
        {
            "case": [run.name(case) for case in some.tolist()],
            "group": run.group.name,
            "what": "case",
            "start": pd.to_datetime(start, unit="us", utc=True),
            "end": pd.to_datetime(run.done[last], unit="us", utc=True),
            "open": run.open[some],
            "with_id": run.with_id[some],
            "stalled": run.stalled[some],
            "changed": run.changed[some],
            "hours": run.hours[some].round(4),
            "unchanged": run.unchanged[some].round(4),
        }
    )


def _no_cases() -> pd.DataFrame:
    """Return the table of cases without any."""
    names = ["case", "group", "what", "start", "end", "open", "with_id", "stalled", "changed", "hours", "unchanged"]
    return pd.DataFrame({name: [] for name in names})
