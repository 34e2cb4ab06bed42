from __future__ import annotations

from dataclasses import replace

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from commfinder import Directory, Interactions, read_people
from commfinder.errors import ColumnError, FormatError, InputError, MissingFileError
from commfinder.interactions.schema import ACCOUNTS

ROWS = "person{s}unit{s}manager\nada{s}R&D{s}\nben{s}Sales, EU{s}ada\n"


def write(tmp_path, content, name="hr.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def reasons(value):
    return {loss.reason: loss.count for loss in value.losses}


@pytest.mark.parametrize(
    "content",
    [
        ROWS.format(s=",").replace("Sales, EU", '"Sales, EU"').encode(),
        ROWS.format(s=";").encode(),
        ROWS.format(s="\t").encode(),
        ROWS.format(s=";").replace("\n", "\r\n").encode(),
        ROWS.format(s=";").replace("\n", "\r").encode(),
        ("\n\n" + ROWS.format(s=";")).encode(),
        ("sep=;\n" + ROWS.format(s=";")).encode(),
        ROWS.format(s=";").encode("utf-8-sig"),
        ROWS.format(s=";").encode("utf-16"),
    ],
    ids=["comma", "semicolon", "tab", "windows", "mac", "blank", "excel", "mark", "utf16"],
)
def test_files(tmp_path, content):
    people = read_people(write(tmp_path, content))
    assert repr(people) == "<Directory: 2 people, 2 units>"
    assert people.frame["unit"].tolist() == ["R&D", "Sales, EU"]
    assert people.frame["manager"].dropna().tolist() == ["ada"]
    assert people.losses == ()
    assert len(people.provenance.inputs["hr.csv"]) == 64


def test_windows_1252_is_counted(tmp_path):
    people = read_people(write(tmp_path, "person,unit\nada,Büro\n".encode("cp1252")))
    assert people.frame["unit"].tolist() == ["Büro"]
    assert reasons(people) == {"not UTF-8: read as Windows-1252": 1}
    assert people.losses[0].where == "line 2"


def test_lines_are_those_of_the_file(tmp_path):
    text = 'person,unit,since\n\nada,"a\nb",\n,R&D,\ntoo,many,cells,here\nben,,\ncyd,x,soon\n'
    with pytest.raises(InputError, match=r"'soon' in column 'since', line 8"):
        read_people(write(tmp_path, text))
    people = read_people(write(tmp_path, text.replace("soon", "")))
    assert {loss.reason: loss.where for loss in people.losses} == {
        "row with too many cells: not used": "line 6",
        "row without a person: not used": "line 5",
        "person in no unit: kept, unit unknown": "line 7",
    }


@pytest.mark.parametrize(
    ("content", "error", "shown"),
    [
        ("", FormatError, "is empty"),
        ("\n \n", FormatError, "is empty"),
        ("person,unit\n", InputError, "names nobody"),
        ("person,unit\n,R&D\n", InputError, "names nobody"),
        ("Person,unit\nada,x\n", ColumnError, "Did you mean 'Person'"),
        ("employee,unit\nada,x\n", ColumnError, "person='EMPLOYEE_ID'"),
        ("person,unit,unit\nada,x,y\n", ColumnError, "'unit' more than once"),
        ("person,unit\nada," + "x" * 200_000 + "\n", FormatError, "line 2"),
        ("person,since\nada,01/07/2026\n", InputError, "'01/07/2026' in column 'since', line 2"),
    ],
)
def test_wrong_files(tmp_path, content, error, shown):
    with pytest.raises(error, match=shown):
        read_people(write(tmp_path, content))


def test_missing_file_and_folder(tmp_path):
    write(tmp_path, ROWS, "people.csv")
    with pytest.raises(MissingFileError, match=r"people\.csv"):
        read_people(tmp_path / "peopel.csv")
    with pytest.raises(FormatError, match="folder"):
        read_people(tmp_path)


def test_trailing_separators(tmp_path):
    assert read_people(write(tmp_path, "person,unit,,\nada,x,,\n")).people == ["ada"]


@pytest.mark.parametrize("make", [pd.DataFrame, dict, pl.DataFrame, pa.table])
def test_frames_and_mapping(make):
    data = {"ID": [1, 2, None], "Dept": ["x", None, "x"], "person": ["Ada", "Ben", "Cyd"], "grade": [7, 8, 9]}
    people = read_people(make(data), person="ID", unit="Dept")
    assert people.people == ["1", "2"]
    assert people.frame["unit"].tolist()[:1] == ["x"]
    assert people.frame["grade"].tolist() == [7, 8]
    assert reasons(people) == {"row without a person: not used": 1, "person in no unit: kept, unit unknown": 1}
    assert [loss.where for loss in people.losses] == ["row 3", "row 2"]


def test_a_mapping_that_names_no_column():
    data = {"ID": ["1"], "Dept": ["x"]}
    with pytest.raises(ColumnError, match=r"no column 'Dep'.*Did you mean 'Dept'"):
        Directory.from_frame(data, person="ID", unit="Dep")
    with pytest.raises(InputError, match=r"'units'.*Did you mean 'unit'"):
        Directory.from_frame(data, person="ID", units="Dept")


def test_managers():
    people = Directory.from_frame({"person": ["a", "b", "c", "d", "e"], "manager": ["b", "a", "c", "zed", None]})
    assert people.frame["manager"].fillna("-").tolist() == ["b", "a", "-", "-", "-"]
    assert reasons(people) == {
        "manager is not in the table: kept, manager unknown": 1,
        "person is their own manager: kept, manager unknown": 1,
    }
    people.at()
    people.to_json()


def test_levels():
    people = Directory.from_frame({"person": ["a", "b", "c"], "level": ["0", "Senior", None]})
    assert people.frame["level"].fillna(-1).tolist() == [0, -1, -1]
    assert reasons(people) == {"level is no number: kept, level unknown": 1}


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("Ada@X.org; ada.l@x.org", ("ada@x.org", "ada.l@x.org")),
        ("ada@x.org,ada@x.org|U1 u2", ("ada@x.org", "u1", "u2")),
        ("SMTP:Ada@x.org;smtp:al@x.org", ("ada@x.org", "al@x.org")),
        ("MAILTO:ada@x.org", ("ada@x.org",)),
        ("Ada Lovelace <ada@x.org>; Al <al@x.org>, b@x.org", ("ada@x.org", "al@x.org", "b@x.org")),
        ('"Lovelace, Ada" <ada@x.org>', ("ada@x.org",)),
        ("ａｄａ@x.org", ("ada@x.org",)),
        (["Ada@x.org", None, float("nan"), "b@x.org"], ("ada@x.org", "b@x.org")),
        (("a@x.org",), ("a@x.org",)),
        (17, ("17",)),
        (None, ()),
        ("", ()),
        (" ; ", ()),
    ],
)
def test_addresses(cell, found):
    people = Directory.from_frame({"person": ["p"], "addresses": pd.Series([cell], dtype=object)})
    assert people.frame["addresses"].tolist() == [found]
    assert people.to_frame()["addresses"].tolist() == [";".join(found)]


def test_odd_text_is_left_as_it_is():
    odd = ["=SUM(A1)", "<script>", "O'Neil", "名前", "a\u202eb"]
    people = Directory.from_frame({"person": odd, "unit": odd})
    assert people.people == sorted(odd)
    assert "<script>" not in people._repr_html_()


def test_intervals():
    people = Directory.from_frame(
        {
            "person": ["a", "a", "b", "c", "a"],
            "unit": ["old", "new", "only", "later", "new"],
            "since": [None, "2026-07-01", None, "2027-01-01", "2026-07-01"],
            "until": ["2026-07-01", None, None, None, None],
        }
    )
    assert reasons(people) == {"person listed again: first row used": 1}

    def units(moment):
        return people.at(moment).set_index("person")["unit"].to_dict()

    assert units(None) == {"a": "new", "b": "only", "c": "later"}
    assert units(pd.Timestamp("2026-06-30T23:59Z")) == {"a": "old", "b": "only", "c": "later"}
    assert units(pd.Timestamp("2026-07-01T00:00Z")) == {"a": "new", "b": "only", "c": "later"}
    with pytest.raises(InputError, match="no time zone"):
        people.at(pd.Timestamp("2026-07-01"))
    backwards = {"person": ["a", "b"], "since": ["2026-07-01", None], "until": ["2026-06-01", None]}
    assert reasons(Directory.from_frame(backwards)) == {"interval ends before it begins: not used": 1}


def test_the_order_of_rows_changes_nothing():
    frame = pd.DataFrame({"person": list("cab"), "unit": list("xyz"), "since": ["2026-01-01", None, None]})
    one, other = Directory.from_frame(frame), Directory.from_frame(frame.iloc[::-1])
    pd.testing.assert_frame_equal(one.to_frame(), other.to_frame())
    assert one.to_json() == other.to_json()


def test_from_accounts():
    inter = Interactions.from_frame({"sender": ["U1", "U2"], "recipient": ["U2", "B1"]})
    assert Directory.from_accounts(inter).people == ["B1", "U1", "U2"]
    rows = [
        ("U1", None, "person", None),
        ("U1", "ada@x.org", "person", "R&D"),
        ("U2", "ben@x.org", "person", None),
        ("B1", None, "bot", None),
    ]
    known = pa.Table.from_pylist(
        [
            {"account": a, "address": b, "name": "N", "kind": kind, "guest": False, "unit": unit, "source": "s"}
            for a, b, kind, unit in rows
        ],
        schema=ACCOUNTS,
    ).to_pandas()
    people = Directory.from_accounts(replace(inter, accounts=known))
    assert people.people == ["U1", "U2"]
    assert people.frame["unit"].fillna("-").tolist() == ["R&D", "-"]
    assert people.frame["addresses"].tolist() == [("ada@x.org",), ("ben@x.org",)]


def test_a_source_without_anybody_gives_nobody():
    assert Directory.from_accounts(Interactions.from_frame({"sender": [], "recipient": []})).people == []
