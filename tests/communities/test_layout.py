"""Where communities and people lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from commfinder.communities import find_communities
from commfinder.communities.layout import between, main_memberships, place_communities, place_people
from commfinder.errors import InputError


@pytest.fixture(scope="module")
def found(planted, static):
    """Twelve communities and five people without a tie."""
    a, b = planted(12, 9, 0.9, 0.02, seed=3)
    return find_communities(static(a, b, 113), resolution=2.0, runs=2, confidence=False, beyond=False)


@pytest.fixture(scope="module")
def empty(static):
    """Four people of whom two have a tie: no community."""
    return find_communities(static([0], [1], 4), runs=2, confidence=False, beyond=False)


def distances(x, y):
    return np.hypot(np.subtract.outer(x, x), np.subtract.outer(y, y))


def discs_apart(discs):
    """The gap between each two discs."""
    radius = discs["radius"].to_numpy()
    gaps = distances(discs["x"].to_numpy(), discs["y"].to_numpy()) - np.add.outer(radius, radius)
    return gaps[np.triu_indices(len(discs), 1)]


def mixed(value, seed):
    """The same communities with their rows in another order."""
    return replace(
        value,
        members=value.members.sample(frac=1, random_state=seed),
        summary=value.summary.sample(frac=1, random_state=seed),
    )


@pytest.mark.parametrize(("groups", "size"), [(2, 5), (5, 12), (40, 4)])
@pytest.mark.parametrize("seed", [0, 7])
def test_discs_never_overlap(planted, static, groups, size, seed):
    a, b = planted(groups, size, 0.95, 0.03, seed=seed)
    value = find_communities(
        static(a, b, groups * size), resolution=1.0 if groups == 2 else 3.0, runs=2, confidence=False, beyond=False
    )
    discs = place_communities(value, seed=seed)
    assert len(discs) == len(value.summary) > 1
    assert discs_apart(discs).min() > 0
    assert np.allclose(discs["radius"] ** 2, discs["size"])


def test_equal_input_gives_equal_places_in_any_order(found):
    assert_frame_equal(place_communities(found), place_communities(mixed(found, 1)))
    assert_frame_equal(between(found), between(mixed(found, 2)))
    one, other = place_people(found), place_people(mixed(found, 3))
    assert_frame_equal(one.people, other.people)
    assert_frame_equal(one.discs, other.discs)


def test_rows_of_the_interactions_may_come_in_any_order(planted, static, found):
    a, b = planted(12, 9, 0.9, 0.02, seed=3)
    order = np.random.default_rng(0).permutation(len(a))
    again = find_communities(static(a[order], b[order], 113), resolution=2.0, runs=2, confidence=False, beyond=False)
    assert_frame_equal(place_communities(found), place_communities(again))
    assert_frame_equal(place_people(found).people, place_people(again).people)


def test_seed_decides(found):
    assert not np.allclose(place_communities(found)["x"], place_communities(found, seed=1)["x"])


def test_only_the_largest_are_placed(found):
    sizes = found.summary["size"].sort_values(ascending=False).tolist()
    assert place_communities(found, most=4)["size"].tolist() == sizes[:4]


def test_contact_over_expected_by_hand(cliques, static):
    # Two triangles joined by one tie: 7 ties, each community has 7 ends, 49/14 are expected between and 1 is there.
    a, b = cliques(3, 3)
    value = find_communities(static([*a, 0], [*b, 3], 6), runs=2, confidence=False, beyond=False)
    told = between(value)
    assert told[["community_a", "community_b", "ties"]].to_numpy().tolist() == [["C1", "C2", 1]]
    assert told["ratio"].to_numpy() == pytest.approx([1 / 3.5])
    assert (told["weight"] / told["expected"]).to_numpy() == pytest.approx(told["ratio"].to_numpy())


def test_more_contact_lies_nearer(cliques, static):
    # Four cliques of six: the first two share nine ties, the others one each in a ring.
    a, b = cliques(6, 6, 6, 6)
    extra = [(i, 6 + j) for i in range(3) for j in range(3)] + [(8, 14), (15, 20), (21, 2)]
    value = find_communities(
        static([*a, *(i for i, _ in extra)], [*b, *(j for _, j in extra)], 24), runs=2, beyond=False
    )
    assert len(value.summary) == 4
    discs = place_communities(value).set_index("community")
    group = {name: value.people(name)[0] for name in discs.index}
    names = sorted(discs.index, key=group.get)
    apart = distances(discs.loc[names, "x"].to_numpy(), discs.loc[names, "y"].to_numpy())
    assert apart[0, 1] == apart[np.triu_indices(4, 1)].min()
    assert apart[0, 2] > 1.2 * apart[0, 1]


def test_everybody_has_a_place_of_their_own_in_their_disc(found):
    placed = place_people(found)
    assert placed.people["person"].tolist() == found.graph.people["person"].tolist()
    discs = placed.discs.assign(community=placed.discs["community"].fillna("none")).set_index("community")
    assert discs.loc["none", "size"] == found.members["community"].isna().sum() == 5
    assert int(discs["size"].sum()) == 113
    home = discs.loc[placed.people["community"].fillna("none")]
    off = np.hypot(placed.people["x"].to_numpy() - home["x"], placed.people["y"].to_numpy() - home["y"])
    assert (off.to_numpy() < home["radius"].to_numpy()).all()
    apart = distances(placed.people["x"].to_numpy(), placed.people["y"].to_numpy())
    assert apart[np.triu_indices(113, 1)].min() > 1.2
    assert discs_apart(placed.discs).min() > 0


def test_people_lie_on_the_side_of_those_they_work_with(cliques, static):
    a, b = cliques(20, 20)
    value = find_communities(static([*a, 0, 0, 0], [*b, 20, 21, 22], 40), runs=2, confidence=False, beyond=False)
    placed = place_people(value)
    people, discs = placed.people.set_index("person"), placed.discs.set_index("community")
    other = discs.loc[people.loc["p020", "community"]]
    mine = people[people["community"] == people.loc["p000", "community"]]
    away = np.hypot(mine["x"] - other["x"], mine["y"] - other["y"])
    assert away.idxmin() == "p000"


def test_main_membership_is_the_strongest_and_then_the_first_by_name(found):
    rows = [("a", "C10", 0.5), ("a", "C2", 0.5), ("b", "C1", 0.2), ("b", "B1", 0.6), ("c", None, 0.0)]
    members = pd.DataFrame(rows, columns=["person", "community", "strength"])
    assert main_memberships(members)["community"].fillna("-").tolist() == ["C2", "B1", "-"]
    assert main_memberships(members.iloc[::-1])["community"].fillna("-").tolist() == ["C2", "B1", "-"]
    assert len(main_memberships(found.members)) == 113


def test_people_in_several_communities_have_one_place(found):
    twice = found.members.dropna(subset=["community"]).head(1).assign(community="C12", strength=0.0)
    value = replace(found, members=pd.concat([found.members, twice], ignore_index=True))
    assert place_people(value).people["person"].is_unique
    assert_frame_equal(place_people(value).people[["person", "community"]], place_people(found).people.iloc[:, :2])


def test_a_member_of_two_communities_shares_the_weight(cliques, static):
    a, b = cliques(3, 3)
    value = find_communities(static([*a, 0], [*b, 3], 6), runs=2, confidence=False, beyond=False)
    home = value.members.set_index("person")["community"]
    both = value.members.assign(community=value.members["community"].where(value.members["person"] != "p000"))
    both.loc[both["person"] == "p000", "community"] = home["p003"]
    value = replace(value, members=pd.concat([value.members, both[both["person"] == "p000"]], ignore_index=True))
    told = between(value)
    # Half of the two ties of p000 in its clique and half of the one outside, of communities with 5.5 and 8.5 ends.
    assert told["ratio"].to_numpy() == pytest.approx([1.5 / (5.5 * 8.5 / 14)])
    assert told["ties"].tolist() == [3]


def test_no_communities(empty):
    assert len(place_communities(empty)) == 0
    assert len(between(empty)) == 0
    placed = place_people(empty)
    assert placed.discs["size"].tolist() == [4]
    assert len(placed.people) == 4


def test_one_community_lies_in_the_middle(cliques, static):
    value = find_communities(static(*cliques(5), 5), resolution=0.5, runs=2, confidence=False, beyond=False)
    discs = place_communities(value)
    assert discs[["x", "y"]].to_numpy().tolist() == [[0.0, 0.0]]
    assert len(place_people(value).people) == 5


def test_many_isolated_people_are_seated_quickly(cliques, static):
    value = find_communities(static(*cliques(5, 5), 1700), runs=2, confidence=False, beyond=False)
    placed = place_people(value)
    assert placed.discs["size"].tolist() == [5, 5, 1690]
    assert not placed.people.duplicated(["x", "y"]).any()


@pytest.mark.parametrize("options", [{"most": 0}, {"seed": -1}, {"most": 2.5}])
def test_options_are_checked(found, options):
    with pytest.raises(InputError):
        place_communities(found, **options)
