"""Do the teams of an open-source project that work together stand out from those that are labels for permissions?

Fixed before any score was computed. Reviews as the tool cleans them, handles in lower case, since case means nothing in
them. Rosters: members and leads; alumni have left. No directory, so that the null is activity alone: teams as units
would make a group its own unit. Two periods: all years, and 2023 on. Two graphs: *the same ties as the plain lift*, two
or more reviews either way in the whole period (a review is a deliberate act of one person towards another, on record);
and *the defaults*, two in each of two windows. Teams: those with five active members or more in the first graph, so
that everything is scored on the same teams. Scores: the plain lift (m + .5)/(μ + .5) with μ from k_i k_j / 2m; the
probability that a community is there, the sum over the classes real, broker-dependent, core-only, split and emerging,
which is the one that must beat the lift; the probability of real alone; the larger p of the two tests. Teams of which
the tool says that the evidence is insufficient have no probability and come last, all alike; beside that, the model is
asked of them all the same. Equal scores count half. The kind of a team (working group
and the like, or marker team) is read by the area under the curve alone, and its interval is a bootstrap over teams.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from commfinder.declared import assess_groups
from commfinder.graph import InteractionGraph, TieRule, build_graph
from commfinder.interactions import Interactions
from commfinder.people import DeclaredGroups
from validation import SEED
from validation.door import ALIVE, no_communities, probabilities
from validation.organisations import DATA, tell
from validation.scores import auc, auc_interval

__all__ = ["graph_of", "measure", "nested", "plain_lift", "read", "table"]

PERIODS = {"all years": "", "since 2023": "2023-01-01"}
TARGET = {"all years": 0.79, "since 2023": 0.82}
SCORES = {
    "P(a community is there)": "p_community",
    "P(real)": "p_real",
    "P(a community is there), asked of all": "asked_community",
    "P(real), asked of all": "asked_real",
    "larger p of both tests": "against_chance",
}
MAIN = "P(a community is there)"

MARKER, FEWEST = "marker-team", 5


def read(since: str = "") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return reviews and members."""
    folder = DATA / "rust-reviews"
    reviews = pd.read_csv(folder / "reviews.csv")
    reviews = reviews[reviews["merged_at"] >= since].assign(
        author=reviews["author"].str.lower(),
        reviewer=reviews["reviewer"].str.lower(),
        event=reviews["repo"] + "#" + reviews["pr"].astype(str),
    )
    members = pd.read_csv(folder / "team_members.csv")
    members = members[members["role"] != "alumni"]
    return reviews, members.assign(github=members["github"].str.lower())


def graph_of(reviews: pd.DataFrame, *, same_ties: bool) -> InteractionGraph:
    """Build the graph, with the ties of the plain lift or with the default rule."""
    columns = {"sender": "author", "recipient": "reviewer", "time": "merged_at", "event": "event", "space": "repo"}
    inter = Interactions.from_frame(reviews, medium="code", **columns)
    times = pd.to_datetime(reviews["merged_at"], utc=True)
    whole = float((times.max() - times.min()).days + 2)
    rule = TieRule(min_events=2, min_windows=1, window_days=whole) if same_ties else None
    return build_graph(inter, rule=rule)


def plain_lift(reviews: pd.DataFrame, members: pd.DataFrame) -> pd.Series:
    """Return the plain lift over activity of each team with five active members or more."""
    other = reviews[reviews["author"] != reviews["reviewer"]]
    pairs = pd.DataFrame(np.sort(other[["author", "reviewer"]].to_numpy(dtype=str), axis=1)).value_counts()
    ties = set(pairs.index[pairs >= 2])
    degree = pd.Series([person for pair in ties for person in pair]).value_counts()
    lifts = {}
    for team, part in members.groupby("team"):
        active = sorted(set(part["github"]) & set(degree.index))
        if len(active) < FEWEST:
            continue
        k = degree[active].to_numpy(dtype=np.float64)
        expected = (k.sum() ** 2 - (k**2).sum()) / 2 / (2 * len(ties))
        found = sum(pair in ties for pair in combinations(active, 2))
        lifts[str(team)] = (found + 0.5) / (expected + 0.5)
    return pd.Series(lifts, dtype=np.float64)


def judge(graph: InteractionGraph, members: pd.DataFrame) -> pd.DataFrame:
    """Judge the teams; add the probability of each class."""
    groups = DeclaredGroups.from_frame(members[["team", "github"]], group="team", person="github")
    said = assess_groups(graph, groups, found=no_communities(), seed=0).to_frame()
    return probabilities(graph, groups, said).set_index("group")


def measure() -> dict[str, Any]:
    """Score the plain lift and the tool on both periods."""
    document: dict[str, Any] = {}
    for name, since in PERIODS.items():
        reviews, members = read(since)
        kind = members.drop_duplicates("team").set_index("team")["kind"]
        lifts = plain_lift(reviews, members)
        works = (kind[lifts.index] != MARKER).to_numpy()
        one: dict[str, Any] = {"teams": len(lifts), "marker_teams": int((~works).sum()), "target": TARGET[name]}
        one["plain lift"] = _area(lifts, works)
        for graph_name, same in (("same ties", True), ("defaults", False)):
            said = judge(graph_of(reviews, same_ties=same), members)
            scored = said.loc[lifts.index]
            one[graph_name] = {
                **{
                    name: _area((-1 if column == "p" else 1) * scored[column], works) for name, column in SCORES.items()
                },
                "without_probability": int(scored["p_community"].isna().sum()),
                "verdicts": pd.crosstab(kind[scored.index].to_numpy(), scored["verdict"].to_numpy()).to_dict("index"),
                "nested": nested(said, members),
            }
        best = one["same ties"][MAIN]["auc"]
        one["passes"] = bool(best > one["plain lift"]["auc"])
        document[name] = one
        tell(f"rust, {name}: {one}")
    return document


def _area(scores: pd.Series, works: np.ndarray) -> dict[str, float]:
    """Return the area with its interval; no score at all is the lowest."""
    score = scores.astype(np.float64).fillna(-np.inf).to_numpy()
    low, high = auc_interval(score[works], score[~works], seed=SEED)
    return {"auc": round(auc(score[works], score[~works]), 4), "low": round(low, 4), "high": round(high, 4)}


def nested(said: pd.DataFrame, members: pd.DataFrame) -> dict[str, int]:
    """Count, over teams inside a team of which both can be judged, where a community is told to be.

    The verdicts are those of the two as they are listed: whoever is in the inner team need not be in the outer.
    """
    outer = members.drop_duplicates("team").set_index("team")["subteam_of"].dropna()
    counts = dict.fromkeys(("pairs", "both", "inner alone", "outer alone", "neither"), 0)
    for inner, around in outer.items():
        verdicts = [said["verdict"].get(team, "insufficient") for team in (inner, around)]
        if "insufficient" in verdicts:
            continue
        here, there = (word in ALIVE for word in verdicts)
        counts["pairs"] += 1
        counts["both" if here and there else "inner alone" if here else "outer alone" if there else "neither"] += 1
    return counts


def table(document: dict[str, Any]) -> str:
    """Write areas as Markdown."""
    lines = ["| period | teams (marker teams) | score | AUC (95 % interval) |", "|---|---|---|---|"]
    for name, one in document.items():
        head = f"| {name} | {one['teams']} ({one['marker_teams']})"
        rows = {"plain lift": one["plain lift"]}
        for graph in ("same ties", "defaults"):
            rows |= {f"{score}, {graph}": one[graph][score] for score in SCORES}
        for score, area in rows.items():
            lines.append(f"{head} | {score} | {area['auc']:.3f} ({area['low']:.3f} to {area['high']:.3f}) |")
    missed = [name for name, one in document.items() if not one["passes"]]
    lines += ["", f"Missed: {', '.join(missed)}." if missed else "The plain lift is beaten on both periods.", ""]
    lines += [
        "| period, ties | kind of team | told to be a community | insufficient | other |",
        "|---|---|---|---|---|",
    ]
    for name, one in document.items():
        for graph in ("same ties", "defaults"):
            for kind, counts in one[graph]["verdicts"].items():
                alive, silent = sum(counts.get(word, 0) for word in ALIVE), counts.get("insufficient", 0)
                rest = sum(counts.values()) - alive - silent
                lines.append(f"| {name}, {graph} | {kind} | {alive} | {silent} | {rest} |")
    lines += [
        "",
        "| period, ties | teams inside a team, both judged | both communities | inner alone | outer alone | neither |",
        "|---|---|---|---|---|---|",
    ]
    for name, one in document.items():
        for graph in ("same ties", "defaults"):
            lines.append(f"| {name}, {graph} | {' | '.join(str(count) for count in one[graph]['nested'].values())} |")
    return "\n".join(lines) + "\n"
