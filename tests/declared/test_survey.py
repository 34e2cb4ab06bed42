"""What people say and what traces show: planted answers are measured as they were planted."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from commfinder import DeclaredGroups, Directory, Interactions, assess_groups, build_graph, concat
from commfinder.communities import find_communities
from commfinder.declared.agreement import Cell, Traces, permuted, share_interval
from commfinder.declared.answers import Answers, read_survey
from commfinder.declared.survey import SurveyAgreement, compare_survey
from commfinder.errors import ColumnError, InputError
from commfinder.graph import InteractionGraph
from commfinder.graph.expected import Structure
from commfinder.graph.fitting import fit_null

N = 120


def number(people: list[int]) -> list[str]:
    return [f"p{one:03d}" for one in people]


@pytest.fixture(scope="module")
def traces() -> InteractionGraph:
    """Six units of twenty, some busy, contacts within and between; the pairs of weight 2 are in contact twice."""
    rng = np.random.default_rng(4)
    a, b = np.triu_indices(N, 1)
    unit = np.arange(N) // 20
    busy = np.exp(rng.normal(0, 0.5, N))
    held = rng.random(len(a)) < np.minimum(np.where(unit[a] == unit[b], 0.3, 0.04) * busy[a] * busy[b], 0.9)
    one, other = a[held], b[held]
    twice = rng.random(len(one)) < 0.5
    one, other = np.r_[one, one[twice]], np.r_[other, other[twice]]
    rows = {"sender": number(one), "recipient": number(other)}
    people = Directory.from_frame({"person": number(range(N)), "unit": [f"u{code}" for code in unit]})
    return build_graph(Interactions.from_frame(rows, medium="contact"), people)


def tied(graph: InteractionGraph) -> pd.DataFrame:
    """Return the ties both ways."""
    ties = graph.ties.loc[graph.ties["tie"], ["person_a", "person_b"]].to_numpy()
    return pd.DataFrame(np.r_[ties, ties[:, ::-1]], columns=["respondent", "nominee"])


@pytest.fixture(scope="module")
def planted() -> Callable[..., pd.DataFrame]:
    """Make answers at random: five nominations each of seven in ten, whatever the traces are."""

    def make(seed: int) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        who = np.flatnonzero(rng.random(N) < 0.7)
        whom = [rng.choice(np.delete(np.arange(N), one), 5, replace=False) for one in who]
        return pd.DataFrame({"respondent": np.repeat(number(who), 5), "nominee": number(np.concatenate(whom))})

    return make


def test_answers_that_are_the_ties_agree_in_everything(traces) -> None:
    found = compare_survey(traces, read_survey(tied(traces)), permutations=99)
    frame = found.to_frame()
    assert frame["name"].tolist() == ["all", "u0", "u1", "u2", "u3", "u4", "u5"]
    for name in ("confirmed_share", "share_high", "named_share", "jaccard", "correlation", "reciprocity"):
        assert frame[name].to_numpy() == pytest.approx(1.0)
    assert (frame[["faint", "unconfirmed", "unnamed"]] == 0).all(axis=None)
    assert (frame["p"] == 0.01).all()
    assert (frame["share_low"] < 1).all()
    assert frame["expected_share"].between(0, 0.8).all()


def test_numbers_of_a_partial_survey_are_those_counted_by_hand(traces) -> None:
    ties = tied(traces)
    rows = ties[ties["respondent"].isin(number(range(30)))].iloc[::2]
    contact = set(map(tuple, traces.ties[["person_a", "person_b"]].to_numpy()))
    stranger = [(f"p{i:03d}", f"p{j:03d}") for i in range(5) for j in range(100, 110)]
    stranger = [pair for pair in stranger if pair not in contact]
    rows = pd.concat([rows, pd.DataFrame(stranger, columns=rows.columns)])
    line = compare_survey(traces, read_survey(rows), permutations=99).to_frame().iloc[0]
    who = set(rows["respondent"])
    assert (line["respondents"], line["people"]) == (len(who), N)
    assert line["response_rate"] == pytest.approx(len(who) / N)
    assert line["nominations"] == len(rows)
    assert line["confirmed"] == len(rows) - len(stranger)
    assert (line["faint"], line["unconfirmed"]) == (0, len(stranger))
    asked = {frozenset(pair) for pair in ties.to_numpy() if set(pair) & who}
    named = {frozenset(pair) for pair in rows.to_numpy()}
    assert line["ties"] == len(asked)
    assert line["unnamed"] == len(asked - named)
    assert line["named_share"] == pytest.approx(len(asked & named) / len(asked))
    assert line["jaccard"] == pytest.approx(len(asked & named) / len(asked | named))
    pairs = [frozenset((i, j)) for i in range(N) for j in range(i) if {f"p{i:03d}", f"p{j:03d}"} & who]
    ids = [frozenset(number(sorted(pair))) for pair in pairs]
    both = np.array([[pair in named, pair in asked] for pair in ids], dtype=float)
    assert line["correlation"] == pytest.approx(np.corrcoef(both.T)[0, 1])
    back = {tuple(row) for row in rows.to_numpy()}
    whole = [row for row in back if row[1] in who]
    assert line["reciprocity"] == pytest.approx(np.mean([(j, i) in back for i, j in whole]))


def test_random_answers_agree_as_chance_would(traces, planted) -> None:
    found = compare_survey(traces, read_survey(planted(0)), permutations=199).to_frame()
    line = found.iloc[0]
    assert line["share_low"] < line["expected_share"] < line["share_high"]
    assert line["p"] > 0.05
    assert abs(line["correlation"]) < 0.05


@pytest.mark.parametrize("kind", ["anybody", "busy"])
def test_random_answers_are_called_agreement_once_in_twenty(traces, kind) -> None:
    null = fit_null(traces, Structure.of(traces))
    value = Traces.of(traces, null)
    unit = np.arange(N) // 20
    weight = traces.people["degree"].to_numpy() + 0.5 if kind == "busy" else np.ones(N)
    hits = []
    for seed in range(120):
        rng = np.random.default_rng([seed, 7])
        answered = rng.random(N) < 0.7
        keys = []
        for one in np.flatnonzero(answered):
            chance = np.where(np.arange(N) == one, 0, weight)
            keys += [one * N + other for other in rng.choice(N, 4, replace=False, p=chance / chance.sum())]
        codes = np.sort(np.array(keys))
        answers = Answers(answered, codes // N, codes % N, np.ones(len(codes), dtype=np.int64), ())
        members = np.isin(np.arange(N), rng.choice(N, 30, replace=False))
        cells = [Cell(answered, np.ones(N, dtype=bool)), Cell(answered & (unit == 0), np.ones(N, dtype=bool))]
        got = permuted(cells, answers, value, unit * 2 + answered, permutations=99, rng=rng)
        group = Cell(answered & members, members)
        at = group.nominations(answers)
        own = Answers(answered, answers.source[at], answers.target[at], answers.times[at], ())
        alike = np.where(members, answered, -1)
        got += permuted([group], own, value, alike, permutations=99, rng=rng)
        hits.append([one.p <= 0.05 for one in got])
    # Of 120, 6 are expected, and 13 or more would come up once in 200 times.
    assert (np.sum(hits, axis=0) <= 13).all()


def test_naming_whoever_is_of_the_own_unit_is_no_agreement(traces) -> None:
    rng = np.random.default_rng(6)
    rows = [
        (f"p{one:03d}", f"p{other:03d}")
        for one in range(N)
        for other in rng.choice(np.setdiff1d(np.arange(20) + one // 20 * 20, [one]), 4, replace=False)
    ]
    survey = read_survey(pd.DataFrame(rows, columns=["respondent", "nominee"]))
    line = compare_survey(traces, survey, permutations=199).to_frame().iloc[0]
    assert line["correlation"] > 0.1
    assert line["p"] > 0.05
    assert line["correlation_p"] > 0.05
    assert line["expected_share"] == pytest.approx(line["confirmed_share"], abs=0.05)


def test_a_permutation_that_agrees_as_much_counts() -> None:
    rows = {"sender": ["a", "a", "d"], "recipient": ["b", "c", "e"]}
    graph = build_graph(Interactions.from_frame(rows, medium="contact"))
    value = Traces.of(graph, fit_null(graph, Structure.of(graph).without()))
    answered = np.array([True, False, False, False, False])
    answers = Answers(answered, np.array([0]), np.array([1]), np.array([1]), ())
    cell = [Cell(answered, np.ones(5, dtype=bool))]
    rng = np.random.default_rng(0)
    # One of b, c and d stands in for b; a has a tie with two of them.
    got = permuted(cell, answers, value, np.array([-1, 0, 0, 0, -1]), permutations=600, rng=rng)[0]
    assert got.correlation_p == pytest.approx(2 / 3, abs=0.06)
    alone = permuted(cell, answers, value, np.array([-1, 0, -1, -1, -1]), permutations=99, rng=rng)[0]
    assert np.isnan([alone.p, alone.correlation_p]).all()


def test_half_true_answers_lie_between(traces, planted) -> None:
    half = pd.concat([tied(traces).iloc[::4], planted(3)])
    line = compare_survey(traces, read_survey(half), permutations=99).to_frame().iloc[0]
    assert line["p"] == 0.01
    assert line["correlation_p"] == 0.01
    assert line["expected_share"] < line["share_low"] < line["confirmed_share"] < line["share_high"] < 1
    assert line["lift"] > 1.3
    assert f"{100 * line['confirmed_share']:.0f} % of {line['nominations']} nominations" in line["reason"]


def test_strong_ties_are_named_more(traces) -> None:
    ties = traces.ties
    strong = ties[ties["events"] == 2]
    rows = {"respondent": strong["person_a"], "nominee": strong["person_b"]}
    everybody = traces.people["person"].tolist()
    line = compare_survey(traces, read_survey(rows, respondents=everybody), permutations=99).to_frame().iloc[0]
    assert line["spearman"] == pytest.approx(1.0)
    assert line["respondents"] == N
    weak = ties[ties["events"] == 1]
    rows = {"respondent": weak["person_a"], "nominee": weak["person_b"]}
    line = compare_survey(traces, read_survey(rows, respondents=everybody), permutations=99).to_frame().iloc[0]
    assert line["spearman"] == pytest.approx(-1.0)


def test_too_little_for_a_tie_is_faint() -> None:
    start = pd.Timestamp("2026-01-01", tz="UTC")
    names = list("abcdefgh")
    rows = [
        (one, other, start + pd.Timedelta(days=28 * k, hours=h))
        for one, other in zip(names, [*names[1:], "a"], strict=True)
        for k in range(3)
        for h in (1, 2)
    ]
    rows += [("a", "e", start + pd.Timedelta(days=5))]
    frame = pd.DataFrame(rows, columns=["sender", "recipient", "time"])
    graph = build_graph(Interactions.from_frame(frame, medium="meeting"), period="2026-01-01/2026-03-26")
    answers = {"respondent": ["a", "a", "a", *names[1:]], "nominee": ["b", "e", "f", *names[2:], "a"]}
    line = compare_survey(graph, read_survey(answers), permutations=99).to_frame().iloc[0]
    assert (line["nominations"], line["confirmed"], line["faint"], line["unconfirmed"]) == (10, 8, 1, 1)


def test_groups_are_compared_among_their_members(traces) -> None:
    ties = tied(traces)
    inside = number(range(0, 40, 2))
    within = ties["respondent"].isin(inside) & ties["nominee"].isin(inside)
    members = [*inside, "unknown"]
    groups = DeclaredGroups.from_frame({"group": ["Even"] * 21 + ["Tiny"] * 2, "person": [*members, "p000", "p001"]})
    found = compare_survey(traces, read_survey(ties), groups, permutations=99)
    frame = found.to_frame().set_index(["scope", "name"])
    line = frame.loc[("group", "Even")]
    assert (line["people"], line["nominations"]) == (20, int(within.sum()))
    assert line["ties"] == within.sum() / 2
    assert line["p"] == 0.01
    tiny = frame.loc[("group", "Tiny")]
    assert tiny["reason"] == "2 of 2 people answered; at least 5 are needed."
    assert tiny[["nominations", "confirmed_share", "p", "q", "jaccard"]].isna().all()
    assert found.losses["reason"].tolist() == ["member not in the graph"]
    assert "group 'Even'" in found.losses["where"].tolist()


def test_what_can_not_be_used_is_counted(traces) -> None:
    rows = {
        "respondent": ["p000", "p000", "p001", "stranger", "p002", None, "p003", "p003"],
        "nominee": ["p000", "p005", "nobody", "p001", None, "p004", "p006", "p006"],
    }
    answers = read_survey(rows)
    read = answers.losses.set_index("reason")["count"]
    assert read["named themselves: not used"] == 1
    assert read["row without a respondent: not used"] == 1
    assert read["named again in the same question: counted once"] == 1
    found = compare_survey(traces, answers, permutations=99, min_respondents=4)
    told = found.losses.set_index("reason")["count"]
    assert told["respondent who is not in the graph"] == 1
    assert told["named somebody who is not in the graph"] == 1
    assert told["named themselves: not used"] == 1
    line = found.to_frame().iloc[0]
    assert (line["respondents"], line["nominations"]) == (4, 2)
    assert line["reason"] == "4 of 120 people answered, with 2 nominations; at least 5 are needed."
    assert np.isnan(line["confirmed_share"])


def test_own_names_in_other_interactions_are_skipped(traces) -> None:
    rows = pd.DataFrame({"sender": ["p000", "p001"], "recipient": ["p000", "p002"]})
    found = compare_survey(traces, Interactions.from_frame(rows, medium="survey"), permutations=99)
    assert found.losses["reason"].tolist() == ["named themselves: not used"]
    assert found.to_frame()["respondents"].iloc[0] == 2


def test_nobody_who_is_known_answered(traces) -> None:
    found = compare_survey(traces, read_survey({"respondent": ["x"], "nominee": ["y"]}), permutations=99)
    frame = found.to_frame()
    assert frame["reason"].iloc[0] == "0 of 120 people answered; at least 5 are needed."
    assert (frame["respondents"] == 0).all()
    assert frame["p"].isna().all()
    json.loads(found.to_json())
    assert repr(found) == "<SurveyAgreement: 0 of 120 people answered; at least 5 are needed.>"


def test_one_respondent_is_too_few(traces) -> None:
    busiest = traces.people.sort_values("degree")["person"].iloc[-1]
    rows = tied(traces)
    answers = read_survey(rows[rows["respondent"] == busiest])
    found = compare_survey(traces, answers, permutations=99)
    assert found.to_frame()["reason"].iloc[0] == "1 of 120 people answered; at least 5 are needed."
    alone = compare_survey(traces, answers, min_respondents=1, permutations=99)
    line = alone.to_frame().iloc[0]
    assert line["confirmed_share"] == 1
    assert line["share_low"] < 0.25
    assert np.isnan(line["p"]) or 0 < line["p"] <= 1


def test_order_and_seed(traces, planted) -> None:
    rows = planted(5)
    groups = DeclaredGroups.from_frame({"group": "Ten", "person": number(range(10))})
    one = compare_survey(traces, read_survey(rows), groups, permutations=99)
    other = compare_survey(traces, read_survey(rows.sample(frac=1, random_state=1)), groups, permutations=99)
    assert one.to_json() == other.to_json()
    assert one.provenance.seed == 0
    again = compare_survey(traces, read_survey(rows), groups, permutations=99, seed=1)
    assert not again.frame["p"].equals(one.frame["p"])
    assert again.frame["jaccard"].equals(one.frame["jaccard"])
    before = one.frame.copy()
    mine = one.to_frame()
    mine["p"] = 0.0
    pd.testing.assert_frame_equal(one.frame, before)


def test_a_file_of_answers(tmp_path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text(
        "who;whom;asked;often\nada;ben;help;3\nada;cem;help;0\nben;;help;\ncem;ada;advice;1\n", encoding="utf-8"
    )
    names = {"respondent": "who", "nominee": "whom", "question": "asked", "weight": "often"}
    answers = read_survey(path, **names)
    frame = answers.to_frame()
    assert answers.media == ["survey"]
    assert set(frame["role"]) == {"nominate"}
    pairs = {(row.sender, row.recipient, row.activity) for row in frame.dropna(subset=["recipient"]).itertuples()}
    assert pairs == {("ada", "ben", "help"), ("cem", "ada", "advice")}
    assert set(frame.loc[frame["recipient"].isna(), "sender"]) == {"ben"}
    assert list(answers.provenance.inputs) == ["answers.csv"]
    strong = read_survey(path, at_least=2, respondents=["dan"], **names).to_frame()
    assert strong["recipient"].dropna().tolist() == ["ben"]
    assert set(strong["sender"]) == {"ada", "ben", "cem", "dan"}


def test_times_are_kept_and_the_silent_are_too() -> None:
    rows = {"respondent": ["a", "b", "b"], "nominee": ["b", None, None], "time": ["2026-05-01", None, None]}
    frame = read_survey(rows, respondents="c", timezone="UTC").to_frame()
    assert sorted(frame["sender"]) == ["a", "b", "c"]
    assert frame["time"].notna().all()


def test_what_can_not_be_read_is_refused(traces, tmp_path) -> None:
    with pytest.raises(ColumnError, match="nominee"):
        read_survey({"respondent": ["a"]})
    with pytest.raises(InputError, match="no column of the table of answers"):
        read_survey({"respondent": ["a"], "nominee": ["b"]}, answer="x")
    with pytest.raises(InputError, match="nobody answered"):
        read_survey({"respondent": [None], "nominee": ["b"]})
    with pytest.raises(InputError, match="'often' in column 'weight', row 1, is no number"):
        read_survey({"respondent": ["a"], "nominee": ["b"], "weight": ["often"]})
    with pytest.raises(FileNotFoundError):
        read_survey(tmp_path / "missing.csv")
    mail = Interactions.from_frame({"sender": ["p000"], "recipient": ["p001"]}, medium="email")
    with pytest.raises(InputError, match="read_survey"):
        compare_survey(traces, mail)
    answers = read_survey({"respondent": ["p000"], "nominee": ["p001"]})
    with pytest.raises(InputError, match="compared with themselves"):
        compare_survey(build_graph(concat([mail, answers])), answers)
    with pytest.raises(ColumnError, match="Did you mean 'unit'"):
        compare_survey(traces, answers, by="units")
    with pytest.raises(InputError, match="permutations"):
        compare_survey(traces, answers, permutations=5)


def test_a_survey_is_a_layer(traces) -> None:
    answers = read_survey(tied(traces).iloc[::3])
    both = build_graph(concat([traces.interactions, answers]))
    assert set(both.layers["medium"]) == {"contact", "survey"}


def test_groups_are_judged_by_the_answers_alone() -> None:
    rng = np.random.default_rng(2)
    rows = [(one, other) for one in range(N) for other in rng.choice(np.delete(np.arange(N), one), 4, replace=False)]
    living = list(range(0, N, 9))
    rows += [(one, other) for one in living for other in living if one != other and rng.random() < 0.5]
    frame = {"respondent": number([one for one, _ in rows]), "nominee": number([other for _, other in rows])}
    people = Directory.from_frame({"person": number(range(N)), "unit": [f"u{k // 20}" for k in range(N)]})
    graph = build_graph(read_survey(frame), people)
    paper = list(range(1, N, 6))
    groups = DeclaredGroups.from_frame(
        {"group": ["Living"] * len(living) + ["Paper"] * len(paper), "person": number(living + paper)}
    )
    found = find_communities(graph, runs=2, resolution=1.0, confidence=False, beyond=False)
    verdict = assess_groups(graph, groups, found=found, permutations=199).to_frame().set_index("group")
    assert verdict.loc["Living", "verdict"] in ("real", "core-only")
    assert verdict.loc["Living", "lift"] > 3
    assert verdict.loc["Paper", "verdict"] not in ("real", "core-only", "broker-dependent", "split")
    assert verdict.loc["Living", "tested"]


def test_answers_of_one_person_hang_together() -> None:
    held = np.repeat([True, False], 50)
    loose = share_interval(held, np.arange(100))
    tight = share_interval(held, np.repeat(np.arange(10), 10))
    assert tight[1] - tight[0] > 2 * (loose[1] - loose[0])
    assert np.isnan(share_interval(np.zeros(0, dtype=bool), np.zeros(0, dtype=np.int64))).all()
    low, high = share_interval(np.zeros(20, dtype=bool), np.arange(20))
    assert low == 0
    assert 0.1 < high < 0.2


def test_the_result_is_a_result(traces, planted) -> None:
    found = compare_survey(traces, read_survey(planted(1)), permutations=99)
    assert isinstance(found, SurveyAgreement)
    document = json.loads(found.to_json())
    assert document["schema"] == "commfinder/survey-agreement/1"
    assert len(document["rows"]) == 7
    everybody = traces.people["person"].tolist()
    assert not any(person in found.to_json() for person in everybody)
    assert "<table" in found._repr_html_()
