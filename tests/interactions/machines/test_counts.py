"""What each account does is counted as plain Python counts it, whatever the order of rows, sources and times."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commfinder import Interactions
from commfinder.interactions.machines.counts import CROWD, HOURS, LOUD, TIMED, count_accounts, gaps_between, received_by

HOUR = pd.Timedelta(hours=1)
MONDAY = pd.Timestamp("2026-01-05", tz="UTC")


def talk(rows, **constants):
    """Hold rows of (event, sender, recipient, time, n_recipients, automated, medium)."""
    names = ["event", "sender", "recipient", "time", "n_recipients", "automated", "medium"]
    frame = pd.DataFrame(rows, columns=names).assign(**constants)
    return Interactions.from_frame(frame, **{name: name for name in ("event", "n_recipients", "automated")})


def random_rows(rng):
    rows = []
    for event in range(400):
        sender = f"p{rng.integers(12):02}" if rng.random() < 0.6 else "loud"
        size = int(rng.choice([1, 2, 30]))
        when = MONDAY + int(rng.integers(60 * 24)) * HOUR
        medium = str(rng.choice(["email", "chat", "code"]))
        to = rng.choice(12, size=min(size, 3), replace=False)
        rows += [(f"e{event}", sender, f"p{name:02}", when, size, bool(event % 7 == 0), medium) for name in to]
    return rows


def by_hand(rows, account):
    talked = [row for row in rows if row[6] != "code" and row[1] != row[2]]
    own = {row[0]: row for row in talked if row[1] == account}
    narrow = [row for row in talked if row[4] <= CROWD]
    to = [row for row in narrow if row[2] == account]
    writers = {row[1] for row in narrow}
    asked = {row[2] for row in narrow if row[1] == account} & writers if len(own) >= LOUD else set()
    return {
        "sent": len(own),
        "wide": sum(row[4] > CROWD for row in own.values()),
        "flagged": sum(row[5] for row in own.values()),
        "received": len(to),
        "senders": len({row[1] for row in to}),
        "asked": len(asked),
        "answered": len(asked & {row[1] for row in to}),
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_counts_are_those_of_plain_python(seed):
    rng = np.random.default_rng(seed)
    rows = random_rows(rng)
    inter = talk(rows)
    counts = count_accounts(inter, inter.rows, everyone=True)
    for code, account in enumerate(inter.people):
        assert {name: int(getattr(counts, name)[code]) for name in by_hand(rows, account)} == by_hand(rows, account)
    received, senders = received_by(counts, np.array([inter.people.index("loud")]))
    for code, account in enumerate(inter.people):
        told = by_hand([row for row in rows if row[1] != "loud"], account)
        assert (received[code], senders[code]) == (told["received"], told["senders"])


def test_a_second_copy_in_another_source_is_no_second_message():
    rows = [("1", "ann", "bob", MONDAY, 1, False, "email")]
    both = pd.concat([pd.DataFrame(rows), pd.DataFrame(rows)]).to_numpy().tolist()
    inter = talk(both, source=["one", "two"])
    assert count_accounts(inter, inter.rows, everyone=True).sent.tolist() == [1, 0]


def test_evenness_is_one_round_the_week_and_zero_at_one_hour():
    every = [(f"a{n}", "alarm", "bob", MONDAY + n * HOUR, 1, False, "email") for n in range(3 * HOURS)]
    noon = [(f"b{n}", "noon", "bob", MONDAY + 168 * n * HOUR, 1, False, "email") for n in range(TIMED)]
    few = [(f"c{n}", "few", "bob", MONDAY + n * HOUR, 1, False, "email") for n in range(TIMED - 1)]
    inter = talk([*every, *noon, *few])
    told = dict(zip(inter.people, count_accounts(inter, inter.rows, everyone=True).evenness, strict=True))
    assert told["alarm"] == 1.0
    assert told["noon"] == 0.0
    assert np.isnan(told["few"])
    assert np.isnan(told["bob"])


def test_hours_before_1970_are_hours_of_a_week_too():
    rng = np.random.default_rng(5)
    hours = rng.choice(60, size=TIMED)
    week = 7 * 86_400_000_000
    late = [(f"a{n}", "ann", "bob", MONDAY + hour * HOUR, 1, False, "email") for n, hour in enumerate(hours)]
    inter = talk(late)
    early = inter.rows.mutate(time=inter.rows.time - 4000 * week)
    assert (
        count_accounts(inter, early, everyone=True).evenness[0]
        == count_accounts(inter, inter.rows, everyone=True).evenness[0]
        < 0.9
    )


def test_order_of_rows_changes_no_bit():
    rng = np.random.default_rng(6)
    rows = [
        (f"a{n}", "ann", "bob", MONDAY + int(h) * HOUR, 1, False, "email") for n, h in enumerate(rng.choice(900, 600))
    ]
    one, other = talk(rows), talk([rows[place] for place in rng.permutation(len(rows))])
    assert (
        count_accounts(one, one.rows, everyone=True).evenness[0]
        == count_accounts(other, other.rows, everyone=True).evenness[0]
    )
    codes = np.array([0])
    assert gaps_between(one, one.rows, codes)[0] == gaps_between(other, other.rows, codes)[0]


@pytest.mark.parametrize(
    ("hours", "burstiness"),
    [
        (np.arange(LOUD), -1.0),
        (np.arange(LOUD - 1), np.nan),  # too few
        (np.zeros(LOUD), np.nan),  # all at once
        # 49 distances: one of 980 hours among 48 of nothing: mean 20, spread 20 * 48 ** .5.
        (np.append(np.zeros(LOUD - 1), 980), (48**0.5 - 1) / (48**0.5 + 1)),
    ],
)
def test_burstiness(hours, burstiness):
    inter = talk([(f"a{n}", "ann", "bob", MONDAY + int(h) * HOUR, 1, False, "email") for n, h in enumerate(hours)])
    assert gaps_between(inter, inter.rows, np.array([0]))[0] == pytest.approx(burstiness, abs=1e-12, nan_ok=True)


def test_centuries_between_messages_overflow_nothing():
    rows = [(f"a{n}", "ann", "bob", MONDAY + n * HOUR, 1, False, "email") for n in range(LOUD)]
    inter = talk(rows)
    century = 100 * 365 * 86_400_000_000
    time = inter.rows.time
    ends = inter.rows.mutate(time=(time % 7_200_000_000 == 0).ifelse(time, time + 60 * century))
    assert -1 < gaps_between(inter, ends, np.array([0]))[0] < 1


def test_nobody_is_asked_about():
    inter = talk([("1", "ann", "bob", MONDAY, 1, False, "email")])
    assert gaps_between(inter, inter.rows, np.array([], dtype=np.int64)).shape == (0,)


def test_each_account_has_its_own_distances():
    steps = {f"m{number}": 1 + number % 5 for number in range(12)}
    rows = [
        (f"{name}{n}", name, "bob", MONDAY + n * HOUR + (n % step) * HOUR / 2, 1, False, "email")
        for name, step in steps.items()
        for n in range(LOUD + step)
    ]
    inter = talk(rows)
    codes = np.arange(1, len(inter.names))
    together = gaps_between(inter, inter.rows, codes)
    alone = [gaps_between(inter, inter.rows, codes[place : place + 1])[0] for place in range(12)]
    assert together.tolist() == alone
    assert len(set(alone)) == 5
