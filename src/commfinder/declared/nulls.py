"""Shim."""

from commfinder.graph.expected import DyadNull, Structure, _ratio, fit_null  # noqa: F401
