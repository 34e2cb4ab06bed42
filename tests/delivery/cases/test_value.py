"""Cases as a value: made of an event log, selected, shown."""

import numpy as np
import pandas as pd
import pytest

from commfinder.delivery.cases.acts import NO_TIME
from commfinder.delivery.cases.value import TEXT, Cases, facts_of_cases
from commfinder.errors import ColumnError, InputError
from commfinder.period import Period


def frame():
    return pd.DataFrame(
        {
            "case": ["2", "1", "1", "1", "2", "3"],
            "person": ["ben", "ada", "ben", "ada", "cem", "ada"],
            "time": pd.to_datetime([f"2026-07-0{day}T10:00Z" for day in (4, 1, 2, 3, 5, 1)]),
            "activity": ["check", "ask", "check", "pay", None, "ask"],
            "unit": ["south", "north", "south", "north", None, "west"],
            "space": ["b", "a", "a", "a", "b", "a"],
        }
    )


def test_acts_come_by_case_then_time_and_names_are_sorted():
    cases = Cases.of(frame())
    assert cases.frame["case"].tolist() == ["1", "3", "2"]  # by first act, then id
    assert cases.acts.case.tolist() == [0, 0, 0, 1, 2, 2]
    assert cases.people.tolist() == ["ada", "ben", "cem"]
    assert cases.people[cases.acts.person].tolist() == ["ada", "ben", "ada", "ada", "ben", "cem"]
    assert cases.frame["events"].tolist() == [3, 1, 2]
    assert cases.frame["people"].tolist() == [2, 1, 2]
    assert cases.frame["end"].tolist()[0] == pd.Timestamp("2026-07-03T10:00Z")
    assert cases.acts.activity[-1] == -1
    assert str(cases.period) == str(Period.parse("2026-07-01T10:00Z/2026-07-05T10:00:00.000001Z"))
    assert repr(cases) == "<Cases: 3 cases, 6 acts, 3 people, workflow>"


def test_the_order_of_rows_does_not_matter_to_any_byte():
    told = [Cases.of(frame().sample(frac=1, random_state=seed)).to_json() for seed in (1, 2, 3)]
    assert len(set(told)) == 1


def test_a_person_s_unit_is_the_most_frequent_and_equal_ones_go_by_the_alphabet():
    cases = Cases.of(frame())
    assert cases.units[cases.unit_of[0]] == "north"
    tied = Cases.of({"case": ["1", "1"], "person": ["ada", "ada"], "time": [0, 1], "unit": ["z", "a"]})
    assert tied.units[tied.unit_of[0]] == "a"
    assert cases.unit_of[2] == -1


def test_equal_times_go_by_event():
    log = {"case": ["1", "1"], "person": ["ada", "ben"], "time": [5, 5], "event": ["e2", "e1"]}
    assert Cases.of(log).acts.person.tolist() == [1, 0]


def test_an_event_of_one_person_counts_once():
    log = {"case": ["1", "1"], "person": ["ada", "ada"], "time": [5, 5], "event": ["e1", "e1"]}
    assert Cases.of(log).acts.n == 1
    assert Cases.of({**log, "person": ["ada", "ben"]}).acts.n == 2


def test_what_is_said_of_a_case_is_kept():
    log = frame().assign(how="chain", certainty=0.5, open=True, started=pd.Timestamp("2026-07-01T09:00Z"))
    cases = Cases.of(log, managers={"ada": "ben", "cem": "nobody"})
    assert (cases.frame["how"] == "chain").all()
    assert cases.frame["certainty"].tolist() == [0.5] * 3
    assert cases.frame["open"].all()
    assert cases.frame["start"].iloc[0] == pd.Timestamp("2026-07-01T09:00Z")
    assert cases.manager_of.tolist() == [1, -1, -1]


def test_rows_without_a_case_person_or_time_are_counted():
    log = frame()
    log.loc[0, "person"] = None
    log.loc[1, "time"] = pd.NaT
    cases = Cases.of(log)
    assert cases.acts.n == 4
    assert cases.losses["count"].tolist() == [2]


def test_select_keeps_codes_and_tells_each_case_by_what_is_left():
    cases = Cases.of(frame())
    one = cases.select(cases=[0])
    assert one.frame["case"].tolist() == ["1"]
    assert one.people is cases.people
    mine = cases.select(persons=[1])
    assert mine.frame["case"].tolist() == ["1", "2"]
    assert mine.acts.case.tolist() == [0, 1]
    assert mine.frame["start"].iloc[0] == pd.Timestamp("2026-07-02T10:00Z")
    assert cases.select(space="b").frame["case"].tolist() == ["2"]
    assert cases.select(cases=np.array([False, True, False])).frame["case"].tolist() == ["3"]
    assert len(cases.select(cases=[])) == 0
    assert len(cases.select(space="nowhere")) == 0


@pytest.mark.parametrize("bad", [[3], [-1], [0.5], ["1"]])
def test_select_says_what_is_outside(bad):
    with pytest.raises(InputError, match="cases"):
        Cases.of(frame()).select(cases=bad)


def test_bad_logs_are_said():
    with pytest.raises(ColumnError, match="person"):
        Cases.of({"case": ["1"], "time": [0]})
    with pytest.raises(InputError, match="time"):
        Cases.of({"case": ["1"], "person": ["a"], "time": ["yesterday"]})
    with pytest.raises(InputError, match="how"):
        Cases.of({"case": ["1"], "person": ["a"], "time": [0], "how": ["magic"]})


def test_acts_have_a_frame_with_names():
    shown = Cases.of(frame()).acts_frame()
    assert shown["person"].tolist() == ["ada", "ben", "ada", "ada", "ben", "cem"]
    assert shown["started"].isna().all()
    assert pd.isna(shown["activity"].iloc[-1])
    assert (Cases.of(frame()).acts.started == NO_TIME).all()


@pytest.mark.parametrize("seed", range(1000, 1005))
def test_a_selection_is_that_of_a_filter_over_all_acts(seed):
    rng = np.random.default_rng(seed)
    n = 400
    log = pd.DataFrame({"case": rng.integers(0, 60, n).astype(str), "person": rng.choice(list("abcdefgh"), n)})
    log["time"], log["space"] = rng.integers(0, 10**6, n), np.where(log["case"].astype(int) % 3, "s", None)
    cases = Cases.of(log)
    rows, persons = np.unique(rng.integers(0, len(cases), 20)), np.array([1, 2, 5])
    chosen = cases.select(cases=rng.permutation(rows), persons=persons, space="s")
    held = np.isin(cases.acts.case, rows) & np.isin(cases.acts.person, persons)
    held &= (cases.frame["space"] == "s").fillna(False).to_numpy(dtype=bool)[cases.acts.case]
    assert chosen.acts.time.tolist() == cases.acts.time[held].tolist()
    assert chosen.acts.person.tolist() == cases.acts.person[held].tolist()
    assert chosen.frame["case"].tolist() == cases.frame["case"].iloc[np.unique(cases.acts.case[held])].tolist()
    mask = np.isin(np.arange(len(cases)), rows)
    assert cases.select(cases=mask).acts_frame().equals(cases.select(cases=rows).acts_frame())
    found, count = cases.with_persons(persons)
    case, person = cases.persons_of
    inside = np.bincount(case[np.isin(person, persons)], minlength=len(cases))
    assert found.tolist() == np.flatnonzero(inside).tolist()
    assert count.tolist() == inside[inside > 0].tolist()


def test_where_acts_begin_and_whose_cases_they_are():
    log = {"case": ["1", "1", "2"], "person": ["ada", "ben", "ada"], "time": [1, 2, 3]}
    cases = Cases.of(log)
    assert cases.first_act.tolist() == [0, 2, 3]
    assert [one.tolist() for one in cases.by_person] == [[0, 1, 0], [0, 2, 3]]
    assert cases.select(cases=[]).first_act.tolist() == [0]


def test_texts_of_cases_lie_side_by_side():
    # To take a few texts out of pieces copies all of them, for each group anew.
    parts = [
        pd.DataFrame({"case": pd.array([f"{way}{one}" for one in range(3)], dtype=TEXT), "how": way, "certainty": 1.0})
        for way in ("thread", "chain")
    ]
    said = pd.concat([part.assign(space=pd.array(["x", None, "y"], dtype=TEXT)) for part in parts], ignore_index=True)
    assert said["case"].array.__arrow_array__().num_chunks == 2
    acts = Cases.of({"case": np.arange(6), "person": list("abcabc"), "time": np.arange(6)}).acts
    frame = facts_of_cases(said, acts, np.zeros(6, dtype=bool))
    assert frame[["case", "how", "space"]].equals(said[["case", "how", "space"]].astype(TEXT))
    assert {frame[name].array.__arrow_array__().num_chunks for name in ("case", "how", "space")} == {1}
