from __future__ import annotations

import gzip
import json
import zipfile

import pytest

from commfinder.errors import FormatError, InputError, MissingFileError
from commfinder.interactions import Interactions
from commfinder.sources import detect, read

MAIL = (
    "From a@x.org Tue Jan  3 18:35:40 2006\nFrom: a@x.org\nDate: Tue, 3 Jan 2006 18:35:40 +0100\nTo: b@x.org\n\nbody\n"
)


@pytest.fixture
def inputs(tmp_path):
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "2006q1.txt").write_text(MAIL)
    (tmp_path / "a.mbox").write_text(MAIL)
    (tmp_path / "a.gz").write_bytes(gzip.compress(MAIL.encode()))
    (tmp_path / "t.csv").write_text("sender,recipient\na,b\n")
    (tmp_path / "edges.txt").write_text("0 1\n1 2\n2 0\n")
    (tmp_path / "wide.txt").write_bytes("sender,recipient\na,b\n".encode("utf-16-le") * 20)
    with zipfile.ZipFile(tmp_path / "slack.zip", "w") as packed:
        packed.writestr("users.json", "[]")
        packed.writestr("channels.json", '[{"name": "g", "members": []}]')
        packed.writestr("g/2017-02-13.json", json.dumps([{"user": "U1", "ts": "1486999900.1", "text": "<@U2>"}]))
    with zipfile.ZipFile(tmp_path / "slack.zip") as packed:
        packed.extractall(tmp_path / "slack")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("mail", "mbox"),
        ("a.mbox", "mbox"),
        ("a.gz", "mbox"),
        ("t.csv", "table"),
        ("edges.txt", "table"),
        ("wide.txt", "table"),
        ("slack.zip", "slack"),
        ("slack", "slack"),
    ],
)
def test_detect(inputs, name, kind):
    assert detect(inputs / name) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"Just some prose.\nAnd more of it, here and there.\nEnd\n\nOr so\n",
        b"%PDF-1.7\n\x00\x01",
        b"\x89PNG\r\n\x1a\n\x00",
    ],
)
def test_unknown_kinds_are_taught(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(FormatError, match=r"(?s)Kinds are: 'mbox'.*kind="):
        detect(tmp_path / "x")


def test_zip_and_folders_of_no_known_kind(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as packed:
        packed.writestr("a.txt", "x")
    with pytest.raises(FormatError, match="Slack"):
        detect(tmp_path / "x.zip")
    with pytest.raises(FormatError, match="Slack"):
        detect(tmp_path)
    (tmp_path / "t.csv").write_text("a,b\n")
    with pytest.raises(FormatError, match=r"t\.csv"):
        detect(tmp_path)
    with pytest.raises(MissingFileError):
        detect(tmp_path / "absent")


def test_read_gives_interactions(inputs):
    for name, options in (
        ("mail", {}),
        ("slack.zip", {}),
        ("t.csv", {"medium": "chat"}),
        ("a.mbox", {"medium": "email"}),
    ):
        found = read(inputs / name, **options)
        assert isinstance(found, Interactions)
        assert len(found) == 1


def test_options_that_a_kind_does_not_understand(inputs):
    with pytest.raises(InputError, match="columns"):
        read(inputs / "a.mbox", columns={"sender": "x"})
    with pytest.raises(InputError, match="timezone"):
        read(inputs / "slack.zip", timezone="UTC")
    with pytest.raises(InputError, match="medium"):
        read(inputs / "slack.zip", medium="email")
    with pytest.raises(InputError, match="Did you mean 'mbox'"):
        read(inputs / "a.mbox", kind="mbx")


def test_empty_file_is_an_empty_result_that_says_so(tmp_path):
    (tmp_path / "a.mbox").write_bytes(b"")
    found = read(tmp_path / "a.mbox")
    assert len(found) == 0
    assert len(found.losses) == 1
