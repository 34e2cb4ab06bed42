"""Acts: arrays that stay together."""

import numpy as np

from commfinder.delivery.cases.acts import NO_TIME, Acts, distinct


def test_take_keeps_every_column_by_mask_and_by_place():
    code = np.arange(3, dtype=np.int32)
    acts = Acts(code, code, np.arange(3), np.broadcast_to(np.int64(NO_TIME), 3), code, code, code)
    masked, placed = acts.take(np.array([True, False, True])), acts.take(np.array([2, 0]))
    assert masked.n == 2
    assert masked.person.tolist() == [0, 2]
    assert placed.unit.tolist() == [2, 0]
    assert (placed.started == NO_TIME).all()


def test_no_time_is_what_pandas_holds_for_none():
    assert np.isnat(np.array([NO_TIME]).view("M8[us]")).all()


def test_distinct_numbers_rise():
    values = np.random.default_rng(1000).integers(-5, 5, 40)
    assert distinct(values).tolist() == np.unique(values).tolist()
    assert distinct(values[:0]).tolist() == []
