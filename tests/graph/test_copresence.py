"""Pairs of shared meetings, pages and threads against a slow count by hand."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from commfinder.errors import InputError
from commfinder.graph.aggregate import PairWindows, layers
from commfinder.graph.copresence import (
    Copresence,
    CopresenceRule,
    add_layers,
    add_windows,
    direct,
    find_copresence,
)
from commfinder.graph.decay import SCALE
from commfinder.interactions import Interactions, concat
from commfinder.interactions.schema import MEDIA
from commfinder.period import Windows

DAY = 86_400_000_000
START = pd.Timestamp("2026-01-01", tz="UTC")
FIELDS = ("event", "sender", "recipient", "time", "medium", "role", "space", "thread", "source")
NAMED = {name: name for name in ("event", "role", "space", "thread")}


def held(rows, **columns) -> Interactions:
    """Hold rows of (event, sender, recipient, day, medium, role, space, thread), the last ones left out or not."""
    lines = [(*row, *(None,) * (8 - len(row))) for row in rows]
    frame = pd.DataFrame(lines, columns=list(FIELDS[:8])).assign(**columns)
    frame["time"] = [
        None if pd.isna(day) else START + pd.Timedelta(microseconds=round(day * DAY)) for day in frame.time
    ]
    frame["time"] = pd.to_datetime(frame["time"], utc=True)
    frame["role"] = frame["role"].fillna("to")
    timed = {} if frame["time"].notna().any() else {"time": None}
    return Interactions.from_frame(frame.drop(columns=list(timed)), medium="medium", **NAMED)


def meeting(event, people, day=0.0, *, space=None):
    """A meeting that the first of some people calls."""
    first, *others = people
    return [(event, first, other, day, "meeting", "attendee", space) for other in others]


def edit(event, person, page, day):
    return (event, person, None, day, "wiki", "edit", page)


def post(event, person, thread, day, medium="chat", recipient=None, role="to"):
    return (event, person, recipient, day, medium, role, None, thread)


def found(inter: Interactions, shared: Copresence, **options):
    """Weights and events by medium and names of pairs."""
    table = shared.layers(**options).to_pylist()
    assert all(line["ab"] == line["ba"] and line["a"] < line["b"] for line in table)
    return {
        (MEDIA[line["medium"]], str(inter.names[line["a"]]), str(inter.names[line["b"]])): (
            line["ab"] / SCALE,
            line["events"],
        )
        for line in table
    }


def near(expected):
    return {key: (pytest.approx(weight, abs=1e-6), events) for key, (weight, events) in expected.items()}


def test_a_meeting_ties_all_who_are_in_it_and_everybody_spends_one_unit_on_it():
    inter = held(meeting("m", "abcd"))
    pairs = found(inter, find_copresence(inter))
    assert pairs == near({("meeting", a, b): (1 / 3, 1) for a, b in combinations("abcd", 2)})


def test_who_attends_without_a_recipient_is_in_the_meeting():
    called = held(meeting("m", "abc") + meeting("n", "ab", 3))
    attended = held([(event, who, None, day, "meeting", "attendee") for event, whom, day in
                     (("m", "abc", 0.0), ("n", "ab", 3.0)) for who in whom])  # fmt: skip
    assert found(called, find_copresence(called)) == found(attended, find_copresence(attended)) != {}


def test_the_same_meeting_in_several_calendars_is_one():
    rows = meeting("m", "abc")
    twice = pd.concat([held(rows).to_frame(), held(rows).to_frame().assign(source="other")])
    inter = Interactions.from_frame(twice, medium="medium", **NAMED).clean()
    assert found(inter, find_copresence(inter)) == found(held(rows), find_copresence(held(rows)))


def test_occurrences_of_a_series_are_meetings_of_their_own():
    rows = pd.DataFrame(meeting("m", "abc", 0) + meeting("m", "ab", 7), columns=list(FIELDS[:7]))
    rows = rows.assign(n_recipients=[2, 2, 1], time=START + pd.to_timedelta(rows["time"], unit="D"))
    inter = Interactions.from_frame(rows, medium="medium", event="event", n_recipients="n_recipients").clean()
    assert found(inter, find_copresence(inter))["meeting", "a", "b"] == (pytest.approx(1.5, abs=1e-6), 2)


def test_a_large_meeting_ties_nobody_and_is_counted():
    inter = held(meeting("m", "abcdefgh") + meeting("n", "abcdefghi", 1))
    shared = find_copresence(inter)
    assert found(inter, shared)["meeting", "a", "b"] == (pytest.approx(1 / 7, abs=1e-6), 1)
    assert not any("i" in pair[1:] for pair in found(inter, shared))
    assert [(loss.stage, loss.source, loss.reason, loss.count, loss.unit) for loss in shared.losses] == [
        ("ties", "frame", "meetings of more than 8 people", 1, "meetings")
    ]


def test_people_whom_the_source_counts_and_does_not_write_out_make_a_meeting_large():
    rows = pd.DataFrame(meeting("m", "abc"), columns=list(FIELDS[:7])).assign(n_recipients=11)
    rows["time"] = START
    inter = Interactions.from_frame(
        rows, medium="medium", event="event", role="role", n_recipients="n_recipients"
    ).clean()
    shared = find_copresence(inter)
    assert found(inter, shared) == {}
    assert [loss.count for loss in shared.losses] == [1]


@pytest.mark.parametrize("end", [0.0, 7.3, 29.99, 30.0])
def test_edits_meet_if_and_only_if_they_lie_near_enough_wherever_time_is_cut(end):
    gaps = [0.0, 0.5, 7.3, 29.9, 30.0, 30.001, 45.0, 61.0]
    inter = held(
        [
            row
            for gap in gaps
            for row in (edit(f"e{gap}", "a", f"{gap}", 0.0), edit(f"f{gap}", f"b{gap}", f"{gap}", gap))
        ]
    )
    pairs = found(inter, find_copresence(inter, end_us=inter.span_us[1] + 1 + round(end * DAY)))
    assert pairs == {("wiki", "a", f"b{gap}"): (1.0, 1) for gap in gaps if gap <= 30}


def test_editors_of_another_page_or_medium_do_not_meet():
    other = ("g", "c", None, 0.0, "document", "edit", "page")
    inter = held([edit("e", "a", "page", 0), edit("f", "b", "other page", 0), other])
    assert found(inter, find_copresence(inter)) == {}


def test_who_keeps_editing_shares_the_page_again():
    inter = held([edit(f"{who}{day}", who, "page", day) for who in "ab" for day in range(0, 90, 10)])
    weight, events = found(inter, find_copresence(inter))["wiki", "a", "b"]
    assert weight == events == 3


def pages_by_hand(rows, rule, end):
    """Share pages without a database: medium, pair and n of each; time in days."""
    pages = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for _, who, _, day, medium, _, page, _ in rows:
        if page is not None:
            pages[medium, page][(end - day) // rule.edit_days][who].append(day)
    for (medium, _), stretches in pages.items():
        for place, here in stretches.items():
            start = min(min(days) for days in here.values())
            before = {who: max(days) for who, days in stretches.get(place + 1, {}).items() if who not in here}
            before = {who: last for who, last in before.items() if start - last <= rule.edit_days}
            n = len(here) + len(before)
            met = list(combinations(sorted(here), 2))
            met += [
                tuple(sorted((one, other)))
                for one in here
                for other in before
                if min(here[one]) - before[other] <= rule.edit_days
            ]
            yield from ((medium, pair, n) for pair in met if n <= rule.max_editors)


def threads_by_hand(rows, rule):
    """Share threads without a database."""
    threads = defaultdict(set)
    for _, who, _, _, medium, _, _, thread in rows:
        if thread is not None:
            threads[medium, thread].add(who)
    for (medium, _), people in threads.items():
        if len(people) <= rule.max_writers:
            yield from ((medium, pair, len(people)) for pair in combinations(sorted(people), 2))


def by_hand(rows, rule, end):
    """Add up what pairs share."""
    pairs = defaultdict(list)
    for medium, pair, n in [*pages_by_hand(rows, rule, end), *threads_by_hand(rows, rule)]:
        pairs[(medium, *pair)].append(int(np.floor(SCALE / (n - 1) + 0.5)))
    return {key: (sum(shares) / SCALE, len(shares)) for key, shares in pairs.items()}


@pytest.mark.parametrize("seed", range(2))
def test_random_pages_and_threads_are_counted_as_by_hand(seed):
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(400):
        who, day = f"p{rng.integers(14):02d}", round(float(rng.integers(0, 1600)) / 10, 1)
        if rng.random() < 0.6:
            rows.append((*edit(f"e{number}", who, f"page {rng.integers(8)}", day), None))
        else:
            rows.append(post(f"e{number}", who, f"t{rng.integers(40)}", day))
    rule = CopresenceRule(max_editors=9, edit_days=12.5, max_writers=4)
    # Half a tenth of a day keeps cuts away from edits, where a day in floating point is not one in microseconds.
    end = max(row[3] for row in rows) + 0.05
    inter = held(rows)
    end_us = int((START + pd.Timedelta(days=end)).value // 1000)
    shared = find_copresence(inter, rule, end_us=end_us)
    assert found(inter, shared) == by_hand(rows, rule, end)
    assert sum(loss.count for loss in shared.losses) > 0
    # The order of rows tells nothing.
    order = rng.permutation(len(rows))
    again = held([rows[place] for place in order])
    assert find_copresence(again, rule, end_us=end_us).layers().equals(shared.layers())


def test_who_is_only_written_to_or_reacts_has_no_part_in_a_thread():
    rows = [
        post("1", "a", "t", 0, recipient="c"),
        post("2", "b", "t", 1),
        post("3", "d", "t", 2, "chat", "a", "reaction"),
    ]
    inter = held(rows)
    assert found(inter, find_copresence(inter)) == {("chat", "a", "b"): (1.0, 1)}


def test_threads_count_in_the_media_that_are_asked_for():
    inter = held([post(f"{medium}{who}", who, "t", 0, medium) for medium in ("chat", "email", "code") for who in "ab"])
    assert {pair[0] for pair in found(inter, find_copresence(inter))} == {"chat"}
    every = find_copresence(inter, CopresenceRule(thread_media=("email", "code", "chat")))
    assert {pair[0] for pair in found(inter, every)} == {"chat", "email", "code"}
    assert found(inter, find_copresence(inter, CopresenceRule(kinds="meeting"))) == {}
    assert found(inter, find_copresence(inter, CopresenceRule(thread_media=()))) == {}


def test_a_shared_thing_decays_as_a_message_does():
    days = [0.0, 11.0, 45.0, 100.0]
    met = held([row for n, day in enumerate(days) for row in meeting(f"m{n}", "ab", day)])
    end = met.span_us[1]
    shared = find_copresence(met).layers(end_us=end, half_life=30.0)
    sent = layers(met, end_us=end, half_life=30.0)
    assert shared["ab"].to_pylist() == sent["ab"].to_pylist()
    assert shared["ab"][0].as_py() < find_copresence(met).layers()["ab"][0].as_py()


def test_a_thread_is_shared_from_when_both_have_written():
    inter = held([post("1", "a", "t", 0), post("2", "b", "t", 20), post("3", "a", "t", 29), post("4", "c", "s", 30)])
    windows = Windows.over(inter.span_us[0], inter.span_us[1] + 1, days=10)
    shared = find_copresence(inter).pair_windows(windows)
    assert (shared.a.tolist(), shared.b.tolist(), shared.window.tolist()) == ([0], [1], [1])
    assert shared.forth.tolist() == shared.back.tolist() == shared.events.tolist() == [1]


def test_what_has_no_time_is_shared_outside_of_windows():
    rows = [*meeting("m", "ab", None), edit("e", "a", "page", None), edit("f", "b", "page", None)]
    timeless = held(rows)
    inter = concat([timeless, held([("x", "a", "b", 3.0, "email")])])
    windows = Windows.over(inter.span_us[0], inter.span_us[1] + 1)
    shared = find_copresence(inter)
    assert shared.pair_windows(windows).window.tolist() == [-1]
    assert shared.pair_windows(None).events.tolist() == [2]
    assert shared.layers(end_us=inter.span_us[1], half_life=1.0)["ab"].to_pylist() == [SCALE, SCALE]
    assert find_copresence(timeless).layers().num_rows == 2


def test_only_what_passes_through_some_spaces():
    inter = held([*meeting("m", "ab", space="room"), *meeting("n", "cd", space="hall"), edit("e", "a", "page", 0)])
    assert set(found(inter, find_copresence(inter, spaces=("hall",)))) == {("meeting", "c", "d")}
    assert found(inter, find_copresence(inter, spaces=("nowhere",))) == {}


def test_what_happens_from_the_end_on_is_left_out():
    inter = held(meeting("m", "ab", 0) + meeting("n", "ab", 2))
    end = int((START + pd.Timedelta(days=2)).value // 1000)
    assert found(inter, find_copresence(inter, end_us=end)) == {("meeting", "a", "b"): (1.0, 1)}


def test_meetings_are_no_longer_messages_and_people_keep_their_numbers():
    inter = held([*meeting("m", "abc"), ("x", "d", "e", 1.0, "chat")])
    rest = direct(inter, CopresenceRule())
    assert layers(rest, end_us=None, half_life=None).select(["a", "b"]).to_pylist() == [{"a": 3, "b": 4}]
    assert len(rest) == 1
    assert direct(inter, CopresenceRule(kinds=("edit",))) is inter


def test_layers_of_both_kinds_add_up():
    inter = held([*meeting("m", "abc"), ("x", "a", "b", 1.0, "chat"), post("1", "a", "t", 0), post("2", "b", "t", 0)])
    rule = CopresenceRule()
    sent, shared = layers(direct(inter, rule), end_us=None, half_life=None), find_copresence(inter, rule).layers()
    both = add_layers(sent, shared)
    assert both.schema == sent.schema
    place = {(line["a"], line["b"], MEDIA[line["medium"]]): line for line in both.to_pylist()}
    assert list(place) == sorted(place, key=lambda key: (key[0], key[1], MEDIA.index(key[2])))
    assert (place[0, 1, "chat"]["ab"], place[0, 1, "chat"]["ba"], place[0, 1, "chat"]["events"]) == (
        2 * SCALE,
        SCALE,
        2,
    )
    assert place[1, 2, "meeting"]["events"] == 1
    assert add_layers(sent, shared.slice(0, 0)).equals(sent)


def test_counts_per_window_of_both_kinds_add_up():
    def counts(*rows):
        return PairWindows(*np.array(rows, dtype=np.int64).reshape(-1, 6).T)

    sent = counts((0, 1, 0, 1, 0, 1), (0, 2, 3, 2, 2, 4))
    shared = counts((0, 1, 0, 5, 5, 5), (0, 1, 1, 1, 1, 1))
    both = add_windows(sent, shared)
    rows = list(zip(both.a, both.b, both.window, both.forth, both.back, both.events, strict=True))
    assert rows == [(0, 1, 0, 6, 5, 6), (0, 1, 1, 1, 1, 1), (0, 2, 3, 2, 2, 4)]
    assert len(add_windows(counts(), counts()).a) == 0


def test_no_rows_make_no_pairs():
    inter = held([("x", "a", "b", 1.0, "email")])
    shared = find_copresence(inter)
    assert shared.layers().num_rows == 0
    assert len(shared.pair_windows(None).a) == 0
    assert shared.losses == ()


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"kinds": ("meetings",)}, "meeting"),
        ({"kinds": ()}, "At least one"),
        ({"thread_media": ("chatt",)}, "chat"),
        ({"max_attendees": 1}, "at least 2"),
        ({"edit_days": 0}, "above 0"),
    ],
)
def test_a_rule_that_can_not_be_is_refused(options, hint):
    with pytest.raises(InputError, match=hint):
        CopresenceRule(**options)


def test_losses_are_told_per_source():
    def of(source, *days):
        lines = [row for day in days for row in meeting(f"{source}{day}", "abcdefghij", day)]
        rows = pd.DataFrame(lines, columns=list(FIELDS[:7]))
        rows["time"] = START + pd.to_timedelta(rows["time"], unit="D")
        return Interactions.from_frame(rows, medium="medium", event="event", source=source)

    shared = find_copresence(concat([of("two", 1, 2), of("one", 0)]).clean())
    assert [(loss.source, loss.count) for loss in shared.losses] == [("one", 1), ("two", 2)]
