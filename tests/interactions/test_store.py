"""The embedded database, where it is not asked as usual."""

from __future__ import annotations

import duckdb
import pytest
from ibis.backends.duckdb import Backend

from commfinder.interactions import Store


def setting(store: Store, name: str) -> object:
    return store.backend.raw_sql(f"SELECT current_setting('{name}')").fetchone()[0]


def test_a_notebook_that_can_show_no_bar_is_no_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    usual = Backend.raw_sql

    def refusing(self, query, **kwargs):
        if "enable_progress_bar" in str(query):
            asked.append(query)
            raise duckdb.InvalidInputException("required package 'ipywidgets' is missing")
        return usual(self, query, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Backend, "raw_sql", refusing)
        store = Store()
    assert asked
    # All that is for safety and sameness still holds.
    assert setting(store, "TimeZone") == "UTC"
    assert setting(store, "lock_configuration") is True
    assert setting(store, "enable_external_access") is False


def test_no_bar_is_shown() -> None:
    assert setting(Store(), "enable_progress_bar") is False
