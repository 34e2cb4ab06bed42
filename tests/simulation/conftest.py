"""Organisations that several tests look at; made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from commfinder.simulation import Organisation, simulate


@pytest.fixture(scope="session")
def make() -> Callable[[int, int], Organisation]:
    made: dict[tuple[int, int], Organisation] = {}

    def _make(people: int, seed: int) -> Organisation:
        if (people, seed) not in made:
            made[people, seed] = simulate(people, seed)
        return made[people, seed]

    return _make


@pytest.fixture(scope="session")
def small(make: Callable[[int, int], Organisation]) -> Organisation:
    return make(120, 3)


@pytest.fixture(scope="session")
def written(small: Organisation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small.write(tmp_path_factory.mktemp("organisation"))
