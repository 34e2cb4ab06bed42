"""What made a result: the call, its parameters, the seed, the versions and the digests of what went in."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import math
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Provenance", "continued", "file_digest", "record", "versions"]

_LIBRARIES = ("commfinder", "numpy", "scipy", "pandas", "duckdb", "ibis-framework", "igraph")


@dataclass(frozen=True)
class Provenance:
    """The record that lets somebody else make the same result again.

    It holds no clock time, so that two equal runs have equal records.

    Parameters
    ----------
    call : str
        Name of the public function.
    parameters : mapping
        Its options, in plain JSON values.
    seed : int, optional
        The seed, where chance plays a part.
    inputs : mapping of str to str
        SHA-256 digests of the files that went in, by file name.
    versions : mapping of str to str
        Versions of commfinder, Python and the libraries that decide numbers.
    """

    call: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the record as plain values for JSON."""
        return {
            "call": self.call,
            "parameters": dict(self.parameters),
            "seed": self.seed,
            "inputs": dict(sorted(self.inputs.items())),
            "versions": dict(self.versions),
        }


def record(
    call: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    seed: int | None = None,
    inputs: Mapping[str, str] | None = None,
) -> Provenance:
    """Write down what makes a result.

    Parameters
    ----------
    call : str
        Name of the public function.
    parameters : mapping, optional
        Its options; values that JSON does not know are written as text.
    seed : int, optional
        The seed.
    inputs : mapping of str to str, optional
        Digests of the inputs, by file name.

    Returns
    -------
    Provenance
    """
    plain = {key: _plain(value) for key, value in (parameters or {}).items()}
    return Provenance(call, plain, seed, dict(inputs or {}), versions())


def continued(before: Provenance, step: Provenance) -> Provenance:
    """Record a step on a value: its inputs, and the key of its pseudonyms, stay known.

    Parameters
    ----------
    before : Provenance
        What made the value.
    step : Provenance
        What is done to it.

    Returns
    -------
    Provenance
    """
    key = {name: value for name, value in before.parameters.items() if name == "key_id"}
    return replace(step, inputs={**before.inputs, **step.inputs}, parameters={**key, **step.parameters})


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that decide numbers."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def file_digest(path: Path) -> str:
    """Return the SHA-256 digest of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _plain(value: Any) -> Any:
    """Turn a parameter into what JSON can hold."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [_plain(item) for item in value]
        return sorted(items, key=str) if isinstance(value, set | frozenset) else items
    return str(value)
