"""The study file: what is wrong in it is said, with the nearest key or the need."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from commfinder.communities import find_communities
from commfinder.errors import CommfinderError, ConfigError, MissingFileError
from commfinder.study import Study, StudyConfig
from commfinder.study.config import CommunitiesConfig, load_config

GOOD = '[[inputs]]\npath = "mail"\n'


def write(folder: Path, text: str) -> Path:
    """Write a study file."""
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD))
    assert config.period is None
    assert config.privacy.k == 5
    assert not config.privacy.person_level
    assert config.privacy.pseudonymise
    assert config.verdicts.permutations == 999


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("perriod = '2026Q3'\n" + GOOD, ["'perriod'", "study.toml", "Did you mean 'period'?"]),
        ('[[inputs]]\npath = "x"\ncolums = {}\n', ["'colums'", "inputs.0", "Did you mean 'columns'?"]),
        (GOOD + "[privacy]\npseudonymize = true\n", ["'pseudonymize'", "privacy", "Did you mean 'pseudonymise'?"]),
        (GOOD + "[privacy]\nk = 3\n", ["privacy.k", "3", "5"]),
        (GOOD + "[verdicts]\nalpha = 2\n", ["verdicts.alpha", "2", "False discovery rate"]),
        ("period = '2026Q5'\n" + GOOD, ["period", "2026Q5"]),
        ("name = 'x'\n", ["inputs", "Where interactions come from"]),
        ("[[inputs]]\nkind = 'mbox'\n", ["inputs.0.path"]),
        ("[[inputs]]\npath = 'x'\nkind = 'outlook'\n", ["inputs.0.kind", "outlook", "mbox"]),
        ("inputs = [\n", ["not TOML"]),
        (GOOD + "[communities]\nlayers = 'side'\n", ["communities.layers", "side", "sum"]),
        (GOOD + "[communities]\nembeded = true\n", ["'embeded'", "Did you mean 'embedded'?"]),
        (GOOD + "[communities]\nruns = 1\n", ["communities.runs", "1", "2"]),
        ("seed = -1\n" + GOOD, ["seed", "-1"]),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, parts: list[str]) -> None:
    with pytest.raises(ConfigError) as error:
        load_config(write(tmp_path, text))
    for part in parts:
        assert part in str(error.value)
    assert isinstance(error.value, CommfinderError)
    assert isinstance(error.value, ValueError)


def test_a_file_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    with pytest.raises(MissingFileError, match=r"study\.toml"):
        load_config(tmp_path / "studdy.toml")


def test_a_folder_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="folder"):
        load_config(tmp_path)
    path = tmp_path / "study.toml"
    path.write_bytes(b"name = '\xff'\n")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_config(path)


def test_a_path_that_is_not_there_is_said_with_the_folder(tmp_path: Path) -> None:
    study = Study.load(write(tmp_path, '[[inputs]]\npath = "mial"\n'))
    (tmp_path / "mail").mkdir()
    with pytest.raises(MissingFileError, match="Did you mean 'mail'"):
        study.run()


def test_the_options_of_the_search_are_those_of_find_communities() -> None:
    options = inspect.signature(find_communities).parameters.values()
    expected = {one.name: one.default for one in options if one.name not in ("graph", "progress", "seed")}
    assert CommunitiesConfig().model_dump() == expected
    assert all(field.description for field in CommunitiesConfig.model_fields.values())


def test_every_key_says_what_it_is_for() -> None:
    for field in StudyConfig.model_fields.values():
        assert field.description or field.default is not None
