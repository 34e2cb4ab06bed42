"""What the workflow system holds of the cases that carry their id: rows of events, and the file of the log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from commfinder.simulation.clock import DAY
from commfinder.simulation.structure import Bools, Structure
from commfinder.simulation.work_process import Run

__all__ = ["LOG_FILE", "acts_of", "event_rows", "write_log"]

LOG_FILE = "workflow.csv"
"""Name of the file of events."""

_ROBOT = "Synchronise"
_HELD = 0.8  # share of the acts after which a machine acts
_SECOND = 1_000_000
_COLUMNS = ["case", "process", "group", "activity", "step", "person", "machine", "start", "time"]


def acts_of(rng: np.random.Generator, runs: Sequence[Run], seen: Bools, end: int) -> pd.DataFrame:
    """Return what was done on cases that carry their id.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    runs : sequence of Run
        The cases.
    seen : numpy.ndarray of bool, shape (n,)
        Whose traffic is in the data.
    end : int
        End of the period, microseconds since 1970 UTC.

    Returns
    -------
    pandas.DataFrame
        One row per act, in order of process, case and time: case, process, group, activity, step, person (its index,
        -1 for machines), machine (its account), start (-1 where the log does not say), time; microseconds.
    """
    parts = [_acts(rng, run, seen, end) for run in runs]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_COLUMNS)


def _acts(rng: np.random.Generator, run: Run, seen: Bools, end: int) -> pd.DataFrame:
    """Return the acts of one process."""
    kept = run.with_id[run.case] & seen[run.person]
    case, step, person, done = (column[kept] for column in (run.case, run.step, run.person, run.done))
    started = run.started[kept] if run.group.lifecycle else np.full(len(case), -_SECOND)
    if run.group.machine:
        # A machine takes no notice of the hour.
        after = np.flatnonzero(rng.random(len(case)) < _HELD)
        moment = done[after] + rng.integers(DAY, size=len(after))
        after, moment = after[moment < end], moment[moment < end]
        case, done = np.concatenate([case, case[after]]), np.concatenate([done, moment])
        machines = np.full(len(after), -1)
        step, person = np.concatenate([step, machines]), np.concatenate([person, machines])
        started = np.concatenate([started, moment if run.group.lifecycle else machines * _SECOND])
    # The stable order keeps acts of the same second as they came.
    order = np.lexsort((np.arange(len(case)), done // _SECOND, case))
    case, step, person, done, started = (column[order] for column in (case, step, person, done, started))
    names = np.array([run.name(number) for number in range(run.cases)], dtype=object)
    activities = np.array([*(step.activity for step in run.group.steps), _ROBOT], dtype=object)
    return pd.DataFrame(
        {
            "case": names[case],
            "process": run.group.process,
            "group": run.group.name,
            "activity": activities[step],
            "step": step,
            "person": person,
            "machine": np.where(person < 0, run.group.machine, ""),
            "start": started // _SECOND * _SECOND,
            "time": done // _SECOND * _SECOND,
        }
    )


def event_rows(acts: pd.DataFrame, names: Sequence[str], flagged: str) -> pd.DataFrame:
    """Return the interaction table of the workflow system: one row per act, and one per start where it is told.

    Parameters
    ----------
    acts : pandas.DataFrame
        What `acts_of` returns.
    names : sequence of str
        What people are called, by index.
    flagged : str
        The machine that the log marks as such.

    Returns
    -------
    pandas.DataFrame
        Nobody receives an act. The id of an event is its case and its position there; the parent of what was done is
        its start.
    """
    told = np.flatnonzero(acts["start"].to_numpy() >= 0)
    rows = np.concatenate([told, np.arange(len(acts))])
    starts = np.arange(len(rows)) < len(told)
    case = acts["case"].to_numpy(dtype=object)[rows]
    time = np.where(starts, acts["start"].to_numpy()[rows], acts["time"].to_numpy()[rows]).astype(np.int64)
    # Acts stand in order of process, case and time already; a start comes before what it starts.
    code = pd.factorize(acts["case"])[0][rows]
    order = np.lexsort((~starts, rows, time, code))
    rows, starts, case, time, code = rows[order], starts[order], case[order], time[order], code[order]
    position = np.arange(len(rows)) - np.searchsorted(code, code)
    events = np.array([f"{name}#{place:06d}" for name, place in zip(case, position.tolist(), strict=True)], object)
    begun = np.full(len(acts), -1)
    begun[rows[starts]] = np.flatnonzero(starts)
    parent = np.where(starts, -1, begun[rows])
    answered = np.full(len(rows), None, dtype=object)
    answered[parent >= 0] = events[parent[parent >= 0]]
    person = acts["person"].to_numpy(dtype=np.int64)[rows]
    machine = acts["machine"].to_numpy(dtype=object)[rows]
    known = np.array([*names, ""], dtype=object)
    frame = pd.DataFrame(
        {
            "event": events,
            "time": pd.to_datetime(time, unit="us", utc=True),
            "sender": np.where(person >= 0, known[person], machine),
            "recipient": pd.Series([None] * len(rows), dtype="str"),
            "role": "edit",
            "medium": "workflow",
            "space": acts["process"].to_numpy(dtype=object)[rows],
            "thread": case,
            "parent": pd.Series(answered, dtype="str"),
            "activity": acts["activity"].to_numpy(dtype=object)[rows],
            "n_recipients": np.zeros(len(rows), dtype=np.int32),
            "automated": np.asarray(machine == flagged, dtype=bool),
            "source": LOG_FILE,
        }
    )
    frame["time"] = frame["time"].astype("datetime64[us, UTC]")
    return frame


def write_log(path: Path, acts: pd.DataFrame, structure: Structure) -> None:
    """Write the acts as an event log in CSV, in order of time.

    Parameters
    ----------
    path : Path
        The file to make.
    acts : pandas.DataFrame
        What `acts_of` returns.
    structure : Structure
        The people, who stand there with their main addresses, and their units.
    """
    person = acts["person"].to_numpy(dtype=np.int64)
    accounts = np.array([*(known[0] for known in structure.addresses), ""], dtype=object)
    units = np.array([*(structure.unit_names[unit] for unit in structure.unit.tolist()), ""], dtype=object)
    frame = pd.DataFrame(
        {
            "case": acts["case"],
            "activity": acts["activity"],
            "resource": np.where(person >= 0, accounts[person], acts["machine"].to_numpy(dtype=object)),
            "start": _written(acts["start"]),
            "time": _written(acts["time"]),
            "group": units[person],
            "process": acts["process"],
        }
    )
    order = np.argsort(acts["time"].to_numpy(), kind="stable")
    text = frame.iloc[order].to_csv(index=False, lineterminator="\n")
    path.write_text(text, encoding="utf-8", newline="\n")


def _written(moments: pd.Series[int]) -> pd.Series[str]:
    """Write moments as ISO 8601 in UTC, and nothing where there is none."""
    text = pd.to_datetime(moments, unit="us", utc=True).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return text.where(moments >= 0, "")
