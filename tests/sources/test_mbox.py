from __future__ import annotations

import bz2
import gzip
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commfinder.errors import InputError, MissingFileError
from commfinder.sources import read_mbox

SEPARATOR = "From {who} Tue Jan  3 18:35:40 2006\n"


def mail(sender="ann@x.org", *, date="Tue, 3 Jan 2006 18:35:40 +0100", body="Hello.\n", who=None, **headers):
    lines = [
        SEPARATOR.format(who=who or "ann@x.org"),
        f"From: {sender}\n" if sender else "",
        f"Date: {date}\n" if date else "",
    ]
    lines += [f"{key.replace('_', '-')}: {value}\n" for key, value in headers.items()]
    return "".join(lines) + "\n" + body + "\n"


def read(tmp_path, *mails, name="mail.mbox", **options):
    file = tmp_path / name
    content = b"".join(one.encode() if isinstance(one, str) else one for one in mails)
    file.write_bytes(content)
    return read_mbox(file, **options)


def rows(reading, *columns):
    return reading.interactions.select(list(columns)).to_pylist()


def reasons(reading):
    return {loss.reason: loss.count for loss in reading.losses}


def test_roles_and_count_of_recipients(tmp_path):
    got = read(
        tmp_path, mail(To="Bob <BOB@x.org>, ann@x.org", Cc="cyd@x.org, bob@x.org", Bcc="dan@x.org", Message_ID="<1@x>")
    )
    assert [(r["recipient"], r["role"], r["n_recipients"]) for r in rows(got, "recipient", "role", "n_recipients")] == [
        ("ann@x.org", "to", 3),
        ("bob@x.org", "to", 3),
        ("cyd@x.org", "cc", 3),
        ("dan@x.org", "bcc", 3),
    ]
    assert got.interactions["event"].to_pylist() == ["1@x"] * 4
    assert got.interactions["time"][0].as_py().isoformat() == "2006-01-03T17:35:40+00:00"


@pytest.mark.parametrize(
    "line",
    [
        "From here on it is text: as follows",
        "From: nobody@x.org",
        ">From ann@x.org Tue Jan  3 18:35:40 2006",
        "From ann@x.org Tue Jan  3 18:35:40",
        "From ann@x.org Tue Foo  3 18:35:40 2006",
        "From what I saw on Tue Jan  3 18:35:40 2006",
        "From ann@x.org Tue Jan  3 18:35:40 2006",
        "From me to you",
    ],
)
def test_body_line_that_starts_with_from_is_no_message(tmp_path, line):
    got = read(
        tmp_path, mail(To="b@x.org", body=f"Text.\n\n{line}\nno header follows\n"), mail("bob@x.org", To="ann@x.org")
    )
    assert got.interactions.num_rows == 2
    assert got.losses == ()


def test_separator_must_follow_an_empty_line(tmp_path):
    got = read(tmp_path, mail(To="b@x.org", body="Text.\nFrom ann@x.org Tue Jan  3 18:35:40 2006\nFrom: z@x.org\n"))
    assert got.interactions["sender"].to_pylist() == ["ann@x.org"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_and_mark_at_start(tmp_path, end):
    text = (mail(To="b@x.org") + mail("bob@x.org", To="ann@x.org")).replace("\n", end)
    assert read(tmp_path, b"\xef\xbb\xbf" + text.encode()).interactions.num_rows == 2


def test_pipermail_archive(tmp_path):
    question = mail("ann at x.org (Ann Other (ext.))", who="ann at x.org", Message_ID="<q@x>")
    answer = mail("bob at x.org (=?utf-8?q?B=C3=B6b?=)", who="bob at x.org", Message_ID="<a@x>", In_Reply_To="<q@x>")
    own = mail("ann at x.org (Ann)", Message_ID="<o@x>", In_Reply_To="<q@x>", who="ann at x.org")
    got = read_named(tmp_path, question, answer, own)
    assert rows(got, "event", "sender", "recipient", "role", "space", "thread", "parent", "n_recipients") == [
        {
            "event": "a@x",
            "sender": "bob@x.org",
            "recipient": "ann@x.org",
            "role": "reply",
            "space": "talk",
            "thread": "a@x",
            "parent": "q@x",
            "n_recipients": 1,
        },
        {
            "event": "o@x",
            "sender": "ann@x.org",
            "recipient": None,
            "role": "to",
            "space": "talk",
            "thread": "a@x",
            "parent": "q@x",
            "n_recipients": 0,
        },
        {
            "event": "q@x",
            "sender": "ann@x.org",
            "recipient": None,
            "role": "to",
            "space": "talk",
            "thread": "a@x",
            "parent": None,
            "n_recipients": 0,
        },
    ]
    assert dict(zip(got.accounts["account"].to_pylist(), got.accounts["name"].to_pylist(), strict=True)) == {
        "ann@x.org": "Ann",
        "bob@x.org": "Böb",
    }


def read_named(tmp_path, *mails):
    folder = tmp_path / "talk"
    folder.mkdir()
    (folder / "2006q1.txt").write_text("".join(mails))
    return read_mbox(folder)


def test_mailing_list_is_a_space_and_no_recipient(tmp_path):
    listed = {"List_Id": "Talk <talk.x.org>", "List_Post": "<mailto:talk@x.org>"}
    got = read(
        tmp_path,
        mail(To="talk@x.org", Message_ID="<1@x>", Precedence="list", List_Unsubscribe="<mailto:u@x.org>", **listed),
        mail("bob@x.org", To="talk@x.org", Message_ID="<2@x>", References="<0@x> <1@x>"),
        mail("cyd@x.org", To="talk@x.org, ann@x.org", Message_ID="<3@x>", In_Reply_To="<1@x>"),
    )
    assert rows(got, "event", "recipient", "role", "space", "automated") == [
        {"event": "1@x", "recipient": None, "role": "to", "space": "talk@x.org", "automated": False},
        {"event": "2@x", "recipient": "ann@x.org", "role": "reply", "space": "talk@x.org", "automated": False},
        {"event": "3@x", "recipient": "ann@x.org", "role": "to", "space": "talk@x.org", "automated": False},
    ]
    kinds = dict(zip(got.accounts["account"].to_pylist(), got.accounts["kind"].to_pylist(), strict=True))
    assert kinds["talk@x.org"] == "list"
    assert kinds["bob@x.org"] == "person"


@pytest.mark.parametrize(
    ("headers", "automated"),
    [
        ({"Auto_Submitted": "auto-replied; x=1"}, True),
        ({"Auto_Submitted": "no"}, False),
        ({"Precedence": "bulk"}, True),
        ({"Precedence": "list"}, False),
        ({"Return_Path": "<>"}, True),
        ({"Return_Path": "<ann@x.org>"}, False),
        ({"Content_Type": "multipart/report; boundary=x"}, True),
        ({"Content_Type": "text/calendar; method=REQUEST", "X_Auto_Response_Suppress": "All"}, False),
        ({"X_Auto_Response_Suppress": "All"}, True),
        ({"X_Autoreply": "yes"}, True),
        ({"List_Unsubscribe": "<mailto:u@x.org>"}, True),
        ({}, False),
    ],
)
def test_automated(tmp_path, headers, automated):
    assert read(tmp_path, mail(To="b@x.org", **headers)).interactions["automated"].to_pylist() == [automated]


@pytest.mark.parametrize("robot", ["mailer-daemon", "no-reply", "noreply", "do-not-reply", "postmaster", "noreply+7"])
def test_robots(tmp_path, robot):
    got = read(tmp_path, mail(f"{robot}@x.org", To="b@x.org"))
    assert got.interactions["automated"].to_pylist() == [True]
    assert got.accounts["kind"].to_pylist() == ["person", "bot"] if robot > "b" else True


def test_date_without_zone_is_taken_as_utc_and_counted(tmp_path):
    text = mail(To="b@x.org", date="Tue, 3 Jul 2006 18:00:00")
    got = read(tmp_path, text)
    assert got.interactions["time"][0].as_py().hour == 18
    (loss,) = got.losses
    assert loss.count == 1
    assert "timezone=" in loss.advice
    told = read(tmp_path, text, timezone="Europe/Berlin")
    assert told.interactions["time"][0].as_py().hour == 16
    assert told.losses == ()


def test_unknown_zone_name(tmp_path):
    with pytest.raises(InputError, match="Europe/Berlin"):
        read(tmp_path, mail(To="b@x.org"), timezone="europe/berlim")


@pytest.mark.parametrize(
    "date",
    [
        "",
        "nonsense",
        "Tue, 35 Jan 2006 18:35:40 +0100",
        "Fri, 31 Dec 9999 23:59:59 -0800",
        "1 Jan 1970 00:00 +0000",
        "+9999",
    ],
)
def test_bad_date_falls_back_on_the_separator(tmp_path, date):
    got = read(tmp_path, mail(To="b@x.org", date=date))
    assert got.interactions["time"][0].as_py().isoformat() == "2006-01-03T18:35:40+00:00"
    assert reasons(got)["date taken from the From_ line"] == 1


def test_no_date_and_no_sender_are_counted_and_the_rest_is_kept(tmp_path):
    single = tmp_path / "a.eml"
    single.write_text("From: ann@x.org\nTo: b@x.org\n\nbody\n")
    assert reasons(read_mbox(single))["no date between 1990 and 2099 that can be read"] == 1
    got = read(tmp_path, mail(None, who="-", To="b@x.org"), mail(To="b@x.org"))
    assert got.interactions.num_rows == 1
    assert reasons(got) == {"no sender that can be read": 1}
    assert got.losses[0].where == "mail.mbox, byte 0"


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("undisclosed-recipients:;", [None]),
        ("", [None]),
        (", ,", [None]),
        ("Team: b@x.org, Cyd <c@x.org>;", ["b@x.org", "c@x.org"]),
        ("b(at)x.org", ["b@x.org"]),
        ("b at x.org, c at y.org", ["b@x.org", "c@y.org"]),
        ("Bob at Work <b@x.org>", ["b@x.org"]),
        ("=?utf-8?q?Bob?= <b@x.org>", ["b@x.org"]),
        ("=?utf-8?q?Bob_=3Cb=40x=2Eorg=3E?=", ["b@x.org"]),
        ("\"'b@x.org'\" <b@x.org>", ["b@x.org"]),
        ("(" * 3000 + "b@x.org", [None]),
    ],
)
def test_awkward_recipients(tmp_path, to, expected):
    assert read(tmp_path, mail(To=to)).interactions["recipient"].to_pylist() == expected


def test_invalid_utf8_in_headers(tmp_path):
    raw = mail(To="b@x.org").encode().replace(b"From: ann@x.org", b"From: Andr\xe9 <ann@x.org>")
    got = read(tmp_path, raw)
    assert "André" in got.accounts["name"].to_pylist()
    assert reasons(got) == {"header is not UTF-8; taken as Latin-1": 1}
    proper = read(tmp_path, mail("André <ann@x.org>", To="b@x.org"))
    assert "André" in proper.accounts["name"].to_pylist()
    assert proper.losses == ()


@pytest.mark.parametrize(("pack", "suffix"), [(gzip.compress, "gz"), (bz2.compress, "bz2")])
def test_compressed_whole_and_cut_off(tmp_path, pack, suffix):
    import random

    noise = random.Random(1)
    mails = [mail(To="b@x.org", Message_ID=f"<{i}@x>", body=noise.randbytes(3000).hex() + "\n") for i in range(900)]
    packed = pack("".join(mails).encode())
    whole = read(tmp_path, packed, name=f"a.mbox.{suffix}")
    assert whole.interactions.num_rows == 900
    cut = read(tmp_path, packed[: len(packed) * 9 // 10], name=f"a.mbox.{suffix}")
    assert 0 < cut.interactions.num_rows < 900
    assert cut.interactions.num_rows > 500
    (loss,) = cut.losses
    assert (loss.unit, loss.where) == ("files", f"a.mbox.{suffix}")


def test_header_bomb(tmp_path):
    many = mail(To="b@x.org").replace("\n\n", "\n" + "X-A: b\n" * 20_000 + "\n", 1)
    long = mail(To="b@x.org").replace("\n\n", "\nX-A: " + "b" * 10_000_000 + "\n\n", 1)
    got = read(tmp_path, many, long, mail("cyd@x.org", To="b@x.org"))
    assert got.interactions.num_rows == 3
    assert reasons(got) == {"header beyond 256 KiB or 500 lines; the rest of it is left out": 2}


def test_long_id_is_hashed_and_circular_references_end(tmp_path):
    got = read(
        tmp_path,
        mail(To="b@x.org", Message_ID=f"<{'a' * 5000}@x>", References="<1@x>"),
        mail(To="b@x.org", Message_ID="<1@x>", In_Reply_To="<2@x>", References="junk <2@x><1@x>"),
        mail(To="b@x.org", Message_ID="<2@x>", In_Reply_To="<1@x>"),
    )
    assert max(map(len, got.interactions["event"].to_pylist())) < 100
    assert len(set(got.interactions["thread"].to_pylist())) == 1


def test_folder_skips_what_is_no_mail(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "1.eml").write_text("From: ann@x.org\nDate: Tue, 3 Jan 2006 18:35:40 +0100\nTo: b@x.org\n\n.")
    (tmp_path / "notes.txt").write_text("From here on: nothing.\n")
    (tmp_path / "link").symlink_to(tmp_path / "b" / "1.eml")
    got = read_mbox(tmp_path, name="mail")
    assert got.interactions.num_rows == 1
    assert reasons(got) == {"not a mail file": 1, "not a regular file": 1}
    assert list(got.digests) == ["b/1.eml"]


def test_empty_file_says_so(tmp_path):
    got = read(tmp_path, "")
    assert got.interactions.num_rows == 0
    assert reasons(got) == {"no message was found": 1}


def test_missing_file(tmp_path):
    with pytest.raises(MissingFileError, match=r"nothing\.mbox"):
        read_mbox(tmp_path / "nothing.mbox")


def test_same_bytes_twice_and_no_subject_anywhere(tmp_path):
    mails = [mail(To="b@x.org", Subject="SECRET", body="SECRET\n") for _ in range(3)]
    first, second = read(tmp_path, *mails), read(tmp_path, *mails)
    assert first == second
    assert "SECRET" not in str(first.interactions.to_pylist()) + str(first.accounts.to_pylist()) + str(first.losses)


def test_duplicates_stay(tmp_path):
    one = mail(To="b@x.org", Message_ID="<1@x>")
    assert read(tmp_path, one, one).interactions.num_rows == 2


def make(index, parent, to):
    headers = {"Message_ID": f"<{index}@x>"} if index % 5 else {}
    if parent is not None:
        headers["In_Reply_To"] = f"<{parent}@x>"
    if to:
        headers["To"] = to
    body = "Hi.\n\nFrom now on: yes\n\nFrom x@y.org Tue Jan  3 18:35:40 2006 and more\nTo: z@x.org\n"
    return mail(f"p{index % 4}@x.org", date=f"Tue, {1 + index % 28} Jan 2006 18:35:40 +0100", body=body, **headers)


MAILS = st.lists(
    st.tuples(
        st.integers(0, 40), st.none() | st.integers(0, 40), st.sampled_from(["", "b@x.org", "b@x.org, p1@x.org"])
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(MAILS, st.data())
def test_splitting_and_shuffling_change_nothing(mails, data):
    texts = [make(*one) for one in mails]
    shuffled = data.draw(st.permutations(texts))
    cut = data.draw(st.integers(0, len(texts)))
    with tempfile.TemporaryDirectory() as folder:
        whole, parts = Path(folder, "whole"), Path(folder, "parts")
        whole.mkdir()
        parts.mkdir()
        (whole / "a").write_text("".join(texts))
        (parts / "a").write_text("".join(shuffled[:cut]) or mail(None, who="-"))
        (parts / "b").write_text("".join(shuffled[cut:]) or mail(None, who="-"))
        one, two = read_mbox(whole, name="m"), read_mbox(parts, name="m")
    assert one.interactions.equals(two.interactions)
    assert one.accounts.equals(two.accounts)
    assert len(set(zip(*(one.interactions[c].to_pylist() for c in ("event", "time")), strict=True))) <= len(texts)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="From abc:>@\n20:06TueJan3", max_size=60), max_size=8))
def test_from_lines_in_bodies_never_change_the_count(lines):
    body = "".join(f"From {line}\n" for line in lines)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a").write_text(mail(To="b@x.org", body=f"\n{body}\n") + mail(To="b@x.org"))
        assert read_mbox(folder).interactions.num_rows == 2


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_as_header(noise):
    with tempfile.TemporaryDirectory() as folder:
        head = SEPARATOR.format(who="a@x.org").encode() + b"From: a@x.org\nTo: "
        Path(folder, "a").write_bytes(head + noise + b"\n\nbody\n\n" + mail(To="b@x.org").encode())
        assert read_mbox(folder).interactions.num_rows >= 1
