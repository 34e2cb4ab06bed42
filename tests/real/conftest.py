"""Where the real data sets are, and what is said where they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets beside the project."""
    if not DATA.is_dir():
        pytest.skip("the real data sets are not beside the project (../shared/data)")
    return DATA
