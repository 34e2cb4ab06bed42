"""What is planted shows in the traffic, as strong as it was meant; what is not planted does not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from commfinder.simulation import Organisation

SEEDS = (0, 1, 2)


def _ties(organisation: Organisation) -> npt.NDArray[np.bool_]:
    """Tie people who had two events in each of two windows of four weeks, and one each way."""
    frame = organisation.clean_frame()
    place = {person: index for index, person in enumerate(organisation.structure.ids)}
    sender, recipient = frame["sender"].map(place), frame["recipient"].map(place)
    pairs = pd.DataFrame(
        {
            "low": np.minimum(sender, recipient),
            "high": np.maximum(sender, recipient),
            "up": sender < recipient,
            "event": frame["event"],
            "window": (organisation.clock.period.end - frame["time"]) // pd.Timedelta(days=28),
        }
    )
    full = pairs.groupby(["low", "high", "window"])["event"].nunique() >= 2
    lasting = full.groupby(level=["low", "high"]).sum() >= 2
    ways = pairs.groupby(["low", "high"])["up"].nunique() == 2
    ties = np.zeros((len(place), len(place)), dtype=bool)
    for low, high in lasting[lasting & ways].index:
        ties[low, high] = ties[high, low] = True
    return ties


def _expected(organisation: Organisation, ties: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Fit x_i x_j c_k to the pairs outside planted communities; k is what the chart says of a pair."""
    structure = organisation.structure
    kind = np.full(ties.shape, 4)
    for number, values in ((3, structure.site), (2, structure.unit), (1, structure.manager)):
        kind[values[:, None] == values[None, :]] = number
    reports = structure.manager[:, None] == np.arange(structure.size)
    kind[reports | reports.T] = 0
    seen = ~np.eye(structure.size, dtype=bool)
    for community in organisation.planted.tied:
        seen[np.ix_(community.members, community.members)] = False
    degree = (ties & seen).sum(axis=1)
    activity = np.sqrt(degree + 0.01)
    fitted = np.zeros(ties.shape)
    for _ in range(40):
        product = np.outer(activity, activity)
        sums = np.bincount(kind[seen], weights=product[seen], minlength=5)
        factor = np.bincount(kind[seen], weights=ties[seen], minlength=5) / sums
        fitted = np.minimum(product * factor[kind], 0.97)
        activity = activity * np.sqrt((degree + 0.02) / ((fitted * seen).sum(axis=1) + 0.02))
    return fitted


def _inside(matrix: npt.NDArray[np.generic], members: tuple[int, ...]) -> float:
    block = np.asarray(matrix[np.ix_(members, members)], dtype=float)
    return float((block.sum() - np.trace(block)) / 2)


@pytest.fixture(scope="module", params=SEEDS)
def measured(request, make):
    organisation = make(400, request.param)
    ties = _ties(organisation)
    return organisation, ties, _expected(organisation, ties)


def _sums(measured, verdict):
    organisation, ties, expected = measured
    for group in organisation.planted.groups:
        if group.verdict == verdict:
            pairs = len(group.members) * (len(group.members) - 1) / 2
            yield group, _inside(ties, group.members), _inside(expected, group.members), pairs


def test_real_groups_are_far_denser_than_their_background(measured):
    for group, observed, expected, pairs in _sums(measured, "real"):
        assert observed > expected + 5 * np.sqrt(expected + 0.5), group.name
        assert (observed - expected) / pairs > 0.2, group.name
        assert len(set(measured[0].structure.unit[list(group.members)])) >= 3


def test_real_groups_do_not_hang_on_one_person(measured):
    for group, *_ in _sums(measured, "real"):
        active = group.of("core", "active")
        block = measured[1][np.ix_(active, active)]
        for without in range(len(active)):
            rest = np.delete(np.delete(block, without, 0), without, 1)
            reach = np.linalg.matrix_power(rest.astype(float) + np.eye(len(rest)), len(rest)) > 0
            assert reach.sum(axis=1).max() >= 0.8 * len(rest)


def test_real_groups_live_all_the_time(measured):
    organisation = measured[0]
    frame = organisation.clean_frame()
    window = (organisation.clock.period.end - frame["time"]) // pd.Timedelta(days=28)
    for group, *_ in _sums(measured, "real"):
        ids = {organisation.structure.ids[member] for member in group.members}
        inside = frame["sender"].isin(ids) & frame["recipient"].isin(ids)
        counts = window[inside].value_counts()
        assert (counts.reindex(range(6), fill_value=0) >= 10).all()


def test_paper_groups_are_background(measured):
    found = list(_sums(measured, "paper"))
    for group, observed, expected, _ in found:
        assert abs(observed - expected) < 3.3 * np.sqrt(expected + 0.5), group.name
    observed, expected = sum(row[1] for row in found), sum(row[2] for row in found)
    assert abs(observed - expected) < 3 * np.sqrt(expected)
    degree = measured[1].sum(axis=1)
    assert all(degree[list(group.members)].mean() > 8 for group, *_ in found)


def test_formal_only_groups_are_dense_and_no_denser_than_the_chart_explains(measured):
    for group, observed, expected, pairs in _sums(measured, "formal-only"):
        assert observed / pairs > 0.1, group.name
        assert observed - expected < 3 * np.sqrt(expected + 0.5), group.name
        assert len(set(measured[0].structure.unit[list(group.members)])) <= 2


def test_cores_are_dense_and_the_rest_is_not(measured):
    _, ties, expected = measured
    for group, *_ in _sums(measured, "core-only"):
        core, others = group.of("core"), group.of("audience")
        assert 6 <= len(core) <= 10
        assert 0.2 <= len(core) / len(group.members) <= 0.5
        assert _inside(ties, core) / (len(core) * (len(core) - 1) / 2) > 0.4
        tied_to_core = ties[np.ix_(others, core)].sum()
        assert tied_to_core < expected[np.ix_(others, core)].sum() * 2 + 8
        assert abs(_inside(ties, others) - _inside(expected, others)) < 12


def test_undeclared_communities_are_dense_and_cross_units(measured):
    organisation, ties, _ = measured
    for community in organisation.planted.undeclared:
        size = len(community.members)
        assert 10 <= size <= 16
        assert _inside(ties, community.members) / (size * (size - 1) / 2) > 0.4
        assert len(set(organisation.structure.unit[list(community.members)])) >= 3


def test_insufficient_groups_are_small_or_away(measured):
    organisation = measured[0]
    for group, *_ in _sums(measured, "insufficient"):
        dormant = organisation.structure.dormant[list(group.members)].sum()
        assert len(group.members) - dormant < 5


def test_the_organisation_is_plausible(measured):
    organisation, ties, _ = measured
    degree = ties.sum(axis=1)
    assert 11 <= degree.mean() <= 17
    assert (degree == 0).mean() < 0.05
    assert degree.max() < 6 * np.median(degree)
    assert np.percentile(degree, 95) > 1.5 * np.median(degree)
    frame = organisation.clean_frame()
    mail = frame[frame["medium"] == "email"]
    unit = organisation.people.set_index("person")["unit"]
    within = (mail["sender"].map(unit) == mail["recipient"].map(unit)).mean()
    assert 0.40 <= within <= 0.75
