"""Where communities and people lie in a picture: what works together lies together, and nothing lies on another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.communities.weights import detection_weights

if TYPE_CHECKING:
    from commfinder.communities.value import Communities

__all__ = ["Map", "between", "main_memberships", "place_communities", "place_people"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# In radii of a mean disc: the smallest gap between two discs of communities, or of people, which have their name above
# them; and the gap between two communities whose contact is as expected.
_LEAST_GAP, _NAMED_GAP, _GAP = 0.25, 0.45, 0.7
_STEPS, _ROUNDS, _ENOUGH = 300, 600, 1e-4
# Matching people and seats takes the third power of their number; in larger discs the distance to the middle decides.
_MOST_MATCHED = 1500
_GOLDEN = np.pi * (3 - np.sqrt(5))


@dataclass(frozen=True, eq=False)
class Map:
    """Places of people, and of the discs they lie in.

    Parameters
    ----------
    people : pandas.DataFrame
        person, community (the main one; missing for who is in none), x, y, sorted by person.
    discs : pandas.DataFrame
        community (missing for the disc of those in none), size (people in it), x, y, radius: the root of the size.
    """

    people: pd.DataFrame
    discs: pd.DataFrame


def main_memberships(members: pd.DataFrame) -> pd.DataFrame:
    """Return the main community of each person: the one with the highest strength.

    Parameters
    ----------
    members : pandas.DataFrame
        `Communities.members`.

    Returns
    -------
    pandas.DataFrame
        The rows of `members` with the highest strength of each person, sorted by person; of equal strength, the
        community that comes first by name (C2 before C10).

    Examples
    --------
    >>> rows = {"person": ["a", "a"], "community": ["C1", "C2"], "strength": [0.2, 0.7]}
    >>> main_memberships(pd.DataFrame(rows))["community"].tolist()
    ['C2']
    """
    name = members["community"].fillna("").astype(str)
    ordered = members.assign(_long=name.str.len(), _name=name)
    ordered = ordered.sort_values(["person", "strength", "_long", "_name"], ascending=[True, False, True, True])
    return ordered.drop_duplicates("person").drop(columns=["_long", "_name"]).reset_index(drop=True)


def between(found: Communities) -> pd.DataFrame:
    """Return how far communities are in contact, beside what the activity of their people explains.

    Parameters
    ----------
    found : Communities
        The communities.

    Returns
    -------
    pandas.DataFrame
        community_a, community_b (each pair once, where there is any contact), ties (pairs of people in contact),
        weight (damped weight between them), expected (of people as active who choose their contacts by activity
        alone), ratio (weight over expected; above 1 is more than activity explains). The weight of a person in several
        communities is shared equally among them.
    """
    names = _order(found.summary)["community"].tolist()
    return _between(found, names, found.members.dropna(subset=["community"]))


def place_communities(found: Communities, *, most: int = 200, seed: int = 0) -> pd.DataFrame:
    """Place the largest communities as discs that do not overlap; prefer `place_people` for a dot a person.

    Parameters
    ----------
    found : Communities
        The communities.
    most : int, default 200
        How many of the largest are placed; the work grows with the third power of it.
    seed : int, default 0
        Seed. Equal communities and seeds give equal places, in whatever order the rows come.

    Returns
    -------
    pandas.DataFrame
        community, size, x, y, radius (the root of the size), largest first.

    Raises
    ------
    InputError
        If `most` or the seed is out of range.

    Notes
    -----
    Two communities are as far apart as the shortest way along their contacts is long, where a contact is the shorter
    the more it is above expectation. Stress majorisation finds places at such distances; discs that still overlap
    are then pushed apart.

    References
    ----------
    .. [1] Gansner, Koren, North (2005), Graph drawing by stress majorization. doi:10.1007/978-3-540-31843-9_25

    Examples
    --------
    >>> from commfinder.communities import find_communities
    >>> from commfinder.graph import build_graph
    >>> from commfinder.interactions import Interactions
    >>> chat = {"sender": list("aabdde"), "recipient": list("bcceff")}
    >>> found = find_communities(build_graph(Interactions.from_frame(chat, medium="chat")), confidence=False)
    >>> place_communities(found)["radius"].round(2).tolist()
    [1.73, 1.73]
    """
    most = _validate.count(most, what="most")
    seed = _validate.seed(seed)
    discs = _order(found.summary)[["community", "size"]].head(most).reset_index(drop=True)
    names = discs["community"].tolist()
    ratio = _ratios(_between(found, names, found.members.dropna(subset=["community"])), names)
    radius = np.sqrt(discs["size"].to_numpy(dtype=np.float64))
    xy = _places(radius, ratio, seed, _LEAST_GAP)
    return discs.assign(x=xy[:, 0], y=xy[:, 1], radius=radius)


def place_people(found: Communities, *, seed: int = 0) -> Map:
    """Place everybody in the disc of the main community, on the side of those they also work with.

    Parameters
    ----------
    found : Communities
        The communities.
    seed : int, default 0
        Seed. Equal communities and seeds give equal places, in whatever order the rows come.

    Returns
    -------
    Map
        Who is in no community lies in a disc of its own, beside the others. Two people of a disc are about 1.7 apart.

    Raises
    ------
    InputError
        If the seed is out of range.

    Notes
    -----
    The places in a disc are those of the seeds of a sunflower. Whose ties stay inside is drawn to the middle, whose
    ties lead to other communities to their side; each gets a place so that the sum of squared distances from where they
    are drawn to is smallest. In discs of more than 1,500 people only how far out they are is chosen so.
    """
    seed = _validate.seed(seed)
    main = main_memberships(found.members).set_index("person").reindex(found.graph.people["person"]).reset_index()
    size = main["community"].value_counts()
    inside = main.dropna(subset=["community"])
    discs = _order(found.summary)[["community"]]
    discs = discs.assign(size=discs["community"].map(size).fillna(0).astype("int64"))
    discs = discs[discs["size"] > 0].reset_index(drop=True)
    names = discs["community"].tolist()
    radius = np.sqrt(discs["size"].to_numpy(dtype=np.float64))
    xy = _places(radius, _ratios(_between(found, names, inside), names), seed, _NAMED_GAP)
    nobody = int(main["community"].isna().sum())
    if nobody:
        own = pd.DataFrame({"community": pd.array([None], dtype="string"), "size": [nobody]})
        discs = pd.concat([discs.astype({"community": "string"}), own], ignore_index=True)
        xy = _beside(xy, radius, float(np.sqrt(nobody)))
        radius = np.append(radius, np.sqrt(nobody))
    discs = discs.assign(x=xy[:, 0], y=xy[:, 1], radius=radius)
    return Map(_seated(found, main, discs), discs)


def _order(summary: pd.DataFrame) -> pd.DataFrame:
    """Return the summary largest first, C2 before C10, whatever the order it came in."""
    name = summary["community"].astype(str)
    ordered = summary.assign(_size=-summary["size"], _long=name.str.len(), _name=name)
    return ordered.sort_values(["_size", "_long", "_name"]).drop(columns=["_size", "_long", "_name"])


def _between(found: Communities, names: list[str], inside: pd.DataFrame) -> pd.DataFrame:
    """Add up the contact between some communities, of given memberships."""
    import scipy.sparse as sp

    graph = found.graph
    n, k = len(graph.people), len(names)
    person = {name: number for number, name in enumerate(graph.people["person"])}
    column = {name: number for number, name in enumerate(names)}
    share = 1.0 / inside.groupby("person")["community"].transform("size")
    here = inside["community"].isin(names)
    rows = inside.loc[here, "person"].map(person).to_numpy(dtype=np.int64)
    columns = inside.loc[here, "community"].map(column).to_numpy(dtype=np.int64)
    belongs = sp.coo_array((share[here].to_numpy(dtype=np.float64), (rows, columns)), shape=(n, k)).tocsr()
    a, b = graph.pairs
    weight = detection_weights(graph)
    matrix = sp.coo_array((np.r_[weight, weight], (np.r_[a, b], np.r_[b, a])), shape=(n, n)).tocsr()
    total = float(weight.sum())
    held = (belongs.T @ matrix @ belongs).toarray()
    strength = belongs.T @ matrix.sum(axis=1)
    expected = np.outer(strength, strength) / (2 * total) if total > 0 else np.zeros((k, k))
    member, contact = belongs.copy(), matrix.copy()
    member.data = np.ones(len(member.data))
    contact.data = (contact.data > 0).astype(np.float64)
    ties = (member.T @ contact @ member).toarray()
    one, other = np.nonzero(np.triu(held, 1))
    name = np.array(names, dtype=object)
    return pd.DataFrame(
        {
            "community_a": pd.array(name[one], dtype="string"),
            "community_b": pd.array(name[other], dtype="string"),
            "ties": np.round(ties[one, other]).astype(np.int64),
            "weight": held[one, other],
            "expected": expected[one, other],
            "ratio": held[one, other] / expected[one, other],
        }
    )


def _ratios(contacts: pd.DataFrame, names: list[str]) -> FloatArray:
    """Return the ratios of contacts as a symmetric matrix."""
    column = {name: number for number, name in enumerate(names)}
    ratio = np.zeros((len(names), len(names)))
    a = contacts["community_a"].map(column).to_numpy(dtype=np.int64)
    b = contacts["community_b"].map(column).to_numpy(dtype=np.int64)
    ratio[a, b] = ratio[b, a] = contacts["ratio"].to_numpy(dtype=np.float64)
    return ratio


def _places(radius: FloatArray, ratio: FloatArray, seed: int, least: float) -> FloatArray:
    """Place discs by their contacts: wanted distances, stress majorisation, no overlap, the long side level."""
    k = len(radius)
    if k < 2:
        return np.zeros((k, 2))
    wanted = _distances(radius, ratio)
    start = _scaled(wanted) + np.random.default_rng(seed).normal(0, 0.01 * float(wanted.mean()), (k, 2))
    xy = _apart(_majorise(start, wanted), radius, least)
    xy = xy - xy.mean(axis=0)
    axes = np.linalg.svd(xy, full_matrices=False)[2]
    xy = xy @ axes.T
    # An axis has two directions; the largest community goes to the upper left.
    turned: FloatArray = xy * np.where(xy[0] * np.array([-1.0, 1.0]) < 0, -1.0, 1.0)
    return turned


def _distances(radius: FloatArray, ratio: FloatArray) -> FloatArray:
    """Return wanted distances: the shortest ways along contacts, the shorter the more contact there is."""
    from scipy.sparse.csgraph import shortest_path

    touch = radius[:, None] + radius
    gap = _GAP * float(radius.mean())
    length = np.zeros_like(ratio)
    here = ratio > 0
    length[here] = touch[here] + gap / np.sqrt(np.minimum(ratio[here], 25.0))
    ways: FloatArray = shortest_path(length, directed=False)
    finite = np.isfinite(ways)
    # Parts without any contact lie a little farther apart than anything within a part.
    ways[~finite] = (float(ways[finite].max()) + touch + gap)[~finite]
    np.fill_diagonal(ways, 0.0)
    return ways


def _scaled(wanted: FloatArray) -> FloatArray:
    """Scale distances to two dimensions: the classical start, the same for everybody."""
    square = wanted**2
    centred = -0.5 * (square - square.mean(axis=0) - square.mean(axis=1)[:, None] + square.mean())
    value, vector = np.linalg.eigh(centred)
    xy = vector[:, [-1, -2]] * np.sqrt(np.maximum(value[[-1, -2]], 0.0))
    flip = xy[np.abs(xy).argmax(axis=0), [0, 1]] < 0
    placed: FloatArray = np.where(flip, -xy, xy)
    return placed


def _majorise(xy: FloatArray, wanted: FloatArray) -> FloatArray:
    """Lower the stress, the sum over pairs of (distance/wanted - 1)², until it falls no more."""
    k = len(xy)
    weight = 1.0 / (wanted + np.eye(k)) ** 2
    np.fill_diagonal(weight, 0.0)
    inverse = np.linalg.pinv(np.diag(weight.sum(axis=1)) - weight, hermitian=True)
    before = np.inf
    for _ in range(_STEPS):
        distance = np.hypot(*(xy[:, None] - xy).transpose(2, 0, 1))
        stress = float((weight * (distance - wanted) ** 2).sum())
        if before - stress < _ENOUGH * stress:
            break
        before = stress
        pull = np.divide(weight * wanted, distance, out=np.zeros_like(distance), where=distance > 0)
        xy = np.asarray(inverse @ (pull.sum(axis=1)[:, None] * xy - pull @ xy), dtype=np.float64)
    return xy


def _apart(xy: FloatArray, radius: FloatArray, least: float) -> FloatArray:
    """Push discs apart until none comes nearer to another than the least gap; small ones give way to large ones."""
    k = len(xy)
    xy = xy + 1e-6 * np.column_stack([np.cos(_GOLDEN * np.arange(k)), np.sin(_GOLDEN * np.arange(k))])
    need = radius[:, None] + radius + least * float(radius.mean())
    np.fill_diagonal(need, 0.0)
    area = radius**2
    yields = area / (area[:, None] + area)
    for _ in range(_ROUNDS):
        delta = xy[:, None] - xy
        distance = np.hypot(delta[..., 0], delta[..., 1]) + np.eye(k)
        over = np.maximum(need - distance, 0.0)
        if float(over.max()) < _ENOUGH:
            break
        xy = xy + ((over * yields / distance)[..., None] * delta).sum(axis=1) * 0.6
    # Crowded discs may need more rounds than there are; making the whole picture wider helps for certain.
    distance = np.hypot(*(xy[:, None] - xy).transpose(2, 0, 1)) + np.eye(k)
    wider: FloatArray = xy * max(1.0, float((need / distance).max()))
    return wider


def _beside(xy: FloatArray, radius: FloatArray, own: float) -> FloatArray:
    """Add a disc beside all others, where it makes the picture grow least."""
    if not len(xy):
        return np.zeros((1, 2))
    gap = 2 * _NAMED_GAP * float(radius.mean())
    angle = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    best, least = np.zeros(2), np.inf
    low, high = (xy - radius[:, None]).min(axis=0), (xy + radius[:, None]).max(axis=0)
    middle = (low + high) / 2
    for way in np.column_stack([np.cos(angle), np.sin(angle)]):
        # Along this way, the farthest point at which the disc still touches another.
        off = xy - middle
        along, reach = off @ way, radius + own + gap
        side = (off**2).sum(axis=1) - along**2
        touched = side < reach**2
        far = float((along[touched] + np.sqrt(reach[touched] ** 2 - side[touched])).max(initial=0.0))
        place = middle + far * way
        wide, tall = np.maximum(high, place + own) - np.minimum(low, place - own)
        if max(wide, tall) < least - 1e-9:
            best, least = place, max(wide, tall)
    return np.vstack([xy, best])


def _seated(found: Communities, main: pd.DataFrame, discs: pd.DataFrame) -> pd.DataFrame:
    """Give everybody a place in the disc of the main community."""
    names = discs["community"].fillna("").tolist()
    position = {name: number for number, name in enumerate(names)}
    of = main["community"].fillna("").map(position).to_numpy(dtype=np.int64)
    centre = discs[["x", "y"]].to_numpy(dtype=np.float64)
    drawn = _leaning(found, of, centre)
    xy = np.empty((len(of), 2))
    for number, radius in enumerate(discs["radius"]):
        here = np.flatnonzero(of == number)
        rank = np.arange(len(here))
        seats = np.column_stack([np.cos(_GOLDEN * rank), np.sin(_GOLDEN * rank)])
        seats *= 0.91 * radius * np.sqrt((rank[:, None] + 0.5) / len(here))
        seats -= seats.mean(axis=0) if len(here) else 0.0
        xy[here] = centre[number] + seats[_choice(drawn[here] * radius, seats)]
    return pd.DataFrame({"person": main["person"], "community": main["community"], "x": xy[:, 0], "y": xy[:, 1]})


def _choice(drawn: FloatArray, seats: FloatArray) -> IntArray:
    """Return the seat of each person; the seats come from the middle outwards."""
    from scipy.optimize import linear_sum_assignment

    if len(seats) > _MOST_MATCHED:
        order = np.argsort(np.hypot(drawn[:, 0], drawn[:, 1]), kind="stable")
        return np.argsort(order, kind="stable")
    cost = ((drawn[:, None] - seats) ** 2).sum(axis=2)
    return np.asarray(linear_sum_assignment(cost)[1], dtype=np.int64)


def _leaning(found: Communities, of: IntArray, centre: FloatArray) -> FloatArray:
    """Return where each person is drawn to, within a circle of radius 1: the mean direction of the ties outward."""
    a, b = found.graph.pairs
    weight = detection_weights(found.graph)
    one, other, both = np.r_[a, b], np.r_[b, a], np.r_[weight, weight]
    way = centre[of[other]] - centre[of[one]]
    length = np.hypot(way[:, 0], way[:, 1])
    unit = np.divide(way, length[:, None], out=np.zeros_like(way), where=length[:, None] > 0)
    n = len(of)
    strength = np.bincount(one, both, n)
    pull = np.column_stack([np.bincount(one, both * unit[:, axis], n) for axis in (0, 1)])
    return np.divide(pull, strength[:, None], out=np.zeros((n, 2)), where=strength[:, None] > 0)
