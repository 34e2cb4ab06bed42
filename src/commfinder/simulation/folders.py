"""Writing a folder of files so that it is there as a whole, or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from commfinder.errors import OutputError

__all__ = ["fill_folder"]


def fill_folder(target: Path, write: Callable[[Path], None], *, overwrite: bool) -> None:
    """Let files be written beside their place, and move them when all are complete.

    Parameters
    ----------
    target : Path
        The folder; it is made where it is not there.
    write : callable
        Writes all files into an empty folder that it is handed.
    overwrite : bool
        Whether files of the same names may be replaced; others in the folder are left alone.

    Raises
    ------
    OutputError
        If the folder is not empty and may not be overwritten, or can not be written to.
    """
    if target.exists() and (not target.is_dir() or (any(target.iterdir()) and not overwrite)):
        what = "is not empty" if target.is_dir() else "is a file"
        raise OutputError(
            f"{target} {what}.",
            need="A new or empty directory is needed.",
            hint="Name another one, or say overwrite=True." if target.is_dir() else "Name a directory.",
        )
    try:
        target.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=target))
        try:
            write(partial)
            _move(partial, target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise OutputError(
            f"{target} can not be written to: {error.strerror or error}.",
            hint="Check its rights and the space left.",
        ) from error


def _move(partial: Path, target: Path) -> None:
    """Move every file into its place."""
    for path in sorted(partial.rglob("*")):
        place = target / path.relative_to(partial)
        if path.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        else:
            path.replace(place)
