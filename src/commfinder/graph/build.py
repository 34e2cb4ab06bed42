"""From interactions to ties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.errors import InputError, nearest
from commfinder.graph.aggregate import layers, layers_and_windows, pair_windows
from commfinder.graph.copresence import CopresenceRule, add_layers, add_windows, direct, find_copresence
from commfinder.graph.interaction_graph import InteractionGraph
from commfinder.graph.pair_windows import PairWindows
from commfinder.graph.rule import ANSWERABLE, TieRule
from commfinder.graph.tables import LayerTable, in_name_order, weighed
from commfinder.interactions import Interactions, Loss
from commfinder.interactions.losses import losses_frame
from commfinder.interactions.machines.find import Machines, find_machines
from commfinder.interactions.rows import medium_codes
from commfinder.interactions.schema import MEDIA
from commfinder.people import Directory
from commfinder.period import Period, PeriodLike, Windows, parse_period
from commfinder.provenance import record

__all__ = ["build_graph"]

FloatArray = npt.NDArray[np.float64]


def build_graph(
    inter: Interactions,
    people: Directory | None = None,
    *,
    period: PeriodLike = None,
    half_life: float | None = None,
    reciprocity_floor: float = 0.5,
    medium_weights: Mapping[str, float] | None = None,
    max_recipients: int = 20,
    keep_automated: bool = False,
    outsiders: str = "drop",
    machines: Any = None,
    copresence: CopresenceRule | None = None,
    rule: TieRule | None = None,
) -> InteractionGraph:
    """Build the graph of who works with whom from interactions.

    Parameters
    ----------
    inter : Interactions
        Interactions between people; resolve accounts first (`resolve_people`).
    people : Directory, optional
        The organisation. Everybody in it is in the graph, also who does not interact. Without one, everybody
        who interacts is, with the unit that the sources name, if any.
    period : Period, str or pair, optional
        Only interactions inside ``[start, end)``; None takes all.
    half_life : float, optional
        Days after which an event weighs half, told from the end of the period; 45 to 60 days give the current
        strength of ties. None weighs all events of the period alike. The binary rule never decays.
    reciprocity_floor : float, default 0.5
        Share of its weight that a tie keeps in mail and chat if nothing is ever answered, from 0 to 1.
    medium_weights : mapping of str to float, optional
        How much a medium counts beside the others after each is put on one scale; 1 for those not named.
    max_recipients : int, default 20
        Events to more recipients are mass mail and make no tie.
    keep_automated : bool, default False
        Whether what machines send makes ties.
    outsiders : {"drop", "keep"}, default "drop"
        What becomes of people who are not in the directory: left out and counted, or kept without a unit.
    machines : Machines, path, mapping of str to str, or frame-like, optional
        What `find_machines` returned, or your decisions about some accounts; see `Interactions.clean`.
    copresence : CopresenceRule, optional
        Also tie people who were in the same meetings, edited the same pages, or wrote in the same threads, and what of
        these counts. None takes only what somebody sends to somebody.
    rule : TieRule, optional
        When two people have a tie for the purpose of tests.

    Returns
    -------
    InteractionGraph

    Raises
    ------
    PeriodError
        If the period holds no interaction.
    InputError
        If nobody who interacts is in the directory, or an option is out of range.

    Notes
    -----
    An event from i to k recipients gives each a weight of 1/k (times the decay). With a = weight from i to j and b =
    back, the weight of the tie in a medium is (a + b)/2 in media where both take part, and in mail and chat
    (a + b)/2 · (r0 + (1 - r0) · 2 min(a, b)/(a + b)) with r0 = `reciprocity_floor`. Media are put on one scale before
    they are added: each is divided by the mean strength of the people who use it and multiplied by the mean of those
    means, so that with a single medium weights are discounted events.

    Examples
    --------
    >>> import pandas as pd
    >>> chat = pd.DataFrame({"sender": ["a", "b", "a"], "recipient": ["b", "a", "c"]})
    >>> build_graph(Interactions.from_frame(chat, medium="chat")).ties[["person_a", "person_b", "weight"]]
      person_a person_b  weight
    0        a        b    1.00
    1        a        c    0.25
    """
    half_life = None if half_life is None else _validate.positive(half_life, what="half_life")
    floor = _validate.fraction(reciprocity_floor, what="reciprocity_floor")
    _validate.choice(outsiders, ("drop", "keep"), what="outsiders")
    factors = _medium_factors(medium_weights)
    span = parse_period(period)
    before = inter if span is None else inter.select(period=span)
    judged = machines if isinstance(machines, Machines) else find_machines(before, decisions=machines)
    cleaned = inter.clean(period=span, max_recipients=max_recipients, keep_automated=keep_automated, machines=judged)
    attributes, cleaned = _people(before, cleaned, people, span, judged, outsiders=outsiders)
    numbers = _numbers(cleaned, attributes)
    windows = _windows(cleaned, span, rule)
    end_us = windows.end_us if windows is not None else None
    counts, sums, cleaned = _counted(cleaned, windows, copresence, end_us=end_us, half_life=half_life)
    events = _renumber(counts, numbers)
    fitted = _fit(rule or TieRule(), events, windows)
    layer = _layer_table(sums, numbers, floor)
    parameters = {
        "period": span,
        "half_life": half_life,
        "reciprocity_floor": floor,
        "medium_weights": dict(factors),
        "max_recipients": max_recipients,
        "keep_automated": keep_automated,
        "outsiders": outsiders,
        "rule": str(fitted),
        "machines_excluded": len(judged.excluded),
        "copresence": None if copresence is None else str(copresence),
    }
    return InteractionGraph.assemble(
        attributes=attributes,
        layer=layer,
        events=events,
        rule=fitted,
        windows=windows,
        period=span or cleaned.period,
        factors=factors,
        interactions=cleaned,
        copresence=copresence,
        provenance=record("build_graph", parameters, inputs=cleaned.provenance.inputs),
    )


def _medium_factors(given: Mapping[str, float] | None) -> dict[str, float]:
    """Check the weights of media; those not named weigh 1."""
    factors = dict.fromkeys(MEDIA, 1.0)
    for medium, factor in (given or {}).items():
        if medium not in MEDIA:
            raise InputError(f"medium_weights names {medium!r}.", hint=nearest(medium, MEDIA))
        factors[medium] = _validate.positive(factor, what=f"medium_weights[{medium!r}]")
    return factors


def _counted(
    cleaned: Interactions,
    windows: Windows | None,
    copresence: CopresenceRule | None,
    *,
    end_us: int | None,
    half_life: float | None,
) -> tuple[PairWindows, Mapping[str, Any], Interactions]:
    """Count events and sum weights per pair: what was sent, and what was shared, where that is wanted."""
    if copresence is None:
        sums, events = layers_and_windows(cleaned, windows, end_us=end_us, half_life=half_life)
        return events, sums, cleaned
    sent, shared = direct(cleaned, copresence), find_copresence(cleaned, copresence, end_us=end_us)
    events = add_windows(pair_windows(sent, windows), shared.pair_windows(windows))
    table = add_layers(
        layers(sent, end_us=end_us, half_life=half_life), shared.layers(end_us=end_us, half_life=half_life)
    )
    sums = in_name_order({name: table[name].to_numpy() for name in table.column_names})
    if not shared.losses:
        return events, sums, cleaned
    losses = pd.concat([cleaned.losses, losses_frame(shared.losses)], ignore_index=True)
    return events, sums, replace(cleaned, losses=losses)


def _people(
    before: Interactions,
    cleaned: Interactions,
    people: Directory | None,
    span: Period | None,
    judged: Machines,
    *,
    outsiders: str,
) -> tuple[pd.DataFrame, Interactions]:
    """Decide who is in the graph, in canonical order, and leave out the rows of everybody else."""
    machines = _machines(before, cleaned, judged)
    if people is None:
        known = cleaned.accounts[cleaned.accounts["unit"].notna()].drop_duplicates("account")
        unit = dict(zip(known["account"], known["unit"], strict=True))
        everybody = sorted((set(before.people) | set(cleaned.people)) - machines)
        frame = pd.DataFrame({"person": pd.array(everybody, dtype="string")})
        frame["unit"] = pd.array([unit.get(person) for person in everybody], dtype="string")
        for name in ("site", "manager"):
            frame[name] = pd.array([None] * len(frame), dtype="string")
        frame["level"] = pd.array([None] * len(frame), dtype="Float64")
        return frame, cleaned
    moment = pd.Timestamp(span.end) if span is not None else None
    frame = people.at(moment).drop(columns=["addresses", "since", "until"])
    inside = set(frame["person"])
    strangers = sorted(set(cleaned.people) - inside)
    if cleaned.people and len(strangers) == len(cleaned.people):
        raise InputError(
            f"None of the {len(strangers)} accounts that interact is in the directory of {len(inside)} people.",
            need=f"For example, {strangers[0]!r} is not.",
            hint="Resolve accounts first: inter, aliases = commfinder.resolve_people(inter, people).",
        )
    if outsiders == "keep":
        extra = pd.DataFrame({"person": pd.array(strangers, dtype="string")})
        frame = pd.concat([frame, extra], ignore_index=True) if strangers else frame
        return frame.sort_values("person").reset_index(drop=True), cleaned
    if not strangers:
        return frame, cleaned
    kept = cleaned.select(people=inside)
    advice = "Add them to the directory, or build the graph with outsiders='keep'."
    loss = Loss(
        "clean", "directory", "with people outside the directory", len(cleaned) - len(kept), "rows", None, advice
    )
    losses = pd.concat([cleaned.losses, losses_frame([loss])], ignore_index=True)
    return frame, replace(kept, losses=losses)


def _machines(before: Interactions, cleaned: Interactions, judged: Machines) -> set[str]:
    """Return accounts that cleaning took out as machines: they are no people, isolated or not."""
    gone = set(before.people) - set(cleaned.people)
    said = set(before.accounts.loc[before.accounts["kind"] != "person", "account"])
    flagged = before.rows.filter(before.rows.automated).select("sender").distinct().to_pyarrow()["sender"].to_pylist()
    names = before.people
    return gone & (said | {names[code] for code in flagged} | set(judged.excluded))


def _numbers(inter: Interactions, attributes: pd.DataFrame) -> npt.NDArray[np.int32]:
    """Return the number in the graph of each name in the interactions."""
    position = {person: number for number, person in enumerate(attributes["person"])}
    return np.array([position[name] for name in inter.people], dtype=np.int32)


def _windows(inter: Interactions, span: Period | None, rule: TieRule | None) -> Windows | None:
    """Cut the period, or else the time the data cover, into windows."""
    days = rule.window_days if rule is not None else None
    if span is not None:
        return Windows.over(span.start_us, span.end_us, days=days)
    low, high = inter.span_us
    if low is None or high is None:
        return None
    return Windows.over(low, high + 1, days=days)


def _renumber(events: PairWindows, numbers: npt.NDArray[np.int32]) -> PairWindows:
    """Turn numbers of names into numbers of people; both are in sorted order, so order and direction stay."""
    a, b = (_renumbered(one, numbers) for one in events.pairs)
    columns = {name: getattr(events, name) for name in ("window", "forth", "back", "events")}
    return PairWindows.of_pairs((a, b), events.starts, **columns)


def _renumbered(codes: npt.NDArray[Any], numbers: npt.NDArray[np.int32]) -> npt.NDArray[Any]:
    """Return the numbers of people; where they are those of their names, nothing is copied."""
    same = len(numbers) == 0 or int(numbers[-1]) == len(numbers) - 1
    return codes if same else numbers[codes]


def _fit(rule: TieRule, events: PairWindows, windows: Windows | None) -> TieRule:
    """Relax the rule to what the data can show at all."""
    timed = events.window >= 0
    if not timed.any() or windows is None:
        return replace(rule, min_events=1, min_windows=1, both_ways=False)
    if windows.count == 1 and int(np.maximum(events.forth, events.back)[timed].max(initial=0)) <= 1:
        return replace(rule, min_events=1, min_windows=1, both_ways=False)
    return replace(rule, min_windows=min(rule.min_windows, windows.count))


def _layer_table(sums: Mapping[str, Any], numbers: npt.NDArray[np.int32], floor: float) -> LayerTable:
    """Join the two directions of each pair in each medium, and weigh them by how far they are returned."""
    answerable = np.isin(np.arange(len(MEDIA)), medium_codes(*ANSWERABLE))
    ab, ba, weight = weighed(sums["ab"], sums["ba"], answerable[sums["medium"]], floor)
    a, b = (_renumbered(sums[name], numbers) for name in ("a", "b"))
    return LayerTable(a, b, sums["medium"], ab, ba, sums["events"], weight)
