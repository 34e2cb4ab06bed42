"""How probable is each verdict? Fit the model of `commfinder.declared.probability` on planted groups, and look at it.

Protocol:

1. `fit` draws organisations of the ranges of `verdicts_cases.py` (seeds 1000 to 1399, and 1400 to 1699 for those like
   open projects, three for every ten others), about equally many groups of each class, and takes the evidence on every
   group just as `assess_groups` gathers it, with 199 permutations. Groups of fewer than five active members, or of too
   few in truth, are left out. A multinomial logistic model with a ridge is fitted. All classes weigh the same: its
   prior is flat. The signs of some weights are held, so that more ties never speak for `paper`, a larger core never for
   `core-only`, and so on.
2. Folds are of whole organisations: no group is scored by a model that saw another group of its organisation.
   Reported: macro-F1 of the class that is most probable, and of the verdict within the rules; expected calibration
   error over ten bins of equal mass, of the most probable class and of what is spoken; how often a group with planted
   ties is called `paper`; the log-loss. The ridge is that of RIDGES with the least log-loss over folds. Then all
   log-odds are multiplied by one number, which makes the verdicts spoken in the folds most likely: rules leave
   verdicts that are right more often than the model says. What the model looks at was chosen by these folds too, and
   some bounds of the rules: what they say of themselves is a little too good.
3. `check` repeats the report, on other seeds of the same ranges (1700 to 1899, and 1900 to 1999), with the model as
   stored.
4. Both tell how well groups are ordered, apart for organisations like open projects and for the others: how often a
   group with a community comes before one of paper or of formal structure alone of the same organisation (an area under
   the curve within organisations), by the probability that a community is there, by the probability of `real`, by the
   plain lift and by z. Groups that have gone to sleep are left out of that: they are of neither kind.

The validation proper draws other ranges and other seeds; it is `benchmarks/validation.py`.
"""

from __future__ import annotations

import argparse
import json
import pickle
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import optimize
from validation.scores import auc
from verdicts_cases import OPEN_SEEDS, PERMUTATIONS, RANGES, TIED, Case, cases_of

from commfinder.declared.probability import ALIVE, CLASSES, FEATURES, TOPICS, community, features, stored_model
from commfinder.declared.verdict import rule
from commfinder.logistic import Logistic

MODEL = Path(__file__).parents[1] / "src" / "commfinder" / "declared" / "verdicts.json"

FOLDS, RIDGES = 5, (0.3, 1.0, 3.0)
SHARPNESS = np.arange(1.0, 1.61, 0.05)
_HELD, _MARGIN = 1e3, 0.01
_OF_TIES = ("z", "extra density", "log of the lift's lower bound")
RISING = (*_OF_TIES, *(f"{name} without a chart" for name in _OF_TIES))
SIGNS = [
    *((name, "paper", feature) for name in TIED for feature in RISING),
    ("real", "core-only", "core share"),
    ("real", "broker-dependent", "left without one"),
    ("real", "broker-dependent", "left without two"),
    ("real", "split", "ties across halves"),
    ("real", "split", "surprise across halves"),
    ("split", "real", "halves"),
    ("real", "dormant", "surprise of the last third"),
    ("real", "emerging", "surprise of the first third"),
    ("dormant", "emerging", "surprise of the first third"),
    ("emerging", "dormant", "surprise of the last third"),
    ("formal-only", "paper", "z against activity"),
    ("broker-dependent", "real", "cut off without one"),
    ("broker-dependent", "split", "parts the broker joins"),
    ("broker-dependent", "split", "log of the broker's lead"),
    ("split", "real", "surprise of so few across"),
    ("real", "core-only", "score of the lowest quarter"),
    ("real", "core-only", "score of the lower half"),
]
"""Class, other class, feature: more of the feature may not speak for the other class."""


def gathered(seeds: Iterable[int], cache: Path | None) -> list[Case]:
    """Gather the cases of many organisations."""
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
    """Leave out what can not be judged in truth, and what a rule decides before the model is asked."""
    return [
        one
        for one in cases
        if one.truth in CLASSES
        and not np.isnan(rule(one.evidence, one.q, one.core_q, one.settings, flat()).probabilities[0])
    ]


def flat() -> Logistic:
    """Return a model that knows nothing."""
    d = len(FEATURES)
    one = np.ones(d)
    return Logistic(CLASSES, FEATURES, TOPICS, 0 * one, one, -1e9 * one, 1e9 * one, np.zeros((len(CLASSES), d + 1)))


def _place(one: str, other: str, feature: str) -> tuple[int, int, int]:
    """Return where a sign stands in the table of weights."""
    return CLASSES.index(one), CLASSES.index(other), FEATURES.index(feature) + 1


def fitted(x: np.ndarray, y: np.ndarray, ridge: float) -> Logistic:
    """Fit the model: maximum likelihood with equal weight of classes, a ridge, and signs held by a penalty."""
    center, scale = np.nanmean(x, axis=0), np.maximum(np.nanstd(x, axis=0), 1e-3)
    low, high = np.nanquantile(x, 0.002, axis=0), np.nanquantile(x, 0.998, axis=0)
    k, d = len(CLASSES), x.shape[1]
    blank = Logistic(CLASSES, FEATURES, TOPICS, center, scale, low, high, np.zeros((k, d + 1)))
    rows = np.column_stack([np.ones(len(x)), blank.standardised(x)])
    counts = np.bincount(y, minlength=k)
    share = (len(y) / (k * np.maximum(counts, 1)))[y]
    hit = np.eye(k)[y]
    one, other, of = (np.array(part) for part in zip(*[_place(*sign) for sign in SIGNS], strict=True))

    def loss(flat_weight: np.ndarray) -> tuple[float, np.ndarray]:
        weight = np.vstack([flat_weight.reshape(k - 1, d + 1), np.zeros(d + 1)])
        score = rows @ weight.T
        score -= score.max(axis=1, keepdims=True)
        log_p = score - np.log(np.exp(score).sum(axis=1, keepdims=True))
        # The ridge draws classes towards one another, whichever of them is the reference.
        apart = weight - weight.mean(axis=0)
        apart[:, 0] = 0
        value = -(share * log_p[np.arange(len(y)), y]).sum() + ridge / 2 * (apart**2).sum()
        slope = ((np.exp(log_p) - hit) * share[:, None]).T @ rows + ridge * apart
        wrong = np.minimum(weight[one, of] - weight[other, of] - _MARGIN, 0.0)
        np.add.at(slope, (one, of), _HELD * wrong)
        np.add.at(slope, (other, of), -_HELD * wrong)
        return float(value + _HELD / 2 * (wrong**2).sum()), slope[:-1].ravel()

    got = optimize.minimize(loss, np.zeros((k - 1) * (d + 1)), jac=True, method="L-BFGS-B", options={"maxiter": 600})
    return Logistic(
        CLASSES, FEATURES, TOPICS, center, scale, low, high, np.vstack([got.x.reshape(k - 1, d + 1), np.zeros(d + 1)])
    )


def calibration_error(p: np.ndarray, y: np.ndarray, bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal mass."""
    parts = np.array_split(np.argsort(p, kind="stable"), bins)
    return float(sum(len(one) * abs(p[one].mean() - y[one].mean()) for one in parts if len(one)) / len(p))


def macro_f1(truth: np.ndarray, said: np.ndarray) -> dict[str, float]:
    """Return F1 of each class, and their mean."""
    one = {
        name: 2 * ((truth == name) & (said == name)).sum() / max((truth == name).sum() + (said == name).sum(), 1)
        for name in CLASSES
    }
    return {"mean": round(float(np.mean(list(one.values()))), 4)} | {k: round(float(v), 3) for k, v in one.items()}


def report(cases: list[Case], chances: np.ndarray, models: list[Logistic]) -> dict[str, Any]:
    """Say how good probabilities and verdicts are; each case is ruled on with its own model."""
    truth = np.array([one.truth for one in cases])
    y = np.array([CLASSES.index(name) for name in truth])
    rulings = [
        rule(one.evidence, one.q, one.core_q, one.settings, model) for one, model in zip(cases, models, strict=True)
    ]
    said = np.array([one.verdict for one in rulings])
    p = np.array([one.probability for one in rulings])
    spoken = ~np.isnan(p)
    tied = np.isin(truth, TIED)
    return {
        "groups": len(cases),
        "organisations": len({one.seed for one in cases}),
        "of_class": {name: int((truth == name).sum()) for name in CLASSES},
        "log_loss": round(float(-np.log(np.maximum(chances[np.arange(len(y)), y], 1e-12)).mean()), 4),
        "macro_f1_most_probable": macro_f1(truth, np.array(CLASSES)[chances.argmax(axis=1)]),
        "macro_f1_verdicts": macro_f1(truth, said),
        "macro_f1_spoken": macro_f1(truth[spoken], said[spoken]),
        "ece_most_probable": round(calibration_error(chances.max(axis=1), chances.argmax(axis=1) == y), 4),
        "ece_spoken": round(calibration_error(p[spoken], (said == truth)[spoken]), 4),
        "spoken": round(float(spoken.mean()), 4),
        "spoken_right": round(float((said == truth)[spoken].mean()), 4),
        "live_called_paper": round(float((said[tied] == "paper").mean()), 4),
        **order(cases, chances),
        "confusion": {
            name: {other: int(((truth == name) & (said == other)).sum()) for other in sorted(set(said[truth == name]))}
            for name in CLASSES
        },
    }


def order(cases: list[Case], chances: np.ndarray) -> dict[str, Any]:
    """Say how well groups with a community are told from those without one, and how far that probability is true."""
    alive = np.isin([one.truth for one in cases], ALIVE)
    there = np.array([community(row) for row in chances])
    scores = {
        "a community is there": there,
        "real": chances[:, CLASSES.index("real")],
        "plain lift": np.array([one.evidence.lift.value for one in cases]),
        "z": np.array([one.evidence.z for one in cases]),
    }
    seeds = np.array([one.seed for one in cases])
    none = np.isin([one.truth for one in cases], ["formal-only", "paper"])
    like_open = np.array([any(seed in part for part in OPEN_SEEDS) for seed in seeds])
    told: dict[str, Any] = {"ece_community": round(calibration_error(there, alive), 4)}
    for name, among in (("order", ~like_open), ("order_open", like_open)):
        told[name] = {score: within(of, alive & among, none & among, seeds) for score, of in scores.items()}
    return told


def within(score: np.ndarray, alive: np.ndarray, none: np.ndarray, seeds: np.ndarray) -> float | None:
    """Return the area under the curve among pairs of groups of one organisation."""
    right, pairs = 0.0, 0
    for seed in np.unique(seeds[alive | none]):
        one, other = score[alive & (seeds == seed)], score[none & (seeds == seed)]
        if len(one) and len(other):
            right, pairs = right + auc(one, other) * len(one) * len(other), pairs + len(one) * len(other)
    return round(right / pairs, 4) if pairs else None


def seeds_of(organisations: int, first: int, first_open: int) -> list[int]:
    """Return seeds: so many of the first ranges, and three of open projects for every ten of them."""
    return [*range(first, first + organisations), *range(first_open, first_open + 3 * organisations // 10)]


def across_folds(cases: list[Case], ridge: float) -> tuple[np.ndarray, list[Logistic]]:
    """Return the probabilities and models of cases, from folds of whole organisations."""
    x = np.array([features(one.evidence) for one in cases])
    y = np.array([CLASSES.index(one.truth) for one in cases])
    seeds = np.array([one.seed for one in cases])
    chances, models = np.zeros((len(cases), len(CLASSES))), [flat()] * len(cases)
    for fold in range(FOLDS):
        out = seeds % FOLDS == fold
        model = fitted(x[~out], y[~out], ridge)
        chances[out] = model.probability(x[out])
        for number in np.flatnonzero(out):
            models[number] = model
    return chances, models


def sharpened(model: Logistic, by: float) -> Logistic:
    """Multiply all log-odds: the order of the classes of a group stays, and the likeliest gets more."""
    return replace(model, weight=model.weight * by)


def sharpness(cases: list[Case], models: list[Logistic]) -> float:
    """Return by how much log-odds are to be multiplied so that what is spoken is right as often as it says.

    Rules take away verdicts that are rather wrong, so that those that stay are right more often than the model says.
    By maximum likelihood over the verdicts that are spoken in the folds.
    """
    spoken = []
    for one, model in zip(cases, models, strict=True):
        ruling = rule(one.evidence, one.q, one.core_q, one.settings, model)
        if not np.isnan(ruling.probability):
            spoken.append((features(one.evidence), model, CLASSES.index(ruling.verdict), ruling.verdict == one.truth))

    def loss(by: float) -> float:
        p = np.array([sharpened(model, by).probability(row[None])[0, place] for row, model, place, _ in spoken])
        right = np.array([hit for *_, hit in spoken])
        return float(-np.log(np.clip(np.where(right, p, 1 - p), 1e-6, 1)).mean())

    return float(min(SHARPNESS, key=loss))


def fit(organisations: int, cache: Path | None) -> dict[str, Any]:
    """Fit the model and write it down with what the folds say."""
    seeds = seeds_of(organisations, 1000, OPEN_SEEDS[0].start)
    everything = gathered(seeds, cache)
    cases = usable(everything)
    tried = {ridge: across_folds(cases, ridge) for ridge in RIDGES}
    ridge = min(tried, key=lambda one: report(cases, *tried[one])["log_loss"])
    by = sharpness(cases, tried[ridge][1])
    models = {id(one): sharpened(one, by) for one in tried[ridge][1]}
    x = np.array([features(one.evidence) for one in cases])
    sharp = [models[id(one)] for one in tried[ridge][1]]
    chances = np.array([one.probability(row[None])[0] for one, row in zip(sharp, x, strict=True)])
    told = report(cases, chances, sharp)
    model = sharpened(fitted(x, np.array([CLASSES.index(one.truth) for one in cases]), ridge), by)
    names = ("center", "scale", "low", "high", "weight")
    document = {
        "classes": list(CLASSES),
        "features": list(FEATURES),
        **{name: np.round(getattr(model, name), 5).tolist() for name in names},
        "fitted": {
            "seeds": [seeds[0], seeds[organisations - 1]],
            "open_seeds": [OPEN_SEEDS[0].start, seeds[-1]],
            "groups": len(everything),
            "groups_judged": len(cases),
            "permutations": PERMUTATIONS,
            "ridge": ridge,
            "sharpness": round(by, 2),
            "ranges": RANGES,
            "folds": told,
        },
    }
    MODEL.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return told


def check(organisations: int, cache: Path | None) -> dict[str, Any]:
    """Look at the stored model on other seeds of the same ranges."""
    model = stored_model()
    cases = usable(gathered(seeds_of(organisations, 1700, OPEN_SEEDS[1].start), cache))
    chances = model.probability(np.array([features(one.evidence) for one in cases]))
    return report(cases, chances, [model] * len(cases))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["fit", "check"], help="fit the model, or look at it on other seeds")
    drawn = "organisations drawn, and three tenths as many like open projects (fit 200, check 12)"
    parser.add_argument("--organisations", type=int, default=None, help=drawn)
    parser.add_argument("--cache", type=Path, default=None, help="folder that keeps evidence between runs")
    given = parser.parse_args()
    if given.cache:
        given.cache.mkdir(parents=True, exist_ok=True)
    many = given.organisations
    told = fit(many or 200, given.cache) if given.what == "fit" else check(many or 12, given.cache)
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
