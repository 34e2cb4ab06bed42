"""The one way to ask for a library that not every user has."""

from __future__ import annotations

import importlib
from types import ModuleType

from commfinder.errors import MissingDependencyError

__all__ = ["require"]


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import an optional library, or say how to install it.

    Parameters
    ----------
    module : str
        Name to import.
    extra : str
        The extra of commfinder that brings it.
    purpose : str
        What it is needed for, as the end of "… is needed to …".

    Returns
    -------
    module

    Raises
    ------
    MissingDependencyError
        If it is not installed; the message holds the exact install line.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingDependencyError(
            f"The library {module!r} is needed to {purpose} and is not installed.",
            hint=f'pip install "commfinder[{extra}]"',
        ) from error
