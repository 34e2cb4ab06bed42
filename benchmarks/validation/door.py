"""What the tool knows of one group: the only file here that looks behind the public functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.declared import assess_groups
from commfinder.declared.bench import Bench, Judged, correction_for, q_values
from commfinder.declared.evidence import Settings
from commfinder.declared.probability import CLASSES, features, stored_model
from commfinder.declared.verdict import VERDICTS, rule
from commfinder.graph import InteractionGraph
from commfinder.graph.aggregate import PairWindows
from commfinder.graph.expected import Structure
from commfinder.people import DeclaredGroups
from commfinder.progress import SILENT

__all__ = ["ALIVE", "Examiner", "Seen", "judged", "no_communities", "pool_of", "probabilities", "with_ties"]

ALIVE = ("real", "broker-dependent", "core-only", "split", "emerging")
"""Verdicts that tell that a community is there."""

_FEWEST = 5


class Seen(NamedTuple):
    """The figures of one group that are scored here."""

    p_formal: float
    p_permutation: float
    z: float
    scores: npt.NDArray[np.float64]

    @property
    def p(self) -> float:
        """What the tool uses: both tests are needed."""
        return max(self.p_formal, self.p_permutation)


class Examiner:
    """Examines groups of one graph as `assess_groups` does, with its default options."""

    def __init__(self, graph: InteractionGraph, seed: int = 0, *, permutations: int = 999) -> None:
        known = Structure.of(graph).known
        self.settings = Settings(alpha=0.05, target=0.2, permutations=permutations, structure_known=known)
        self._bench = Bench(graph, self.settings, seed)

    def judge(self, groups: Sequence[tuple[str, list[str], tuple[str, ...]]]) -> list[Judged]:
        """Gather the evidence on groups: name, people and own spaces of each."""
        return self._bench.examine_all(groups, SILENT)

    def look(self, rosters: Sequence[list[str]]) -> list[Seen]:
        """Return the figures of rosters; scores are in the order of the graph's people."""
        judged = self.judge([(f"r{number}", people, ()) for number, people in enumerate(rosters)])
        return [Seen(e.p_formal, e.p_permutation, e.z, e.scores) for _, e in judged]


def pool_of(graph: InteractionGraph) -> pd.DataFrame:
    """Return person, unit (a word) and degree of the people who have ties."""
    people = graph.people[graph.people["degree"] > 0]
    frame = people[["person", "unit", "degree"]].reset_index(drop=True)
    return frame.assign(unit=frame["unit"].astype("string").fillna("?"))


def no_communities() -> Any:
    """Stand in for communities that were found: verdicts are matched with them, and none rests on them."""
    return SimpleNamespace(members=pd.DataFrame({"person": [], "community": []}))


def judged(graph: InteractionGraph, rosters: dict[str, list[str]], *, seed: int = 0) -> pd.DataFrame:
    """Judge rosters through the public function."""
    rows = [(name, person) for name, people in rosters.items() for person in people]
    groups = DeclaredGroups.from_frame(pd.DataFrame(rows, columns=["group", "person"]))
    return assess_groups(graph, groups, found=no_communities(), seed=seed).to_frame()


def probabilities(
    graph: InteractionGraph, groups: DeclaredGroups, said: pd.DataFrame, *, seed: int = 0
) -> pd.DataFrame:
    """Add what is scored of each group.

    Returns
    -------
    pandas.DataFrame
        The columns of `said`, and against_chance (minus the larger p of both tests), p_real as the verdicts give it
        (missing where the tool is silent), asked_community and asked_real: what the model says if
        it is asked all the same, missing below five active members.
    """
    examiner = Examiner(graph, seed)
    names = [str(name) for name in said["group"]]
    judged = examiner.judge(
        [(name, groups.members(name, graph.period), groups.about(name)["spaces"]) for name in names]
    )
    q, core_q = q_values(judged, correction_for(judged))
    rows = []
    for name, (_, one), value, of_core in zip(names, judged, q, core_q, strict=True):
        of = dict(zip(VERDICTS, rule(one, float(value), float(of_core), examiner.settings).probabilities, strict=True))
        asked = dict.fromkeys(CLASSES, np.nan)
        if one.active >= _FEWEST:
            asked = dict(zip(CLASSES, stored_model().probability(features(one)[None])[0], strict=True))
        rows.append((name, -one.p, of["real"], _alive(asked), asked["real"]))
    columns = ["group", "against_chance", "p_real", "asked_community", "asked_real"]
    return said.merge(pd.DataFrame(rows, columns=columns), on="group", validate="1:1")


def _alive(of: dict[str, float]) -> float:
    """Return the probability that a community is there."""
    return float(sum(of[word] for word in ALIVE))


def with_ties(graph: InteractionGraph, pairs: Sequence[tuple[str, str]]) -> InteractionGraph:
    """Return a graph without times in which some further pairs have a tie; those that have one keep it."""
    if graph.windows is not None:
        raise ValueError("Ties can be added where nothing has a time.")
    position = {person: number for number, person in enumerate(graph.people["person"])}
    n = len(position)
    old = graph.pair_windows
    wanted = np.array(sorted({_key(position[a], position[b], n) for a, b in pairs}), dtype=np.int64)
    new = np.setdiff1d(wanted, old.a * n + old.b)
    one = np.ones(len(new), dtype=np.int64)
    more = PairWindows(new // n, new % n, -one, one, one, 2 * one)
    order = np.argsort(np.concatenate([old.a * n + old.b, new]), kind="stable")
    columns = ("a", "b", "window", "forth", "back", "events")
    events = PairWindows(*(np.concatenate([getattr(old, name), getattr(more, name)])[order] for name in columns))
    names = graph.people["person"].to_numpy(dtype=object)
    row = {"person_a": names[new // n], "person_b": names[new % n], "tie": True}
    rest = dict.fromkeys(("weight", "weight_ab", "weight_ba", "events", "windows"), 1) | {"media": "email"}
    ties = pd.concat([graph.ties, pd.DataFrame(row | rest)[graph.ties.columns]], ignore_index=True)
    ties = ties.iloc[order].reset_index(drop=True).astype(graph.ties.dtypes.to_dict())
    degree = graph.people["degree"] + np.bincount(new // n, minlength=n) + np.bincount(new % n, minlength=n)
    return replace(graph, pair_windows=events, ties=ties, people=graph.people.assign(degree=degree))


def _key(a: int, b: int, n: int) -> int:
    """Give a pair one number."""
    return min(a, b) * n + max(a, b)
