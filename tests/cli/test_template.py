"""The study file that `commfinder init` writes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from commfinder.cli import main
from commfinder.study.config import check_config


def test_every_key_in_it_is_known_also_those_in_comments(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["init", str(tmp_path)])
    text = (tmp_path / "study.toml").read_text(encoding="utf-8")
    full = re.sub(r"^# (?=\[|[a-z_]+ = )", "", text, flags=re.MULTILINE)
    assert full.count("\n# ") < text.count("\n# ") - 10
    config = check_config(tomllib.loads(full), "study.toml")
    assert len(config.inputs) == 4
    assert not config.communities.overlap
    assert check_config(tomllib.loads(text), "study.toml").communities.overlap
