"""The picture of a survey: shares where they are, nothing where too few answered."""

from __future__ import annotations

import io
from itertools import combinations

import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from commfinder.declared.answers import read_survey
from commfinder.declared.survey import SurveyAgreement, compare_survey
from commfinder.errors import InputError
from commfinder.graph import build_graph
from commfinder.interactions import Interactions
from commfinder.people import Directory


@pytest.fixture(scope="module")
def compared() -> SurveyAgreement:
    """Two units that work within; all of the first answer and name half of theirs, two of the second answer."""
    people = [f"p{k:02d}" for k in range(20)]
    pairs = [*combinations(people[:10], 2), *combinations(people[10:], 2)]
    rows = {"sender": [one for one, _ in pairs], "recipient": [other for _, other in pairs]}
    directory = Directory.from_frame({"person": people, "unit": ["R$D"] * 10 + ["Sales"] * 10})
    graph = build_graph(Interactions.from_frame(rows, medium="meeting"), directory)
    named = [(one, people[k]) for one in people[:10] for k in (0, 1, 10, 11) if people[k] != one]
    answers = read_survey(pd.DataFrame(named, columns=["respondent", "nominee"]), respondents=["p10", "p11"])
    return compare_survey(graph, answers, permutations=99)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_shares_are_where_the_numbers_are(compared):
    ax = compared.plot()
    frame = compared.to_frame().set_index("name")
    marks = {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}
    assert set(marks) == {"all", "R$D"}
    assert marks["R$D"].get_xdata() == pytest.approx([frame.loc["R$D", "confirmed_share"]])
    spans = [tuple(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 2]
    assert (frame.loc["R$D", "share_low"], frame.loc["R$D", "share_high"]) in spans
    assert {"everybody", "R$D", "Sales", "12 of 20", "10 of 10", "2 of 10", "too few answers to tell"} <= set(texts(ax))
    assert ax.get_title(loc="left") == "Answers and traces: 12 of 20 people answered"


def test_words_do_not_overlap_and_stay_inside(compared):
    for figure in (None, Figure(figsize=(4, 2.5))):
        ax = compared.plot(ax=figure.add_subplot() if figure else None)
        ax.get_figure().savefig(io.BytesIO(), format="svg")
        room = ax.get_window_extent()
        boxes = [text.get_window_extent() for text in ax.texts if text.get_text()]
        assert all(box.x0 >= room.x0 - 2 and box.x1 <= room.x1 + 2 for box in boxes)
        for one, other in combinations(boxes, 2):
            across = min(one.x1, other.x1) - max(one.x0, other.x0)
            down = min(one.y1, other.y1) - max(one.y0, other.y0)
            assert not (across > 1 and down > 1)


def test_axes_and_options(compared):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert compared.plot(ax=left) is left
    assert not right.texts
    assert plt.get_fignums() == []
    assert "Drawn are the 1 with most respondents of 2." in compared.plot(most=1).get_xlabel()
    with pytest.raises(InputError, match="most"):
        compared.plot(most=0)
