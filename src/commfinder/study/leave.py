"""Whether files about single people may be written."""

from __future__ import annotations

from pathlib import Path

from commfinder.errors import PrivacyError
from commfinder.study.config import PrivacyConfig

__all__ = ["require_leave"]


def require_leave(privacy: PrivacyConfig, folder: Path, out: Path) -> None:
    """Check that files about single people have a purpose, and that their key does not lie among them.

    Parameters
    ----------
    privacy : PrivacyConfig
        What the study file says.
    folder : Path
        Where the study file lies.
    out : Path
        The folder of results.

    Raises
    ------
    PrivacyError
        If there is no purpose, or whoever gets the results would get the key.
    """
    if not privacy.purpose.strip():
        raise PrivacyError(
            "Files about single people are asked for without a purpose.",
            need="It is kept with them, so that whoever finds them knows what they may be used for.",
            hint='Write one under [privacy] in the study file: purpose = "…".',
        )
    key = folder / privacy.key
    if privacy.pseudonymise and key.resolve().is_relative_to(out.resolve()):
        raise PrivacyError(
            f"The key {key.name} lies in the folder of results.",
            need="Whoever gets the results must not get the key.",
            hint="Name another folder with --out, or another place with privacy.key.",
        )
