"""How much ties change where weights are made in another way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from scipy import stats

from commfinder import _validate
from commfinder.errors import InputError
from commfinder.graph.aggregate import PairWindows, pair_windows
from commfinder.graph.decay import SCALE, fixed_weight
from commfinder.graph.interaction_graph import InteractionGraph
from commfinder.graph.rule import ANSWERABLE
from commfinder.interactions.rows import medium_codes
from commfinder.interactions.schema import MEDIA
from commfinder.provenance import continued, record

__all__ = ["CAPS", "DISCOUNTS", "HALF_LIVES", "Variant", "tie_sensitivity", "variants"]

FloatArray = npt.NDArray[np.float64]

DISCOUNTS: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "1/k": lambda k: 1 / k,
    "1/sqrt(k)": lambda k: 1 / np.sqrt(k),
    "1/log2(1+k)": lambda k: 1 / np.log2(1 + k),
    "1": np.ones_like,
}
"""What an event to k recipients gives to each of them. All of them let one recipient have a whole event."""

CAPS = (4, 10)
"""Most recipients of an event that makes ties, beside that of the graph."""

HALF_LIVES = (45.0, 90.0)
"""Days after which an event weighs half."""

_DIGITS = 6
_COLUMNS = {"setting": "string", "value": "string", "pairs": "int64", "ties": "int64", "kendall_tau": "float64"}


@dataclass(frozen=True, eq=False)
class Variant:
    """A graph with one setting changed.

    Parameters
    ----------
    setting : {"discount", "max_recipients", "half_life"}
        What was changed.
    value : str
        To what.
    graph : InteractionGraph
        The graph that it gives, of the same people.
    """

    setting: str
    value: str
    graph: InteractionGraph


def tie_sensitivity(
    graph: InteractionGraph,
    *,
    discounts: Iterable[str] | None = None,
    caps: Iterable[int] | None = None,
    half_lives: Iterable[float] | None = None,
) -> pd.DataFrame:
    """Tell how much the order of ties by weight changes where weights are made in another way.

    There is no way of sharing an event among its recipients that has been shown to be right: all that follow a few
    plain axioms do [1]_. What a result owes to the choice can be told. Prefer `commfinder.communities.sensitivity`,
    which also tells how much communities change.

    Parameters
    ----------
    graph : InteractionGraph
        The graph.
    discounts : iterable of str, optional
        Which of `DISCOUNTS`; all but that of the graph by default.
    caps : iterable of int, optional
        Most recipients of an event that makes ties; 4 and 10 by default, where the graph has more.
    half_lives : iterable of float, optional
        Days after which an event weighs half; 45 and 90 by default, where events have times.

    Returns
    -------
    pandas.DataFrame
        One row for each change, one setting at a time, the others as in the graph:

        - setting, value
        - pairs: pairs with any event left
        - ties: pairs to which the binary rule applies; discounts and decay do not touch it
        - kendall_tau: agreement (τ-b) of the order of pairs by weight with that of the graph, -1 to 1; a pair without
          an event weighs 0. Missing where all weights are equal

    Raises
    ------
    InputError
        If a discount is not known, a cap is above that of the graph, or half-lives are asked for where nothing has a
        time.

    References
    ----------
    .. [1] Gupte, Eliassi-Rad (2012), Measuring tie strength in implicit social networks. WebSci 2012.

    Examples
    --------
    >>> from commfinder import Interactions, build_graph
    >>> rows = {"event": ["1", "1", "1", "2", "3"], "sender": ["a", "a", "a", "b", "c"]}
    >>> rows["recipient"] = ["b", "c", "d", "a", "d"]
    >>> graph = build_graph(Interactions.from_frame(rows, event="event"))
    >>> tie_sensitivity(graph, caps=[2])[["setting", "value", "pairs", "kendall_tau"]].round(2).values.tolist()
    [['discount', '1/sqrt(k)', 4, 1.0], ['discount', '1/log2(1+k)', 4, 1.0], ['discount', '1', 4, 0.77], \
['max_recipients', '2', 2, 0.89]]
    """
    rows = [
        {
            "setting": one.setting,
            "value": one.value,
            "pairs": len(one.graph.tie_values("tie")),
            "ties": int(one.graph.tie_values("tie").sum()),
            "kendall_tau": weight_agreement(graph, one.graph),
        }
        for one in variants(graph, discounts=discounts, caps=caps, half_lives=half_lives)
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)


def variants(
    graph: InteractionGraph,
    *,
    discounts: Iterable[str] | None = None,
    caps: Iterable[int] | None = None,
    half_lives: Iterable[float] | None = None,
) -> Iterator[Variant]:
    """Make the graph again, one setting changed at a time; for the parameters see `tie_sensitivity`.

    Yields
    ------
    Variant
        Discounts, then caps, then half-lives.

    Notes
    -----
    Rows are looked at once for all discounts, and once more for each cap and each half-life. Media of which the graph
    holds more than messages from one person to another, such as meetings shared by many, stay as they are.
    """
    chosen = (
        list(DISCOUNTS)[1:]
        if discounts is None
        else [_validate.choice(name, DISCOUNTS, what="discounts") for name in discounts]
    )
    highest = _option(graph, "max_recipients", 20)
    limits = [cap for cap in CAPS if cap < highest] if caps is None else [_cap(cap, highest) for cap in caps]
    fading = _half_lives(graph, half_lives)
    if not (chosen or limits or fading):
        return
    sums = _by_size(graph, _option(graph, "half_life", None))
    rest = _rest(graph, sums)
    sums = sums[~sums["medium"].isin(rest["medium"])]
    for name in chosen:
        yield Variant("discount", name, _rebuilt(graph, _layer(graph, sums, name), rest))
    for cap in limits:
        layer, events = _layer(graph, sums[sums["size"] <= cap], "1/k"), _without_large(graph, cap, rest)
        yield Variant("max_recipients", str(cap), _rebuilt(graph, layer, rest, events, max_recipients=cap))
    for days in fading:
        sums = _by_size(graph, days)
        layer = _layer(graph, sums[~sums["medium"].isin(rest["medium"])], "1/k")
        yield Variant("half_life", f"{days:g}", _rebuilt(graph, layer, rest, half_life=days))


def weight_agreement(first: InteractionGraph, second: InteractionGraph) -> float:
    """Return Kendall's τ-b of the weights of the ties of two graphs of the same people.

    Parameters
    ----------
    first, second : InteractionGraph
        The graphs.

    Returns
    -------
    float
        -1 to 1; nan where all weights of one are equal. Pairs in only one of them weigh 0 in the other.
    """
    n = len(first.people)
    keys = [graph.pairs[0] * n + graph.pairs[1] for graph in (first, second)]
    union = np.union1d(*keys)
    if len(union) < 2:
        return float("nan")
    sides = []
    for graph, key in zip((first, second), keys, strict=True):
        weight = np.zeros(len(union))
        # Sums of rounded thirds differ from wholes in the eighth digit; they are the same weight.
        weight[np.searchsorted(union, key)] = np.round(graph.tie_values("weight"), _DIGITS)
        sides.append(weight)
    if any(len(np.unique(side)) == 1 for side in sides):
        return float("nan")
    return float(stats.kendalltau(*sides).statistic)


def _cap(cap: Any, highest: int) -> int:
    """Check a cap."""
    value = _validate.count(cap, what="caps")
    if value > highest:
        raise InputError(
            f"caps holds {value}, and events to more than {highest} recipients are not in the graph.",
            hint=f"Build the graph with max_recipients={value} first.",
        )
    return value


def _half_lives(graph: InteractionGraph, wanted: Iterable[float] | None) -> list[float]:
    """Check half-lives, or choose them."""
    if wanted is None:
        return list(HALF_LIVES) if graph.windows is not None else []
    chosen = [_validate.positive(days, what="half_lives") for days in wanted]
    if chosen and graph.windows is None:
        raise InputError("Nothing in the graph has a time, so that nothing decays.", hint="Leave half_lives out.")
    return chosen


def _option(graph: InteractionGraph, name: str, default: Any) -> Any:
    """Return an option that the graph was built with."""
    return graph.provenance.parameters.get(name, default)


def _by_size(graph: InteractionGraph, half_life: float | None) -> pd.DataFrame:
    """Sum what is left of events after decay, per pair, direction, medium and number of recipients."""
    inter = graph.interactions
    rows = inter.rows.filter(inter.rows.recipient.notnull() & (inter.rows.sender != inter.rows.recipient))
    # With one recipient each, what is left of an event is its decay alone.
    alone = rows.mutate(size=ibis.greatest(rows.n_recipients, 1), n_recipients=ibis.literal(1, "int32"))
    marked = alone.select(
        a=ibis.least(alone.sender, alone.recipient),
        b=ibis.greatest(alone.sender, alone.recipient),
        medium=alone.medium,
        size=alone["size"],
        upward=ibis.ifelse(alone.sender < alone.recipient, 1, 0).cast("int32"),
        left=fixed_weight(alone, end_us=None if graph.windows is None else graph.windows.end_us, half_life=half_life),
    )
    keys = ["a", "b", "medium", "size", "upward"]
    sums = marked.group_by(keys).aggregate(left=marked.left.sum().cast("int64"), events=marked.count().cast("int64"))
    table: pa.Table = sums.order_by(keys).to_pyarrow()
    frame: pd.DataFrame = table.to_pandas()
    numbers = _numbers(graph)
    medium = np.array(MEDIA, dtype=object)[frame["medium"].to_numpy()]
    return frame.assign(a=numbers[frame["a"].to_numpy()], b=numbers[frame["b"].to_numpy()], medium=medium)


def _rest(graph: InteractionGraph, sums: pd.DataFrame) -> pd.DataFrame:
    """Return the layers that are not made of the rows alone; nothing is known of the sizes of their events."""
    keys = ["a", "b", "medium"]
    own = sums.groupby(keys, sort=True)["events"].sum()
    held = graph.layers.set_index(keys)["events"]
    both = pd.concat([own, held], axis=1, keys=["own", "held"]).reset_index()
    other = set(both.loc[both["own"] != both["held"], "medium"])
    return graph.layers[graph.layers["medium"].isin(other)]


def _layer(graph: InteractionGraph, sums: pd.DataFrame, discount: str) -> pd.DataFrame:
    """Weigh sums by size, as `build_graph` does."""
    given = sums["left"].to_numpy() / SCALE * DISCOUNTS[discount](sums["size"].to_numpy(dtype=np.float64))
    upward = sums["upward"].to_numpy() == 1
    parts = sums[["a", "b", "medium", "events"]].assign(
        ab=np.where(upward, given, 0.0), ba=np.where(upward, 0.0, given)
    )
    layer = parts.groupby(["a", "b", "medium"], sort=True, as_index=False)[["ab", "ba", "events"]].sum()
    ab, ba = layer["ab"].to_numpy(), layer["ba"].to_numpy()
    total, floor = ab + ba, float(_option(graph, "reciprocity_floor", 0.5))
    balance = np.divide(2 * np.minimum(ab, ba), total, out=np.zeros_like(total), where=total > 0)
    answerable = layer["medium"].isin(ANSWERABLE).to_numpy()
    return layer.assign(weight=total / 2 * np.where(answerable, floor + (1 - floor) * balance, 1.0))


def _rebuilt(
    graph: InteractionGraph, layer: pd.DataFrame, rest: pd.DataFrame, events: PairWindows | None = None, **changed: Any
) -> InteractionGraph:
    """Put a graph together from other layers."""
    if len(rest):
        layer = pd.concat([layer, rest], ignore_index=True).sort_values(["a", "b", "medium"], ignore_index=True)
    return InteractionGraph.assemble(
        attributes=graph.people.drop(columns=["strength", "degree"]),
        layer=layer,
        events=graph.pair_windows if events is None else events,
        rule=graph.rule,
        windows=graph.windows,
        period=graph.period,
        factors=graph.factors,
        interactions=graph.interactions,
        provenance=continued(graph.provenance, record("variants", {**graph.provenance.parameters, **changed})),
    )


def _numbers(graph: InteractionGraph) -> npt.NDArray[np.int64]:
    """Return the number in the graph of each name in its interactions."""
    place = pd.Index(graph.people["person"])
    numbers: npt.NDArray[np.int64] = place.get_indexer(graph.interactions.people).astype(np.int64)
    return numbers


def _without_large(graph: InteractionGraph, cap: int, rest: pd.DataFrame) -> PairWindows:
    """Count events per pair and window again, those to more recipients left out."""
    rows, numbers = graph.interactions.rows, _numbers(graph)
    large = rows.filter(rows.n_recipients > cap)
    if len(rest):
        large = large.filter(~large.medium.isin(medium_codes(*sorted(set(rest["medium"])))))
    gone = pair_windows(replace(graph.interactions, rows=large, _facts={}), graph.windows)
    names = ("forth", "back", "events")
    before, less = (
        pd.DataFrame({"a": a, "b": b, "window": held.window, **{name: getattr(held, name) for name in names}})
        for held, a, b in (
            (graph.pair_windows, graph.pair_windows.a, graph.pair_windows.b),
            (gone, numbers[gone.a], numbers[gone.b]),
        )
    )
    less[list(names)] *= -1
    left = pd.concat([before, less]).groupby(["a", "b", "window"], sort=True, as_index=False).sum()
    left = left[left["events"] > 0]
    return PairWindows(*(left[name].to_numpy() for name in ("a", "b", "window", *names)))
