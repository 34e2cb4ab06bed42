from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pytest

from commfinder import Interactions, Period, concat, pseudonymise
from commfinder.errors import InputError, PeriodError, PrivacyError
from commfinder.interactions.machines.automated import named_like_a_machine
from commfinder.interactions.schema import ACCOUNTS, MEMBERSHIPS
from commfinder.provenance import record


def mails(*rows, source="mail", medium="email"):
    """Make interactions of (event, sender, recipient) and further columns by name."""
    names = ("event", "sender", "recipient")
    made = [
        {"time": "2026-07-01T09:00Z"} | dict(zip(names, row, strict=False)) | (row[3] if len(row) > 3 else {})
        for row in rows
    ]
    frame = pd.DataFrame(made)
    return Interactions.from_frame(frame, event="event", source=source, medium=medium)


def accounts(inter, **kinds):
    rows = [
        {"account": name, "address": None, "name": None, "kind": kind, "guest": False, "unit": None, "source": "x"}
        for name, kind in kinds.items()
    ]
    return replace(inter, accounts=pa.Table.from_pylist(rows, schema=ACCOUNTS).to_pandas())


def cleaned(inter):
    return {
        (source, reason): count
        for stage, source, reason, count in inter.losses[["stage", "source", "reason", "count"]].itertuples(index=False)
        if stage == "clean"
    }


def rows(inter):
    return sorted(inter.to_frame()[["event", "sender", "recipient"]].fillna("-").itertuples(index=False, name=None))


def test_every_removal_is_counted_once_and_in_order():
    old = {"time": "2025-01-01T00:00Z"}
    mail = mails(
        ("1", "a", "b"),
        ("2", "a", "a", old),  # outside the period first, not to oneself
        ("3", "a", "a"),
        ("4", "no-reply@x", "no-reply@x"),  # automated first, not to oneself
        ("5", "a", "b", {"automated": True}),
        ("6", "a", "b"),
        ("7", "b", "c", {"n_recipients": 300}),
    )
    chat = mails(("1", "a", "b"), ("9", "a", "a", old), ("8", "c", "a"), source="chat")
    inter = concat([mail, chat])
    got = inter.clean(period="2026Q3")
    assert got.losses["reason"].tolist() == [
        "outside the period",
        "outside the period",
        "automated",
        "to oneself",
        "duplicate",
        "mass mail (more than 20)",
    ]
    assert cleaned(got) == {
        ("chat", "outside the period"): 1,
        ("mail", "outside the period"): 1,
        ("mail", "automated"): 2,
        ("mail", "to oneself"): 1,
        ("mail", "duplicate"): 1,
        ("mail", "mass mail (more than 20)"): 1,
    }
    assert rows(got) == [("1", "a", "b"), ("6", "a", "b"), ("8", "c", "a")]
    assert got.people == ["a", "b", "c"]
    assert len(inter) == 10
    assert got.provenance.parameters["period"] == "2026-07-01/2026-10-01"


@pytest.mark.parametrize("how", ["flag", "kind", "name", "behaviour"])
def test_automated(how):
    sender = "ci-bot" if how == "name" else "zed"
    inter = mails(
        ("1", "a", "b"),
        ("2", sender, "b", {"automated": how == "flag"}),
        ("3", "a", sender, {"automated": how == "flag"}),
    )
    expected = [("1", "a", "b")]
    if how == "kind":
        inter = accounts(inter, zed="bot", a="person")
    if how == "behaviour":
        everyone = [("w", f"p{n:02}", "a") for n in range(30)]
        loud = [(f"n{n}", "zed", f"p{n % 30:02}") for n in range(60)]
        inter = mails(*[(f"w{n}", *one[1:]) for n, one in enumerate(everyone)], *loud)
        assert inter.automated_names() == ["zed"]
        expected = [one for one in rows(inter) if one[1] != "zed"]
    assert rows(inter.clean()) == expected
    assert rows(inter.clean(keep_automated=True)) == rows(inter)


def test_who_is_answered_is_no_machine():
    out = [(f"n{n}", "boss", f"p{n % 30:02}") for n in range(60)]
    back = [(f"w{n}", f"p{n:02}", "boss" if n == 7 else "a") for n in range(30)]
    assert mails(*out, *back).automated_names() == []


def test_one_mail_to_many_does_not_make_a_machine():
    back = [(f"w{n}", f"p{n:02}", "a") for n in range(60)]
    assert mails(*[("1", "ann", f"p{n:02}") for n in range(60)], *back).automated_names() == []


def test_an_outbox_alone_does_not_make_a_machine():
    assert mails(*[(f"n{n}", "ann", f"p{n % 30:02}") for n in range(60)]).automated_names() == []


def test_code_review_is_not_answered():
    out = [(f"n{n}", "ann", f"p{n % 30:02}") for n in range(60)]
    assert mails(*out, *[(f"w{n}", f"p{n:02}", "a") for n in range(30)], medium="code").automated_names() == []


@pytest.mark.parametrize(
    "name",
    [
        "no-reply@x.org", "noreply@x.org", "NoReply", "do-not-reply@x.org", "donotreply+7@x.org", "do_not_reply@x.org",
        "team-no-reply@x.org", "mailer-daemon@x.org", "MAILER-DAEMON", "postmaster@x.org", "bounces@x.org",
        "bounce+123=ann@x.org", "bounce-123-4@x.org", "list-bounces@x.org", "notifications@x.org",
        "notification+abc@x.org", "jira-notifications@x.org", "ci-bot", "build_bot@x.org", "bot@x.org", "robot@x.org",
        "dependabot[bot]",
    ],
)  # fmt: skip
def test_names_of_machines(name):
    assert named_like_a_machine(name)


@pytest.mark.parametrize(
    "name",
    [
        "abbot@x.org", "talbot@x.org", "ben.bot@x.org", "botham@x.org", "bot.t@x.org", "bounce-coach@x.org",
        "anna.bounce@x.org", "ann@bounces.x.org", "ann@mail-notifications.org", "ann@no-reply.org", "reply@x.org",
        "notification.desk@x.org", "ann", "", "@", "u0bot1",
    ],
)  # fmt: skip
def test_names_of_people(name):
    assert not named_like_a_machine(name)


def test_duplicates_across_sources_and_roles():
    first = mails(("1", "a", "b", {"role": "cc"}), ("1", "a", "b", {"role": "to"}), ("1", "a", "c"), source="ann")
    second = mails(("1", "a", "b"), ("1", "a", "c"), source="ben")
    got = concat([first, second]).clean()
    assert rows(got) == [("1", "a", "b"), ("1", "a", "c")]
    assert got.to_frame()["role"].tolist() == ["to", "to"]
    assert got.to_frame()["n_recipients"].tolist() == [2, 2]
    assert sum(cleaned(got).values()) == 3
    pd.testing.assert_frame_equal(concat([second, first]).clean().to_frame(), got.to_frame())


def test_an_id_used_at_two_times_is_two_events():
    inter = mails(("1", "a", "b", {"time": "2026-07-01T09:00Z"}), ("1", "a", "b", {"time": "2026-07-02T09:00Z"}))
    assert len(inter.clean()) == 2


def test_two_addresses_of_one_person_count_once():
    inter = mails(*[("1", "a", f"b{n}") for n in range(24)])
    assert len(inter.clean()) == 0
    merged = inter.rename({f"b{n}": "b" for n in range(24)}, record("x")).clean()
    assert merged.to_frame()["n_recipients"].tolist() == [1]


def test_who_was_removed_is_no_recipient():
    inter = mails(("1", "a", "b"), ("1", "a", "ci-bot"), ("1", "a", "no-reply@x"), ("1", "a", "a"))
    assert inter.clean().to_frame()["n_recipients"].tolist() == [1]


@pytest.mark.parametrize("more", [{}, {"automated": False}])
def test_a_list_that_a_reader_cut_short_stays_mass_mail(more):
    inter = mails(*[("1", "a", f"b{n}", {"n_recipients": 10_000, **more}) for n in range(5)])
    assert cleaned(inter.clean()) == {("mail", "mass mail (more than 20)"): 5}
    assert inter.clean(max_recipients=10_000).to_frame()["n_recipients"].tolist() == [10_000] * 5


def test_a_copy_that_wrote_everything_out_is_believed():
    short = mails(("1", "a", "b", {"n_recipients": 3}), source="short")
    whole = mails(("1", "a", "b"), ("1", "a", "c"), ("1", "a", "d"), source="whole")
    assert concat([short, whole]).clean().to_frame()["n_recipients"].tolist() == [3, 3, 3]


def test_acts_on_a_space_stay():
    inter = mails(("1", "a", None, {"space": "wiki"}), ("1", "a", None, {"space": "wiki"}))
    got = inter.clean()
    assert rows(got) == [("1", "a", "-")]
    assert got.to_frame()["n_recipients"].tolist() == [0]


def test_a_period_that_holds_nothing():
    inter = mails(("1", "a", "b"), ("2", "a", "b"))
    with pytest.raises(PeriodError, match=r"2025-07-01/2025-10-01 holds none of the 2.*from 2026-07-01 to 2026-07-01"):
        inter.clean(period="2025Q3")
    assert len(inter.select(period="2025Q3")) == 0


@pytest.mark.parametrize("value", [0, -1, True, 2.5, None])
def test_max_recipients(value):
    with pytest.raises(InputError, match="max_recipients"):
        mails(("1", "a", "b")).clean(max_recipients=value)


def test_select():
    inter = concat(
        [
            mails(("1", "a", "b"), ("2", "b", "c", {"time": "2026-08-01T00:00Z"}), ("3", "c", None)),
            mails(("4", "a", "c"), source="chat", medium="chat"),
        ]
    )
    first = mails(
        ("1", "a", "b", {"time": "2026-07-31T23:59:59.999999Z"}), ("2", "a", "b", {"time": "2026-08-01T00:00Z"})
    )
    assert rows(first.select(period="2026-08")) == [("2", "a", "b")]
    assert rows(first.select(period="2026-07")) == [("1", "a", "b")]
    assert rows(inter.select(medium="chat")) == [("4", "a", "c")]
    assert inter.select(medium="chat").people == ["a", "c"]
    assert len(inter.select(medium=["chat", "email"])) == 4
    assert len(inter.select(medium=[])) == 0
    assert rows(inter.select(people=["a", "c", "nobody"])) == [("3", "c", "-"), ("4", "a", "c")]
    assert inter.select(people="c").people == ["c"]
    assert inter.select(people=[]).people == []
    assert inter.people == ["a", "b", "c"]
    with pytest.raises(InputError, match="Did you mean 'chat'"):
        inter.select(medium="chta")


def test_rename_merges_accounts():
    inter = mails(("1", "a1", "b"), ("2", "a2", "a1"), ("3", "b", "a2"))
    got = inter.rename({"a1": "a", "a2": "a", "zzz": "y"}, record("x", inputs={"f": "1"}))
    assert got.people == ["a", "b"]
    assert rows(got) == [("1", "a", "b"), ("2", "a", "a"), ("3", "b", "a")]
    assert got.provenance.inputs == {"f": "1"}
    assert inter.people == ["a1", "a2", "b"]


def test_names_longer_than_others_cost_nothing():
    long = "x" * 100_000
    inter = mails(*[(str(n), f"p{n}", long) for n in range(500)])
    assert len(inter.rename({"p1": "p2"}, record("x")).select(people=[long, "p2"])) == 2


def test_order_of_rows():
    inter = mails(
        ("2", "a", "b", {"time": "2026-07-02T00:00Z"}),
        ("1", "b", "a", {"time": "2026-07-01T00:00Z"}),
        ("0", "b", None, {"time": "2026-07-02T00:00Z"}),
    )
    assert inter.to_frame()["event"].tolist() == ["1", "0", "2"]
    assert inter._repr_html_().count("<tr") == 4
    shown = repr(inter)
    assert shown == "<Interactions: 3 rows, 3 events, 2 people, email, 2026-07-01 to 2026-07-02>"
    assert inter.period == Period.parse("2026-07-01/2026-07-02T00:00:00.000001+00:00")


def test_nobody_can_change_a_value_through_its_frame():
    inter = mails(("1", "a", "b"))
    frame = inter.to_frame()
    frame["sender"] = "z"
    inter.people.append("z")
    inter.media.append("z")
    assert (inter.people, inter.media, rows(inter)) == (["a", "b"], ["email"], [("1", "a", "b")])


def test_concat():
    one, other = mails(("1", "a", "b"), source="x"), mails(("2", "b", "c"), source="y")
    assert concat([one]) is one
    got = concat([other, one])
    assert got.people == ["a", "b", "c"]
    pd.testing.assert_frame_equal(got.to_frame(), concat((one, other)).to_frame())
    with pytest.raises(InputError, match="nothing to bring together"):
        concat([])
    with pytest.raises(InputError, match="A part is a DataFrame"):
        concat([one, one.to_frame()])


def test_concat_keeps_what_the_sources_say():
    parts = [accounts(mails((name, name, "z"), source=name), **{name: "person"}) for name in ("b", "a")]
    got, other = concat(parts), concat(parts[::-1])
    assert got.accounts["account"].tolist() == ["a", "b"]
    pd.testing.assert_frame_equal(got.accounts, other.accounts)
    assert got.memberships.columns.tolist() == MEMBERSHIPS.names


def test_concat_refuses_two_keys():
    inter = mails(("1", "a", "b"))
    one, other = (pseudonymise(inter, key=bytes([n]) * 32) for n in (1, 2))
    for parts in ([one, other.clean()], [one.select(medium="email"), inter]):
        with pytest.raises(PrivacyError, match="different keys"):
            concat(parts)
    both = concat([one, one.clean()])
    assert both.people == one.people
    with pytest.raises(PrivacyError):
        concat([both, other])


def test_a_word_that_is_no_medium_does_not_enter():
    table = mails(("1", "a", "b")).to_arrow()
    wrong = table.set_column(table.column_names.index("medium"), "medium", [["emial"]])
    with pytest.raises(InputError, match=r"'emial'.*Did you mean 'email'"):
        Interactions.from_arrow(wrong)
