"""The small files beside the exports: people, declared groups, the study file and the truth."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from commfinder.period import Period

__all__ = ["study_text", "write_table", "write_truth"]

_STUDY = """\
# What the report is headed with.
name = "Example organisation"
# The span that is looked at: start/end, the end outside; or 2026Q3, 2026H1, 2026-07.
period = "{period}"
# Chance is drawn from this number: the same number, the same result.
seed = {seed}

# One block for each export; paths are relative to this file.
[[inputs]]
# A file, or a folder of files of one kind.
path = "exports/mail"
# The format; leave it out to have it found.
kind = "mbox"

[[inputs]]
# A Slack export as it was downloaded.
path = "exports/slack.zip"
# The format.
kind = "slack"

{log}[people]
# One row per person: person, unit, site, manager, level, addresses, since, until{title}.
path = "hr.csv"

[groups]
# One row per declared group and member: group, person, kind, goal, since, until, space.
path = "communities.csv"
"""


_LOG = """\
[[inputs]]
# The event log of the workflow system: case, activity, resource, start, time, group, process.
path = "exports/workflow.csv"
# Our name of a column = the file's.
columns = { space = "process" }

"""


def study_text(period: Period, seed: int, *, logged: bool = False) -> str:
    """Return the study file of a simulated organisation, in TOML.

    Parameters
    ----------
    period : Period
        The simulated span.
    seed : int
        The seed of the analysis.
    logged : bool, default False
        Whether there is an event log, and titles of people.

    Returns
    -------
    str
    """
    return _STUDY.format(period=period, seed=seed, log=_LOG if logged else "", title=", title" if logged else "")


def write_table(path: Path, frame: pd.DataFrame) -> None:
    """Write a frame as CSV: UTF-8, line feeds, no index, the same on every system."""
    path.write_text(frame.to_csv(index=False, lineterminator="\n"), encoding="utf-8", newline="\n")


def write_truth(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write the tables of the truth into an existing folder, one CSV each."""
    for name, frame in tables.items():
        write_table(folder / f"{name}.csv", frame)
