from __future__ import annotations

import contextlib
import gzip

from commfinder.sources import read_mbox, read_table


class Watched:
    def __init__(self):
        self.total = self.done = 0.0

    @contextlib.contextmanager
    def stage(self, label, total=None):
        assert label
        self.total += total or 0
        yield self

    def advance(self, amount=1):
        self.done += amount


def test_progress_ends_at_its_total(tmp_path):
    plain, packed = tmp_path / "t.csv", tmp_path / "t.csv.gz"
    text = b"sender,recipient\n" + b"ann,bob\n" * 500_000
    plain.write_bytes(text)
    packed.write_bytes(gzip.compress(text))
    (tmp_path / "mail").mkdir()
    mail = b"From a@x Tue Jan  3 18:35:40 2006\nFrom: a@x\nDate: 3 Jan 2006 18:35:40 +0100\n\n" + b"text\n" * 900_000
    (tmp_path / "mail" / "a").write_bytes(mail)
    for call in (
        lambda watched: read_table(plain, medium="chat", progress=watched),
        lambda watched: read_table(packed, medium="chat", progress=watched),
        lambda watched: read_mbox(tmp_path / "mail", progress=watched),
    ):
        watched = Watched()
        call(watched)
        assert watched.done == watched.total > 0
