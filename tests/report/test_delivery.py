"""The gate for groups that deliver: rare roles are units, pools hold k people, nobody stands alone behind a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commfinder.errors import ColumnError, InputError, PrivacyError
from commfinder.report import Band, Disclosure
from commfinder.report.delivery import Places, path_of, stages_of
from commfinder.report.delivery_words import ELSEWHERE

GATE = Disclosure()
PLACES = pd.DataFrame(
    {
        "place": ["Sales", "Desk", "Desk lead", "Legal", "Counsel", "IT", "Board"],
        "people": [40, 6, 1, 9, 2, 30, 2],
        "unit": [None, "Sales", "Sales", None, "Legal", None, None],
    }
)


def one(**cells: object) -> pd.DataFrame:
    usual = {"group": "D1", "type": "process", "probability": 0.91, "size": 12, "units": 3, "cases": 234, "windows": 6}
    usual |= {"order": 0.912, "order_p": 0.005, "path": "Sales → Counsel → IT", "cadence_days": 0.44}
    usual |= {"gatekeepers": "ann; bob", "informal_share": 0.628, "cycle_median_hours": 25.61, "origin": "handover"}
    usual |= {"cycle_p85_hours": 61.2, "reason": "ann carries it", "fact_1": "ann opens 9", "single_points": "Counsel"}
    return pd.DataFrame([{**usual, **cells}])


def shown(frame: pd.DataFrame, **given: Any) -> Any:
    return GATE.release_delivery(frame, places=PLACES, **given).rows[0]


def taken(counts: dict[tuple[str, str], int], hours: float = 2.0) -> pd.DataFrame:
    """Return handoffs: so many to each role and taker."""
    rows = [(role, taker) for (role, taker), count in counts.items() for _ in range(count)]
    frame = pd.DataFrame(rows, columns=["role", "taker"])
    return frame.assign(group="D1", elapsed=hours, waiting=np.nan)


def test_numbers_have_two_digits_and_rare_roles_are_their_units() -> None:
    row = shown(one())
    assert row["path"] == ("Sales", "Legal", "IT")
    assert (row["size"], row["units"], row["cases"]) == (Band(12, 12), Band(3, 3), 230)
    assert (row["order"], row["informal_share"], row["cycle_median_hours"]) == (0.91, 0.63, 26.0)
    assert row["probability"] == 0.91
    assert row["origin"] == "found"


def test_no_name_and_no_number_of_gatekeepers_passes() -> None:
    piece = GATE.release_delivery(
        one(), places=PLACES, gatekeepers=pd.DataFrame({"group": ["D1", "D1"], "step": ["Counsel", "IT"]})
    )
    row = piece.rows[0]
    assert (row["gatekept"], row["gatekeepers"]) == (True, ("Legal", "IT"))
    assert not {"reason", "fact_1", "single_points"} & set(row)
    assert "ann" not in str(piece.to_frame().to_dict())
    assert shown(one(gatekeepers=None))["gatekept"], "one person alone takes a step"
    assert not shown(one(gatekeepers=None, single_points=None))["gatekept"]


def test_what_few_people_do_has_no_name_unless_the_study_allows_it() -> None:
    frame = one(path="Desk → Desk lead → Board → IT")
    assert shown(frame)["path"] == ("Desk", "Sales", ELSEWHERE, "IT")
    assert GATE.release_delivery(frame, places=PLACES, rare=True).rows[0]["path"] == (
        *("Desk", "Desk lead", "Board", "IT"),
    )
    assert GATE.release_delivery(frame).rows[0]["path"] == (ELSEWHERE,), "nothing is known of how many people they are"


def test_groups_of_few_people() -> None:
    small = pd.concat([one(size=4), one(group="Board", size=4, origin="declared"), one(group="D2", size=5)])
    piece = GATE.release_delivery(small, places=PLACES)
    assert piece.unlisted == 1
    rows = {row["group"]: row for row in piece.rows}
    assert set(rows) == {"Board", "D2"}
    board = rows["Board"]
    assert (board["evidence"], board["type"], board["size"]) == ("few", "process", Band(0, 4))
    hidden = ("probability", "cases", "order", "cycle_median_hours", "units", "informal_share")
    assert [board[name] for name in hidden] == [None] * 6
    assert (board["path"], board["stages"], board["gatekeepers"], board["gatekept"]) == ((), (), (), False)


def test_groups_that_are_nearly_another_one_keep_their_numbers_to_themselves() -> None:
    people = [f"p{at}" for at in range(12)]
    members = pd.DataFrame(
        {"group": ["D1"] * 12 + ["D2"] * 10 + ["C1"] * 11, "person": people + people[2:] + people[1:]}
    )
    frame = pd.concat([one(), one(group="D2", size=10), one(group="C1", size=11, origin="community")])
    rows = {row["group"]: row for row in GATE.release_delivery(frame, members=members, places=PLACES).rows}
    assert [rows[name]["evidence"] for name in ("D1", "D2", "C1")] == ["shown", "alike", "type"]
    assert rows["D2"]["cycle_median_hours"] is None
    assert rows["D2"]["path"] == ("Sales", "Legal", "IT")
    assert (rows["C1"]["cases"], rows["C1"]["path"]) == (None, ())


def test_few_cases_and_few_late_cases_are_not_told_of() -> None:
    assert shown(one(cases=33))["cycle_p85_hours"] is None
    assert shown(one(cases=34))["cycle_p85_hours"] == 61.0
    row = shown(one(cases=4))
    assert (row["cases"], row["cycle_median_hours"], row["order"]) == (None, None, None)


def test_parts_are_put_together_until_they_are_k_people() -> None:
    counts = {("Sales", f"s{at}"): 10 for at in range(3)} | {("Counsel", f"c{at}"): 10 for at in range(2)}
    counts |= {("IT", f"i{at}"): 10 for at in range(6)}
    handoffs = taken(counts)
    row = shown(one(), handoffs=handoffs.assign(elapsed=np.where(handoffs["role"] == "IT", 6.0, 2.0)))
    assert [stage["before"] for stage in row["stages"]] == [("Sales", "Legal"), ("IT",)]
    assert [stage["hours"] for stage in row["stages"]] == [2.0, 6.0]
    assert [stage["share"] for stage in row["stages"]] == [0.2, 0.8]
    assert [stage["waiting"] for stage in row["stages"]] == [None, None]


def test_what_is_left_over_joins_the_pool_before_it() -> None:
    counts = {("Sales", f"s{at}"): 10 for at in range(6)} | {("IT", f"i{at}"): 10 for at in range(3)}
    row = shown(one(), handoffs=taken(counts))
    assert [stage["before"] for stage in row["stages"]] == [("Sales", "IT")]


def test_one_person_behind_most_handoffs_is_no_pool() -> None:
    counts = {("IT", f"i{at}"): 1 for at in range(5)} | {("IT", "busy"): 15}
    assert shown(one(), handoffs=taken(counts))["stages"] == ()
    counts[("IT", "busy")] = 14
    assert len(shown(one(), handoffs=taken(counts))["stages"]) == 1


def test_waiting_is_told_where_it_is_known_of_most() -> None:
    handoffs = taken({("IT", f"i{at}"): 10 for at in range(6)})
    row = shown(one(), handoffs=handoffs.assign(waiting=1.26))
    assert row["stages"][0]["waiting"] == 1.3


def test_the_same_unit_twice_on_a_path_keeps_its_places() -> None:
    places = Places({"Ops": 20}, {"intake": "Ops", "dispatch": "Ops"})
    path, coarser = path_of(["intake", "Ops", "elsewhere", "dispatch"], places, 5)
    assert [(part.name, part.steps) for part in path] == [
        ("Ops", ("intake", "Ops")),
        (ELSEWHERE, ("elsewhere",)),
        ("Ops", ("dispatch",)),
    ]
    assert coarser == 3
    handoffs = taken({("dispatch", f"d{at}"): 2 for at in range(5)} | {("intake", f"i{at}"): 2 for at in range(5)})
    stages = stages_of(handoffs.assign(elapsed=[1.0] * 10 + [3.0] * 10), path, 5)
    assert [(stage["before"], stage["hours"]) for stage in stages] == [(("Ops",), 3.0), (("Ops",), 1.0)]


def test_what_a_saved_hour_is_worth() -> None:
    worth = pd.DataFrame(
        {"group": "D1", "what": "work saved", "per": ["quarter", "year"], "low": [1, 12345.0], "high": [2, 23456.0]}
    )
    row = shown(one(), worth=worth.assign(currency="EUR"))
    assert row["worth"] == ({"what": "work saved", "low": 12000.0, "high": 23000.0, "currency": "EUR"},)
    assert shown(one(size=4, origin="declared"), worth=worth.assign(currency="EUR"))["worth"] == ()


def test_a_role_called_like_a_person_is_not_named() -> None:
    gate = Disclosure(persons=frozenset({"IT"}))
    assert gate.release_delivery(one(), places=PLACES).rows[0]["path"] == ("Sales", "Legal", "(person withheld)")


def test_order_of_the_report_and_needed_columns() -> None:
    frame = pd.concat([one(group="K", type="knowledge"), one(group="D10", size=9), one(group="D9", size=9), one()])
    rows = GATE.release_delivery(frame, places=PLACES).rows
    assert [row["group"] for row in rows] == ["D1", "D9", "D10", "K"]
    with pytest.raises(ColumnError):
        GATE.release_delivery(pd.DataFrame({"group": ["D1"]}))
    with pytest.raises(InputError, match="Did you mean 'process'"):
        GATE.release_delivery(one(type="proces"))


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["Sales", "Counsel", "IT", "Board"]), st.sampled_from([f"p{at}" for at in range(9)])),
        st.integers(1, 30),
        max_size=20,
    ),
    st.integers(5, 8),
)
def test_each_pool_holds_k_people_and_nobody_most_of_it(counts: dict[tuple[str, str], int], k: int) -> None:
    places = Places({"Sales": 40, "Legal": 9, "IT": 30, "Board": 2}, {"Counsel": "Legal"})
    path, _ = path_of("Sales → Counsel → IT → Board", places, k)
    steps = dict(zip([part.name for part in path], [part.steps for part in path], strict=True))
    seen: list[str] = []
    for stage in stages_of(taken(counts), path, k):
        inside = {key: n for key, n in counts.items() if any(key[0] in steps[name] for name in stage["before"])}
        takers = {taker: sum(n for (_, one), n in inside.items() if one == taker) for _, taker in inside}
        assert len(takers) >= k
        assert max(takers.values()) < 0.75 * sum(takers.values())
        seen += stage["before"]
    assert len(seen) == len(set(seen))


def test_an_impact_of_few_people_or_cases_is_withheld() -> None:
    frame = pd.DataFrame(
        [
            {
                "outcome": "cycle",
                "method": "series",
                "before": 21.44,
                "after": 8.71,
                "effect": 0.44,
                "low": 0.3,
                "high": 0.6,
            }
            | {"cases_before": 40, "cases_after": 45, "claimed": True, "told": "It fell. Ask ann.lee@example.org."},
            {"outcome": "rework", "method": "descriptive", "before": 0.5, "after": 0.1, "effect": np.nan, "low": np.nan}
            | {"cases_before": 40, "cases_after": 2, "claimed": False, "told": "Two cases took 3 hours."},
        ]
    )
    piece = GATE.release_impact(frame, size=9)
    first, second = piece.rows
    assert (first["before"], first["effect"], first["claimed"], first["cases_after"]) == (21.0, 0.44, True, 45)
    assert first["told"] == "It fell. Ask (address withheld)"
    assert (second["before"], second["cases_before"], second["cases_after"]) == (None, None, None)
    assert "too few cases" in second["told"]
    assert piece.withheld == 2
    with pytest.raises(PrivacyError, match="fewer than 5"):
        GATE.release_impact(frame, size=4)
