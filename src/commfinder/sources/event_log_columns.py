"""Recognise the columns of an event log by the headings that programs give them."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from commfinder.errors import FormatError
from commfinder.sources.table_files import load_table
from commfinder.sources.tally import Tally

__all__ = ["OURS", "header_of", "looks_like_log", "usual_columns"]

OURS = ("case", "activity", "resource", "time", "start", "group", "role", "lifecycle", "instance", "space")
"""What can be taken of an event log."""

_NOISE = re.compile(r"[\s:_./-]+")

# For each of ours the usual headings, without blanks and marks, the surest first. Headings that mean something else as
# often ("event", "status", "name") are not among them.
_USUAL = {
    "case": (
        "caseconceptname",
        "caseid",
        "caseidentifier",
        "casekey",
        "casenumber",
        "case",
        "traceid",
        "trace",
        "processinstanceid",
        "processinstance",
        "ticketid",
        "ticketnumber",
        "ticket",
    ),
    "activity": (
        "conceptname",
        "activity",
        "activityname",
        "activitylabel",
        "activityid",
        "task",
        "taskname",
        "eventname",
        "step",
    ),
    "resource": (
        "orgresource",
        "resource",
        "resourcename",
        "resourceid",
        "user",
        "username",
        "userid",
        "performer",
        "performedby",
        "executedby",
        "handledby",
        "executor",
        "originator",
        "employee",
        "agent",
        "worker",
    ),
    "time": (
        "timetimestamp",
        "timestamp",
        "completetimestamp",
        "completiontimestamp",
        "endtimestamp",
        "eventtimestamp",
        "eventtime",
        "completetime",
        "completiontime",
        "endtime",
        "finishtime",
        "completedat",
        "finishedat",
        "enddate",
        "datetime",
        "time",
        "date",
    ),
    "start": ("starttimestamp", "timestampstart", "starttime", "startdate", "startedat", "begintime", "begin", "start"),
    "group": (
        "orggroup",
        "group",
        "department",
        "team",
        "workgroup",
        "supportgroup",
        "orgunit",
        "organizationalunit",
        "organisationalunit",
        "unit",
    ),
    "role": ("orgrole", "role", "resourcerole", "jobtitle"),
    "lifecycle": ("lifecycletransition", "lifecycle", "transition", "eventlifecycle"),
    "instance": ("conceptinstance", "activityinstance", "activityinstanceid"),
}


def usual_columns(names: list[str]) -> dict[str, int]:
    """Find the columns of an event log by their headings.

    Parameters
    ----------
    names : list of str
        Headings of a table.

    Returns
    -------
    dict
        Position of each of `OURS` that is found. A log with starts alone has them as its times.

    Examples
    --------
    >>> usual_columns(["Case ID", "Activity", "Resource", "Complete Timestamp", "Variant"])
    {'case': 0, 'activity': 1, 'resource': 2, 'time': 3}
    """
    plain = [_NOISE.sub("", name).casefold() for name in names]
    first = {word: position for position, word in reversed(list(enumerate(plain)))}
    found = {
        ours: first[word] for ours, words in _USUAL.items() if (word := next(filter(first.__contains__, words), ""))
    }
    if "time" not in found and "start" in found:
        found["time"] = found.pop("start")
    return found


def looks_like_log(names: list[str]) -> bool:
    """Say whether headings are those of an event log: a case, an activity and a time, and not our own sender.

    Parameters
    ----------
    names : list of str
        Headings of a table.

    Returns
    -------
    bool
    """
    return "sender" not in names and {"case", "activity", "time"} <= usual_columns(names).keys()


class _SeenError(Exception):
    """The headings are known; the rest of the file is not needed."""


def header_of(path: Path, delimiter: str | None = None) -> list[str]:
    """Read the headings of a table, and no more of it.

    Parameters
    ----------
    path : pathlib.Path
        Delimited text, JSON lines or Parquet.
    delimiter : str, optional
        Of the cells; found out by default.

    Returns
    -------
    list of str
        Empty if it is no table.
    """
    seen: list[str] = []

    def choose(names: list[str]) -> list[int]:
        seen.extend(names)
        raise _SeenError

    with contextlib.suppress(_SeenError, FormatError):
        load_table(path, choose, headerless=False, delimiter=delimiter, tally=Tally(""), advance=lambda _: None)
    return seen
