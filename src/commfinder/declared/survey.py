"""How far the answers of a survey and the traces agree: overall, per unit and per declared group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.declared.agreement import Cell, Chance, Traces, measure, permuted
from commfinder.declared.answers import Answers, answers_of
from commfinder.declared.statistics import benjamini_hochberg
from commfinder.errors import ColumnError, InputError, nearest
from commfinder.graph import InteractionGraph
from commfinder.graph.expected import Structure
from commfinder.graph.fitting import fit_null
from commfinder.interactions import Interactions, Loss
from commfinder.interactions.losses import losses_frame
from commfinder.people import DeclaredGroups
from commfinder.progress import SILENT, Progress
from commfinder.provenance import Provenance, record
from commfinder.result import Result

__all__ = ["SurveyAgreement", "compare_survey"]

BoolArray = npt.NDArray[np.bool_]

_FEWEST_NOMINATIONS = 5
_NOT_BY = ("person", "strength", "degree")
_COUNTS = ("people", "respondents", "nominations", "confirmed", "faint", "unconfirmed", "ties", "unnamed")
_COLUMNS = (
    *("scope", "name", "people", "respondents", "response_rate"),
    *("nominations", "confirmed", "faint", "unconfirmed", "confirmed_share", "share_low", "share_high"),
    *("expected_share", "lift", "p", "q", "ties", "unnamed", "named_share", "jaccard"),
    *("correlation", "correlation_p", "spearman", "reciprocity", "reason"),
)


@dataclass(frozen=True, eq=False, repr=False)
class SurveyAgreement(Result):
    """How far the answers of a survey and the traces agree.

    Make one with `compare_survey`.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row for all, one for each unit (respondents of the unit, whoever they name) and one for each declared group
        (members among themselves). ``scope`` (all, unit or what `by` is, group), ``name``, ``people``, ``respondents``,
        ``response_rate``; of the nominations ``nominations``, ``confirmed`` (the two have a tie in the traces),
        ``faint`` (they interact, too little for a tie), ``unconfirmed`` (no trace), ``confirmed_share`` with
        ``share_low`` and ``share_high``, ``expected_share`` (from activity and formal structure), ``lift``, ``p`` and
        ``q``; of the ties in the traces ``ties``, ``unnamed`` (nobody named the other) and ``named_share``; of pairs
        ``jaccard``, ``correlation``, ``correlation_p`` and ``spearman``; ``reciprocity`` of nominations; ``reason``.
        Missing where too few answered.
    losses : pandas.DataFrame
        Answers that could not be used.
    provenance : Provenance
        What made this value.
    """

    frame: pd.DataFrame
    losses: pd.DataFrame
    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/survey-agreement/1"

    def to_frame(self) -> pd.DataFrame:
        """Return one row for all, one per unit and one per group."""
        return self.frame.copy()

    def __repr__(self) -> str:
        return f"<SurveyAgreement: {self.frame['reason'].iloc[0]}>"


def compare_survey(
    graph: InteractionGraph,
    survey: Interactions,
    groups: DeclaredGroups | None = None,
    *,
    by: str = "unit",
    min_respondents: int = 5,
    permutations: int = 999,
    progress: Progress = SILENT,
    seed: int = 0,
) -> SurveyAgreement:
    """Tell how far whom people name in a survey is whom the traces show them with; see `read_survey`.

    Prefer `assess_groups` on a graph built from the survey for what the answers alone say of declared groups.

    Parameters
    ----------
    graph : InteractionGraph
        The traces, without the survey itself.
    survey : Interactions
        The answers; only rows of the medium ``survey`` count, of whatever time. Everybody with a row answered.
    groups : DeclaredGroups, optional
        Declared groups, each compared among its members.
    by : str, default "unit"
        Column of ``graph.people`` whose values are compared one by one: unit, site, level or a further attribute.
    min_respondents : int, default 5
        Of fewer respondents nothing is said.
    permutations : int, default 999
        Permuted surveys, at least 99; the smallest p is 1 / (permutations + 1).
    progress : Progress, optional
        Whoever wants to know how far the work is.
    seed : int, default 0
        Seed of the permutations.

    Returns
    -------
    SurveyAgreement
        Where nobody answered, a row that says so.

    Raises
    ------
    InputError
        If `survey` holds no survey, `graph` was built with one, or an option is out of range.
    ColumnError
        If there is no column `by`.

    Notes
    -----
    Only pairs count of whom at least one answered. A nomination is confirmed if the two have a tie by ``graph.rule``;
    unconfirmed ones are talk in corridors, on media without traces, or courtesy. A pair is named if either of those who
    answered named the other; so where few answer, fewer ties are named. Traces and memory are different measures, and
    neither is the truth: people forget much of whom they talk to, and traces miss what leaves none [2]_.

    The interval of the confirmed share takes into account that the answers of one person hang together. Its expectation
    is the mean, over the pairs named, of how likely they have a tie by their activity and the formal structure, and
    lift = (confirmed + ½)/(expected + ½). The p-values are of permutations as in QAP [1]_: everybody's place in the
    survey goes to somebody of the same unit (and of the same value of `by`) who has answered alike; in a declared
    group, to another member. ``p`` asks whether more nominations are confirmed than expected, which busy people who are
    often named do not explain; ``correlation_p`` belongs to the plain correlation of named and tied pairs, which they
    may. ``q`` is the false discovery rate over units, and over groups. ``spearman`` is the rank correlation, among
    pairs in contact, of the weight of the tie and how often they name each other, and needs ten pairs.
    ``reciprocity`` is the share of nominations of people who answered that are returned.

    References
    ----------
    .. [1] Krackhardt (1988), Predicting with networks: nonparametric multiple regression analysis of dyadic data.
       doi:10.1016/0378-8733(88)90004-4
    .. [2] Bernard, Killworth, Kronenfeld, Sailer (1984), The problem of informant accuracy: the validity of
       retrospective data. doi:10.1146/annurev.an.13.100184.002431

    Examples
    --------
    >>> from itertools import combinations
    >>> from commfinder.declared.answers import read_survey
    >>> from commfinder.graph import build_graph
    >>> pairs = [*combinations("abcdef", 2), *combinations("uvwxyz", 2)]
    >>> rows = {"sender": [one for one, _ in pairs], "recipient": [other for _, other in pairs]}
    >>> graph = build_graph(Interactions.from_frame(rows, medium="meeting"))
    >>> answers = read_survey({"respondent": rows["sender"], "nominee": rows["recipient"]}, respondents="fz")
    >>> compare_survey(graph, answers).to_frame()["reason"].str.split(";").str[1].tolist()
    [' 100 % of 30 nominations have a tie in the traces (72 to 100 %), 45 % by chance']
    """
    least = _validate.count(min_respondents, what="min_respondents")
    permutations = _validate.count(permutations, what="permutations", low=99)
    seed = _validate.seed(seed)
    _check(graph, survey, by)
    answers = answers_of(survey, graph.people["person"])
    structure = Structure.of(graph)
    traces = Traces.of(graph, fit_null(graph, structure if structure.known else structure.without()))
    values = graph.people[by].astype("string")
    names: list[tuple[str, str]] = [("all", "all")]
    cells = [Cell(answers.answered, np.ones(len(graph.people), dtype=bool))]
    for value in sorted(values.dropna().unique()):
        names.append((by, str(value)))
        inside: BoolArray = (values == value).fillna(False).to_numpy(dtype=bool)
        cells.append(Cell(answers.answered & inside, cells[0].scope))
    people = [len(graph.people), *[int((values == value).sum()) for _, value in names[1:]]]
    codes = np.stack([structure.unit, pd.factorize(values, sort=True)[0], answers.answered.astype(np.int64)])
    strata = np.unique(codes, axis=1, return_inverse=True)[1].reshape(-1)
    rosters, losses = _rosters(groups, graph)
    with progress.stage("Comparing answers with traces", total=1 + len(rosters)) as stage:
        run = np.random.default_rng([seed, 0])
        chances = permuted(cells, answers, traces, strata, permutations=permutations, rng=run)
        stage.advance()
        for number, (name, members) in enumerate(rosters.items(), start=1):
            cell = Cell(answers.answered & members, members)
            names.append(("group", name))
            people.append(int(members.sum()))
            cells.append(cell)
            own = _within(answers, cell)
            alike = np.where(members, answers.answered, -1).astype(np.int64)
            run = np.random.default_rng([seed, number])
            chances += permuted([cell], own, traces, alike, permutations=permutations, rng=run)
            stage.advance()
    rows = [
        _row(label, size, cell, answers, traces, chance, least)
        for label, size, cell, chance in zip(names, people, cells, chances, strict=True)
    ]
    options = {"by": by, "min_respondents": least, "permutations": permutations}
    inputs = {**graph.provenance.inputs, **survey.provenance.inputs}
    inputs |= groups.provenance.inputs if groups is not None else {}
    told = [survey.losses, losses_frame([*answers.losses, *losses])]
    return SurveyAgreement(
        frame=_frame(rows),
        losses=pd.concat([one for one in told if len(one)] or told[:1], ignore_index=True),
        provenance=record("compare_survey", options, seed=seed, inputs=inputs),
    )


def _check(graph: InteractionGraph, survey: Interactions, by: str) -> None:
    """Check that there is something to compare."""
    if "survey" not in survey.media:
        raise InputError(
            f"The interactions hold {', '.join(survey.media) or 'nothing'}, and no survey.",
            need="Rows of the medium 'survey' are needed.",
            hint="Read the answers with commfinder.read_survey.",
        )
    if "survey" in graph.interactions.media:
        raise InputError(
            "The graph was built with answers of a survey.",
            need="Answers would be compared with themselves.",
            hint="Build it of the traces alone: build_graph(inter.select(medium=['email', 'chat'])).",
        )
    known = [str(name) for name in graph.people.columns if name not in _NOT_BY]
    if by not in known:
        raise ColumnError(f"by is {by!r}, no attribute of the people.", hint=nearest(str(by), known))


def _rosters(groups: DeclaredGroups | None, graph: InteractionGraph) -> tuple[dict[str, BoolArray], list[Loss]]:
    """Return who is in which group, and count members who are not in the graph."""
    rosters: dict[str, BoolArray] = {}
    losses: list[Loss] = []
    for name in groups.names if groups is not None else []:
        members = groups.members(name, graph.period) if groups is not None else []
        rosters[name] = graph.people["person"].isin(members).to_numpy(dtype=bool)
        missing = len(members) - int(rosters[name].sum())
        if missing:
            advice = "Check the ids, or add them to the directory."
            losses.append(
                Loss("groups", "groups", "member not in the graph", missing, "members", f"group {name!r}", advice)
            )
    return rosters, losses


def _within(answers: Answers, cell: Cell) -> Answers:
    """Keep the answers of a cell."""
    at = cell.nominations(answers)
    return replace(answers, source=answers.source[at], target=answers.target[at], times=answers.times[at])


def _row(
    label: tuple[str, str], people: int, cell: Cell, answers: Answers, traces: Traces, chance: Chance, least: int
) -> dict[str, Any]:
    """Measure one cell, and say in a sentence what comes out."""
    count = int(cell.asked.sum())
    row: dict[str, Any] = {"scope": label[0], "name": label[1], "people": people, "respondents": count}
    row["response_rate"] = count / people if people else np.nan
    told = f"{count} of {people} people answered"
    if count < least:
        return row | {"reason": f"{told}; at least {least} are needed."}
    found = measure(cell, answers, traces)
    named = int(found["nominations"])
    if named < _FEWEST_NOMINATIONS:
        few = {"nominations": named, "ties": found["ties"]}
        return row | few | {"reason": f"{told}, with {named} nominations; at least {_FEWEST_NOMINATIONS} are needed."}
    share = (
        f"{_percent(found['confirmed_share'])} of {named} nominations have a tie in the traces "
        f"({100 * found['share_low']:.0f} to {_percent(found['share_high'])}), {_percent(found['expected_share'])} "
        f"by chance; no trace of {found['unconfirmed']:.0f}"
    )
    tests = {"p": chance.p, "correlation_p": chance.correlation_p}
    return row | found | tests | {"reason": f"{told}; {share}."}


def _percent(share: float) -> str:
    """Write a share in per cent."""
    return f"{100 * share:.0f} %"


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Write the cells down, with the false discovery rate over units and over groups."""
    frame = pd.DataFrame(rows).reindex(columns=list(_COLUMNS))
    q = pd.Series(np.nan, frame.index)
    for _, part in frame.iloc[1:].groupby("scope"):
        q[part.index] = benjamini_hochberg(part["p"].to_numpy(dtype=np.float64))
    frame["q"] = q
    kinds = dict.fromkeys(_COLUMNS, "float64") | dict.fromkeys(_COUNTS, "Int64")
    return frame.astype(kinds | dict.fromkeys(("scope", "name", "reason"), "string"))
