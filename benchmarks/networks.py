"""The test network for detection: teams inside departments, random ties, and interest groups across units."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["DEPARTMENT", "TEAM", "Network", "communities", "load", "modularity", "organisation", "pieces", "save"]

TEAM, DEPARTMENT, INTEREST = 10, 150, 20

# Share of pairs tied within a team and within an interest group; draws per person of the other ties. Together, and with
# pairs drawn twice counted once, they give 16.7 ties a person, and a modularity of about .62 at resolution 1.
_IN_TEAM, _IN_INTEREST = 0.8, 0.4
_DEPARTMENT_DRAWS, _RANDOM_DRAWS, _INTEREST_TIES = 7.6, 4.05, 2.25

# Weights are gamma distributed: many weak ties, few strong ones.
_SHAPE, _SCALE = 2.0, 1.0

_CHUNK = 1 << 22


class Network(NamedTuple):
    """Undirected ties: each pair once, no loops, in no order that means anything."""

    source: npt.NDArray[np.int32]
    target: npt.NDArray[np.int32]
    weight: npt.NDArray[np.float64]
    n: int


def organisation(n: int, seed: int = 0, *, shuffled: bool = True) -> Network:
    """Draw the network of an organisation of `n` people; equal arguments give equal bytes.

    Parameters
    ----------
    n : int
        Number of people, some hundreds at least. They are in teams of 10, inside departments of 150. About 16.7 ties a
        person, of which 10.4 within the department.
    seed : int
        Seed.
    shuffled : bool
        Whether people and ties come in random order, as pseudonyms do. If not, people are numbered by department and
        ties are sorted, which is kinder to the caches of a processor.
    """
    rng = np.random.default_rng(seed)
    key = np.concatenate([_key(a, b, n) for a, b in _drawn(n, rng)])
    # Sorting numbers takes a hundredth of the time that np.unique takes for so many that differ.
    key.sort()
    key = key[np.concatenate([[True], key[1:] != key[:-1]])]
    if shuffled:
        number = rng.permutation(n).astype(np.int32)
        rng.shuffle(key)
    source, target = (key // n).astype(np.int32), (key % n).astype(np.int32)
    del key
    if shuffled:
        source, target = number[source], number[target]
    return Network(source, target, rng.gamma(_SHAPE, _SCALE, len(source)), n)


def _drawn(n: int, rng: np.random.Generator) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Draw the pairs of each kind, in pieces; some more than once, some of a person with themselves."""
    yield _grouped(np.arange(n), TEAM, _IN_TEAM, rng)
    for size in _pieces_of(round(_DEPARTMENT_DRAWS * n)):
        a = rng.integers(0, n, size)
        first = a - a % DEPARTMENT
        yield a, first + (rng.random(size) * np.minimum(DEPARTMENT, n - first)).astype(np.int64)
    for size in _pieces_of(round(_RANDOM_DRAWS * n)):
        yield rng.integers(0, n, size), rng.integers(0, n, size)
    groups = round(_INTEREST_TIES * n / (_IN_INTEREST * INTEREST * (INTEREST - 1) / 2))
    yield _grouped(rng.integers(0, n, groups * INTEREST), INTEREST, _IN_INTEREST, rng)


def _grouped(
    people: npt.NDArray[np.int64], size: int, share: float, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Cut a list of people into groups, and tie a share of the pairs in each; who is left over has none."""
    people = people[: len(people) - len(people) % size].reshape(-1, size)
    one, other = np.triu_indices(size, 1)
    group, pair = np.nonzero(rng.random((len(people), len(one)), dtype=np.float32) < share)
    return people[group, one[pair]], people[group, other[pair]]


def _pieces_of(draws: int) -> list[int]:
    """Cut many draws into pieces that need little memory."""
    return [min(_CHUNK, draws - start) for start in range(0, draws, _CHUNK)]


def _key(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    """Give each pair one number, whatever its order; leave loops out."""
    apart = a != b
    a, b = a[apart], b[apart]
    return np.minimum(a, b).astype(np.int64) * n + np.maximum(a, b)


def save(network: Network, folder: Path) -> None:
    """Write the arrays to a folder, from which each measuring process loads them."""
    for name in ("source", "target", "weight"):
        np.save(folder / f"{name}.npy", getattr(network, name))
    (folder / "n").write_text(str(network.n), encoding="utf-8")


def load(folder: Path) -> Network:
    """Load the arrays that `save` wrote."""
    source, target, weight = (np.load(folder / f"{name}.npy") for name in ("source", "target", "weight"))
    return Network(source, target, weight, int((folder / "n").read_text(encoding="utf-8")))


def communities(labels: npt.NDArray[np.integer]) -> tuple[npt.NDArray[np.int64], int]:
    """Number labels from 0 up; return them and how many there are."""
    names, number = np.unique(labels, return_inverse=True)
    return number.astype(np.int64), len(names)


def modularity(network: Network, labels: npt.NDArray[np.integer]) -> float:
    """Return the modularity of labels at resolution 1, on the weights as they are: one measure for all engines."""
    number, count = communities(labels)
    total = float(network.weight.sum())
    strength = np.bincount(network.source, network.weight, network.n)
    strength += np.bincount(network.target, network.weight, network.n)
    of_community = np.bincount(number, strength, count)
    inside = float(network.weight[number[network.source] == number[network.target]].sum())
    return inside / total - float((of_community**2).sum()) / (4 * total**2)


def pieces(network: Network, labels: npt.NDArray[np.integer]) -> int:
    """Count the connected pieces that communities consist of: as many as communities if each is connected."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    inside = labels[network.source] == labels[network.target]
    a, b = network.source[inside], network.target[inside]
    ties = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(network.n, network.n))
    return int(connected_components(ties, directed=False)[0])
