"""Facts on groups whose work is known: a process, a help channel, and what lies between."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.cases.handoffs import hand_offs
from commfinder.delivery.groups.describe import Wanted, evidence_of
from commfinder.delivery.groups.find import background_of
from commfinder.delivery.kinds.background import Background
from commfinder.delivery.kinds.facts import Facts
from commfinder.delivery.kinds.features import informal_share
from commfinder.delivery.order.nulls import StandIns
from commfinder.interactions import Interactions
from commfinder.people import Directory

MONDAY = pd.Timestamp("2026-01-05", tz="UTC")


def log_of(sequences: list[list[str]], *, space: str = "permits", every: float = 40.0) -> pd.DataFrame:
    """One case for each sequence of people, each act two hours after the one before."""
    rows = [
        (f"{space}-{case}", f"{space}-{case}#{number}", person, case * every + 9 + 2 * number)
        for case, people in enumerate(sequences)
        for number, person in enumerate(people)
    ]
    frame = pd.DataFrame(rows, columns=["thread", "event", "sender", "hour"])
    frame["time"] = MONDAY + pd.to_timedelta(frame.pop("hour"), unit="h")
    return frame.assign(recipient=None, role="edit", medium="workflow", space=space)


def facts_of(frame: pd.DataFrame, people: dict[str, str], members: list[str] | None = None) -> Facts:
    inter = Interactions.from_frame(frame, event="event", thread="thread", role="role", medium="medium", space="space")
    directory = Directory.from_frame({"person": list(people), "unit": list(people.values())})
    from commfinder.delivery.cases.find import find_cases

    cases = find_cases(inter, directory)
    who = tuple(sorted(members or people))
    places = np.flatnonzero(np.isin(cases.people.astype(str), who))
    wanted = Wanted("x", "declared", who, places, np.arange(len(cases)), np.arange(len(cases)))
    background = background_of(inter, directory, cases, [wanted], None)
    return evidence_of(wanted, cases, background, StandIns(cases), calendar=None, shuffles=99, seed=0).facts


CHART = {"ada": "desk", "ben": "law", "cem": "works", "dan": "desk", "eve": "law", "fay": "works"}


@pytest.fixture(scope="module")
def process() -> Facts:
    """Cases pass desk - law - works - desk; two people of each unit stand in for one another."""
    rng = np.random.default_rng(1)
    pools = [["ada", "dan"], ["ben", "eve"], ["cem", "fay"]]
    steps = [[str(rng.choice(pool)) for pool in pools] for _ in range(60)]
    return facts_of(log_of(steps), CHART)


@pytest.fixture(scope="module")
def channel() -> Facts:
    """Anybody asks and any two of the others answer."""
    rng = np.random.default_rng(2)
    names = list(CHART)
    threads = [[str(one) for one in rng.permutation(names)[:3]] for _ in range(60)]
    return facts_of(log_of(threads, space="help"), CHART)


def test_a_pool_of_interchangeable_people_has_its_order_as_roles(process):
    assert process.order == 1.0
    assert process.order_level in ("person", "role")
    assert process.order_role == 1.0
    assert process.order_p <= 0.05
    assert process.order_pairs == 60


def test_a_help_channel_has_no_order(channel):
    assert channel.order_p > 0.05
    assert abs(channel.excess) < 0.15


def test_counts_are_those_of_the_cases(process):
    assert (process.size, process.cases, process.acts, process.units, process.roles) == (6, 60, 180, 3, 3)
    assert process.windows == 3
    assert process.handoffs == 120
    assert process.people_per_case == 3.0
    assert process.gap_days == pytest.approx(40 / 24)


def test_cases_of_a_worklist_carry_an_id_and_threads_of_mail_do_not():
    steps = [["ada", "ben", "cem"]] * 12
    work, mail = log_of(steps), log_of(steps, space="mail")
    mail = mail.assign(medium="email", recipient="dan", role="to")
    known = facts_of(pd.concat([work, mail], ignore_index=True), CHART)
    assert known.cases == 24
    assert known.with_id == 12
    assert not known.may_be_talk
    alone = facts_of(mail, CHART)
    assert (alone.cases, alone.with_id, alone.may_be_talk) == (12, 0, True)
    assert alone.order_null < alone.order_low <= alone.order
    assert alone.sure == alone.order_low - alone.order_null


def test_a_process_passes_one_way_across_units_through_set_places(process, channel):
    assert process.across_units == process.informal == 1.0
    assert process.units_in_case == 1.0
    assert process.one_way_roles == 1.0
    assert process.place_entropy == 0.0
    assert process.same_roles == 1.0
    assert process.path > 0.95
    assert channel.one_way_roles < 0.1
    assert channel.place_entropy > 0.9
    assert channel.path < 0.2


def test_openers_are_few_in_a_process_and_many_in_a_channel(process, channel):
    assert process.half_open <= 2
    assert process.opener_lift > 2
    assert channel.half_open >= 2
    assert channel.opener_lift == pytest.approx(1.0, abs=0.3)


def test_two_parts_of_one_group_are_told_apart():
    rng = np.random.default_rng(3)
    steps = [["ada", "ben", "cem", "dan"]] * 30
    threads = [[str(one) for one in rng.permutation(list(CHART))[:4]] for _ in range(40)]
    both = pd.concat([log_of(steps), log_of(threads, space="help")], ignore_index=True)
    found = facts_of(both, CHART)
    assert found.parts == 2
    assert found.strictest_part > 0.35
    assert abs(found.loosest_part) < 0.15
    assert found.strict_reach == pytest.approx(4 / 6)
    assert found.strict_share == pytest.approx(30 / 70)


def test_members_who_act_on_no_case_count_as_members_and_nothing_else():
    found = facts_of(log_of([["ada", "ben", "cem"]] * 20), CHART, ["ada", "ben", "cem", "nobody"])
    assert found.size == 4
    assert found.people_per_case == 3.0


def test_what_is_not_known_is_nan_and_no_error():
    lonely = facts_of(log_of([["ada", "ben"]] * 3), {"ada": "desk", "ben": "law"})
    for name in ("order", "order_p", "path", "response_spread"):
        assert np.isnan(getattr(lonely, name)), name
    assert lonely.order_level == ""
    unplaced = facts_of(log_of([["ada", "ben", "cem"]] * 20), {"ada": None, "ben": None, "cem": None})
    assert unplaced.units == unplaced.roles == 0
    assert np.isnan(unplaced.across_units)
    assert np.isnan(unplaced.informal)


def test_a_group_without_any_case_has_facts():
    frame = log_of([["ada", "ben", "cem"]] * 20)
    found = facts_of(frame, CHART, ["eve", "fay"])
    assert found.cases == found.handoffs == found.windows == 0
    assert np.isnan(found.order)


def test_what_nobody_answers_is_counted():
    threads = [["ada", "ben", "cem"]] * 15 + [["dan"]] * 5
    assert facts_of(log_of(threads), CHART).alone == pytest.approx(5 / 20)


def test_rows_may_come_in_any_order(process):
    rng = np.random.default_rng(1)
    pools = [["ada", "dan"], ["ben", "eve"], ["cem", "fay"]]
    frame = log_of([[str(rng.choice(pool)) for pool in pools] for _ in range(60)])
    assert repr(facts_of(frame.sample(frac=1, random_state=4), CHART)) == repr(process)


def test_informal_share_needs_people_who_are_placed():
    from commfinder.delivery.cases.find import find_cases

    inter = Interactions.from_frame(
        log_of([["ada", "ben"]] * 3), event="event", thread="thread", role="role", medium="medium", space="space"
    )
    directory = Directory.from_frame({"person": ["ada", "ben"], "manager": ["ben", None]})
    cases = find_cases(inter, directory)
    background = Background.of(inter, directory, np.array(["ada", "ben"], dtype=object))
    assert informal_share(cases, hand_offs(cases), background) == 0.0
