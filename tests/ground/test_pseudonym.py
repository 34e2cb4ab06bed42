from __future__ import annotations

import os
import pickle
import stat

import pytest

from commfinder.errors import MissingFileError, PrivacyError
from commfinder.pseudonym import Key, load_key, make_key

KEY = Key(bytes(range(32)))


def test_pseudonyms():
    one = KEY.pseudonym("person", "ada@x.org")
    assert one == Key(bytes(range(32))).pseudonym("person", "ada@x.org")
    assert len(one) == 26
    assert set(one) <= set("abcdefghijklmnopqrstuvwxyz234567")
    others = {
        KEY.pseudonym("channel", "ada@x.org"),
        KEY.pseudonym("person", "ben@x.org"),
        Key(bytes(32)).pseudonym("person", "ada@x.org"),
    }
    assert len(others | {one}) == 4


def test_pseudonym_does_not_change_between_versions():
    assert KEY.pseudonym("person", "ada") == "vm4x2ln7ufov3mdxova5ockevm"


def test_odd_text_has_a_pseudonym():
    assert len({KEY.pseudonym("person", value) for value in ("", "\0", "\ud800", "\u00e9", "e\u0301")}) == 5


def test_the_key_never_shows_itself():
    assert repr(KEY) == f"<Key {KEY.id}>"
    assert len(KEY.id) == 8
    secret = bytes(range(32)).hex()
    assert KEY.id not in secret
    assert secret not in f"{KEY!r} {KEY}"


def test_key_file(tmp_path):
    path = tmp_path / "key"
    made = make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key(path).id == load_key(str(path)).id == made.id
    assert load_key(made) is made
    assert load_key(bytes(range(32))).id == KEY.id
    content = path.read_bytes()
    with pytest.raises(PrivacyError, match="exists already"):
        make_key(path)
    assert path.read_bytes() == content


@pytest.mark.skipif(os.name != "posix", reason="file modes are of POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read(tmp_path, mode):
    path = tmp_path / "key"
    make_key(path)
    path.chmod(mode)
    with pytest.raises(PrivacyError, match="chmod 600"):
        load_key(path)


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "ab" * 31, "ab" * 33, "é"])
def test_no_key_in_the_file(tmp_path, content):
    path = tmp_path / "key"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(PrivacyError) as caught:
        load_key(path)
    assert not content or content not in str(caught.value)


@pytest.mark.parametrize("value", [b"short", b"x" * 33, 5, None, ["key"]])
def test_no_key(value):
    with pytest.raises(PrivacyError, match="32 bytes"):
        load_key(value)
    with pytest.raises(PrivacyError):
        Key(value)


def test_missing_files(tmp_path):
    with pytest.raises(MissingFileError, match="make_key"):
        load_key(tmp_path / "none")
    with pytest.raises(MissingFileError, match="folder"):
        make_key(tmp_path / "none" / "key")


def test_a_key_does_not_travel():
    with pytest.raises(PrivacyError):
        pickle.dumps(KEY)
