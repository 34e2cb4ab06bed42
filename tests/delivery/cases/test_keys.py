"""Which case a row can belong to, in whole numbers; and cases that begin at one moment."""

import numpy as np
import pandas as pd

from commfinder.delivery.cases.columns import KEY, columns_of, with_keys
from commfinder.delivery.cases.keys import ids_of_cases
from commfinder.interactions import Interactions, concat


def interactions(rows):
    """Rows as mappings; times are seconds."""
    frame = pd.DataFrame(rows)
    for name, default in (("recipient", None), ("role", "edit"), ("space", None), ("thread", None), ("source", "log")):
        frame[name] = frame.get(name, pd.Series(default, frame.index, dtype=object))
        if default:
            frame[name] = frame[name].fillna(default)
    frame["time"] = pd.to_datetime(1_700_000_000 + frame["time"], unit="s", utc=True)
    frame["event"] = [f"e{place:03d}" for place in range(len(frame))]
    columns = {name: name for name in ("event", "role", "space", "thread")}
    parts = [
        Interactions.from_frame(part, medium="medium", source=source, **columns)
        for source, part in frame.groupby("source")
    ]
    return concat(parts)


def cases(rows, *kinds):
    inter = interactions(rows)
    return ids_of_cases(inter, columns_of(inter, with_keys(inter)), kinds or ("workflow", "page", "thread")).said


def test_cases_of_one_start_come_by_id_and_not_by_key():
    rows = [{"medium": "workflow", "thread": f"c{n:02d}", "sender": "a", "time": 5, "space": "s"} for n in range(40)]
    rng = np.random.default_rng(1000)
    mixed = [rows[place] for place in rng.permutation(40)]
    assert cases(mixed)["case"].tolist() == [f"c{n:02d}" for n in range(40)]
    inter = interactions(mixed)
    columns = columns_of(inter, with_keys(inter))
    found = ids_of_cases(inter, columns, ("workflow",))
    assert found.said["case"].tolist() == inter.text_of(found.key[2]).tolist()
    assert found.said["case"][found.number].tolist() == columns.names.texts(columns.name).to_pylist()
    assert (ids_of_cases(inter, columns, ("page",)).number == -1).all()


def test_ids_are_those_of_a_space_or_else_of_a_source():
    rows = [
        {"medium": "ticket", "thread": "7", "sender": "a", "time": 1, "space": "shop"},
        {"medium": "ticket", "thread": "7", "sender": "a", "time": 2, "source": "shop"},
        {"medium": "ticket", "thread": "7", "sender": "a", "time": 3, "source": "help"},
        {"medium": "ticket", "thread": "8", "sender": "a", "time": 4, "source": "help"},
    ]
    said = cases(rows)
    # A source that is called as a space is that space.
    assert said["case"].tolist() == ["shop/7", "help/7", "8"]
    assert said["space"].isna().tolist() == [False, True, True]


def test_a_page_without_a_thread_is_its_space():
    rows = [
        {"medium": "document", "sender": "a", "time": 1, "space": "plan.docx"},
        {"medium": "document", "sender": "b", "time": 2, "space": "plan.docx"},
        {"medium": "wiki", "thread": "plan.docx", "sender": "b", "time": 3, "space": "wiki"},
        {"medium": "wiki", "sender": "b", "time": 4},
    ]
    said = cases(rows)
    assert said["case"].tolist() == ["plan.docx", "wiki/plan.docx"]
    assert said["space"].isna().tolist() == [True, False]


def test_mail_keeps_its_thread_in_every_folder_and_chat_does_not():
    talk = {"thread": "t", "sender": "a", "recipient": "b", "role": "to"}
    mail = [{"medium": "email", "space": space, "time": 1, **talk} for space in ("x", "y")]
    chat = [{"medium": "chat", "space": space, "time": 2, **talk} for space in ("x", "y")]
    assert cases(mail)["case"].tolist() == ["t"]
    assert cases(chat)["case"].tolist() == ["x/t", "y/t"]


def test_every_row_with_a_time_has_a_key_that_can_be_compared():
    rows = [
        {"medium": "meeting", "sender": "a", "time": 1},
        {"medium": "email", "sender": "a", "recipient": "b", "role": "to", "time": 1},
    ]
    table = with_keys(interactions(rows)).select(*KEY).to_pyarrow()
    assert table["how"].null_count == 2
    assert table["scope"].null_count == table["name"].null_count == 0
