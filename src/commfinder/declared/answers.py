"""Answers of a survey: who was asked, answered, and named whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.errors import InputError
from commfinder.interactions import Interactions, Loss
from commfinder.interactions.losses import losses_frame
from commfinder.people.columns import named, place, read_delimited
from commfinder.provenance import file_digest, record

__all__ = ["Answers", "answers_of", "read_survey"]

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_COLUMNS = ("respondent", "nominee", "question", "time", "weight")
_BETWEEN = ";"


@dataclass(frozen=True, eq=False)
class Answers:
    """Who answered and whom they named, with the numbers of a graph's people.

    Parameters
    ----------
    answered : ndarray of bool, shape (n,)
        Who answered, also without naming anybody.
    source, target : ndarray of int64, shape (m,)
        Who named whom, each pair once, sorted.
    times : ndarray of int64, shape (m,)
        In how many answers.
    losses : tuple of Loss
        What could not be used.
    """

    answered: BoolArray
    source: IntArray
    target: IntArray
    times: IntArray
    losses: tuple[Loss, ...]


def read_survey(
    data: str | Path | Any,
    *,
    respondents: Iterable[str] | None = None,
    at_least: float | None = None,
    timezone: str | None = None,
    source: str | None = None,
    **columns: str,
) -> Interactions:
    """Read who named whom in a survey ("Who do you turn to?") as interactions of the medium ``survey``.

    Prefer `commfinder.read` for traces. The result is a layer like any other: alone it makes a graph of answers, and
    `compare_survey` holds it against a graph of traces.

    Parameters
    ----------
    data : path or frame-like
        A CSV file (comma, semicolon or tab), or a pandas, Polars or PyArrow table. Columns: ``respondent`` and
        ``nominee`` (several in one cell are separated by semicolons), and any of ``question``, ``time`` and ``weight``.
        A row without a nominee says that somebody answered and named nobody.
    respondents : iterable of str, optional
        All who answered, for files that leave out who named nobody.
    at_least : float, optional
        Weight from which an answer is a nomination; by default any above 0. In a survey that lists everybody, 0 or an
        empty cell of ``weight`` means that the person was not named. The weight itself is not kept.
    timezone : str, optional
        Zone of times that carry none, for example ``"Europe/Berlin"``.
    source : str, optional
        Name of the survey; the file's own by default.
    **columns : str
        Which column it is, where the name differs, for example ``respondent="who"``.

    Returns
    -------
    Interactions
        A row a nomination, with the role ``nominate`` and the question as activity; and for everybody who answered and
        named nobody, a row without a recipient. `losses` counts what was not used.

    Raises
    ------
    MissingFileError
        If the file is not there.
    ColumnError
        If respondents or nominees have no column.
    InputError
        If nobody answered, or a weight or a time can not be read.

    Examples
    --------
    >>> answers = read_survey({"who": ["ada", "ben", "cem"], "nominee": ["ben; cem", "ada", None]}, respondent="who")
    >>> answers
    <Interactions: 4 rows, 4 events, 3 people, survey, no times>
    >>> answers.to_frame()["role"].unique().tolist()
    ['nominate']
    """
    what = "The table of answers"
    losses: list[Loss] = []
    inputs: dict[str, str] = {}
    if isinstance(data, str | Path):
        path = _validate.existing(data, what="The file of answers")
        data, losses = read_delimited(path)
        inputs, source = {path.name: file_digest(path)}, source or path.name
    source = source or "survey"
    frame = named(data, _COLUMNS, columns, what=what)
    _validate.columns(frame, ["respondent", "nominee"], what=what, hint="Say which it is: respondent='who'.")
    rows = _rows(frame, at_least)
    rows, odd = _usable(rows, source)
    rows = _with_silent(rows, [] if respondents is None else respondents)
    if rows.empty:
        raise InputError(f"In {source} nobody answered.", need="At least one row with a respondent is needed.")
    if "time" in rows:
        # Who has no time would be left out: they answered when the survey began.
        first = rows["time"].dropna()
        rows = rows.drop(columns="time") if first.empty else rows.assign(time=rows["time"].fillna(first.iloc[0]))
    optional = {"activity": "question"} if "question" in rows else {}
    inter = Interactions.from_frame(
        rows.assign(role="nominate"),
        sender="respondent",
        recipient="nominee",
        medium="survey",
        source=source,
        timezone=timezone,
        **optional,
    )
    account = pd.concat([losses_frame([*losses, *odd]), inter.losses], ignore_index=True)
    return replace(inter, losses=account, provenance=record("read_survey", {"at_least": at_least}, inputs=inputs))


def _rows(frame: pd.DataFrame, at_least: float | None) -> pd.DataFrame:
    """Clean cells, and give every nominee a row."""
    rows = pd.DataFrame(index=frame.index)
    for name in ("respondent", "nominee", "question"):
        if name in frame:
            rows[name] = _validate.texts(frame[name], what=f"The column {name!r}")
    if "time" in frame:
        rows["time"] = frame["time"]
    if "weight" in frame:
        rows["nominee"] = rows["nominee"].where(_counts(frame["weight"], at_least))
    rows = rows.assign(nominee=rows["nominee"].str.split(_BETWEEN)).explode("nominee")
    rows["nominee"] = _validate.texts(rows["nominee"], what="The column 'nominee'")
    return rows


def _counts(weight: pd.Series[Any], at_least: float | None) -> pd.Series[bool]:
    """Tell which answers are nominations by their weight."""
    text = _validate.texts(weight, what="The column 'weight'")
    number = pd.to_numeric(text, errors="coerce")
    bad = text.notna() & number.isna()
    if bad.any():
        raise InputError(
            f"{text[bad].iloc[0]!r} in column 'weight', {place(bad)}, is no number.",
            need="How often or how strongly somebody is turned to is needed as a number.",
            hint="Write 0 for never.",
        )
    if at_least is None:
        return (number > 0).fillna(False).astype(bool)
    return (number >= _validate.positive(at_least, what="at_least")).fillna(False).astype(bool)


def _usable(rows: pd.DataFrame, source: str) -> tuple[pd.DataFrame, list[Loss]]:
    """Leave out what is no nomination, and count it."""
    losses: list[Loss] = []

    def count(which: pd.Series[Any], reason: str, unit: str, advice: str | None = None) -> None:
        if which.any():
            losses.append(Loss("read", source, reason, int(which.sum()), unit, place(which), advice))

    nobody = rows["respondent"].isna()
    count(nobody, "row without a respondent: not used", "rows", "Fill the cell.")
    rows = rows[~nobody]
    own = (rows["nominee"] == rows["respondent"]).fillna(False).astype(bool)
    count(own, "named themselves: not used", "nominations")
    rows = rows.assign(nominee=rows["nominee"].mask(own))
    again = rows.duplicated([name for name in rows if name != "time"]) & rows["nominee"].notna()
    count(again, "named again in the same question: counted once", "nominations")
    return rows[~again], losses


def _with_silent(rows: pd.DataFrame, respondents: Iterable[str]) -> pd.DataFrame:
    """Keep one row of everybody who answered and named nobody."""
    given = [respondents] if isinstance(respondents, str) else list(respondents)
    listed = _validate.texts(pd.Series(given, dtype=object), what="respondents").dropna()
    naming = rows[rows["nominee"].notna()]
    everybody = pd.concat([rows["respondent"], listed.astype("string")], ignore_index=True).drop_duplicates()
    silent = sorted(everybody[~everybody.isin(naming["respondent"])].tolist())
    if not silent:
        return naming.reset_index(drop=True)
    times = rows.drop_duplicates("respondent").set_index("respondent")["time"] if "time" in rows else None
    more = pd.DataFrame({"respondent": pd.array(silent, dtype="string")})
    more["nominee"] = pd.array([None] * len(more), dtype="string")
    if times is not None:
        more["time"] = more["respondent"].map(times)
    return pd.concat([naming, more], ignore_index=True)


def answers_of(survey: Interactions, people: pd.Series[Any]) -> Answers:
    """Put the answers of a survey on the numbers of a graph's people.

    Parameters
    ----------
    survey : Interactions
        Interactions that hold a survey; other media are left out.
    people : pandas.Series
        Ids of the people of the graph.

    Returns
    -------
    Answers
        Respondents and nominees that are not in the graph, and people who name themselves, are counted as losses.
    """
    rows = survey.to_frame()
    rows = rows.loc[rows["medium"] == "survey", ["sender", "recipient"]]
    place_of = pd.Series(np.arange(len(people)), index=people.to_numpy(dtype=object))
    known = rows["sender"].isin(place_of.index)
    losses = []

    def count(number: int, reason: str, unit: str, advice: str | None = None) -> None:
        if number:
            losses.append(Loss("people", "survey", reason, number, unit, None, advice))

    advice = "Resolve accounts first, or add them to the directory."
    count(int(rows.loc[~known, "sender"].nunique()), "respondent who is not in the graph", "people", advice)
    rows = rows[known]
    answered = np.zeros(len(people), dtype=bool)
    answered[place_of[rows["sender"].unique()].to_numpy(dtype=np.int64)] = True
    rows = rows.dropna(subset=["recipient"])
    own = rows["sender"] == rows["recipient"]
    count(int(own.sum()), "named themselves: not used", "nominations")
    rows = rows[~own]
    there = rows["recipient"].isin(place_of.index)
    count(int((~there).sum()), "named somebody who is not in the graph", "nominations", advice)
    rows = rows[there]
    n = max(len(people), 1)
    source = place_of[rows["sender"].to_numpy(dtype=object)].to_numpy(dtype=np.int64)
    target = place_of[rows["recipient"].to_numpy(dtype=object)].to_numpy(dtype=np.int64)
    keys, times = np.unique(source * n + target, return_counts=True)
    return Answers(answered, keys // n, keys % n, times.astype(np.int64), tuple(losses))
