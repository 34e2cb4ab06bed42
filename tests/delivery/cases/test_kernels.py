"""Compiled loops against what NumPy and plain Python say."""

import numpy as np
import pytest

from commfinder.delivery.cases.kernels import (
    facts_of_keys,
    in_order,
    numbered_keys,
    persons_by_case,
    place_of_keys,
    rows_by_number,
)


@pytest.fixture(params=range(1000, 1004))
def rng(request):
    return np.random.default_rng(request.param)


def test_equal_keys_have_one_number_and_others_none(rng):
    n = 3000
    how = rng.integers(-1, 3, n).astype(np.int8)
    scope, name = rng.integers(-3, 3, n), rng.integers(-(2**62), 2**62, 200)[rng.integers(0, 200, n)]
    code, first = numbered_keys(how, scope, name)
    keys = list(zip(how.tolist(), scope.tolist(), name.tolist(), strict=True))
    known = list(dict.fromkeys(key for key in keys if key[0] >= 0))
    assert [known.index(key) if key[0] >= 0 else -1 for key in keys[:300]] == code[:300].tolist()
    assert [keys[row] for row in first.tolist()] == known
    held = how[first], scope[first], name[first]
    assert np.array_equal(place_of_keys(held, (how, scope, name)), code)
    assert (place_of_keys(held, (how, scope, name + 1)) == -1).all()


def test_facts_of_numbers_are_those_of_their_rows(rng):
    n = 500
    code = np.append(rng.integers(-1, 80, n), np.arange(80)).astype(np.int32)
    time, event = rng.integers(0, 10**6, n + 80), rng.integers(0, 3, n + 80)
    space = rng.integers(-1, 5, n + 80).astype(np.int32)
    first, where, single = facts_of_keys(code, 80, time, space, event)
    for one in range(80):
        rows = code == one
        assert first[one] == time[rows].min()
        assert where[one] == min((here for here in space[rows].tolist() if here >= 0), default=-1)
        assert single[one] == (len(set(event[rows])) == 1)


@pytest.mark.parametrize("pieces", [3, 40, 2000])
def test_rows_come_in_order_within_pieces_of_any_size(rng, pieces):
    n = 2000
    code = rng.integers(-1, pieces, n).astype(np.int32)
    columns = [rng.integers(-2, 3, n) for _ in range(4)]
    first, rows = rows_by_number(code, pieces)
    assert first.tolist() == [0, *np.cumsum(np.bincount(code[code >= 0], minlength=pieces)).tolist()]
    assert rows.tolist() == np.argsort(code, kind="stable")[(code < 0).sum() :].tolist()
    found = in_order(first, rows.copy(), *columns)
    wanted = np.lexsort((*columns[::-1], code))[(code < 0).sum() :]
    # Rows that are equal in all columns may come either way.
    for column in (code, *columns):
        assert column[found].tolist() == column[wanted].tolist()


def test_nothing_has_no_numbers():
    none, empty = np.zeros(0, dtype=np.int8), np.zeros(0, dtype=np.int64)
    code, first = numbered_keys(none, empty, empty)
    assert len(code) == len(first) == len(place_of_keys((none, empty, empty), (none, empty, empty)))
    assert rows_by_number(code, 0)[0].tolist() == [0]
    assert in_order(np.array([0]), empty, empty, empty, empty, empty).tolist() == []


def test_everybody_is_on_a_case_once_whatever_its_size(rng):
    case = np.sort(np.concatenate([rng.integers(0, 300, 2000), np.full(400, 7)])).astype(np.int32)
    person = rng.integers(0, 50, len(case)).astype(np.int32)
    found = list(zip(*(part.tolist() for part in persons_by_case(case, person)), strict=True))
    assert found == sorted(set(zip(case.tolist(), person.tolist(), strict=True)))
    assert [len(part) for part in persons_by_case(case[:0], person[:0])] == [0, 0]
