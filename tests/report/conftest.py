"""Frames as the other rooms make them, written by hand: every verdict, small groups and small communities."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from commfinder.report import Disclosure, ReportContent, ReportFacts

GROUPS: list[tuple[Any, ...]] = [
    # group, kind, goal, verdict, bigger, p, size, active, lift, low, high, core, audience, persistence, power, q, out
    (
        "Data Science Guild",
        "community of practice",
        "Better decisions",
        "real",
        True,
        0.94,
        41,
        33,
        4.6,
        3.4,
        6.1,
        0.64,
        0.24,
        1.0,
        0.99,
        0.0002,
        11,
    ),
    (
        "Safety Officers Network",
        "community of practice",
        "Zero accidents",
        "real",
        False,
        0.97,
        28,
        26,
        6.2,
        4.1,
        9.3,
        0.81,
        0.08,
        0.86,
        0.97,
        0.0001,
        0,
    ),
    (
        "Bid Desk",
        "project team",
        "Grow in the north",
        "real",
        False,
        0.91,
        17,
        12,
        9.8,
        5.6,
        17.0,
        0.75,
        0.0,
        1.0,
        0.9,
        0.0004,
        2,
    ),
    (
        "Customer Voice",
        "community of practice",
        "Customer focus",
        "broker-dependent",
        False,
        0.83,
        24,
        18,
        3.1,
        1.9,
        4.8,
        0.61,
        0.28,
        0.71,
        0.93,
        0.004,
        0,
    ),
    (
        "Lean Practitioners",
        "community of practice",
        "Less waste",
        "core-only",
        False,
        0.79,
        63,
        45,
        2.2,
        1.6,
        2.9,
        0.27,
        0.51,
        0.71,
        0.98,
        0.011,
        0,
    ),
    (
        "Digital Workplace Champions",
        "community of practice",
        "Digital workplace",
        "core-only",
        False,
        0.71,
        34,
        20,
        2.0,
        1.3,
        3.0,
        0.25,
        0.45,
        0.57,
        0.86,
        0.02,
        0,
    ),
    (
        "Procurement & Finance Forum",
        "forum",
        "Less waste",
        "split",
        False,
        0.88,
        38,
        31,
        3.7,
        2.6,
        5.2,
        0.77,
        0.1,
        0.86,
        0.97,
        0.001,
        0,
    ),
    (
        "Generative AI Circle",
        "community of practice",
        "Better decisions",
        "emerging",
        True,
        0.69,
        19,
        14,
        2.6,
        1.4,
        4.7,
        0.5,
        0.36,
        0.29,
        0.8,
        0.03,
        6,
    ),
    (
        "ERP Migration",
        "project team",
        "Digital workplace",
        "dormant",
        False,
        0.81,
        22,
        17,
        1.9,
        1.2,
        3.1,
        0.53,
        0.29,
        0.43,
        0.88,
        0.04,
        0,
    ),
    (
        "HR Business Partners",
        "unit",
        None,
        "formal-only",
        False,
        0.86,
        16,
        16,
        1.1,
        0.7,
        1.7,
        0.44,
        0.31,
        0.14,
        0.82,
        0.41,
        0,
    ),
    (
        "Innovation Ambassadors",
        "community of practice",
        "Innovation",
        "paper",
        False,
        0.92,
        57,
        44,
        0.9,
        0.5,
        1.4,
        0.0,
        0.66,
        0.0,
        0.99,
        0.74,
        0,
    ),
    (
        "Knowledge Champions",
        "community of practice",
        "Innovation",
        "paper",
        False,
        0.87,
        35,
        27,
        0.7,
        0.3,
        1.3,
        0.0,
        0.7,
        0.0,
        0.94,
        0.83,
        0,
    ),
    (
        "Sustainability Board",
        "committee",
        "Net zero",
        "uncertain",
        False,
        0.44,
        21,
        15,
        1.7,
        0.9,
        2.9,
        0.4,
        0.33,
        0.43,
        0.66,
        0.12,
        0,
    ),
    (
        "Mentoring Circle North",
        "community of practice",
        None,
        "insufficient",
        False,
        None,
        12,
        3,
        2.0,
        0.1,
        9.0,
        0.33,
        0.33,
        0.1,
        0.2,
        0.5,
        0,
    ),
    (
        "Works Safety Task Force",
        "committee",
        "Zero accidents",
        "insufficient",
        False,
        None,
        4,
        4,
        5.0,
        0.8,
        19.0,
        0.75,
        0.0,
        0.4,
        0.1,
        0.2,
        1,
    ),
]
NAMES = [
    "group",
    "kind",
    "goal",
    "verdict",
    "bigger",
    "probability",
    "size",
    "active",
    "lift",
    "lift_low",
    "lift_high",
    "core_share",
    "audience_share",
    "persistence",
    "power",
    "q",
    "outsiders",
]


def make_verdicts() -> pd.DataFrame:
    frame = pd.DataFrame(GROUPS, columns=NAMES)
    frame["extra_density"] = [0.21, 0.3, 0.42, 0.16, 0.06, 0.05, 0.18, 0.11, 0.06, 0.01, 0.0, -0.02, 0.03, 0.1, 0.5]
    frame["p_community"] = [0.97, 0.93, 0.9, 0.88, 0.7, 0.61, 0.77, 0.2, 0.3, 0.08, 0.02, None, None, 0.44, None]
    frame["connectedness"] = [0.95, 1, 1, 0.9, 0.85, 1, 0.5, 1, 0.9, 1, None, None, 0.8, 1, 1]
    frame["broker_dependence"] = 0.5
    frame["tested"], frame["p_formal"], frame["p_permutation"] = frame["active"], 0.01, 0.01
    frame["found"] = ["C1", "C2", "C5", None, "C3", None, "C4", None, None, "C4", None, None, None, None, "C9"]
    frame["jaccard"] = [0.62, 0.55, 0.7, None, 0.24, None, 0.41, None, None, 0.18, None, None, None, None, 0.9]
    frame["reason"] = "3 people carry it"
    frame["help"] = "ask ann.lee@example.org"
    return frame


def make_communities() -> pd.DataFrame:
    rows = [
        ("C1", 44, 0.93, 0.95, 5.1, 6, "Analytics", 0.45),
        ("C2", 31, 0.96, 0.97, 7.4, 5, "Plant Engineering", 0.32),
        ("C3", 26, 0.81, 0.84, 3.0, 4, "Operations", 0.58),
        ("C4", 22, 0.88, 0.9, 4.2, 1, "Finance", 1.0),
        ("C5", 14, 0.9, 0.92, 9.9, 5, "Sales North", 0.36),
        ("C6", 14, 0.84, 0.88, 6.8, 5, "Logistics", 0.21),
        ("C7", 11, 0.77, 0.8, 8.1, 3, "IT Operations", 0.64),
        ("C8", 9, 0.71, 0.74, 7.0, 2, "Legal", 0.67),
        ("C9", 4, 0.6, 0.61, 9.0, 2, "Works Council", 0.75),
        ("C10", 8, 0.31, 0.9, 5.5, 2, "Legal", 0.75),
        ("B1", 12, None, 0.83, 9.7, 4, "Sales North", 0.33),
    ]
    names = [
        "community",
        "size",
        "confidence",
        "stability",
        "observed_over_expected",
        "units",
        "main_unit",
        "main_unit_share",
    ]
    return pd.DataFrame(rows, columns=names)


def make_undeclared() -> pd.DataFrame:
    rows = [
        ("C6", 14, 0.84, 5, "Lean Practitioners", 0.08, "2 people of 14 are listed"),
        ("C7", 11, 0.77, 3, "ERP Migration", 0.22, ""),
        ("C8", 9, 0.71, 2, None, 0.0, ""),
        ("C9", 4, 0.6, 2, None, 0.0, ""),
        ("B1", 12, None, 4, None, 0.0, ""),
    ]
    return pd.DataFrame(rows, columns=["community", "size", "confidence", "units", "nearest", "jaccard", "reason"])


def make_losses() -> pd.DataFrame:
    rows = [
        ("clean", "mail", "sent by an automatic sender", "rows", 81234, "mail.mbox, byte 12", None),
        (
            "read",
            "slack",
            "message without a sender",
            "messages",
            412,
            "general/2026-07-01.json",
            "Export again with bots included.",
        ),
        ("read", "mail", "message that is not complete", "messages", 1, "mail.mbox, byte 99", None),
        (
            "clean",
            "mail",
            "more recipients than the cap of 50",
            "rows",
            3310,
            None,
            "Raise the cap if large lists matter here.",
        ),
        (
            "groups",
            "communities.csv",
            "member who is nobody in the records",
            "members",
            3,
            "line 12",
            "Check the addresses in the list.",
        ),
        (
            "people",
            "hr.csv",
            "account of nobody in the directory",
            "accounts",
            27,
            None,
            "Give an export of the directory with aliases.",
        ),
    ]
    return pd.DataFrame(rows, columns=["stage", "source", "reason", "unit", "count", "where", "advice"])


def make_content(k: int = 5) -> ReportContent:
    gate = Disclosure(k=k)
    sizes = dict(zip(make_communities()["community"], make_communities()["size"], strict=True))
    group_sizes = dict(zip(make_verdicts()["group"], make_verdicts()["size"], strict=True))
    return ReportContent(
        title="Our communities: declared and real",
        period="Third quarter of 2026 (1 July to 30 September)",
        facts=ReportFacts(
            people=412,
            interactions_read=1310002,
            interactions_used=1204331,
            ties=3877,
            media=("e-mail", "chat", "meetings"),
            sources=("mail", "slack", "calendar"),
            clustered=True,
            p_chance=0.001,
        ),
        verdicts=gate.release_verdicts(make_verdicts(), community_sizes=sizes),
        communities=gate.release_communities(make_communities()),
        undeclared=gate.release_undeclared(make_undeclared(), group_sizes=group_sizes),
        losses=gate.release_losses(make_losses()),
        settings={"seed": 0, "tie": "contact in 3 of 26 weeks", "alpha": 0.05, "k": k, "permutations": 999},
        versions={"commfinder": "0.1.0", "python": "3.11.2", "pandas": "2.3.1"},
        inputs={"mail.mbox": "9f" * 32, "hr.csv": "3c" * 32},
        key_id="a1b2c3d4",
        limits=("Chat of the plant in the south was not among the exports.",),
    )


@pytest.fixture
def verdicts() -> pd.DataFrame:
    return make_verdicts()


@pytest.fixture
def communities() -> pd.DataFrame:
    return make_communities()


@pytest.fixture
def undeclared() -> pd.DataFrame:
    return make_undeclared()


@pytest.fixture
def losses() -> pd.DataFrame:
    return make_losses()


@pytest.fixture
def content() -> ReportContent:
    return make_content()
