"""How probable is each type of group? Fit the model of `delivery.kinds.kind` on planted groups, and look at it.

Protocol, fixed before any figure was looked at:

1. `fit` draws organisations of the ranges TRAINING (seeds 1000 to 1999) in which groups of all five types are
   planted, with the ids of all, some or none of the cases, order noise of 0 to 40 % and turnover. The facts are
   gathered just as `find_delivery_groups` gathers them, with 99 shuffles: on the planted rosters as declared groups,
   half of them with up to a fifth of the members missing and as many strangers in their place; and on the groups that
   are found, which have the type of the planted group that they are most like, by a Jaccard index of 0.5 or more.
   Groups that a rule leaves aside (too few cases and messages) and found groups like no planted one are left out.
   A found group that is like a mixed one has its type only if both sides are in it: where four fifths of those in it
   who belong to the planted group are of one side, it is process or knowledge.
2. Each group stands in the fit four times: as it is, without what people wrote to one another, without units, roles
   and the chart, and without either, as a workflow log without a directory has it. All types weigh the same: the
   prior is flat. The signs of some weights are held, so that more order never speaks for knowledge against process,
   and so on; and how evenly members share the work may not tell process from knowledge, since simulated workers of a
   step take turns and real ones seldom do. Features that have told kinds apart on simulated groups alone are held by a
   stronger ridge than order, which did so on real logs.
3. Folds are of whole organisations: no group is scored by a model that saw another group of its organisation.
   Reported: macro-F1 of the type that is most probable, and of the type within the rules; expected calibration error
   over ten bins of equal mass, of the most probable type and of what is spoken; the log-loss; all by origin too. The
   ridge is that of RIDGES with the least log-loss over folds, the only thing chosen by them.
4. `check` repeats the report on other seeds of the same ranges (1700 to 1999), with the model as stored.

The validation proper draws other ranges and other seeds; it is `benchmarks/delivery.py`.
"""

from __future__ import annotations

import argparse
import json
import pickle
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize

from commfinder.delivery.cases.find import find_cases
from commfinder.delivery.groups.candidates import candidates
from commfinder.delivery.groups.describe import evidence_of
from commfinder.delivery.groups.find import background_of, wanted_groups
from commfinder.delivery.kinds.facts import Facts
from commfinder.delivery.kinds.kind import FEATURES, KINDS, TOPICS, Kind, features, stored_model, type_of
from commfinder.delivery.order.nulls import StandIns
from commfinder.interactions import Interactions
from commfinder.logistic import Logistic
from commfinder.people import DeclaredGroups, Directory
from commfinder.simulation import Plan, simulate
from commfinder.simulation.work_plan import Work

MODEL = Path(__file__).parents[1] / "src" / "commfinder" / "delivery" / "kinds" / "kinds.json"

TRAINING: dict[str, Any] = {
    "people": (150, 400),
    "weeks": [20, 26, 26, 36],
    "case_ids": [1.0, 0.5, 0.0, 0.0, (0.0, 1.0)],
    "order_noise": [(0.0, 0.1), (0.0, 0.4), (0.2, 0.4)],
    "turnover": [(0.0, 0.1), (0.0, 0.6)],
    "per_week": (1.5, 14.0),
    "steps": (3, 7),
    "workers": [(1, 2), (1, 4), (2, 4)],
    "units": (1, 5),
    "waits": (1.0, 30.0),
    "rework": (0.0, 0.25),
    "stalled": (0.0, 0.1),
    "one_thread": [(0.0, 0.5), (0.2, 1.0)],
    "informed": (0.0, 0.6),
    "size": [(10, 24), (12, 40)],
    "circle": (4, 11),
    "threads": (1.5, 14.0),
    "unanswered": (0.1, 0.6),
    "talks": (0.3, 2.0),
    "off_hours": [(0.3, 0.9), (0.1, 0.5)],
}
SHUFFLES, FOLDS, RIDGES = 99, 5, (0.3, 1.0, 3.0)
LIKE, ROUGH, MOST_CHANGED, ONE_SIDE = 0.5, 0.5, 0.2, 0.8
_HELD, _MARGIN = 1e3, 0.01
ORDERED, LOOSE = ("process", "mixed"), ("knowledge", "social", "formal-only")
SIGNS = [
    *((one, other, "order") for one in ORDERED for other in LOOSE),
    *((one, other, "order of the strictest part") for one in ORDERED for other in LOOSE),
    ("process", "mixed", "order of the loosest part"),
    ("process", "mixed", "reach of the strictest part"),
    *(("process", other, "one way between roles") for other in LOOSE),
    ("process", "knowledge", "openers"),
    *(("social", other, "off hours beyond the usual") for other in (*ORDERED, "knowledge", "formal-only")),
    *((one, "formal-only", name) for one in (*ORDERED, "knowledge", "social") for name in ("z", "extra density")),
    *((one, "formal-only", "handoffs across units") for one in (*ORDERED, "knowledge", "social")),
    *((one, "formal-only", "informal") for one in (*ORDERED, "knowledge", "social")),
]
"""Type, other type, feature: more of the feature may not speak for the other type."""

EVEN = [("process", "knowledge", "answerers"), ("mixed", "knowledge", "answerers")]
"""What may not tell two types apart: simulated workers of a step take its cases by turns, real ones seldom do."""

TRUSTED, LESS = ("order", "parts"), 10.0
"""Topics that told kinds apart on real logs before anything was fitted; all others are held by a stronger ridge, since
only simulated groups say how much they tell."""

TALK = ("talk", "formal")
CHART = ("path", "roles", "units", "formal")


@dataclass(frozen=True)
class Case:
    """One group: its organisation, its type in truth ("" for unlike any), where it comes from, and its facts."""

    seed: int
    truth: str
    origin: str
    facts: Facts


def plan_of(seed: int) -> tuple[int, int, Plan]:
    """Draw how many people, how many weeks, and what to plant."""
    rng = np.random.default_rng([43, seed])
    low, high = np.log(TRAINING["people"])
    people = int(np.exp(rng.uniform(low, high)))
    drawn = {
        name: given[rng.integers(len(given))] if isinstance(given, list) else given
        for name, given in TRAINING.items()
        if name != "people"
    }
    weeks = int(drawn.pop("weeks"))
    scale = people / 200
    groups = {"process": 3, "knowledge": 2, "social": 3, "formal-only": 3, "mixed": 2}
    groups = {name: max(int(many * scale * rng.uniform(0.6, 1.1)), 1) for name, many in groups.items()}
    work = Work(groups=groups, **drawn)
    return people, weeks, Plan(groups={"real": 1, "paper": 1}, size=(8, 20), undeclared=1, work=work)


def rough(roster: pd.DataFrame, everybody: list[str], rng: np.random.Generator) -> pd.DataFrame:
    """Take some members from each roster, and put strangers in their place."""
    parts = []
    for name, part in roster.groupby("group"):
        people = part["person"].tolist()
        if rng.random() < ROUGH:
            lost = int(rng.integers(0, int(MOST_CHANGED * len(people)) + 1))
            kept = [people[one] for one in np.sort(rng.permutation(len(people))[lost:])]
            outside = sorted(set(everybody) - set(people))
            people = kept + [outside[one] for one in rng.permutation(len(outside))[:lost]]
        parts.append(pd.DataFrame({"group": name, "person": people}))
    return pd.concat(parts, ignore_index=True)


def cases_of(seed: int) -> list[Case]:
    """Simulate one organisation, and gather the facts on its groups."""
    people, weeks, plan = plan_of(seed)
    organisation = simulate(people=people, seed=seed, weeks=weeks, plan=plan)
    inter = Interactions.from_frame(organisation.interactions())
    directory = Directory.from_frame(organisation.people)
    tables = organisation.truth.tables()
    planted = tables["work_members"].drop_duplicates(["group", "person"])[["group", "person"]]
    types = tables["work_groups"].set_index("group")["type"]
    truth = {str(name): set(part["person"]) for name, part in planted.groupby("group")}
    at_work = tables["work_members"].query("role == 'worker'")
    workers = set(zip(at_work["group"], at_work["person"], strict=True))
    roster = rough(planted, directory.people, np.random.default_rng([44, seed]))
    cases = find_cases(inter, directory)
    searched = candidates(cases, min_cases=10, seed=seed)
    wanted = wanted_groups(cases, searched, groups=DeclaredGroups.from_frame(roster))
    background = background_of(inter, directory, cases, wanted, None)
    stand_ins, found = StandIns(cases), []
    for one in wanted:
        members = set(one.people)
        like = {name: len(members & those) / len(members | those) for name, those in truth.items()}
        best = max(sorted(like), key=lambda name: like[name])
        label = types[one.name or best] if one.name or like[best] >= LIKE else ""
        if label == "mixed" and not one.name:
            working = np.mean([(best, person) in workers for person in sorted(members & truth[best])])
            label = "process" if working >= ONE_SIDE else "knowledge" if working <= 1 - ONE_SIDE else "mixed"
        facts = evidence_of(one, cases, background, stand_ins, calendar=None, shuffles=SHUFFLES, seed=seed).facts
        found.append(Case(seed, str(label), one.origin, facts))
    return found


def gathered(seeds: range, cache: Path | None) -> list[Case]:
    """Gather the groups of many organisations."""
    found: list[Case] = []
    started = time.perf_counter()
    for seed in seeds:
        kept = cache / f"{seed}.pkl" if cache else None
        if kept and kept.exists():
            found += [Case(*parts) for parts in pickle.loads(kept.read_bytes())]
            continue
        cases = cases_of(seed)
        if kept:
            kept.write_bytes(pickle.dumps([tuple(vars(one).values()) for one in cases]))
        found += cases
        print(f"{seed}: {len(cases)} groups, {time.perf_counter() - started:.0f} s", flush=True)
    return found


def usable(cases: list[Case]) -> list[Case]:
    """Leave out what has no type in truth, and what a rule decides before the model is asked."""
    return [one for one in cases if one.truth and not np.isnan(type_of(one.facts, flat()).probabilities[0])]


def flat() -> Logistic:
    """Return a model that knows nothing."""
    d = len(FEATURES)
    one = np.ones(d)
    return Logistic(KINDS, FEATURES, TOPICS, 0 * one, one, -1e9 * one, 1e9 * one, np.zeros((len(KINDS), d + 1)))


def without(x: np.ndarray, topics: tuple[str, ...]) -> np.ndarray:
    """Forget what belongs to some topics."""
    gone = np.array([TOPICS[name] in topics for name in FEATURES])
    return np.where(gone, np.nan, x)


def _places(rules: list[tuple[str, str, str]]) -> tuple[np.ndarray, ...]:
    """Return where the two types and the feature of each rule stand in the table of weights."""
    places = [(KINDS.index(one), KINDS.index(other), FEATURES.index(name) + 1) for one, other, name in rules]
    return tuple(np.array(part) for part in zip(*places, strict=True))


def fitted(x: np.ndarray, y: np.ndarray, ridge: float) -> Logistic:
    """Fit the model: maximum likelihood with equal weight of types, a ridge, and signs held by a penalty."""
    center, scale = np.nanmean(x, axis=0), np.maximum(np.nanstd(x, axis=0), 1e-3)
    low, high = np.nanquantile(x, 0.005, axis=0), np.nanquantile(x, 0.995, axis=0)
    k, d = len(KINDS), x.shape[1]
    blank = Logistic(KINDS, FEATURES, TOPICS, center, scale, low, high, np.zeros((k, d + 1)))
    views = [x, without(x, TALK), without(x, CHART), without(x, TALK + CHART)]
    rows = np.vstack([np.column_stack([np.ones(len(x)), blank.standardised(one)]) for one in views])
    # Four views of a group are no four groups: together they weigh as one.
    share = np.tile((len(y) / (k * np.maximum(np.bincount(y, minlength=k), 1)))[y], len(views)) / len(views)
    y = np.tile(y, len(views))
    hit = np.eye(k)[y]
    one, other, of = _places(SIGNS)
    even, level, by = _places(EVEN)
    held = ridge * np.array([1.0, *(1.0 if TOPICS[name] in TRUSTED else LESS for name in FEATURES)])

    def loss(flat_weight: np.ndarray) -> tuple[float, np.ndarray]:
        weight = np.vstack([flat_weight.reshape(k - 1, d + 1), np.zeros(d + 1)])
        score = rows @ weight.T
        score -= score.max(axis=1, keepdims=True)
        log_p = score - np.log(np.exp(score).sum(axis=1, keepdims=True))
        # The ridge draws types towards one another, whichever of them is the reference.
        apart = weight - weight.mean(axis=0)
        apart[:, 0] = 0
        value = -(share * log_p[np.arange(len(y)), y]).sum() + (held / 2 * apart**2).sum()
        slope = ((np.exp(log_p) - hit) * share[:, None]).T @ rows + held * apart
        wrong = np.minimum(weight[one, of] - weight[other, of] - _MARGIN, 0.0)
        gap = weight[even, by] - weight[level, by]
        for first, second, column, off in ((one, other, of, wrong), (even, level, by, gap)):
            np.add.at(slope, (first, column), _HELD * off)
            np.add.at(slope, (second, column), -_HELD * off)
        return float(value + _HELD / 2 * ((wrong**2).sum() + (gap**2).sum())), slope[:-1].ravel()

    got = optimize.minimize(loss, np.zeros((k - 1) * (d + 1)), jac=True, method="L-BFGS-B", options={"maxiter": 600})
    weight = np.vstack([got.x.reshape(k - 1, d + 1), np.zeros(d + 1)])
    return Logistic(KINDS, FEATURES, TOPICS, center, scale, low, high, weight)


def calibration_error(p: np.ndarray, y: np.ndarray, bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal mass."""
    parts = np.array_split(np.argsort(p, kind="stable"), bins)
    return float(sum(len(one) * abs(p[one].mean() - y[one].mean()) for one in parts if len(one)) / max(len(p), 1))


def macro_f1(truth: np.ndarray, said: np.ndarray) -> dict[str, float]:
    """Return F1 of each type, and their mean; who abstains is wrong."""
    one = {
        name: 2 * ((truth == name) & (said == name)).sum() / max((truth == name).sum() + (said == name).sum(), 1)
        for name in KINDS
    }
    return {"mean": round(float(np.mean(list(one.values()))), 4)} | {k: round(float(v), 3) for k, v in one.items()}


def report(cases: list[Case], chances: np.ndarray, kinds: list[Kind]) -> dict[str, Any]:
    """Say how good probabilities and types are."""
    truth = np.array([one.truth for one in cases])
    y = np.array([KINDS.index(name) for name in truth])
    said = np.array([one.type for one in kinds])
    p = np.array([one.probability for one in kinds])
    spoken = ~np.isnan(p)
    best = chances.argmax(axis=1)
    return {
        "groups": len(cases),
        "organisations": len({one.seed for one in cases}),
        "of_type": {name: int((truth == name).sum()) for name in KINDS},
        "log_loss": round(float(-np.log(np.maximum(chances[np.arange(len(y)), y], 1e-12)).mean()), 4),
        "macro_f1_most_probable": macro_f1(truth, np.array(KINDS)[best]),
        "macro_f1_types": macro_f1(truth, said),
        "ece_most_probable": round(calibration_error(chances.max(axis=1), best == y), 4),
        "ece_spoken": round(calibration_error(p[spoken], (said == truth)[spoken]), 4),
        "spoken": round(float(spoken.mean()), 4),
        "spoken_right": round(float((said == truth)[spoken].mean()), 4),
        "confusion": {
            name: {other: int(((truth == name) & (said == other)).sum()) for other in sorted(set(said[truth == name]))}
            for name in KINDS
        },
    }


def reports(cases: list[Case], x: np.ndarray, chances: np.ndarray, models: list[Logistic]) -> dict[str, Any]:
    """Report on all groups, on those of each origin, and on all as they are without messages and without a chart."""
    kinds = [type_of(one.facts, model) for one, model in zip(cases, models, strict=True)]
    told = {"all": report(cases, chances, kinds)}
    for name, origins in (("declared", ("declared",)), ("found", ("handover", "process"))):
        here = [number for number, one in enumerate(cases) if one.origin in origins]
        if here:
            told[name] = report([cases[one] for one in here], chances[here], [kinds[one] for one in here])
    y = np.array([KINDS.index(one.truth) for one in cases])
    for name, topics in (("without messages", TALK), ("without chart", CHART), ("without either", TALK + CHART)):
        less = np.array([m.probability(row[None])[0] for m, row in zip(models, without(x, topics), strict=True)])
        best = less.argmax(axis=1)
        told[name] = {
            "macro_f1_most_probable": macro_f1(np.array(KINDS)[y], np.array(KINDS)[best]),
            "ece_most_probable": round(calibration_error(less.max(axis=1), best == y), 4),
        }
    return told


def across_folds(cases: list[Case], x: np.ndarray, ridge: float) -> tuple[np.ndarray, list[Logistic]]:
    """Return the probabilities and models of groups, from folds of whole organisations."""
    y = np.array([KINDS.index(one.truth) for one in cases])
    seeds = np.array([one.seed for one in cases])
    chances, models = np.zeros((len(cases), len(KINDS))), [flat()] * len(cases)
    for fold in range(FOLDS):
        out = seeds % FOLDS == fold
        model = fitted(x[~out], y[~out], ridge)
        chances[out] = model.probability(x[out])
        for number in np.flatnonzero(out):
            models[number] = model
    return chances, models


def fit(organisations: int, cache: Path | None) -> dict[str, Any]:
    """Fit the model and write it down with what the folds say."""
    seeds = range(1000, 1000 + organisations)
    everything = gathered(seeds, cache)
    cases = usable(everything)
    x = np.array([features(one.facts) for one in cases])
    y = np.array([KINDS.index(one.truth) for one in cases])
    tried = {ridge: reports(cases, x, *across_folds(cases, x, ridge)) for ridge in RIDGES}
    ridge = min(tried, key=lambda one: tried[one]["all"]["log_loss"])
    model = fitted(x, y, ridge)
    names = ("center", "scale", "low", "high", "weight")
    document = {
        "classes": list(KINDS),
        "features": list(FEATURES),
        **{name: np.round(getattr(model, name), 5).tolist() for name in names},
        "fitted": {
            "seeds": [seeds.start, seeds.stop - 1],
            "groups": len(everything),
            "groups_judged": len(cases),
            "shuffles": SHUFFLES,
            "ridge": ridge,
            "ranges": TRAINING,
            "folds": tried[ridge],
        },
    }
    MODEL.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return tried[ridge]


def check(organisations: int, cache: Path | None) -> dict[str, Any]:
    """Look at the stored model on other seeds of the same ranges."""
    model = stored_model()
    cases = usable(gathered(range(1700, 1700 + organisations), cache))
    x = np.array([features(one.facts) for one in cases])
    return reports(cases, x, model.probability(x), [model] * len(cases))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["fit", "check"], help="fit the model, or look at it on other seeds")
    parser.add_argument("--organisations", type=int, default=None, help="organisations drawn (fit 40, check 10)")
    parser.add_argument("--cache", type=Path, default=None, help="folder that keeps facts between runs")
    given = parser.parse_args()
    if given.cache:
        given.cache.mkdir(parents=True, exist_ok=True)
    many = given.organisations
    told = fit(many or 40, given.cache) if given.what == "fit" else check(many or 10, given.cache)
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
