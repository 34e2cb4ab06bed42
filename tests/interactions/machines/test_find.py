"""Each sign of a machine is found where it is, in words with numbers; people with one odd habit are kept."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from commfinder import Interactions
from commfinder.errors import InputError
from commfinder.interactions.machines import signs as machines_signs
from commfinder.interactions.machines.automated import automated_accounts
from commfinder.interactions.machines.counts import count_accounts
from commfinder.interactions.machines.find import find_machines
from commfinder.interactions.schema import ACCOUNTS

MONDAY = pd.Timestamp("2026-01-05T08:00", tz="UTC")
PEOPLE = [f"p{number:02}" for number in range(60)]


def office():
    """Sixty people who write to their ten nearest neighbours, all at working hours, and are answered."""
    rng = np.random.default_rng(3)
    rows = []
    for place, sender in enumerate(PEOPLE):
        for step in range(1, 6):
            near = (PEOPLE[(place + step) % 60], PEOPLE[(place - step) % 60])
            rows += [(sender, [to], MONDAY + pd.Timedelta(days=int(rng.integers(5)), hours=step)) for to in near]
    return rows


def hold(sent, **constants):
    """Hold messages of (sender, recipients, time and, if a machine wrote them, True)."""
    made = [
        (f"e{number}", row[0], recipient, row[2], len(row[1]), len(row) > 3)
        for number, row in enumerate(sent)
        for recipient in row[1]
    ]
    names = ["event", "sender", "recipient", "time", "n_recipients", "automated"]
    return Interactions.from_frame(pd.DataFrame(made, columns=names).assign(**constants))


def often(sender, to, number, *, step="1h", flagged=False):
    """Write so many messages, the recipients taken in turn."""
    start, step = MONDAY, pd.Timedelta(step)
    return [(sender, to(n), start + n * step, *([True] if flagged else [])) for n in range(number)]


def one(n):
    return [PEOPLE[n % 60]]


def few(n):
    return [PEOPLE[n % 4]]


def crowd(n):
    return [PEOPLE[(n + step) % 60] for step in range(25)]


def told(inter):
    frame = find_machines(inter).to_frame()
    return {row.account: row for row in frame.itertuples()}


def test_people_show_no_sign():
    assert find_machines(hold(office())).to_frame().empty
    assert "0 suspect and kept; 60 accounts" in repr(find_machines(hold(office())))


@pytest.mark.parametrize(
    ("rows", "kind", "decision", "words"),
    [
        (often("zed", one, 60), "bot", "exclude", "of 60 people who could have answered, none ever did"),
        (often("zed", few, 60, step="97min"), "bot", "exclude", "by the clock (burstiness -1.00"),
        (often("zed", few, 60), "bot", "exclude", "wrote 60 messages and received 0"),
        (often("zed", few, 9, flagged=True), "bot", "exclude", "9 of its 9 messages are marked as automatic"),
        (often("zed", crowd, 12), "broadcast", "exclude", "all its 12 messages went to a crowd"),
        ([(p, ["zed"], MONDAY) for p in PEOPLE for _ in range(2)], "list", "exclude", "120 messages from 60 people"),
    ],
)
def test_signs(rows, kind, decision, words):
    found = told(hold([*office(), *rows]))
    assert list(found) == ["zed"]
    assert (found["zed"].kind, found["zed"].decision, found["zed"].by) == (kind, decision, "score")
    assert words in found["zed"].reasons


def test_all_hours_alike():
    rng = np.random.default_rng(4)
    moments = np.sort(rng.integers(0, 26 * 168 * 60, 500))
    alarms = [("zed", [PEOPLE[n % 40]], MONDAY + pd.Timedelta(minutes=int(m))) for n, m in enumerate(moments)]
    thanks = [(PEOPLE[n % 40], ["zed"], MONDAY) for n in range(200)]
    found = told(hold([*office(), *alarms, *thanks]))["zed"]
    assert found.reasons.startswith("writes at all hours of the week alike (evenness 0.9")
    assert (found.score, found.decision) == (0.6, "exclude")


@pytest.mark.parametrize(
    "rows",
    [
        # One absence note, a few messages marked by mistake.
        often("p00", few, 4, flagged=True),
        # Who announces to crowds and has a conversation as well.
        [("p00", crowd(n), MONDAY + pd.Timedelta(hours=n * n)) for n in range(80)],
        # Who reads much and seldom writes.
        [(p, ["p00"], MONDAY) for p in PEOPLE[1:] for _ in range(2)],
        # Whom a few do not answer.
        often("zed", lambda n: [PEOPLE[n % 4]], 49),
    ],
)
def test_one_odd_habit_is_a_persons(rows):
    assert find_machines(hold([*office(), *rows])).excluded == []


def test_an_announcer_is_told_of_and_kept():
    days = np.random.default_rng(9).integers(0, 180, 80).tolist()
    inter = hold([*office(), *[("p00", crowd(n), MONDAY + pd.Timedelta(days=day)) for n, day in enumerate(days)]])
    found = told(inter)["p00"]
    assert (found.kind, found.decision, found.reasons) == ("broadcast", "keep", "80 of its 90 messages went to a crowd")
    assert "p00" in inter.clean().people


def test_who_reads_what_machines_send_is_no_list():
    # Of what 120 machines and people wrote to the reader, all but a little came from machines.
    readers = often("m1", lambda n: ["reader", PEOPLE[n % 60]], 120)
    inter = hold([*office(), *readers, *[(p, ["reader"], MONDAY) for p in PEOPLE[:55]]])
    found = told(inter)
    assert found["m1"].decision == "exclude"
    assert "reader" not in found or found["reader"].decision == "keep"


def test_a_sign_that_many_show_is_of_the_data():
    # Nobody answers anybody: half the mailboxes are missing.
    loud = [row for number in range(8) for row in often(f"s{number}", one, 60)]
    assert find_machines(hold([*office(), *loud])).excluded == []
    fewer = [row for number in range(3) for row in often(f"s{number}", one, 60)]
    assert find_machines(hold([*office(), *fewer])).excluded == ["s0", "s1", "s2"]


def test_times_that_are_no_real_ones_are_not_used():
    rng = np.random.default_rng(6)
    rows = [(a, to, MONDAY + pd.Timedelta(minutes=int(rng.integers(9 * 168 * 60)))) for a, to, _ in office()]
    busy = [("p00", one(n), MONDAY + pd.Timedelta(minutes=int(rng.integers(9 * 168 * 60)))) for n in range(300)]
    assert "at all hours" not in told(hold([*rows, *busy]))["p00"].reasons
    assert "at all hours" in told(hold([*office(), *busy]))["p00"].reasons


def test_what_sources_say_comes_first():
    inter = hold([*office(), ("room 3", ["p00"], MONDAY), ("ci-bot", ["p00"], MONDAY)])
    row = {"account": "room 3", "address": None, "name": None, "kind": "room", "guest": False, "unit": None}
    inter = replace(inter, accounts=pa.Table.from_pylist([row | {"source": "x"}], schema=ACCOUNTS).to_pandas())
    frame = find_machines(inter).to_frame()
    assert frame["account"].tolist() == ["room 3", "ci-bot"]
    assert frame["kind"].tolist() == ["room", "bot"]
    assert frame["score"].tolist() == [1.0, 0.9]
    assert frame["reasons"].tolist() == ["the source calls it a room", "its name is a machine's"]


def test_only_mail_and_chat_are_judged():
    assert find_machines(hold(often("zed", one, 600), medium="workflow")).to_frame().empty


def test_the_period_limits_what_is_looked_at():
    inter = hold([*office(), *often("zed", one, 60, step="1D")])
    assert find_machines(inter).excluded == ["zed"]
    assert find_machines(inter, period="2026-01").excluded == []


def test_the_same_bytes_whatever_the_order():
    rows = [*office(), *often("zed", few, 300, step="61min"), *often("y", crowd, 20)]
    mixed = [rows[place] for place in np.random.default_rng(8).permutation(len(rows))]
    assert find_machines(hold(rows)).to_json() == find_machines(hold(mixed)).to_json()


@pytest.mark.parametrize("seed", range(4))
def test_whose_messages_are_not_counted_can_show_no_sign(seed, monkeypatch):
    # Machines of many kinds and measures, close to the limits on both sides.
    rng = np.random.default_rng(seed)
    rows = office()
    for number in range(8):
        size, many = int(rng.choice([1, 1, 3, 21, 25])), int(rng.choice([6, 12, 49, 50, 51, 120, 260]))
        flags, reach = rng.random() < 0.3, int(rng.choice([4, 12, 60]))
        for place in rng.integers(0, 26 * 168, many).tolist():
            to = rng.choice(PEOPLE[: max(reach, size)], size=size, replace=False).tolist()
            row = (f"m{number}", to, MONDAY + pd.Timedelta(hours=place))
            rows.append((*row, True) if flags and rng.random() < 0.5 else row)
        rows += [(p, [f"m{number}"], MONDAY) for p in rng.choice(PEOPLE, size=int(rng.choice([0, 1, 5, 30])))]
    inter = hold(rows)
    quick = find_machines(inter).to_frame()
    assert 1 <= len(quick) <= 8
    monkeypatch.setattr(machines_signs, "count_accounts", functools.partial(count_accounts, everyone=True))
    pd.testing.assert_frame_equal(find_machines(inter).to_frame(), quick)


def test_cleaning_leaves_out_the_same():
    inter = hold([*office(), *often("zed", one, 60), *often("no-reply@x", few, 2)])
    found = find_machines(inter)
    assert found.excluded == inter.automated_names() == ["no-reply@x", "zed"]
    assert set(inter.clean().people) == set(PEOPLE)


def test_the_user_has_the_last_word():
    inter = hold([*office(), *often("zed", one, 60)])
    found = find_machines(inter)
    said = {"zed": "keep", "p07": "exclude", "nobody": "keep"}
    overruled = found.overrule(said)
    assert overruled.decisions == {"p07": "exclude", "zed": "keep"}
    assert overruled.to_frame().set_index("account").loc["p07", ["score", "by"]].tolist() == [0.0, "user"]
    assert found.excluded == ["zed"]
    assert find_machines(inter, decisions=said).to_json().split('"rows"')[1] == overruled.to_json().split('"rows"')[1]
    for machines in (said, overruled):
        codes = automated_accounts(inter, inter.rows, machines)
        assert [inter.people[code] for code in codes] == ["p07"]


def test_machines_that_were_found_hold_alone():
    inter = hold([*office(), *often("zed", one, 60)])
    none = find_machines(inter.select(people=PEOPLE))
    assert automated_accounts(inter, inter.rows, none) == []
    assert automated_accounts(inter, inter.rows, {}) == [inter.people.index("zed")]


def test_a_wrong_word_is_told():
    with pytest.raises(InputError, match="'zed' is 'drop'"):
        find_machines(hold(office()), decisions={"zed": "drop"})


def test_nothing_at_all():
    inter = Interactions.from_frame(pd.DataFrame({"sender": [], "recipient": []}, dtype=str))
    found = find_machines(inter)
    assert found.to_frame().empty
    assert found.to_frame().dtypes["score"] == "float64"
    assert repr(found) == "<Machines: none excluded; 0 suspect and kept; 0 accounts>"
