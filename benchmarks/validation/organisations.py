"""The organisations that rosters are drawn from."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from commfinder.graph import InteractionGraph, build_graph
from commfinder.interactions import Interactions
from commfinder.people import Directory

__all__ = ["DATA", "NETWORKS", "RESULTS", "departments", "institute", "office", "simulated", "tell"]

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
RESULTS = Path(__file__).resolve().parents[1] / "results"

_PERIOD = "2026-04-01/2026-10-01"


def tell(words: str) -> None:
    """Say how far the work is."""
    print(words, file=sys.stderr, flush=True)


def institute(*, units: bool = True) -> InteractionGraph:
    """E-mail of a research institute, who ever wrote to whom; with its departments, or without."""
    folder = DATA / "email-eu-core"
    mail = pd.read_csv(folder / "email-Eu-core.txt", sep=" ", names=["sender", "recipient"], dtype=str)
    people = _departments()
    directory = Directory.from_frame(people if units else people[["person"]])
    return build_graph(Interactions.from_frame(mail), directory)


def departments() -> pd.Series:
    """Return the department of each person of the institute."""
    frame = _departments()
    return frame.set_index("person")["unit"]


def _departments() -> pd.DataFrame:
    """Read the departments of the institute."""
    path = DATA / "email-eu-core" / "email-Eu-core-department-labels.txt"
    return pd.read_csv(path, sep=" ", names=["person", "unit"], dtype=str)


def office() -> InteractionGraph:
    """Face-to-face contacts in an office in 2015, with departments."""
    folder = DATA / "sociopatterns"
    types = {"time": int, "sender": str, "recipient": str}
    rows = pd.read_csv(folder / "workplace_InVS15_tij.dat.gz", sep=r"\s+", names=list(types), dtype=types)
    path = folder / "workplace_InVS15_metadata.txt"
    units = pd.read_csv(path, sep=r"\s+", names=["person", "unit"], dtype=str)
    return build_graph(Interactions.from_frame(rows, medium="contact"), Directory.from_frame(units))


def simulated(people: int = 800, seed: int = 5000) -> InteractionGraph:
    """A simulated organisation with units, sites and managers."""
    from commfinder.simulation import simulate

    organisation = simulate(people=people, seed=seed)
    rows = Interactions.from_frame(organisation.clean_frame(), medium="medium", event="event")
    return build_graph(rows, Directory.from_frame(organisation.people), period=_PERIOD)


NETWORKS: dict[str, tuple[str, Callable[..., InteractionGraph]]] = {
    "email-Eu-core": ("email-eu-core", institute),
    "InVS15": ("sociopatterns", office),
    "simulated": ("", simulated),
}
"""Name to the folder of data it needs, and how it is made; one that needs none is made from a seed."""
