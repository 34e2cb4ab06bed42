"""Sentences: zero, one and many, and true to the rows."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commfinder.errors import PrivacyError
from commfinder.report import (
    Disclosed,
    Disclosure,
    ReportFacts,
    community_sentences,
    group_sentences,
    summary_sentences,
)
from commfinder.report.wording import VERDICTS

GATE = Disclosure()


def judged(*verdicts: str, **cells: object) -> Disclosed:
    frame = pd.DataFrame({"group": [f"G{at}" for at in range(len(verdicts))], "verdict": list(verdicts)})
    return GATE.release_verdicts(frame.assign(size=30, active=20, **cells))


def found(*sizes: int) -> pd.DataFrame:
    frame = pd.DataFrame({"community": [f"C{at}" for at in range(len(sizes))], "size": list(sizes)})
    return frame.assign(units=5, nearest=None, jaccard=0.0)


@pytest.mark.parametrize(
    ("verdicts", "first"),
    [
        ([], "The list of declared groups is empty, so there was none to judge."),
        (["real"], "The one declared group is real and alive."),
        (["paper"], "The one declared group is not shown to be real and alive."),
        (["real"] * 2, "All 2 declared groups are real and alive."),
        (["uncertain"] * 3, "None of the 3 declared groups are shown to be real and alive."),
        (["real", "paper"], "1 of 2 declared groups is real and alive."),
        (["real"] * 7 + ["paper"] * 4, "7 of 11 declared groups are real and alive."),
    ],
)
def test_the_headline(verdicts: list[str], first: str) -> None:
    assert summary_sentences(judged(*verdicts))[0] == first


def test_the_rest_follows() -> None:
    said = summary_sentences(judged("real", "paper", "paper", "insufficient", "split", "dormant"))
    assert said[1:] == [
        "1 is real but needs help: 1 holds more than one community.",
        "1 has gone quiet.",
        "2 exist only on paper.",
        "We cannot tell for 1 of them, because there is too little data.",
    ]


def test_no_list_of_groups() -> None:
    assert summary_sentences(None)[0].startswith("No list of declared groups was given")


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        ((14,), "1 community exists that nobody declared; it has 14 people from 5 units."),
        ((14, 20, 9), "3 communities exist that nobody declared; the largest has 20 people from 5 units."),
        ((3, 4), "2 communities exist that nobody declared, all too small to be described."),
        ((4,), "1 community exists that nobody declared, but it is too small to be described."),
    ],
)
def test_undeclared(sizes: tuple[int, ...], sentence: str) -> None:
    assert sentence in summary_sentences(judged("real"), None, GATE.release_undeclared(found(*sizes)))


def test_no_communities_and_no_units() -> None:
    none = found()
    facts = ReportFacts(units_known=False)
    said = summary_sentences(judged("real"), GATE.release_communities(none), GATE.release_undeclared(none), facts)
    assert "No community was found in the records of this period." in said
    assert any("units of people were not given" in sentence for sentence in said)
    nameless = GATE.release_undeclared(found(14).assign(units=None))
    assert "it has 14 people." in " ".join(summary_sentences(judged("real"), None, nameless))


def test_every_found_community_is_declared() -> None:
    said = summary_sentences(judged("real"), GATE.release_communities(found(9)), GATE.release_undeclared(found()))
    assert any(sentence.startswith("No community was found that is missing on the list") for sentence in said)


@pytest.mark.parametrize(
    ("confidence", "sentence"),
    [
        ([0.95], "The one community shown with a confidence is more likely real than not."),
        ([0.2, None], "The one community shown with a confidence is doubtful."),
        ([0.95, 0.5, None], "All 2 communities shown with a confidence are more likely real than not."),
        ([0.95, 0.499, 0.3], "Of the 3 communities shown with a confidence, 1 is more likely real than not."),
        ([0.95, 0.6, 0.3], "Of the 3 communities shown with a confidence, 2 are more likely real than not."),
        ([0.3, 0.1], "None of the 2 communities shown with a confidence is more likely real than not."),
    ],
)
def test_how_many_are_likely_real(confidence: list[float | None], sentence: str) -> None:
    frame = found(*[9] * len(confidence), 3).assign(confidence=[*confidence, 0.99])
    said = community_sentences(GATE.release_communities(frame))
    assert said[1:] == [sentence], "the one that is too small to be described does not count"


def test_where_no_confidence_is_known_nothing_is_said_of_it() -> None:
    said = community_sentences(GATE.release_communities(found(9, 8).assign(confidence=float("nan"))))
    assert said == ["In all, 2 communities were found; 2 of them span several units."]
    assert community_sentences(None) == []


def test_a_network_of_chance_has_no_communities() -> None:
    none = GATE.release_communities(found())
    said = summary_sentences(judged("real"), none, GATE.release_undeclared(found()), ReportFacts(clustered=False))
    assert said == [
        "The one declared group is real and alive.",
        "No communities: in a network of the same activity in which chance alone is at work, one sees as much.",
    ]
    assert community_sentences(none, ReportFacts(clustered=True)) == [
        "No community was found in the records of this period."
    ]


def test_goals() -> None:
    said = summary_sentences(judged("real", "paper", goal=["Growth", "Innovation"]))
    assert said[-1] == "1 of 2 declared goals has a real community behind it; none was shown for “Innovation”."


@given(st.lists(st.sampled_from(list(VERDICTS)), min_size=2, max_size=30))
def test_the_numbers_of_the_groups_add_up(verdicts: list[str]) -> None:
    said = summary_sentences(judged(*verdicts))
    total = len(verdicts)
    real = verdicts.count("real")
    told = real
    for sentence in said[1:]:
        head = sentence.split(":")[0]
        told += sum(int(number) for number in re.findall(r"\b\d+\b", head))
    assert told == total
    assert all(sentence.endswith(".") and "  " not in sentence for sentence in said)


def test_a_raw_frame_is_refused() -> None:
    with pytest.raises(PrivacyError):
        summary_sentences(pd.DataFrame())  # type: ignore[arg-type]


def test_a_group_of_few_has_one_neutral_sentence() -> None:
    row = GATE.release_verdicts(pd.DataFrame({"group": ["G"], "verdict": ["paper"], "size": [3], "active": [2]})).rows[
        0
    ]
    assert group_sentences(row, 5) == [
        "Fewer than 5 people are concerned, so the numbers behind this verdict are not shown."
    ]


@pytest.mark.parametrize("verdict", list(VERDICTS))
def test_small_numbers_do_not_come_back_in_words(verdict: str) -> None:
    for core in range(21):
        rows = judged(verdict, core_share=core / 20, audience_share=0.0, outsiders=3, bigger=True).rows
        text = " ".join(group_sentences(rows[0], 5))
        assert not re.search(r"\b[1-4] (form|are|person|people|members)", text)
