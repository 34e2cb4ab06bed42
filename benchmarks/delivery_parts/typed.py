"""Is the type of a group told rightly, on organisations of ranges that nothing was fitted on?"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from validation.organisations import tell

from delivery_parts import SEED
from delivery_parts.planted import KINDS, organisation
from delivery_parts.runs import Runs
from delivery_parts.scores import typed

__all__ = ["FIRST_SEED", "HELD_OUT", "judge", "measure", "plan_of", "rough", "table"]

FIRST_SEED = 8101
MACRO_F1, CALIBRATION = 0.8, 0.05

Ends = tuple[float, float]

HELD_OUT: dict[str, list[Ends]] = {
    "people": [(420, 600)],
    "weeks": [(16, 16), (30, 30), (44, 44)],
    "case_ids": [(1.0, 1.0), (0.75, 0.75), (0.25, 0.25), (0.0, 0.0)],
    "order_noise": [(0.0, 0.15), (0.25, 0.4)],
    "turnover": [(0.0, 0.2), (0.4, 0.9)],
    "per_week": [(0.8, 6.0), (10.0, 30.0)],
    "steps": [(3, 5), (6, 8)],
    "workers": [(1, 3), (3, 4)],
    "units": [(2, 6), (3, 8)],
    "waits": [(0.5, 8.0), (20.0, 60.0)],
    "touch": [(0.05, 0.5), (2.0, 6.0)],
    "rework": [(0.0, 0.1), (0.2, 0.4)],
    "stalled": [(0.0, 0.2)],
    "wave": [(0.3, 0.7)],
    "drift": [(0.1, 0.4)],
    "one_thread": [(0.0, 0.3), (0.6, 1.0)],
    "informed": [(0.0, 0.3), (0.5, 1.0)],
    "size": [(8, 18), (25, 50)],
    "circle": [(3, 6), (8, 12)],
    "threads": [(0.8, 5.0), (12.0, 30.0)],
    "unanswered": [(0.0, 0.2), (0.5, 0.8)],
    "talks": [(0.2, 0.8), (1.5, 4.0)],
    "off_hours": [(0.2, 0.5), (0.6, 1.0)],
}
"""What each organisation draws its plan from: of each line one range, from which its groups draw.

The model was fitted on 150 to 400 people and 20, 26 or 36 weeks, with the shares below and the noise of the record at
their defaults throughout. Where its ranges were wide, those here are of the ends of them and beyond.
"""

SHARES = ("gatekeepers", "branches", "machines", "lifecycle")
RECORD: dict[str, Ends] = {"noise": (0.05, 0.5), "coverage": (0.8, 1.0), "recorded": (0.7, 1.0), "dip": (0.2, 0.9)}
GROUPS = dict.fromkeys(KINDS, 4)
ROUGH: Ends = (0.1, 0.3)
"""Share of strangers in every second roster."""


def plan_of(seed: int) -> tuple[int, int, dict[str, Any], dict[str, Any]]:
    """Draw the number of people, that of weeks, the options of the work and those of the record."""
    rng = np.random.default_rng([SEED, 5, seed])
    drawn: dict[str, Any] = {name: ends[rng.integers(len(ends))] for name, ends in HELD_OUT.items()}
    people, weeks = (int(rng.integers(low, high + 1)) for low, high in (drawn.pop("people"), drawn.pop("weeks")))
    shares = {name: round(float(rng.uniform()), 3) for name in SHARES}
    record: dict[str, Any] = {name: round(float(rng.uniform(*ends)), 3) for name, ends in RECORD.items()}
    return people, weeks, {"groups": GROUPS, **drawn, **shares}, {**record, "sites": int(rng.integers(1, 5))}


def rough(rosters: pd.DataFrame, everybody: list[str], seed: int) -> tuple[pd.DataFrame, set[str]]:
    """Put strangers in the place of some members of every second roster; say of which."""
    rng = np.random.default_rng([SEED, 6, seed])
    parts, changed = [], set()
    for number, (name, part) in enumerate(rosters.groupby("group", sort=True)):
        people = sorted(part["person"])
        if number % 2:
            lost = max(round(float(rng.uniform(*ROUGH)) * len(people)), 1)
            outside = sorted(set(everybody) - set(people))
            kept = rng.permutation(len(people))[lost:]
            people = [*(people[k] for k in kept), *(outside[k] for k in rng.permutation(len(outside))[:lost])]
            changed.add(str(name))
        parts.append(pd.DataFrame({"group": name, "person": people}))
    return pd.concat(parts, ignore_index=True), changed


def judge(seed: int) -> list[dict[str, Any]]:
    """Simulate an organisation and let the tool say of what type its groups are: one row each."""
    started = time.perf_counter()
    people, weeks, work, record = plan_of(seed)
    planted = organisation(seed, people=people, weeks=weeks, work=work, plan=record)
    rosters, changed = rough(planted.rosters, planted.people.people, seed)
    rows = planted.judged(rosters)
    rows["rough"] = rows["group"].isin(changed)
    right = int((rows["truth"] == rows["said"]).sum())
    tell(f"types, {seed}: {right} of {len(rows)}, {time.perf_counter() - started:.1f} s")
    return rows.to_dict("records")


def measure(runs: Runs, organisations: int = 20, first: int = FIRST_SEED) -> dict[str, Any]:
    """Judge the planted groups of many organisations."""
    parts = [pd.DataFrame(runs.get(str(seed), _made(seed))) for seed in range(first, first + organisations)]
    rows = pd.concat(parts, ignore_index=True)
    rows["probability"] = rows["probability"].astype(np.float64)
    document = {"first_seed": first, "ranges": HELD_OUT, "record": RECORD, **typed(rows, seed=SEED)}
    document["rosters"] = {
        "as planted": typed(rows[~rows["rough"]], seed=SEED),
        "with strangers": typed(rows[rows["rough"]], seed=SEED),
    }
    document["passes"] = {
        "macro-F1": document["macro_f1"] >= MACRO_F1,
        "calibration error": document["ece"] is not None and document["ece"] <= CALIBRATION,
    }
    return document


def _made(seed: int) -> Callable[[], list[dict[str, Any]]]:
    """Return what makes one run, so that it is made only where it is not kept."""
    return lambda: judge(seed)


def table(document: dict[str, Any]) -> str:
    """Write figures, confusion and reliability as Markdown."""
    lines = [
        "| rosters | groups | macro-F1 (95 % interval) | right when it speaks | abstains | calibration error |",
        "|---|---|---|---|---|---|",
    ]
    for name, one in {"all": document, **document["rosters"]}.items():
        low, high = one["macro_f1_interval"]
        speaks = one["right_when_it_speaks"]["share"]
        lines.append(
            f"| {name} ({one['organisations']} organisations) | {one['groups']} "
            f"| {one['macro_f1']:.3f} ({low:.3f} to {high:.3f}) | {'-' if speaks is None else f'{speaks:.3f}'} "
            f"| {one['abstained']['share']:.0%} | {_error(one)} |"
        )
    missed = [name for name, good in document["passes"].items() if not good]
    told = f"Missed: {', '.join(missed)}" if missed else "Both targets are met"
    lines += ["", f"{told} (macro-F1 {MACRO_F1}, calibration error {CALIBRATION}).", ""]
    said = [word for word in (*KINDS, "abstain") if any(word in row for row in document["confusion"].values())]
    lines += [f"| planted | {' | '.join(said)} | F1 |", "|---" * (len(said) + 2) + "|"]
    for truth in (word for word in KINDS if word in document["confusion"]):
        cells = [str(document["confusion"][truth].get(word, "")) for word in said]
        lines.append(f"| {truth} | {' | '.join(cells)} | {document['f1'][truth]:.2f} |")
    if document.get("reliability"):
        lines += ["", "| probability said | share that was right | groups |", "|---|---|---|"]
        lines += [f"| {one['said']:.2f} | {one['true']:.2f} | {one['cases']} |" for one in document["reliability"]]
    return "\n".join(lines) + "\n"


def _error(one: dict[str, Any]) -> str:
    """Write the calibration error with its interval."""
    if one["ece"] is None:
        return "-"
    return f"{one['ece']:.3f} ({one['ece_interval'][0]:.3f} to {one['ece_interval'][1]:.3f})"
