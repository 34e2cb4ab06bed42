"""What comes back of real logs without their case ids, and does order tell processes from talk?

Fixed before any figure was looked at, and nothing is tuned to it.

**Hidden and rebuilt.** Receipt (municipal permits), helpdesk (tickets) and BPIC12 (loans). `hide_ids` makes of each
case what would be left had the work been passed on by mail: whenever the person changes, a mail from the one who had
it to the one who acts next, with no id, no activity and no space. `find_cases` rebuilds cases from that. So *to whom*
work went is known, and what is asked is which mails belong together. Compared with the true cases of the same acts:
pairs of acts (precision, recall and F1); true cases found again at Jaccard .5; candidates by handover (precision,
recall and F1 at Jaccard .5, those of the true cases standing for the truth); and order (Spearman's correlation of the
mean relative places of people, and order predictability itself). To know what that is worth, the same for two ways of
making cases that know nothing: every mail on its own, and the acts of a log in order of time, cut into stretches as
long as its mean case.

**Order.** Order predictability without the initiator (k = 3), over cases of at most 30 people, by person, by role
(org:group here) and by activity. Logs are whole, and in pieces: quarters by the start of the case (process logs,
mailing list), streams (chat), files (IRC). A piece of fewer than 100 pairs of the kind that is scored is left out,
and counted. Scored are each log as a whole, with the p of 199 shuffles, and over pieces: AUC of pieces of processes
against pieces of talk, and without each log in turn; and the share told rightly by a threshold that the other logs
set, midway between both kinds, with each log left out in turn. Talk has neither roles nor activities: processes by
role and by activity are held against talk by person.

**Types.** What `find_delivery_groups` says of the groups that it finds in each log but IRC. This was added after such
answers had been seen while a test was written; nothing was changed by them. A process log whose groups are called
process or mixed is told rightly, and so is talk of which no group is; that is all the truth these logs carry.

IRC comes with annotated links between lines, and no reader of the library reads it: lines `[time] <nick>` are
messages here, and lines joined by links are a conversation. No name of a person, a stream or a group is written to
the results.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from validation.organisations import DATA, tell

from commfinder.delivery import (
    Cases,
    candidates,
    find_cases,
    find_delivery_groups,
    hide_ids,
    order_levels,
    score_correlation,
)
from commfinder.delivery.order.predictability import LEVELS, OrderLevels
from commfinder.sources import read
from delivery_parts.runs import Runs
from delivery_parts.scores import areas, leave_one_log_out, recovered, same_order, summed

__all__ = ["PROCESSES", "TALK", "conversations", "cut", "measure", "pieces_of", "rebuilt", "table"]

PROCESSES = {"receipt": "08_receipt.xes.gz", "helpdesk": "helpdesk.xes.gz", "BPIC12": "bpic2012.xes.gz"}
TALK = {"chat": "zulip-ncar", "mailing list": "r-sig-finance", "IRC": "irc-disentanglement"}

WAYS = ("rebuilt", "every mail alone", "cut at random")
FEWEST, SHUFFLES, SEED = 100, 199, 0

_LINE = re.compile(r"\[\d\d:\d\d\] <([^>]+)>")


# ------------------------------------------------------------------------------------------------------ reading


def path_of(log: str) -> Path:
    """Return where a log is."""
    return DATA / "workflow" / PROCESSES[log] if log in PROCESSES else DATA / TALK[log]


def known_cases(log: str) -> Cases:
    """Read a log, and find the cases that are known in it."""
    if log == "IRC":
        return Cases.of(conversations(path_of(log) / "test"), source=log)
    return find_cases(read(path_of(log)), how=None if log in PROCESSES else ("thread", "reference"))


def conversations(folder: Path) -> pd.DataFrame:
    """Read conversations of IRC: case, person, time (the number of the line) and space (the file)."""
    parts = []
    for number, path in enumerate(sorted(folder.glob("*.annotation.txt"))):
        text = path.with_name(path.name.replace(".annotation.", ".ascii.")).read_text(encoding="utf-8")
        said = [_LINE.match(line) for line in text.splitlines()]
        links = np.array([line.split()[:2] for line in path.read_text().splitlines()], dtype=np.int64).reshape(-1, 2)
        shape = (len(said), len(said))
        joined = sparse.coo_array((np.ones(len(links), dtype=bool), (links[:, 0], links[:, 1])), shape=shape)
        label = sparse.csgraph.connected_components(joined, directed=False)[1]
        # Only lines that were annotated: of the others nobody said where they belong.
        rows = [(label[k], one.group(1).lower(), k) for k, one in enumerate(said) if one and k >= links.max(1).min()]
        part = pd.DataFrame(rows, columns=["case", "person", "time"])
        parts.append(part.assign(case=[f"{number}/{case}" for case in part["case"]], space=str(number), how="thread"))
    return pd.concat(parts, ignore_index=True)


def pieces_of(log: str, cases: Cases) -> Iterator[Cases]:
    """Cut a log into quarters, streams or files."""
    part = cases.frame["space"] if log in ("chat", "IRC") else cases.frame["start"].dt.strftime("%Y-%m").map(_quarter)
    for name in sorted(part.dropna().unique()):
        yield cases.select(cases=(part == name).fillna(False).to_numpy(dtype=bool))


def _quarter(month: str) -> str:
    """Return the quarter of a month."""
    return f"{month[:4]}Q{(int(month[5:]) + 2) // 3}"


# ---------------------------------------------------------------------------------------------- hidden and rebuilt


def rebuilt(log: str) -> dict[str, Any]:
    """Hide the ids of a log, rebuild its cases, and say what came back."""
    inter = read(path_of(log))
    hidden, truth = hide_ids(inter, 1.0, seed=SEED, source=find_cases(inter))
    made = (find_cases(hidden), cut(truth, 1.0), cut(truth, truth.acts.n / max(len(truth), 1)))
    groups, order = _groups(truth), _order(truth)
    figures: dict[str, Any] = {"cases": len(truth), "acts": truth.acts.n, "groups": len(groups), "order": order[0]}
    for name, found in zip(WAYS, made, strict=True):
        score, own = score_correlation(found, truth), _order(found)
        figures[name] = {
            "cases": len(found),
            "pairs": {key: _round(getattr(score, key)) for key in ("precision", "recall", "f1")},
            "cases_again": _round(score.recovered_half),
            "groups": summed([recovered(groups, _groups(found), 0.5)]),
            "places": same_order(order[1], own[1]),
            "order": own[0],
        }
        tell(f"logs, {log}, {name}: F1 of pairs {figures[name]['pairs']['f1']}")
    return figures


def cut(truth: Cases, length: float) -> Cases:
    """Make cases that know nothing: acts in order of time, cut into stretches of a mean length."""
    acts = truth.acts_frame()[["person", "time"]].sort_values("time", kind="stable")
    return Cases.of(acts.assign(case=(np.arange(len(acts)) / length).astype(np.int64).astype(str), how="chain"))


def _groups(cases: Cases) -> list[frozenset[str]]:
    """Return the members of the candidates that handovers give."""
    found = candidates(cases, seed=SEED)
    return [frozenset(cases.people[one.members]) for one in found if one.origin == "handover"]


def _order(cases: Cases) -> tuple[float | None, dict[str, float]]:
    """Return order predictability by person, and the mean relative place of each."""
    order = order_levels(cases, shuffles=0, seed=SEED).person
    places = dict(zip(cases.people[order.ahead["actor"]], order.ahead["position"], strict=True))
    return _round(order.value), places


def _round(value: float) -> float | None:
    """Round a figure; none where there is none."""
    return None if np.isnan(value) else round(float(value), 4)


# -------------------------------------------------------------------------------------------------------- order


def orders(log: str) -> dict[str, Any]:
    """Measure the order of a log as a whole and of its pieces, by person, role and activity."""
    cases = known_cases(log)
    whole = order_levels(cases, shuffles=SHUFFLES, seed=SEED)
    parts = [order_levels(piece, shuffles=0, seed=SEED) for piece in pieces_of(log, cases)]
    tell(f"logs, {log}: order by person {whole.person.value:.2f}, {len(parts)} pieces")
    return {
        "process": log in PROCESSES,
        "cases": len(cases),
        "whole": {level: _evidence(whole, level) for level in LEVELS},
        "pieces": [{level: _evidence(part, level) for level in LEVELS} for part in parts],
    }


def _evidence(levels: OrderLevels, level: str) -> dict[str, Any]:
    """Return what is kept of the order at one level."""
    one = levels[level]
    return {"value": _round(one.value), "p": _round(one.p), "null": _round(one.null_mean), "pairs": int(one.pairs)}


def told_apart(logs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Score processes at each level against talk by person."""
    figures: dict[str, Any] = {}
    for level in LEVELS:
        rows, few = [], 0
        for log, one in logs.items():
            for piece in one["pieces"]:
                got = piece[level if one["process"] else "person"]
                if got["pairs"] >= FEWEST and got["value"] is not None:
                    rows.append({"log": log, "process": one["process"], "value": got["value"]})
                else:
                    few += 1
        frame = pd.DataFrame(rows, columns=["log", "process", "value"])
        figures[level] = {"too_few_pairs": few, **areas(frame), "left_out": leave_one_log_out(frame)}
    return figures


# -------------------------------------------------------------------------------------------------------- types


def told(log: str) -> list[dict[str, Any]]:
    """Return what is said of the groups that are found in a log, without any name."""
    frame = find_delivery_groups(read(path_of(log)), seed=SEED).frame
    columns = ["type", "probability", "origin", "size", "cases", "order", "order_p", "order_level"]
    rows = frame[columns].astype(object)
    return [dict(zip(columns, map(_plain, row), strict=True)) for row in rows.itertuples(index=False)]


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    return _round(value) if isinstance(value, float) else value


# ---------------------------------------------------------------------------------------------------- the part


def measure(runs: Runs, logs: tuple[str, ...] = (*PROCESSES, *TALK)) -> dict[str, Any]:
    """Measure the logs that are beside the project."""
    here = [log for log in logs if path_of(log).exists()]
    for log in set(logs) - set(here):
        tell(f"logs, {log}: skipped, since it is not in ../shared/data beside the project.")
    order = {log: runs.get(f"order of {log}", _bound(orders, log)) for log in here}
    again = {log: runs.get(f"{log} rebuilt", _bound(rebuilt, log)) for log in here if log in PROCESSES}
    said = {log: runs.get(f"types of {log}", _bound(told, log)) for log in here if log != "IRC"}
    return {"order": order, "told_apart": told_apart(order), "rebuilt": again, "types": said, "fewest_pairs": FEWEST}


def _bound(make: Callable[[str], Any], log: str) -> Callable[[], Any]:
    """Return what measures one log, so that it is measured only where its figures are not kept."""
    return lambda: make(log)


def table(document: dict[str, Any]) -> str:
    """Write the figures as Markdown."""
    parts = (_order_lines(document), _apart_lines(document), _rebuilt_lines(document), _type_lines(document))
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def _order_lines(document: dict[str, Any]) -> list[str]:
    """Write the order of whole logs."""
    lines = [
        "| log | cases | by person (shuffled) | by role | by activity | pieces |",
        "|---|---|---|---|---|---|",
    ]
    for log, one in document["order"].items():
        cells = [_value(one["whole"][level]) for level in LEVELS]
        kind = "process" if one["process"] else "talk"
        lines.append(f"| {log} ({kind}) | {one['cases']} | {' | '.join(cells)} | {len(one['pieces'])} |")
    return lines


def _value(one: dict[str, Any]) -> str:
    """Write an order with what shuffles gave and its p."""
    if one["value"] is None:
        return "-"
    return f"{one['value']:.2f} ({one['null']:.2f}, p {one['p']:.3f})"


def _apart_lines(document: dict[str, Any]) -> list[str]:
    """Write how well order tells processes from talk."""
    lines = [
        "| processes by | pieces (too few pairs) | AUC | without one log: lowest to highest "
        "| told rightly, each log left out |",
        "|---|---|---|---|---|",
    ]
    for level, one in document["told_apart"].items():
        out = one["left_out"]
        lines.append(
            f"| {level} | {one['pieces']} ({one['too_few_pairs']}) | {_two(one['auc'])} "
            f"| {_two(one['lowest'])} to {_two(one['highest'])} | {_two(out['balanced_accuracy'])} |"
        )
    return lines


def _rebuilt_lines(document: dict[str, Any]) -> list[str]:
    """Write what comes back without ids."""
    lines = [
        "| log | cases made | pairs of acts: precision, recall, F1 | cases found again | groups: precision, recall, F1 "
        "| places of people | order (of true cases) |",
        "|---|---|---|---|---|---|---|",
    ]
    for log, figures in document["rebuilt"].items():
        for way in WAYS:
            one = figures[way]
            lines.append(
                f"| {log}: {way} | {one['cases']} of {figures['cases']} | {_three(one['pairs'])} "
                f"| {_two(one['cases_again'])} | {_three(one['groups'])} of {figures['groups']} "
                f"| {_two(one['places']['spearman'])} | {_two(one['order'])} ({_two(figures['order'])}) |"
            )
    return lines


def _type_lines(document: dict[str, Any]) -> list[str]:
    """Write what is said of the groups that are found."""
    lines = ["| log | groups found by handover | whole processes, lists and streams |", "|---|---|---|"]
    for log, groups in document["types"].items():
        handover, whole = (
            ", ".join(_said(one) for one in groups if (one["origin"] == "handover") == kind) or "-"
            for kind in (True, False)
        )
        kind = "process" if log in PROCESSES else "talk"
        lines.append(f"| {log} ({kind}) | {handover} | {whole} |")
    return lines


def _said(one: dict[str, Any]) -> str:
    """Write what is said of one group."""
    sure = "" if one["probability"] is None else f" {one['probability']:.2f}"
    return f"{one['type']}{sure} ({one['size']} people)"


def _three(one: dict[str, Any]) -> str:
    """Write precision, recall and F1."""
    return ", ".join(_two(one[name]) for name in ("precision", "recall", "f1"))


def _two(value: float | None) -> str:
    """Write a share with two digits."""
    return "-" if value is None else f"{value:.2f}"
