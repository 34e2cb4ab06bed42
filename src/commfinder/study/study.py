"""One period, straight through: read, resolve, build, find, judge."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pandas as pd

from commfinder import _validate
from commfinder.communities import Communities, find_communities
from commfinder.declared import assess_groups, undeclared
from commfinder.delivery import DeliveryGroups
from commfinder.graph import CopresenceRule, InteractionGraph, build_graph
from commfinder.interactions import Interactions
from commfinder.interactions.landing.land import told
from commfinder.interactions.losses import losses_frame
from commfinder.people import (
    Aliases,
    DeclaredGroups,
    Directory,
    read_groups,
    read_people,
    resolve_groups,
    resolve_people,
)
from commfinder.period import Period, PeriodLike, parse_period
from commfinder.progress import SILENT, Progress
from commfinder.provenance import Provenance, record
from commfinder.result import Result
from commfinder.study.config import StudyConfig, load_config
from commfinder.study.delivery import find_delivery
from commfinder.study.needs import Needs
from commfinder.study.result import StudyResult
from commfinder.study.store import StudyStore

__all__ = ["Study", "StudyCheck"]


@dataclass(frozen=True, eq=False, repr=False)
class StudyCheck(Result):
    """What a study would read, map and drop.

    Parameters
    ----------
    frame : pandas.DataFrame
        One line per finding: part, what, count, note.
    losses : pandas.DataFrame
        The account of what would not be used, with the places where it was.
    provenance : Provenance
        What made this value.
    """

    frame: pd.DataFrame
    losses: pd.DataFrame
    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/check/1"

    def to_frame(self) -> pd.DataFrame:
        """Return the findings."""
        return self.frame.copy()

    def __repr__(self) -> str:
        return f"<StudyCheck: {len(self.frame)} findings, {len(self.losses)} kinds of losses>"


@dataclass(frozen=True)
class _Inputs:
    """What a study reads, before ties are built."""

    interactions: Interactions
    people: Directory | None
    groups: DeclaredGroups | None
    aliases: Aliases | None
    rows: int


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """A study file and the folder it lies in.

    Parameters
    ----------
    config : StudyConfig
        Inputs, period and settings.
    folder : Path
        Paths in the study file are relative to this folder.
    stem : str, default "study"
        Name of the study file without its ending; that of the store is made of it.
    """

    config: StudyConfig
    folder: Path
    stem: str = "study"

    @classmethod
    def load(cls, path: str | Path) -> Study:
        """Read a study file.

        Parameters
        ----------
        path : path
            A TOML file; ``commfinder init`` writes one to fill in.

        Returns
        -------
        Study

        Raises
        ------
        MissingFileError
            If it is not there.
        ConfigError
            If a key is not known, or a value is out of range.
        """
        return cls(load_config(path), Path(path).resolve().parent, Path(path).stem)

    @property
    def store(self) -> Path:
        """The folder in which the interactions are kept in numbers, so that each input is read once."""
        named = self.config.store.path
        return self.folder / named if named is not None else self.folder / f"{self.stem}.store"

    def run(self, period: PeriodLike = None, *, progress: Progress = SILENT) -> StudyResult:
        """Run the study.

        Parameters
        ----------
        period : Period, str or pair, optional
            Instead of that of the study file.
        progress : Progress, optional
            Whoever wants to know how far the work is.

        Returns
        -------
        StudyResult

        Raises
        ------
        CommfinderError
            If an input can not be read, or the period holds nothing, or the disk is full.

        Notes
        -----
        The interactions are written to `store` before anything else is done with them, and so are communities and
        groups that deliver as soon as they are found. A run that ends early, however it ends, leaves there what was
        whole, and the next run goes on from it, with the same result. What is taken from the store depends on nothing
        that has changed: the inputs, the directory, the settings, this package and its libraries; another file of
        declared groups makes other verdicts and keeps the communities.
        """
        config = self._of(period)
        store = self._store()
        with told(self.store, only_room=True):
            result = self._run(config, store, progress)
        if not config.store.keep:
            store.leave_nothing()
        return result

    def _run(self, config: StudyConfig, store: StudyStore, progress: Progress) -> StudyResult:
        """Run the study as configured."""
        inputs = self._read(config, store, progress)
        graph = self._graph(inputs, config, progress)
        kept = store.results(progress)
        needs = Needs(config, store.keys, people=inputs.people, groups=inputs.groups, machines=self._machines(config))
        found = kept.result(
            "communities",
            needs.communities,
            lambda: find_communities(graph, **config.communities.model_dump(), progress=progress, seed=config.seed),
            what="communities",
            given={"graph": graph},
        )
        verdicts = hidden = None
        if inputs.groups is not None:
            verdicts = assess_groups(
                graph,
                inputs.groups,
                found=found,
                **config.verdicts.model_dump(),
                progress=progress,
                seed=config.seed,
            )
            with progress.stage("Comparing communities with declared groups") as stage:
                hidden = undeclared(found, inputs.groups)
                stage.advance()
        deliver = None
        if config.delivery.find:
            make = functools.partial(_deliver, inputs, found, config, progress)
            deliver = kept.result("delivery", needs.delivery, make, what="groups that deliver")
        store.forget_results(kept.used)
        losses = [graph.losses, losses_frame(inputs.people.losses if inputs.people is not None else ())]
        losses += [verdicts.losses] if verdicts is not None else []
        losses += [deliver.losses] if deliver is not None else []
        return StudyResult(
            config=config,
            folder=self.folder,
            period=graph.period,
            graph=graph,
            communities=found,
            verdicts=verdicts,
            undeclared=hidden,
            delivery=deliver,
            people=inputs.people,
            groups=inputs.groups,
            aliases=inputs.aliases,
            losses=_joined(losses),
            interactions_read=inputs.rows,
            provenance=self._record("Study.run", config, inputs, found),
        )

    def check(self, period: PeriodLike = None, *, progress: Progress = SILENT) -> StudyCheck:
        """Say what would be read, mapped and dropped; nothing is written.

        Parameters
        ----------
        period : Period, str or pair, optional
            Instead of that of the study file.
        progress : Progress, optional
            Whoever wants to know how far the work is.

        Returns
        -------
        StudyCheck

        Raises
        ------
        CommfinderError
            As `run` would.
        """
        config = self._of(period)
        with told(self.store, only_room=True):
            inputs = self._read(config, self._store(), progress, write=False)
            graph = self._graph(inputs, config, progress)
        lines = [*_about_inputs(inputs), *_about_graph(graph), *_about_groups(inputs, graph)]
        frame = pd.DataFrame(lines, columns=["part", "what", "count", "note"])
        losses = [graph.losses, losses_frame(inputs.people.losses if inputs.people is not None else ())]
        losses += [losses_frame(inputs.groups.losses)] if inputs.groups is not None else []
        return StudyCheck(frame, _joined(losses), self._record("Study.check", config, inputs, None))

    def purge(self) -> bool:
        """Remove the store; the next run reads the inputs again.

        Returns
        -------
        bool
            Whether there was one.

        Raises
        ------
        OutputError
            If a run is using it, or it can not be removed.
        """
        return self._store().purge()

    def __repr__(self) -> str:
        return f"<Study {self.config.name!r}: {len(self.config.inputs)} inputs, period {self.config.period or 'all'}>"

    def _of(self, period: PeriodLike) -> StudyConfig:
        """Put another period in the place of that of the study file."""
        if period is None:
            return self.config
        words = period if isinstance(period, str) else str(parse_period(period))
        Period.parse(words)
        return self.config.model_copy(update={"period": words})

    def _store(self) -> StudyStore:
        """Return the store as configured."""
        config = self.config.store
        return StudyStore(self.store, memory_limit=config.gigabytes, threads=config.threads)

    def _read(self, config: StudyConfig, store: StudyStore, progress: Progress, *, write: bool = True) -> _Inputs:
        """Read everything, and turn accounts into people."""
        named = [
            (self._path(one.path, "[[inputs]]"), one.model_dump(exclude={"path"}, exclude_none=True))
            for one in config.inputs
        ]
        inter = store.read(named, progress, write=write)
        people = groups = aliases = None
        with progress.stage("Reading people and groups") as stage:
            if config.people is not None:
                people = read_people(self._path(config.people.path, "[people]"), **config.people.columns)
                stage.advance()
            if config.groups is not None:
                groups = read_groups(self._path(config.groups.path, "[groups]"), **config.groups.columns)
                stage.advance()
        rows = len(inter)
        if people is not None:
            with progress.stage("Resolving accounts") as stage:
                inter, aliases = resolve_people(inter, people)
                groups = resolve_groups(groups, people) if groups is not None else None
                stage.advance()
        return _Inputs(inter, people, groups, aliases, rows)

    def _path(self, path: str, what: str) -> Path:
        """Return a path of the study file as seen from its folder, if it is there."""
        return _validate.existing(self.folder / path, what=f"What the study file names for {what},")

    def _machines(self, config: StudyConfig) -> Path | None:
        """Return the file of decisions about machines, if the study file names one."""
        return None if config.graph.machines is None else self._path(config.graph.machines, "[graph] machines")

    def _graph(self, inputs: _Inputs, config: StudyConfig, progress: Progress) -> InteractionGraph:
        """Build the graph."""
        with progress.stage("Building ties") as stage:
            options = config.graph.model_dump()
            options["machines"] = self._machines(config)
            if config.graph.copresence is not None:
                options["copresence"] = CopresenceRule(kinds=tuple(config.graph.copresence))
            graph = build_graph(inputs.interactions, inputs.people, period=config.period, **options)
            stage.advance()
        return graph

    def _record(self, call: str, config: StudyConfig, inputs: _Inputs, found: Communities | None) -> Provenance:
        """Write down what makes a result."""
        digests = dict(inputs.interactions.provenance.inputs)
        for part in (inputs.people, inputs.groups):
            digests |= dict(part.provenance.inputs) if part is not None else {}
        parameters = config.model_dump(mode="json", exclude={"privacy", "store"})
        if found is not None:
            parameters["resolution_used"] = round(found.resolution.value, 6)
            parameters["weights_used"] = {"damping": found.weights.damping, "embedded": found.weights.embedded}
        return record(call, parameters, seed=config.seed, inputs=digests)


_Line = tuple[str, str, int, str]


def _deliver(inputs: _Inputs, found: Communities, config: StudyConfig, progress: Progress) -> DeliveryGroups | None:
    """Find groups that deliver work in the period, among people of the directory where others are left out."""
    listed = inputs.people.people if inputs.people is not None and config.graph.outsiders == "drop" else None
    with progress.stage("Selecting the period") as stage:
        work = inputs.interactions.select(period=config.period, people=listed)
        stage.advance()
    return find_delivery(work, inputs.people, inputs.groups, found, config, progress)


def _about_inputs(inputs: _Inputs) -> list[_Line]:
    """Describe what was read."""
    inter = inputs.interactions
    lines: list[_Line] = [("inputs", source, n, "interactions read") for source, n in inter.per_source.items()]
    when = str(inter.period) if inter.period is not None else "no times"
    lines.append(("inputs", "all", inputs.rows, f"interactions, {when}, {', '.join(inter.media)}"))
    if inputs.people is not None:
        units = inputs.people.frame["unit"].nunique()
        lines.append(("people", "directory", len(inputs.people), f"people in {units} units"))
    if inputs.aliases is not None:
        counts = inputs.aliases.frame["decision"].value_counts()
        lines += [("people", f"accounts {word}", int(n), "by exact address") for word, n in sorted(counts.items())]
    return lines


def _about_graph(graph: InteractionGraph) -> list[_Line]:
    """Describe the ties that would be built."""
    alone = int((graph.people["strength"] == 0).sum())
    return [
        ("ties", "interactions used", len(graph.interactions), f"period {graph.period or 'all of time'}"),
        ("ties", "people", len(graph.people), f"{alone} of them isolated"),
        ("ties", "ties", int(graph.tie_values("tie").sum()), f"a tie is: {graph.rule}"),
    ]


def _about_groups(inputs: _Inputs, graph: InteractionGraph) -> list[_Line]:
    """Describe the declared groups."""
    if inputs.groups is None:
        return [("groups", "declared", 0, "no file of groups: no verdicts")]
    known = set(graph.people["person"])
    members = {name: inputs.groups.members(name, graph.period) for name in inputs.groups.names}
    listed = {person for people in members.values() for person in people}
    return [
        ("groups", "declared", len(members), f"{len(listed)} people listed"),
        ("groups", "members not in the graph", len(listed - known), "they count as not seen"),
    ]


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Put accounts of losses together; empty ones say nothing of types and are left out."""
    full = [frame for frame in frames if len(frame)]
    return pd.concat(full, ignore_index=True) if full else frames[0]
