"""Who is in further communities: memberships of a partition extended to whatever ties are too many to be chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from commfinder import _validate
from commfinder.communities.adjacency import Adjacency
from commfinder.communities.overlap_kernel import judged, measured, repeats, tails
from commfinder.communities.quality import canonical
from commfinder.communities.threads import WORTH_A_THREAD, processors, together
from commfinder.communities.ties import Ties
from commfinder.errors import InputError

__all__ = ["Memberships", "extend"]

IntArray = npt.NDArray[np.int64]
Int32Array = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

State = tuple[IntArray, Int32Array, FloatArray]
"""Where the memberships of each person begin; the communities, home first; the logarithms of their tails."""


@dataclass(frozen=True, eq=False)
class Memberships:
    """Who is in which communities, and how strongly; make one with `extend`.

    One entry for each membership, sorted by person and, within a person, home first, then by community.

    Parameters
    ----------
    person : ndarray of int64, shape (k,)
        The member. Everybody occurs at least once.
    community : ndarray of int64, shape (k,)
        The community, numbered as in the labels that were extended. One that nobody stays in does not occur.
    strength : ndarray of float64, shape (k,)
        Share of the weight of the member's ties that goes to the community's members, 0 to 1; 0 for who has no ties.
        The shares of one person can add up to more than 1, since people on the other side overlap too.
    surprise : ndarray of float64, shape (k,)
        ln((x + 1/2) / (μ + 1/2)) for x ties to the community's members against the μ = k K/2m that the activity of
        both lets expect; 0 where there are as many as expected. The halves keep small counts from shouting.
    p : ndarray of float64, shape (k,)
        Probability of so many ties by chance, as tested (see `extend`), before it is corrected for the number of
        communities. It is no confidence: large communities make it small whether or not they are real.
    home : ndarray of bool, shape (k,)
        Whether this is the member's home, one for each person: where the labels put them or, where they are not
        significantly in that community, the most significant of their communities.
    periphery : ndarray of bool, shape (n,)
        For each person: in a community of two or more, but not significantly; they are there for want of a better
        place. Nobody is where there is only one community.
    """

    person: IntArray
    community: IntArray
    strength: FloatArray
    surprise: FloatArray
    p: FloatArray
    home: BoolArray
    periphery: BoolArray

    @classmethod
    def of(cls, ties: Ties, labels: npt.ArrayLike, *, alpha: float = 0.3, min_ties: int = 2) -> Memberships:
        """Describe a partition as memberships: everybody is at home, and nowhere else; `extend` looks further.

        Parameters
        ----------
        ties : Ties
            The ties.
        labels : array-like of int, shape (n,)
            Community of each person, any whole numbers.
        alpha, min_ties : float, int
            Who is below them at home is flagged as periphery; see `extend`.

        Returns
        -------
        Memberships

        Raises
        ------
        InputError
            If labels are not one whole number for each person, or an option is out of range.

        Examples
        --------
        >>> Memberships.of(Ties.of([0, 0, 1, 2], [1, 2, 2, 3], n=4), [0, 0, 0, 1]).strength.round(2).tolist()
        [1.0, 1.0, 0.67, 0.0]
        """
        names, home = _numbered(labels, ties.n)
        alpha, min_ties = _validate.positive(alpha, what="alpha"), _validate.count(min_ties, what="min_ties", low=2)
        rows = _distinct(ties)
        begin, community = np.arange(ties.n + 1), home.astype(np.int32)
        _, count, rate = measured(rows.start, rows.neighbour, rows.weight, begin, community, len(names))
        log_p = tails(count, np.diff(rows.start), rate)
        size = np.bincount(home, minlength=len(names))
        weak = (count < min_ties) | ~(log_p < _bar(size, alpha))
        return _described(rows, (begin, community, log_p), names, _edge(weak, size, home))

    @property
    def cover(self) -> list[IntArray]:
        """The members of each community, sorted; communities in the order of their numbers."""
        order = np.lexsort((self.person, self.community))
        cuts = np.flatnonzero(np.diff(self.community[order])) + 1
        return [part for part in np.split(self.person[order], cuts) if len(part)]


def extend(ties: Ties, labels: npt.ArrayLike, *, alpha: float = 0.3, min_ties: int = 2, passes: int = 4) -> Memberships:
    """Let people join every community to which they have more ties than chance gives; nobody is lost.

    Prefer `leiden` alone where everybody is to be in one community.

    Parameters
    ----------
    ties : Ties
        The ties. Weights matter to `Memberships.strength` alone; who joins is decided by how many people one has ties
        to.
    labels : array-like of int, shape (n,)
        Community of each person, any whole numbers; whoever is the only one of a number is in none.
    alpha : float, default 0.3
        How many communities may hold so many ties of a person by chance: the probability for one community, times the
        number of communities, has to be below it. Above zero. It bounds loosely, as counts are whole numbers and
        explained ties stay among the draws: at the default, some 1 to 3 % of people join a second community in random
        graphs, where all of them are wrong.
    min_ties : int, default 2
        Fewest ties for a membership, at least 2.
    passes : int, default 4
        Most passes; the later ones see the members that the earlier ones have added. It ends when nothing changes.

    Returns
    -------
    Memberships

    Raises
    ------
    InputError
        If labels are not one whole number for each person, or an option is out of range.

    Notes
    -----
    Take person v with ties to k others, and community c of total degree K without v, in a graph of m ties. If v's ties
    went anywhere at random, each would reach c at the rate g = K/2m, and x or more of them with probability
    P(Bin(k, g) ≥ x). The most significant community of a person comes first, or home if none is significant. Four
    things keep chance and structure from passing for further memberships:

    - A tie to somebody of a community that v is in is explained by it. For the next community, only ties count that
      lead to nobody in those before. So a colleague who is in two communities pulls nobody along into the second, and
      two communities of much the same people do not pass for two memberships.
    - What v does is compared with what the others at home do. Of their K_h ties, M lead to members of c who are not of
      their home, and the rate is taken to be (M + 5) / (K_h + 5/g), or M/K_h if that is more: where home has an
      inclination towards c, as two teams of one department do, it is no membership of v; and where there is nothing to
      go by, g stays. Those who have significantly many ties to c themselves do not count among the others, unless they
      are more than half of home: then it is an inclination.
    - Ties to people who have joined c count, but no more of them than lead to people whose home c is: those who have
      joined do not draw in their own circles, pass by pass.
    - There have to be 2 g (1 - g) k ties or more: twice what activity explains, and half of one's ties where two
      communities are all there is. Busy people can be significantly above the others at home with a few stray ties.

    Who is significantly elsewhere but not at home moves; who is significantly nowhere stays, flagged as periphery.
    Everybody is judged by the memberships before the pass, on whole counts: neither the order of ties and people nor
    the number of threads matters, and time and memory are in proportion to people and ties. In the manner of OSLOM
    [1]_, with a fixed number of communities. Tails are worked out by the expansion of Loader (2000) and exact to twelve
    digits.

    References
    ----------
    .. [1] Lancichinetti, Radicchi, Ramasco, Fortunato (2011), Finding statistically significant communities in
       networks. doi:10.1371/journal.pone.0018961

    Examples
    --------
    Two circles of five with one person, number 4, in both:

    >>> from itertools import combinations
    >>> pairs = [*combinations(range(5), 2), *combinations(range(4, 9), 2)]
    >>> a, b = zip(*pairs)
    >>> found = extend(Ties.of(a, b, n=9), [0, 0, 0, 0, 0, 1, 1, 1, 1])
    >>> [members.tolist() for members in found.cover]
    [[0, 1, 2, 3, 4], [4, 5, 6, 7, 8]]
    >>> found.strength[found.person == 4].tolist()
    [0.5, 0.5]
    """
    names, home = _numbered(labels, ties.n)
    alpha = _validate.positive(alpha, what="alpha")
    min_ties = _validate.count(min_ties, what="min_ties", low=2)
    passes = _validate.count(passes, what="passes")
    rows = _distinct(ties)
    state: State = (np.arange(ties.n + 1), home.astype(np.int32), np.zeros(ties.n))
    periphery = np.zeros(ties.n, dtype=bool)
    for _ in range(passes):
        before = state
        state, periphery = _pass(rows, before, len(names), alpha, min_ties)
        if np.array_equal(before[0], state[0]) and np.array_equal(before[1], state[1]):
            break
    return _described(rows, state, names, periphery)


def _numbered(labels: npt.ArrayLike, n: int) -> tuple[IntArray, Int32Array]:
    """Check that there is one whole number for each person; number communities anew; return the old numbers too."""
    given = np.atleast_1d(np.asarray(labels))
    if given.shape != (n,):
        raise InputError(f"labels have the shape {given.shape}.", need=f"One for each of the {n} people is needed.")
    if n and given.dtype.kind not in "iu":
        raise InputError(f"labels have the type {given.dtype}.", need="Whole numbers are needed.")
    home = canonical(given.astype(np.int64))
    names = np.zeros(int(home.max()) + 1 if n else 0, dtype=np.int64)
    names[home] = given
    return names, home


def _described(rows: Adjacency, state: State, names: IntArray, periphery: BoolArray) -> Memberships:
    """Measure memberships, and put them in order."""
    begin, community, log_p = state
    person = np.repeat(np.arange(len(begin) - 1), np.diff(begin))
    weight, count, rate = measured(rows.start, rows.neighbour, rows.weight, begin, community, len(names))
    total = rows.strength[person]
    strength = np.divide(weight, total, out=np.zeros(len(person)), where=total > 0)
    surprise = np.log((count + 0.5) / (rate * np.diff(rows.start)[person] + 0.5))
    first = np.zeros(len(person), dtype=bool)
    first[begin[:-1]] = True
    order = np.lexsort((names[community], ~first, person))
    return Memberships(
        person=person[order],
        community=names[community][order],
        strength=strength[order],
        surprise=surprise[order],
        p=np.exp(log_p)[order],
        home=first[order],
        periphery=periphery,
    )


def _bar(size: IntArray, alpha: float) -> float:
    """Return the logarithm of the probability that a membership must be below."""
    return math.log(alpha / max(int((size > 1).sum()), 1))


def _edge(weak: BoolArray, size: IntArray, home: IntArray | Int32Array) -> BoolArray:
    """Flag who is weakly in a community, if there are at least two: in the only one there is no edge to be on."""
    several = int((size > 1).sum()) > 1
    return weak & (size[home] > 1) & several


def _distinct(ties: Ties) -> Adjacency:
    """Return the rows of the ties, each neighbour once: what is counted is people, not entries."""
    rows = ties.rows
    if not repeats(rows.start, rows.neighbour):
        return rows
    return Ties(ties.n, *ties.canonical).rows


def _pass(rows: Adjacency, state: State, many: int, alpha: float, min_ties: int) -> tuple[State, BoolArray]:
    """Judge everybody by the memberships so far; return the new ones and who is on the edge."""
    begin, community, _ = state
    n = len(begin) - 1
    degree = np.diff(rows.start)
    size = np.bincount(community, minlength=many)
    mass = np.bincount(community, np.repeat(degree, np.diff(begin)), many).astype(np.int64)
    home = community[begin[:-1]]
    order = np.argsort(home, kind="stable").astype(np.int32)
    bar = _bar(size, alpha)
    graph, cover = (rows.start, rows.neighbour), (begin, community, mass)
    parts = _parts(home[order], degree[order])
    done = together(lambda part: judged(graph, cover, order[part], home, bar, min_ties), parts)
    person, joined, log_p, edge = (np.concatenate(column) for column in zip(*done, strict=True))
    by_person = np.argsort(person, kind="stable")
    start = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(person, minlength=n), out=start[1:])
    weak = np.zeros(n, dtype=bool)
    weak[order] = edge
    return (start, joined[by_person], log_p[by_person]), _edge(weak, size, home)


def _parts(home: Int32Array, degree: IntArray) -> list[slice]:
    """Cut people, sorted by home, into runs of much the same number of ties, one a thread; homes stay whole."""
    done = np.cumsum(degree)
    threads = processors() if len(done) and done[-1] >= WORTH_A_THREAD else 1
    wanted = [int(np.searchsorted(done, done[-1] * turn / threads)) for turn in range(1, threads)]
    cuts = [0, *(int(np.searchsorted(home, home[place])) for place in wanted), len(home)]
    return [slice(low, high) for low, high in pairwise(cuts)]
