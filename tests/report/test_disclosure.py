"""The gate: thresholds, labels, losses, near-equal groups, and that nothing goes round it."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commfinder.errors import ColumnError, InputError, PrivacyError
from commfinder.report import Band, Disclosed, Disclosure, ReportContent, clean_label, render_report

GATE = Disclosure()


def one(**cells: object) -> pd.DataFrame:
    return pd.DataFrame([{"group": "G", "verdict": "real", "size": 30, "active": 20, **cells}])


@pytest.mark.parametrize("k", [4, 0, -1])
def test_the_threshold_has_a_floor(k: int) -> None:
    with pytest.raises(PrivacyError, match="fewer than 5"):
        Disclosure(k=k)
    with pytest.raises(InputError):
        Disclosure(k=5.5)  # type: ignore[arg-type]


def test_nothing_but_the_gate_makes_disclosed_rows() -> None:
    with pytest.raises(PrivacyError):
        Disclosed("verdicts", (), 5, 0)
    passed = GATE.release_verdicts(one())
    with pytest.raises((PrivacyError, ValueError)):
        dataclasses.replace(passed, rows=({"group": "x"},))
    with pytest.raises(TypeError):
        passed.rows[0]["active"] = Band(1, 1)  # type: ignore[index]


def test_a_raw_frame_is_refused(verdicts: pd.DataFrame) -> None:
    with pytest.raises(PrivacyError, match="not passed"):
        ReportContent("T", "P", verdicts=verdicts)  # type: ignore[arg-type]
    with pytest.raises(PrivacyError):
        render_report({"verdicts": verdicts})  # type: ignore[arg-type]
    with pytest.raises(InputError, match="communities"):
        ReportContent("T", "P", communities=GATE.release_verdicts(one()))
    with pytest.raises(PrivacyError, match="different k"):
        ReportContent(
            "T",
            "P",
            verdicts=GATE.release_verdicts(one()),
            losses=Disclosure(k=10).release_losses(
                pd.DataFrame({"stage": ["read"], "source": ["m"], "reason": ["r"], "unit": ["rows"], "count": [1]})
            ),
        )


@pytest.mark.parametrize(("size", "active"), [(4, 4), (1, 0), (30, 3)])
def test_groups_of_few_keep_their_verdict_only(size: int, active: int) -> None:
    told = one(size=size, active=active, lift=3.0, q=0.01, outsiders=9, probability=0.9, p_community=0.95)
    row = GATE.release_verdicts(told).rows[0]
    assert row["verdict"] == "real"
    assert row["evidence"] == "few"
    assert [row[name] for name in ("lift", "q", "outsiders", "core", "probability", "p_community")] == [None] * 6


@pytest.mark.parametrize(("told", "shown"), [(0.9687, 0.96), (0.9999, 0.99), (0.0001, 0.01), (float("nan"), None)])
def test_probabilities_are_in_whole_per_cent(told: float, shown: float | None) -> None:
    row = GATE.release_verdicts(one(probability=told, p_community=told)).rows[0]
    assert row["probability"] == row["p_community"] == shown


def test_unknown_columns_stay_behind_and_broker_dependence_is_never_a_number() -> None:
    frame = GATE.release_verdicts(
        one(broker_dependence=0.93, tested=19, reason="Ann Lee", help="x", secret=1)
    ).to_frame()
    assert not {"broker_dependence", "tested", "reason", "help", "secret", "core_share"} & set(frame.columns)


def test_needed_columns_and_known_verdicts() -> None:
    with pytest.raises(ColumnError):
        GATE.release_verdicts(pd.DataFrame({"group": ["G"]}))
    with pytest.raises(InputError, match="Did you mean 'real'"):
        GATE.release_verdicts(one(verdict="reel"))
    with pytest.raises(InputError):
        GATE.release_verdicts(one(size=None))


def test_nearly_equal_groups_do_not_tell_of_their_difference() -> None:
    people = [f"p{at}" for at in range(30)]
    members = pd.DataFrame(
        [("A", person, "core") for person in people] + [("B", person, "core") for person in people[2:]],
        columns=["group", "person", "standing"],
    )
    frame = pd.concat([one(group="A", active=30), one(group="B", size=28, active=28)])
    rows = {row["group"]: row for row in GATE.release_verdicts(frame, members=members).rows}
    assert rows["A"]["evidence"] == "shown"
    assert (rows["B"]["evidence"], rows["B"]["active"]) == ("alike", None)


def test_small_communities_are_only_counted(communities: pd.DataFrame, undeclared: pd.DataFrame) -> None:
    for piece in (GATE.release_communities(communities), GATE.release_undeclared(undeclared)):
        assert piece.unlisted == 1
        assert "C9" not in {row["community"] for row in piece.rows}


def test_communities_pass_with_these_columns_and_no_others(communities: pd.DataFrame) -> None:
    more = communities.assign(periphery=True, core=3, person="p1", members="p1 p2", structure_lift=2.0, secret=1)
    assert set(GATE.release_communities(more).rows[0]) == {
        *("community", "size", "confidence", "stability", "observed_over_expected"),
        *("units", "main_unit", "in_main_unit"),
    }


def test_what_is_said_of_single_people_is_no_summary() -> None:
    members = pd.DataFrame(
        {
            "person": ["p1"],
            "community": ["C1"],
            "strength": [0.5],
            "confidence": [0.91],
            "core": [True],
            "periphery": [False],
        }
    )
    for release in (GATE.release_communities, GATE.release_undeclared):
        with pytest.raises(ColumnError, match="size"):
            release(members)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (0.998801, 0.99),
        (1.0, 0.99),
        (0.8999999, 0.89),
        (0.29, 0.29),
        (0.4951, 0.49),
        (0.004, 0.01),
        (0.0, 0.01),
        (float("nan"), None),
        (None, None),
    ],
)
def test_a_confidence_is_a_whole_per_cent_and_never_certain(told: float | None, shown: float | None) -> None:
    frame = pd.DataFrame({"community": ["C1"], "size": [9], "confidence": [told]})
    assert GATE.release_communities(frame).rows[0]["confidence"] == shown
    assert GATE.release_undeclared(frame).rows[0]["confidence"] == shown


def test_losses_are_summed_without_their_place(losses: pd.DataFrame) -> None:
    frame = GATE.release_losses(pd.concat([losses, losses.head(1)])).to_frame()
    assert "where" not in frame.columns
    assert frame.loc[frame["reason"] == "sent by an automatic sender", "count_low"].tolist() == [162468]
    few = frame.loc[frame["unit"] == "members"].iloc[0]
    assert (few["count_low"], few["count_high"]) == (0, 4)


@given(
    size=st.integers(0, 400),
    data=st.data(),
    k=st.integers(5, 12),
    verdict=st.sampled_from(["real", "core-only", "paper", "split"]),
)
def test_bands_hold_the_truth_and_never_a_small_number(size: int, data: st.DataObject, k: int, verdict: str) -> None:
    active = data.draw(st.integers(0, size))
    core = data.draw(st.integers(0, active))
    audience = data.draw(st.integers(0, active - core))
    members = pd.DataFrame(
        {
            "group": "G",
            "person": [f"p{at}" for at in range(size)],
            "standing": ["core"] * core
            + ["audience"] * audience
            + ["active"] * (active - core - audience)
            + ["absent"] * (size - active),
        }
    )
    row = Disclosure(k=k).release_verdicts(one(size=size, active=active, verdict=verdict), members=members).rows[0]
    for name, true in (("size", size), ("active", active), ("core", core), ("audience", audience)):
        band = row[name]
        if band is not None:
            assert band.low <= true <= band.high
            assert not (band.exact and 0 < true < k)
    if row["active"] is not None and row["active"].exact:
        assert not 0 < size - active < k
        if row["core"] is not None and row["core"].exact:
            assert not 0 < active - core < k


@given(st.text(max_size=400))
def test_labels_are_one_short_visible_line_without_an_address(text: str) -> None:
    label = clean_label(text + " ann.lee@example.org")
    assert 0 < len(label) <= 120
    assert label.isprintable() or "\u200c" in label or "\u200d" in label or not label.isascii()
    assert "example.org" not in label
    assert not set(label) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\n\t\0")
    assert clean_label(label) == label


@pytest.mark.parametrize(
    "sly", ["a\u202en@example.org", "a\x00nn@ex\u200bample.org", "ann＠example.org", "ann@localhost"]
)
def test_disguised_addresses_are_found(sly: str) -> None:
    assert clean_label(f"Team {sly}") == "Team (address withheld)"


def test_a_group_called_like_a_person_is_not_named() -> None:
    gate = Disclosure(persons=frozenset({"Ann Lee", "ann"}))
    assert gate.release_verdicts(one(group="ANN lee")).rows[0]["group"] == "(person withheld)"
    assert gate.release_verdicts(one(group="Annual plan")).rows[0]["group"] == "Annual plan"
