"""What is planted in processes really is in the rows: order, ids, roles, waits, and what disturbs them."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest

from commfinder.simulation import Organisation, Plan, Work, simulate

STRICT = Work(
    groups={"process": 3},
    overlap=0,
    per_week=(8, 14),
    steps=(4, 6),
    stand_ins=0,
    case_ids=1,
    order_noise=0,
    turnover=0,
    rework=0,
    stalled=0,
    branches=0,
    parallel=0,
    batches=0,
    machines=0,
    lifecycle=0,
    drift=0,
    trend=0,
    informed=0,
)


def _plant(seed: int, weeks: int = 14, people: int = 100, **changes) -> Organisation:
    work = dataclasses.replace(STRICT, **changes)
    return simulate(people, seed, weeks=weeks, plan=Plan(groups={}, undeclared=0, sites=1, work=work))


def _acts(organisation: Organisation) -> pd.DataFrame:
    """The acts of people in the rows, with the group and the place of the activity in its path."""
    rows = organisation.clean_frame()
    rows = rows.loc[(rows["medium"] == "workflow")].sort_values(["thread", "event"])
    groups = organisation.truth.work_groups.set_index("process")
    paths = {name: path.replace(" + ", " > ").split(" > ") for name, path in groups["path"].items()}
    place = [paths[space].index(activity) for space, activity in zip(rows["space"], rows["activity"], strict=True)]
    return rows.assign(place=place, group=rows["space"].map(groups["group"]), steps=rows["space"].map(groups["steps"]))


def _in_order(acts: pd.DataFrame) -> float:
    """Share of the cases of two acts or more whose acts never go back in the path."""
    cases = acts.groupby("thread")["place"]
    several = cases.size() > 1
    return float(cases.agg(lambda places: places.is_monotonic_increasing)[several].mean())


def test_order_is_strict_without_noise():
    organisation = _plant(1010)
    acts = _acts(organisation)
    assert _in_order(acts) == 1
    assert (
        acts["time"].is_monotonic_increasing
        or acts.groupby("thread")["time"].agg(lambda t: t.is_monotonic_increasing).all()
    )
    cases = organisation.truth.work_cases.set_index("case")
    lengths = acts.groupby("thread").size()
    closed = ~cases.loc[lengths.index, "open"]
    assert (lengths == acts.groupby("thread")["steps"].first())[closed].all()
    assert closed.mean() > 0.7


def test_noise_disturbs_the_order_as_far_as_it_says():
    shares = [_in_order(_acts(_plant(1011, order_noise=noise))) for noise in (0, 0.2, 0.4)]
    assert shares[0] == 1
    # Half of the noise swaps neighbours; with three to five pairs .2 leaves about two thirds of the cases alone.
    assert 0.55 < shares[1] < 0.85
    assert 0.3 < shares[2] < shares[1] - 0.1
    organisation = _plant(1011, order_noise=0.4)
    acts, cases = _acts(organisation), organisation.truth.work_cases.set_index("case")
    lengths = acts.groupby("thread").size()
    skipped = (lengths < acts.groupby("thread")["steps"].first())[~cases.loc[lengths.index, "open"]]
    assert 0.2 < skipped.mean() < 0.8


def test_rework_goes_back_and_returns():
    acts = _acts(_plant(1012, rework=0.2))
    repeated = acts.groupby("thread")["place"].agg(lambda places: places.duplicated().any())
    # With three to five steps that can go back, between 1 - .8^3 and 1 - .8^5 of the cases do.
    assert 0.4 < repeated.mean() < 0.75
    back = acts.groupby("thread").agg(people=("sender", list), places=("place", list))
    returns = sum(
        row.places[n] == row.places[n + 2] and row.people[n] == row.people[n + 2]
        for row in back.itertuples()
        for n in range(len(row.places) - 2)
    )
    assert returns >= repeated.sum()


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_ids_are_carried_by_the_share_of_the_cases_that_is_wanted(share):
    organisation = _plant(1013, case_ids=share)
    cases, events = organisation.truth.work_cases, organisation.truth.work_events
    assert cases["with_id"].mean() == pytest.approx(share, abs=0.05)
    rows = organisation.interactions()
    threads = set(rows.loc[rows["medium"] == "workflow", "thread"])
    assert threads == set(cases.loc[cases["with_id"], "case"])
    messages = events.loc[events["what"] == "message"]
    assert not set(messages["case"]) & threads
    groups = organisation.truth.work_groups
    assert groups["with_ids"].sum() == cases["with_id"].sum()
    assert groups["cases"].sum() == len(cases)


def test_every_handoff_of_a_case_without_id_is_a_message_from_giver_to_taker():
    organisation = _plant(1014, case_ids=0, rework=0.1)
    rows = organisation.clean_frame().merge(organisation.truth.work_events[["event", "case"]], on="event")
    said = rows.groupby("case")[["sender", "recipient"]].agg(list)
    ids = organisation.structure.ids
    found = wanted = 0
    for run in organisation.parts.work.runs:
        for case in range(run.cases):
            acts = np.flatnonzero(run.case == case)
            people, name = run.person[acts].tolist(), run.name(case)
            pairs = {(ids[a], ids[b]) for a, b in itertools.pairwise(people) if a != b}
            there = set(zip(*said.loc[name], strict=True)) if name in said.index else set()
            wanted += len(pairs)
            found += len(pairs & there)
    assert wanted > 1000
    assert found == wanted


def test_cases_without_id_are_one_thread_or_many():
    threads = {}
    for share in (0.0, 1.0):
        organisation = _plant(1015, case_ids=0, one_thread=share, media="email", stand_ins=0.1)
        rows = organisation.interactions().merge(organisation.truth.work_events[["event", "case"]], on="event")
        threads[share] = rows.groupby("case")["thread"].nunique()
    assert (threads[1.0] == 1).all()
    assert threads[0.0].mean() > 2.5


def test_informed_handoffs_of_cases_with_an_id():
    shares = []
    for share in (0.0, 0.5):
        organisation = _plant(1016, informed=share)
        events = organisation.truth.work_events
        shares.append((events["what"] == "message").sum() / (events["what"] == "act").sum())
    assert shares[0] == 0
    # One act in five has no handoff after it, one message in five is answered.
    assert 0.3 < shares[1] < 0.6


def test_steps_are_roles_of_unit_and_title():
    organisation = _plant(1017, people=180)
    people = organisation.people.set_index("person")
    acts, members = _acts(organisation), organisation.truth.work_members
    assert (people.loc[members["person"], "unit"].to_numpy() == members["unit"].to_numpy()).all()
    roles = acts.assign(
        role=people.loc[acts["sender"], "unit"].to_numpy() + "/" + people.loc[acts["sender"], "title"].to_numpy()
    )
    paths = organisation.truth.work_groups.set_index("group")["roles"].str.split(" > ")
    planted = [paths[group][place] for group, place in zip(roles["group"], roles["place"], strict=True)]
    assert (roles["role"].to_numpy() == np.array(planted)).all()
    assert all(len(set(path)) == len(path) for path in paths)
    assert organisation.truth.work_groups["units"].between(2, 4).all()


def test_pools_and_gatekeepers():
    for gatekeepers in (0.0, 1.0):
        organisation = _plant(1018, gatekeepers=gatekeepers, workers=(2, 3), people=180)
        acts = _acts(organisation)
        pools = acts.groupby(["group", "place"])["sender"].nunique()
        assert pools.max() <= 3
        assert (pools == 1).groupby("group").sum().eq(gatekeepers).all()
        assert organisation.truth.work_groups["gatekeepers"].eq(gatekeepers).all()
        single = organisation.truth.work_members.query("single")
        assert len(single) == gatekeepers * 3


def test_posts_change_hands_at_constant_roles():
    organisation = _plant(1019, turnover=0.5, people=180, touch=0.05)
    members = organisation.truth.work_members
    moved = members.loc[members["since"] != ""]
    posts = members.loc[members["since"] == ""]
    assert len(moved) / len(posts) == pytest.approx(0.5, abs=0.15)
    acts = _acts(organisation).merge(members, left_on=["group", "sender"], right_on=["group", "person"])
    day = acts["time"].dt.strftime("%Y-%m-%d")
    assert (day >= acts["since"]).all()
    # Who began an act finishes it, if need be after the weekend.
    finished = (acts["time"] - pd.Timedelta(days=3)).dt.strftime("%Y-%m-%d")
    assert ((finished <= acts["until"]) | (acts["until"] == "")).all()
    assert members.groupby(["group", "position"])["title"].nunique().eq(1).all()
    assert members.groupby(["group", "position"])["unit"].nunique().eq(1).all()
    assert set(moved["person"]) & set(acts["sender"])


def test_groups_overlap_as_far_as_is_wanted():
    shares = []
    for overlap in (0.0, 0.4):
        members = _plant(1029, overlap=overlap, groups={"process": 6}, people=300).truth.work_members
        groups = members.drop_duplicates(["group", "person"])["person"].value_counts()
        shares.append((groups > 1).mean())
    assert shares[0] == 0
    assert 0.15 < shares[1] < 0.5


def test_stand_ins_blur_who_does_what():
    spread = []
    for share in (0.0, 1.0):
        acts = _acts(_plant(1020, stand_ins=share, people=180))
        spread.append(acts.groupby(["group", "sender"])["place"].nunique().mean())
        assert _in_order(acts) == 1
    assert spread[0] == 1
    assert spread[1] > 3


def test_waits_and_cycle_times_are_those_planted():
    organisation = _plant(1021, waits=6, touch=0.5, weeks=26)
    run = organisation.parts.work.runs[0]
    from commfinder.simulation.work_hours import OfficeHours

    office = OfficeHours(run.group.offset)
    cases = organisation.truth.work_cases.set_index("case")
    acts = _acts(organisation)
    acts = acts.assign(worked=office.worked(acts["time"].astype("int64").to_numpy()))
    spans = acts.groupby("thread")["worked"].agg(lambda w: (w.max() - w.min()) / 3_600_000_000)
    done = ~cases.loc[spans.index, "open"]
    # Work done the evening before counts as done at the end of that day, up to an hour earlier.
    assert (spans[done] - cases.loc[spans.index, "hours"][done]).abs().max() < 1.01
    assert (spans[done] - cases.loc[spans.index, "hours"][done]).abs().median() < 0.001
    steps = acts.sort_values(["thread", "event"])
    gaps = steps.groupby("thread")["worked"].diff().dropna() / 3_600_000_000
    assert 4.5 < gaps.median() < 10


def test_cases_are_open_at_the_end_of_the_period():
    organisation = _plant(1022, waits=(12, 16), steps=4)
    cases = organisation.truth.work_cases
    late = cases["start"] > cases["start"].max() - pd.Timedelta(days=7)
    early = cases["start"] < cases["start"].min() + pd.Timedelta(days=14)
    assert cases.loc[late, "open"].mean() > 0.8
    assert cases.loc[early, "open"].mean() < 0.1
    stalled = _plant(1022, stalled=0.3).truth.work_cases
    assert stalled["stalled"].mean() == pytest.approx(0.3, abs=0.06)
    assert stalled.loc[stalled["stalled"], "open"].all()


def test_a_change_shortens_the_waits_of_some_processes_from_a_day_on():
    organisation = _plant(1023, changed_on="2026-06-01", factor=0.6, changed=2, touch=0.01, weeks=20)
    groups, cases = organisation.truth.work_groups, organisation.truth.work_cases
    assert groups["changed"].tolist() == [True, True, False]
    assert groups["factor"].tolist() == [0.6, 0.6, 1.0]
    assert set(cases.loc[cases["changed"], "group"]) == {"W01", "W02"}
    day = pd.Timestamp("2026-06-01", tz="UTC")
    after = cases["start"] >= day
    # Work of the first hour may be done the evening before, which is a Sunday that counts as Friday.
    assert (after == cases["changed"])[cases["group"] != "W03"].mean() > 0.99
    assert cases.loc[cases["changed"], "start"].min() > day - pd.Timedelta(days=3)
    ratio = cases["hours"] / cases["unchanged"]
    assert ratio[cases["changed"]].median() == pytest.approx(0.6, abs=0.01)
    assert (ratio[~cases["changed"]] == 1).all()
    assert groups["cycle_ratio"].tolist() == pytest.approx([0.6, 0.6, 1.0], abs=0.01)
    # It is in the rows as well: the changed processes became faster, the other one did not.
    acts = _acts(organisation)
    spans = acts.groupby("thread")["time"].agg(lambda t: (t.max() - t.min()).total_seconds())
    seen = cases.loc[~cases["open"]].set_index("case").assign(span=spans).dropna(subset="span")
    after = seen["start"] >= day
    faster = seen[after].groupby("group")["span"].median() / seen[~after].groupby("group")["span"].median()
    assert (faster[["W01", "W02"]] < 0.8).all()
    assert faster["W03"] > 0.8
    placebo = _plant(1023, changed_on="2026-06-01", factor=1, changed=2, touch=0.01, weeks=20).truth.work_cases
    assert (placebo["hours"] == placebo["unchanged"]).all()


def test_trends_are_in_the_waits():
    organisation = _plant(1024, trend=1.5, touch=0.01, weeks=26, waits=(2, 3))
    cases = organisation.truth.work_cases.sort_values("start")
    third = len(cases) // 3
    assert cases["hours"].iloc[-third:].median() > 2 * cases["hours"].iloc[:third].median()
    plan = organisation.truth.plan.set_index("what")["drawn"]
    assert plan["trend"] == 1.5


def test_machines_act_at_all_hours_and_only_some_are_marked():
    organisation = _plant(1025, machines=1, groups={"process": 6}, people=180)
    rows = organisation.interactions()
    rows = rows.loc[rows["medium"] == "workflow"]
    machine = ~rows["sender"].isin(organisation.structure.ids)
    assert set(rows.loc[machine, "sender"]) == {"SYSTEM", "x0112"} == set(organisation.truth.work_groups["machine"])
    assert (rows["automated"] == (rows["sender"] == "SYSTEM")).all()
    nights = rows["time"].dt.hour.isin([22, 23, 0, 1, 2, 3])
    assert nights[machine].mean() == pytest.approx(0.25, abs=0.05)
    assert nights[~machine].mean() == 0
    assert rows["sender"].value_counts().index[0] in {"SYSTEM", "x0112"}
    assert not {"SYSTEM", "x0112"} & set(organisation.clean_frame()["sender"])


def test_a_life_cycle_tells_when_work_began():
    organisation = _plant(1026, lifecycle=1, machines=1)
    rows = organisation.interactions()
    rows = rows.loc[rows["medium"] == "workflow"].set_index("event")
    ended = rows.loc[rows["parent"].notna()]
    begun = rows.loc[ended["parent"]]
    assert len(ended) * 2 == len(rows)
    for name in ("thread", "activity", "sender"):
        assert (ended[name].to_numpy() == begun[name].to_numpy()).all()
    assert (ended["time"].to_numpy() >= begun["time"].to_numpy()).all()
    assert (ended["time"].to_numpy() > begun["time"].to_numpy()).mean() > 0.5
    assert rows["recipient"].isna().all()
    assert (rows["role"] == "edit").all()
    position = rows.index.str.rpartition("#").get_level_values(2).astype(int)
    counts = rows.assign(position=position).groupby("thread")["position"].agg(["min", "max", "size"])
    assert (counts["min"] == 0).all()
    assert (counts["max"] + 1 == counts["size"]).all()
    ordered = rows.assign(position=position).sort_values(["thread", "position"])
    assert ordered.groupby("thread")["time"].agg(lambda t: t.is_monotonic_increasing).all()


def test_branches_parallel_steps_and_days_of_their_own():
    organisation = _plant(1027, branches=1, steps=5, weeks=26)
    acts = _acts(organisation)
    begun = acts.groupby("group")["thread"].nunique()
    share = acts.groupby(["group", "place"])["thread"].nunique() / begun
    assert share.groupby("group").min().between(0.2, 0.85).all()
    organisation = _plant(1027, parallel=1, steps=5, weeks=26)
    assert organisation.truth.work_groups["path"].str.contains(r" \+ ").all()
    assert 0.4 < _in_order(_acts(organisation)) < 0.7
    organisation = _plant(1027, batches=1, steps=5, weeks=26)
    groups = organisation.truth.work_groups.set_index("group")
    acts = _acts(organisation)
    batch = acts.loc[acts["activity"].to_numpy() == groups.loc[acts["group"], "batch"].to_numpy()]
    most = batch.groupby("group")["time"].agg(lambda t: t.dt.day_of_week.value_counts(normalize=True).max())
    assert (most > 0.75).all()


def test_seasons_of_new_cases():
    organisation = _plant(1028, wave=0.9, per_week=30, weeks=52, groups={"process": 1})
    starts = organisation.truth.work_cases["start"].dt.month.value_counts()
    calm = _plant(1028, wave=0, per_week=30, weeks=52, groups={"process": 1})
    assert starts.max() / starts.min() > 2 * calm.truth.work_cases["start"].dt.month.value_counts().pipe(
        lambda counts: counts.max() / counts.min()
    )
