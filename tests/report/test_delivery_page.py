"""What a manager reads of groups that deliver: sentences true to the rows, and their section of the page."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.kinds.kind import TYPES as KINDS
from commfinder.report import (
    Disclosed,
    Disclosure,
    ReportContent,
    ReportFacts,
    delivery_sentences,
    delivery_summary,
    render_report,
    summary_sentences,
)
from commfinder.report.delivery_sentences import type_sentence
from commfinder.report.delivery_words import GLOSSARY, NO_CASES, NO_GROUPS, TYPES, duration

GATE = Disclosure()
PLACES = pd.DataFrame({"place": ["Sales", "Finance", "IT"], "people": [40, 30, 30]})
FACTS = ReportFacts(cases=1290)


def groups(*rows: dict[str, Any]) -> pd.DataFrame:
    usual = {"group": "D1", "type": "process", "probability": 0.93, "size": 14, "units": 4, "cases": 234, "windows": 6}
    usual |= {"order": 0.912, "order_p": 0.005, "path": "Sales → Finance → IT", "cadence_days": 0.44}
    usual |= {"gatekeepers": None, "informal_share": 0.628, "cycle_median_hours": 25.6, "origin": "handover"}
    usual |= {"cycle_p85_hours": 61.2}
    return pd.DataFrame([{**usual, **row} for row in rows], columns=list(usual))


def handoffs(waiting: float = np.nan) -> pd.DataFrame:
    rows = [(role, f"{role}{at}", hours) for role, hours in (("Finance", 9.0), ("IT", 1.0)) for at in range(6)]
    frame = pd.DataFrame(rows, columns=["role", "taker", "elapsed"]).assign(group="D1", waiting=waiting)
    return pd.concat([frame] * 3)


def released(*rows: dict[str, Any], **given: Any) -> Disclosed:
    return GATE.release_delivery(groups(*rows), places=PLACES, **given)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [{}],
            "1 group that nobody declared passes work on to get a process delivered; it has 14 people from 4 units, "
            "and a case takes it a median of 3.2 working days, most of it before Finance.",
        ),
        (
            [{}, {"group": "D2", "size": 6}, {"group": "D3", "size": 3}],
            "2 groups that nobody declared pass work on to get a process delivered; the largest has 14 people from 4 "
            "units, and a case takes it a median of 3.2 working days, most of it before Finance.",
        ),
        (
            [{"cases": 3}],
            "1 group that nobody declared passes work on to get a process delivered; it has 14 people from 4 units.",
        ),
        (
            [{"origin": "declared"}],
            "1 declared group passes work on to get a process delivered and needs other support",
        ),
        ([{"type": "mixed"}], ""),
        ([{}, {"group": "D2", "type": "mixed"}], "1 more group does both: pass work on and share knowledge."),
        ([{"type": "knowledge"}], ""),
        ([{"origin": "community"}], ""),
    ],
)
def test_the_summary(rows: list[dict[str, Any]], said: str) -> None:
    sentences = delivery_summary(released(*rows, handoffs=handoffs()), FACTS)
    assert any(sentence.startswith(said) for sentence in sentences) if said else sentences == []
    assert all(sentence.endswith(".") and "  " not in sentence for sentence in sentences)


def test_waiting_is_only_said_where_starts_are_known() -> None:
    piece = released({}, handoffs=handoffs(waiting=2.0))
    assert "most of the waiting before Finance" in delivery_summary(piece, FACTS)[0]
    assert "Most of the waiting is before Finance: a median of 2 working hours" in " ".join(
        delivery_sentences(piece.rows[0], 5)
    )


def test_no_cases_have_one_sentence_and_cases_without_groups_none() -> None:
    none = GATE.release_delivery(groups())
    assert delivery_summary(none, ReportFacts(cases=0)) == [NO_CASES]
    assert delivery_summary(none, ReportFacts(cases=9)) == []
    assert delivery_summary(None, ReportFacts(cases=0)) == []
    assert summary_sentences(None, facts=ReportFacts(cases=0), delivery=none)[1] == NO_CASES


def test_what_is_said_of_one_group() -> None:
    said = delivery_sentences(released({"gatekeepers": "ann"}, handoffs=handoffs()).rows[0], 5)
    assert said == [
        "Half of its cases take 3.2 working days or less; 15 of 100 take longer than 7.6 working days.",
        "Most of the time between people is before Finance: a median of 1.1 working days for each handoff.",
        "Two members come in the order seen before in about 9 of 10 new cases.",
        "63% of its handoffs run outside reporting lines.",
        "At some steps, most of what passes goes through very few people; they need a substitute.",
    ]
    few = released({"size": 4, "origin": "declared"}).rows[0]
    assert delivery_sentences(few, 5) == [
        "Fewer than 5 people are concerned, so the numbers behind this type are not shown."
    ]
    knowledge = " ".join(delivery_sentences(released({"type": "knowledge"}).rows[0], 5))
    assert "order" not in knowledge


@pytest.mark.parametrize(
    ("kinds", "sentence"),
    [
        ([], ""),
        (["knowledge"], "Of 1 declared group, 1 shares knowledge."),
        (
            ["knowledge", "knowledge", "process", "abstain"],
            "Of 4 declared groups, 1 passes work on to get a process delivered and 2 share knowledge; of 1 "
            "we cannot tell.",
        ),
        (["abstain", "abstain"], "Of what type the 2 declared groups are can not be told."),
    ],
)
def test_types_of_declared_groups(kinds: list[str], sentence: str) -> None:
    rows = [{"group": f"G{at}", "type": kind, "origin": "declared"} for at, kind in enumerate(kinds)]
    assert type_sentence(GATE.release_delivery(groups(*rows))) == sentence


def test_hours_are_told_as_a_manager_would() -> None:
    told = [duration(one) for one in (0.0, 1 / 60, 0.99, 7.9, 8.0, 80.0, 8000.0)]
    assert told == [
        *("less than a minute", "1 minute", "59 minutes", "7.9 working hours", "1 working day"),
        *("10 working days", "1,000 working days"),
    ]
    assert duration(25.0, working_day=24.0) == "1 day"
    assert duration(2.0, working_day=24.0) == "2 hours"


def test_every_type_has_words() -> None:
    assert set(TYPES) == set(KINDS)
    assert len({words.mark for words in TYPES.values()}) == len(TYPES)
    assert all(words.helps and words.meaning for words in TYPES.values())


def section(html: str) -> str:
    part = html[html.index('<section id="delivery"') :]
    return part[: part.index('<section id="found"')]


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_section(content: ReportContent) -> None:
    piece = released(
        {"gatekeepers": "ann"},
        {"group": "Guild", "type": "knowledge", "origin": "declared"},
        {"group": "C4", "type": "social", "origin": "community"},
        {"group": "D7", "size": 3},
        {"group": "D8", "type": "abstain", "origin": "handover"},
        {"group": "C5", "type": "formal-only", "origin": "community"},
        {"group": "Board", "type": "abstain", "origin": "declared"},
        handoffs=handoffs(),
    )
    facts = dataclasses.replace(content.facts, cases=1290)
    html = render_report(dataclasses.replace(content, delivery=piece, facts=facts))
    part = section(html)
    text = plain(part)
    assert "Found from 1,290 cases" in text
    assert [one.strip() for one in re.findall(r"<li><bdi>([^<]+)</bdi></li>", part)] == ["Sales", "Finance", "IT"]
    assert "before Finance : 1.1 working days" in text
    assert "about 230 cases" in text
    assert TYPES["process"].helps in plain(part).replace("&#39;", "'")
    assert "Guild" in part
    assert "C4 found community, very likely" in text
    assert "Board declared" in text
    assert re.findall(r'<section class="class" id="t-([a-z-]+)"', part) == ["process", "knowledge", "social", "abstain"]
    assert "1 more group is too small to be shown." in text
    assert "2 more groups were found that only follow the formal structure, or whose type can not be told." in text
    assert "Board" in part
    assert not {"D8", "C5"} & set(re.findall(r"\w+", text))
    assert "ann" not in re.findall(r"[a-z]+", text)
    assert set(re.findall(r'class="swatch (\w+)"', part)) == {"long", "short"}
    assert all(term in plain(html) for term, _ in GLOSSARY)
    assert html.count('id="delivery"') == 1


def test_sections_without_groups_or_cases(content: ReportContent) -> None:
    none = GATE.release_delivery(groups())
    for cases, said in ((0, NO_CASES), (12, NO_GROUPS)):
        facts = dataclasses.replace(content.facts, cases=cases)
        html = render_report(dataclasses.replace(content, delivery=none, facts=facts))
        assert said in plain(section(html))
        assert "Found from" not in section(html)
    declared = released({"group": "Guild", "type": "knowledge", "origin": "declared"})
    text = plain(section(render_report(dataclasses.replace(content, delivery=declared))))
    assert NO_GROUPS in text
    assert "Of 1 declared group, 1 shares knowledge." in text
    # Of what type a group is may show in messages alone.
    social = released({"group": "Club", "type": "social", "origin": "declared", "cases": 0})
    facts = dataclasses.replace(content.facts, cases=0)
    text = plain(section(render_report(dataclasses.replace(content, delivery=social, facts=facts))))
    assert NO_CASES in text
    assert "Club" in text
    assert "Not examined." in plain(section(render_report(content)))


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "{{ 7 * 7 }}", "a" * 4000, "ann.lee@example.org"])
def test_hostile_names_are_inert(name: str, content: ReportContent) -> None:
    places = pd.DataFrame({"place": [name], "people": [40]})
    frame = pd.concat([groups({"group": name}), groups({"group": name, "type": "knowledge"})])
    frame["path"] = [[name, "x", name]] * 2
    rows = handoffs().assign(role=name, group=name)
    piece = GATE.release_delivery(frame, places=places, handoffs=rows)
    html = section(render_report(dataclasses.replace(content, delivery=piece)))
    assert "<script" not in html
    assert "49" not in html
    assert "example.org" not in html
    assert "a" * 200 not in html
