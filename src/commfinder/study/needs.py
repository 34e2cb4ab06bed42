"""What the result of each stage depends on, as one digest: another digest, another result."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from commfinder.people import DeclaredGroups, Directory
from commfinder.provenance import file_digest, versions
from commfinder.study.config import StudyConfig

__all__ = ["Needs", "code_digest", "digest_of"]


class Needs:
    """Digests of everything that the result of a stage depends on.

    Beside what is named in each method: the code of this package and the versions of the libraries. A number of a
    version would have to be kept by hand; the digest of the code can not be forgotten.

    Parameters
    ----------
    config : StudyConfig
        The study file.
    inputs : sequence of str
        Keys of the inputs in the store, in their order.
    people : Directory, optional
        The directory.
    groups : DeclaredGroups, optional
        The declared groups.
    machines : Path, optional
        The file of decisions about machines.
    """

    def __init__(
        self,
        config: StudyConfig,
        inputs: Sequence[str],
        *,
        people: Directory | None = None,
        groups: DeclaredGroups | None = None,
        machines: Path | None = None,
    ) -> None:
        self._config = config
        self._read: dict[str, Any] = {"versions": versions(), "code": code_digest(), "inputs": list(inputs)}
        self._read["period"] = config.period
        self._read["people"] = None if people is None else dict(people.provenance.inputs)
        self._read["columns of people"] = None if config.people is None else config.people.columns
        self._groups = None if groups is None else dict(groups.provenance.inputs)
        self._columns = None if config.groups is None else config.groups.columns
        self._machines = None if machines is None else [machines.name, file_digest(machines)]

    @property
    def graph(self) -> str:
        """Inputs, directory, period, [graph] and the decisions about machines."""
        return digest_of({**self._read, "graph": self._config.graph, "machines": self._machines})

    @property
    def communities(self) -> str:
        """The graph, [communities] and the seed."""
        return digest_of({"graph": self.graph, "communities": self._config.communities, "seed": self._config.seed})

    @property
    def delivery(self) -> str:
        """Inputs, directory, period, declared groups, [delivery] without its rates, and communities where wanted."""
        wanted = self._config.delivery
        options = wanted.model_dump(mode="json", exclude={"hourly", "delay_per_day", "currency"})
        outsiders, seed = self._config.graph.outsiders, self._config.seed
        found = self.communities if wanted.communities else None
        known = {**self._read, "groups": self._groups, "columns of groups": self._columns, "outsiders": outsiders}
        return digest_of({**known, "communities": found, "delivery": options, "seed": seed})


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a document of plain values and sections of the study file.

    Parameters
    ----------
    document : mapping
        The document.

    Returns
    -------
    str
        In hexadecimal.
    """
    text = json.dumps(document, sort_keys=True, default=lambda section: section.model_dump(mode="json"))
    return hashlib.sha256(text.encode()).hexdigest()


@functools.cache
def code_digest() -> str:
    """Return the SHA-256 of the files of this package, whichever of them decides numbers.

    Returns
    -------
    str
        In hexadecimal.
    """
    package = Path(__file__).parents[1]
    files = sorted(one for one in package.rglob("*") if one.is_file() and one.suffix in (".py", ".json"))
    return digest_of({one.relative_to(package).as_posix(): file_digest(one) for one in files})
