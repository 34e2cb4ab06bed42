"""Ends of ties paired by chance: no loops, no repeats, nobody loses more than what finds no place."""

from __future__ import annotations

import numpy as np
import pytest

from commfinder.communities.confidence.pairing import paired

NONE = np.empty(0, dtype=np.int64)


def plainly(stubs, taken, n, rng):
    """Pair with sets, as the words say."""
    kept, held = [], {int(key) for key in taken}
    stubs = rng.permutation(stubs)
    for _ in range(30):
        bad = []
        for one, other in stubs[: len(stubs) // 2 * 2].reshape(-1, 2).tolist():
            key = min(one, other) * n + max(one, other)
            if one == other or key in held:
                bad.append(key)
            else:
                held.add(key)
                kept.append(key)
        result = sorted(kept)
        if not bad:
            break
        again = rng.random(len(kept)) < min(1.0, 3.0 * len(bad) / max(len(kept), 1))
        loose = np.array([*bad, *(key for key, let in zip(kept, again, strict=True) if let)])
        held -= {key for key, let in zip(kept, again, strict=True) if let}
        kept = [key for key, let in zip(kept, again, strict=True) if not let]
        stubs = rng.permutation(np.concatenate([loose // n, loose % n]))
    return result


@pytest.mark.parametrize("seed", range(40))
def test_the_same_as_with_sets(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 30))
    # From thin to so dense that hardly anything fits and the table fills up.
    degree = rng.integers(0, max(1, int(n * rng.choice([0.2, 0.6, 1.0, 3.0]))), n)
    stubs = np.repeat(np.arange(n), degree)
    taken = np.unique(rng.integers(0, n * n, n))
    found = paired(stubs, taken, n, np.random.default_rng(seed))
    assert found.tolist() == plainly(stubs, taken, n, np.random.default_rng(seed))


def test_it_is_what_it_says():
    rng = np.random.default_rng(1)
    n = 400
    stubs = np.repeat(np.arange(n), rng.integers(1, 60, n))
    taken = np.unique(rng.integers(0, n, 500) * n + rng.integers(0, n, 500))
    found = paired(stubs, taken, n, rng)
    assert (np.diff(found) > 0).all()
    assert (found // n < found % n).all()
    assert not np.isin(found, taken).any()
    assert len(found) >= 0.99 * (len(stubs) // 2)
    lost = np.bincount(stubs, minlength=n) - np.bincount(found // n, minlength=n) - np.bincount(found % n, minlength=n)
    assert (lost >= 0).all()


def test_nobody_to_pair():
    assert len(paired(NONE, NONE, 0, np.random.default_rng(0))) == 0
    assert len(paired(np.array([3]), NONE, 5, np.random.default_rng(0))) == 0
    # All ends are one person's: there is nobody to pair them with.
    assert len(paired(np.array([2, 2, 2, 2]), NONE, 5, np.random.default_rng(0))) == 0
