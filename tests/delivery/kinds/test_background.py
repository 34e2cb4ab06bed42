"""Usual hours, who writes to whom, and formal structure behind all groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.kinds import formal
from commfinder.delivery.kinds.background import Background
from commfinder.interactions import Interactions
from commfinder.people import Directory

MONDAY = pd.Timestamp("2026-01-05", tz="UTC")


def mail(rows: list[tuple[str, str, float]], **more: object) -> pd.DataFrame:
    """Mails of (sender, recipient, hours after Monday, midnight UTC)."""
    frame = pd.DataFrame(rows, columns=["sender", "recipient", "hour"])
    frame["time"] = MONDAY + pd.to_timedelta(frame.pop("hour"), unit="h")
    frame["event"] = [f"m{number}" for number in range(len(frame))]
    return frame.assign(**more)


def taken(frame: pd.DataFrame, directory: Directory | None = None, **options: object) -> Background:
    inter = Interactions.from_frame(frame, event="event", **options)
    directory = directory or Directory.from_frame({"person": inter.people})
    return Background.of(inter, directory, np.array(sorted({*inter.people, *directory.people}), dtype=object))


def weeks(sender: str, recipient: str, *, hours: list[int], n: int = 8) -> list[tuple[str, str, float]]:
    return [
        (sender, recipient, week * 168 + day * 24 + hour) for week in range(n) for day in range(5) for hour in hours
    ]


def test_hours_are_those_of_the_person_wherever_they_are():
    # Two people with the same working day, eleven hours apart on the clock of UTC.
    rows = weeks("ada", "ben", hours=[8, 11, 15]) + weeks("ben", "ada", hours=[19, 22, 26])
    found = taken(mail(rows))
    assert found.usual_off.tolist() == [0.0, 0.0]
    assert found.shift[1] - found.shift[0] in (11, -13)
    at_night = np.array([(MONDAY + pd.Timedelta(h, "h")).value // 1000 for h in (23, 23)])
    assert found.off_hours(np.array([0, 1]), at_night).tolist() == [True, False]


def test_weekends_are_off_unless_they_are_working_days():
    rows = [*weeks("ada", "ben", hours=[8, 11, 15]), ("ada", "ben", 5 * 24 + 11)]
    frame = mail(rows)
    assert taken(frame).usual_off[0] == pytest.approx(1 / 121)
    inter = Interactions.from_frame(frame, event="event")
    people = np.array(inter.people, dtype=object)
    always = Background.of(inter, Directory.from_frame({"person": people}), people, days=(0, 1, 2, 3, 4, 5))
    assert always.usual_off[0] == 0.0


def test_talk_counts_what_members_write_one_another():
    rows = [("ada", "ben", 9), ("ben", "ada", 10), ("ada", "ben", 11), ("ada", "cem", 12)]
    found = taken(mail(rows, n_recipients=[1, 1, 3, 1]), n_recipients="n_recipients")
    talk = found.talk(np.array([0, 1]))
    assert talk.messages == 3
    assert talk.reciprocity == pytest.approx(2 / 3)
    assert talk.breadth == pytest.approx(5 / 3)
    assert talk.private == pytest.approx(2 / 3)
    nothing = found.talk(np.array([1, 2]))
    assert nothing.messages == 0
    assert np.isnan(nothing.reciprocity)


def test_mass_mail_and_machines_say_nothing_of_talk():
    rows = [("ada", "ben", 9), ("ada", "ben", 10), ("ada", "ben", 11)]
    frame = mail(rows, n_recipients=[1, 200, 1], automated=[False, False, True])
    assert taken(frame, n_recipients="n_recipients", automated="automated").talk(np.array([0, 1])).messages == 1


def test_the_chart_links_units_managers_and_reports():
    directory = Directory.from_frame(
        {
            "person": ["ada", "ben", "cem", "dan", "eve"],
            "unit": ["x", "x", "y", "y", None],
            "manager": ["dan", None, "dan", None, None],
        }
    )
    found = taken(mail([("ada", "ben", 9)]), directory)
    places = found.places(["ada", "ben", "cem", "dan", "eve", "nobody"])
    assert len(places) == 5
    a = places[[0, 0, 0, 1, 1]]
    b = places[[1, 2, 3, 2, 4]]
    linked, known = found.formally_linked(a, b)
    assert linked.tolist() == [True, True, True, False, False]
    assert known.tolist() == [True, True, True, True, False]


@pytest.fixture(scope="module")
def organisation() -> tuple[Background, np.ndarray]:
    """Forty people in four units who talk inside them, and five of different units who all talk with one another."""
    rng = np.random.default_rng(1)
    names = [f"p{number:02d}" for number in range(40)]
    unit = np.arange(40) % 4
    rows = []
    club = [0, 1, 2, 3, 5, 6]
    for i in range(40):
        for j in range(40):
            tied = i != j and ((unit[i] == unit[j] and rng.random() < 0.4) or (i in club and j in club))
            if tied:
                rows += [(names[i], names[j], week * 168 + 10.0 + i / 40) for week in range(0, 20, 3)]
                rows += [(names[j], names[i], week * 168 + 11.0 + i / 40) for week in range(0, 20, 3)]
    directory = Directory.from_frame({"person": names, "unit": [f"u{one}" for one in unit]})
    return taken(mail(rows), directory), np.array(club)


def test_a_club_has_ties_beyond_the_chart_and_a_unit_has_not(organisation):
    found, club = organisation
    lively, unit = found.formal(club), found.formal(np.arange(0, 40, 4))
    assert lively is not None and unit is not None
    assert lively.ties == lively.pairs == 15
    assert lively.z > 2.5
    assert lively.extra > 0.5
    assert abs(unit.z) < 1.5
    assert unit.z_activity > unit.z + 1


def test_ties_of_too_few_or_of_most_people_are_not_judged(organisation):
    found, club = organisation
    assert found.formal(club[:4]) is None
    assert found.formal(np.arange(30)) is None


def test_without_recipients_there_is_no_talk_and_no_formal_structure():
    frame = mail([("ada", "x", 9), ("ben", "x", 10)]).drop(columns="recipient").assign(recipient=None, space="desk")
    found = taken(frame, medium="workflow", space="space")
    assert found.nulls is None
    assert found.formal(np.arange(2)) is None
    assert found.talk(np.arange(2)).messages == 0


def test_talk_is_that_of_a_plain_count():
    rng = np.random.default_rng(5)
    names = [f"p{number}" for number in range(9)]
    rows = [(names[a], names[b], float(hour)) for hour, (a, b) in enumerate(rng.integers(9, size=(300, 2))) if a != b]
    found, members = taken(mail(rows)), np.array([1, 3, 4, 8])
    inside = pd.DataFrame(rows, columns=["a", "b", "hour"]).query(
        "a in @who and b in @who", local_dict={"who": [names[one] for one in members]}
    )
    counts = inside.groupby(["a", "b"]).size()
    matched = sum(min(n, counts.get((b, a), 0)) for (a, b), n in counts.items())
    talk = found.talk(members[::-1])
    assert (talk.messages, talk.reciprocity) == (len(inside), matched / len(inside))


def test_a_large_group_of_a_large_organisation_does_not_explain_itself(monkeypatch):
    rng = np.random.default_rng(3)
    n, club = 300, np.arange(0, 300, 20)
    i, j = np.triu_indices(n, 1)
    close = (i // 20 == j // 20) | (np.isin(i, club) & np.isin(j, club))
    tied = rng.random(len(i)) < np.where(close, 0.4, 0.02)
    names = [f"p{number:03d}" for number in range(n)]
    ties = [*zip(i[tied], j[tied], strict=True), *zip(j[tied], i[tied], strict=True)]
    rows = [(names[a], names[b], week * 168 + 10.0) for week in range(0, 20, 4) for a, b in ties]
    directory = Directory.from_frame({"person": names, "unit": [f"u{one // 20}" for one in range(n)]})
    found = taken(mail(rows), directory)
    monkeypatch.setattr(formal, "_LARGE", 10)
    anew = found.formal(club)
    monkeypatch.setattr(formal, "_FITTED_ANEW", 100)
    own = found.formal(club)
    monkeypatch.setattr(formal, "_LARGE", 100)
    naive = found.formal(club)
    assert own.ties == anew.ties == naive.ties and own.expected_activity == anew.expected_activity
    assert own.expected == pytest.approx(anew.expected, rel=0.05)
    assert naive.expected > 1.1 * anew.expected
