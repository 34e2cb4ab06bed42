"""The result of a study: what was found, what may be shown of it, and the files it becomes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import pandas as pd

from commfinder.communities import Communities
from commfinder.declared import HELP, Undeclared, Verdicts
from commfinder.delivery import DeliveryGroups
from commfinder.errors import OutputError
from commfinder.graph import InteractionGraph
from commfinder.people import Aliases, DeclaredGroups, Directory
from commfinder.period import Period
from commfinder.provenance import Provenance
from commfinder.pseudonym import Key, load_key, make_key
from commfinder.report import (
    Disclosed,
    Disclosure,
    ReportContent,
    ReportFacts,
    group_sentences,
    render_report,
    summary_sentences,
)
from commfinder.result import Result, records
from commfinder.study.artefacts import (
    Content,
    csv_bytes,
    json_bytes,
    parquet_bytes,
    write_all,
    write_csv,
    write_parquet,
)
from commfinder.study.config import StudyConfig, calendar_of
from commfinder.study.delivery import any_delivers, delivery_limits, delivery_settings, delivery_table, flat, release
from commfinder.study.document import RESULT_SCHEMA, ResultDocument, result_schema
from commfinder.study.leave import require_leave
from commfinder.study.search_words import (
    chance_words,
    clustered,
    known_chance,
    limits_of_search,
    resolution_words,
    weights_words,
)
from commfinder.study.typed import EMPTY, typed

__all__ = ["StudyResult"]


@dataclass(frozen=True, eq=False, repr=False)
class StudyResult(Result):
    """What a study found in one period.

    Make one with `Study.run`.

    Parameters
    ----------
    config : StudyConfig
        The study file.
    folder : Path
        Where the study file lies; the key is looked for from there.
    period : Period or None
        The time it is of.
    graph : InteractionGraph
        Ties.
    communities : Communities
        What was found.
    verdicts : Verdicts or None
        Verdicts on declared groups; None where no groups are declared.
    undeclared : Undeclared or None
        Communities that nobody declared; None where no groups are declared.
    delivery : DeliveryGroups or None
        Groups that deliver work, and the type of declared groups; None where the study file does not ask.
    people : Directory or None
        The directory.
    groups : DeclaredGroups or None
        The declared groups.
    aliases : Aliases or None
        Which account was taken for whom.
    losses : pandas.DataFrame
        The whole account of what was not used.
    interactions_read : int
        Rows that were read.
    provenance : Provenance
        What made this value.
    """

    config: StudyConfig
    folder: Path
    period: Period | None
    graph: InteractionGraph
    communities: Communities
    verdicts: Verdicts | None
    undeclared: Undeclared | None
    delivery: DeliveryGroups | None
    people: Directory | None
    groups: DeclaredGroups | None
    aliases: Aliases | None
    losses: pd.DataFrame
    interactions_read: int
    provenance: Provenance
    _schema: ClassVar[str] = RESULT_SCHEMA

    @cached_property
    def content(self) -> ReportContent:
        """What may be shown: every piece has passed the disclosure control."""
        gate = Disclosure(k=self.config.privacy.k, persons=self._persons)
        sizes = dict(zip(self.communities.summary["community"], self.communities.summary["size"], strict=True))
        verdicts = hidden = None
        if self.verdicts is not None and self.undeclared is not None:
            frame = self.verdicts.to_frame()
            verdicts = gate.release_verdicts(frame, members=self.verdicts.members, community_sizes=sizes)
            group_sizes = dict(zip(frame["group"], frame["size"], strict=True))
            hidden = gate.release_undeclared(self.undeclared.to_frame(), group_sizes=group_sizes)
        return ReportContent(
            title=self.config.name,
            period=self._period_words,
            facts=self._facts,
            verdicts=verdicts,
            communities=gate.release_communities(self.communities.to_frame()),
            undeclared=hidden,
            delivery=release(gate, self.delivery, self.people, self.config),
            losses=gate.release_losses(self.losses),
            settings=self._settings,
            versions=self.provenance.versions,
            inputs=self.provenance.inputs,
            limits=self._limits,
        )

    @property
    def sentences(self) -> list[str]:
        """What was found, in plain sentences that may be shown."""
        content = self.content
        return summary_sentences(
            content.verdicts, content.communities, content.undeclared, content.facts, content.delivery
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the verdicts, or the communities where no groups are declared, with all their evidence."""
        return self.verdicts.to_frame() if self.verdicts is not None else self.communities.to_frame()

    def to_html(self) -> str:
        """Return the report: one page that opens offline and names nobody."""
        return render_report(self.content, persons=sorted(self._persons))

    def to_json(self) -> str:
        """Return what may be shown as JSON; `commfinder schema` prints its schema."""
        return json_bytes(self._document()).decode()

    def save(self, out: str | Path, *, person_level: bool | None = None) -> list[Path]:
        """Write the report and the tables to a folder.

        Parameters
        ----------
        out : path
            The folder; made if it is not there. Files of an earlier run in it are replaced.
        person_level : bool, optional
            Whether to write files about single people (their name says so); by default as the study file has it. They
            hold pseudonyms unless the study file says otherwise, and need a purpose there.

        Returns
        -------
        list of Path
            report.html; verdicts, communities, undeclared and (where any group delivers; else result.json alone has the
            types of groups) delivery as CSV and Parquet; result.json and its schema; and last manifest.json with the
            digest of each.

        Raises
        ------
        OutputError
            If the folder can not be written.
        PrivacyError
            If files about single people are asked for without a purpose, or the key lies in the folder.
        """
        privacy = self.config.privacy
        wanted = privacy.person_level if person_level is None else person_level
        files: dict[str, Content] = {**self._shown_files()}
        facts: dict[str, Any] = {"name": self.config.name, "period": self._period_words, "person_level": wanted}
        facts["provenance"] = self.provenance.to_dict()
        if wanted:
            require_leave(privacy, self.folder, Path(out))
            key = self._key(self.folder / privacy.key)
            files |= self._person_files(key)
            facts |= {"purpose": privacy.purpose, "key_id": key.id if key else None}
        return write_all(files, Path(out), facts=facts)

    def __repr__(self) -> str:
        judged = repr(self.verdicts) if self.verdicts is not None else "no declared groups"
        return f"<StudyResult {self.config.name!r}, {self._period_words}: {judged}>"

    def _shown_files(self) -> dict[str, bytes]:
        """Return the files that may be shown."""
        document = self._document()
        files = {
            "report.html": self.to_html().encode(),
            "result.json": json_bytes(document),
            "result.schema.json": json_bytes(result_schema()),
        }
        for name in ("verdicts", "communities", "undeclared", "delivery"):
            piece = getattr(self.content, name)
            if piece is not None and (name != "delivery" or any_delivers(piece)):
                frame = flat(self._table(piece))
                files[f"{name}.csv"], files[f"{name}.parquet"] = csv_bytes(frame), parquet_bytes(frame)
        return files

    def _person_files(self, key: Key | None) -> dict[str, Content]:
        """Return who writes the files about single people; the largest are never held as a whole."""
        tables = {"members": self.communities.members, "ties": self.graph.ties}
        if self.verdicts is not None:
            tables["standings"] = self.verdicts.members
        if self.delivery is not None and len(self.delivery.members):
            tables["delivery-members"] = self.delivery.members
        files: dict[str, Content] = {}
        for name, frame in tables.items():
            files[f"person-level-{name}.csv"] = functools.partial(_write_hidden, write_csv, frame, key)
            files[f"person-level-{name}.parquet"] = functools.partial(_write_hidden, write_parquet, frame, key)
        return files

    def _key(self, path: Path) -> Key | None:
        """Return the key for pseudonyms, made where there is none yet; None where names are wanted."""
        if not self.config.privacy.pseudonymise:
            return None
        if path.exists():
            return load_key(path)
        try:
            return make_key(path)
        except OSError as error:
            # Half a key would be taken for one by the next run; a key that was there was never touched.
            path.unlink(missing_ok=True)
            raise OutputError(
                f"The key {path.name} can not be written: {error.strerror or error}.",
                hint="Make room, or name another place with key in [privacy].",
            ) from error

    def _document(self) -> dict[str, Any]:
        """Return what result.json holds, checked against its schema."""
        content = self.content
        rows = {
            name: None if getattr(content, name) is None else records(self._table(getattr(content, name)))
            for name in ("verdicts", "communities", "undeclared", "delivery", "losses")
        }
        facts = {key: list(value) if isinstance(value, tuple) else value for key, value in vars(content.facts).items()}
        document = {
            "schema": RESULT_SCHEMA,
            "name": content.title,
            "period": content.period,
            "k": content.k,
            "facts": facts,
            "sentences": self.sentences,
            **rows,
            "settings": dict(content.settings),
            "provenance": self.provenance.to_dict(),
        }
        ResultDocument.model_validate(document)
        return document

    def _table(self, piece: Disclosed) -> pd.DataFrame:
        """Return a disclosed piece as a frame, with the sentences for verdicts."""
        if piece.kind == "delivery":
            return typed(delivery_table(piece, self._facts.working_day))
        frame = piece.to_frame()
        if piece.kind == "verdicts":
            frame["reason"] = [" ".join(group_sentences(row, piece.k)) for row in piece.rows]
            frame["help"] = [HELP[row["verdict"]] for row in piece.rows]
            first = ["group", "kind", "goal", "verdict", "bigger"]
            frame = frame[[*first, *(name for name in frame.columns if name not in first)]] if len(frame) else frame
        if frame.empty:
            return pd.DataFrame(columns=EMPTY[piece.kind])
        return typed(frame)

    @property
    def _persons(self) -> frozenset[str]:
        """Ids and addresses of everybody known, none of which may be shown."""
        known = set(self.graph.people["person"])
        if self.people is not None:
            known |= {address for cell in self.people.frame["addresses"] for address in cell}
        if self.aliases is not None:
            known |= set(self.aliases.frame["account"])
        if self.delivery is not None:
            known |= set(map(str, self.delivery.cases.people))
        return frozenset(known)

    @property
    def _period_words(self) -> str:
        """The period in words."""
        if self.config.period and self.period and str(self.period) != self.config.period:
            return f"{self.config.period} ({self.period.start.date()} up to {self.period.end.date()})"
        if self.period is None:
            return "all of time"
        return f"{self.period.start.date()} up to {self.period.end.date()}"

    @property
    def _facts(self) -> ReportFacts:
        """How much the result rests on."""
        graph = self.graph
        sources = tuple(one.name or Path(one.path).name for one in self.config.inputs)
        return ReportFacts(
            people=len(graph.people),
            interactions_read=self.interactions_read,
            interactions_used=len(graph.interactions),
            ties=int(graph.tie_values("tie").sum()),
            media=tuple(graph.interactions.media),
            sources=sources,
            units_known=bool(graph.people["unit"].notna().any()),
            clustered=clustered(self.communities),
            p_chance=known_chance(self.communities),
            cases=None if self.delivery is None else len(self.delivery.cases),
            working_day=calendar_of(self.config.delivery).hours_per_day,
        )

    @property
    def _settings(self) -> dict[str, Any]:
        """Settings that decide numbers, in the order in which the report shows them."""
        config, graph, found = self.config, self.graph, self.communities
        windows = graph.windows
        settings: dict[str, Any] = {
            "seed": config.seed,
            "a tie is": str(graph.rule),
            "windows": f"{windows.count} of {windows.days:g} days" if windows else "none (no times)",
            "mass mail": f"more than {config.graph.max_recipients} recipients",
            "half-life": f"{config.graph.half_life:g} days" if config.graph.half_life else "none",
            "weights": weights_words(found, config.communities),
            "resolution": resolution_words(found),
            "agreement of runs": f"{found.agreement:.3f} over {found.runs} runs",
            "told from chance": chance_words(found),
            "beyond formal structure": "searched" if found.searched_beyond else "not searched",
        }
        if self.verdicts is not None:
            settings |= {
                "false discovery rate": config.verdicts.alpha,
                "extra density worth finding": config.verdicts.target,
                "matched rosters": config.verdicts.permutations,
            }
        if self.delivery is not None:
            settings |= delivery_settings(self.config.delivery)
        return settings | {"smallest number of people shown": config.privacy.k}

    @property
    def _limits(self) -> tuple[str, ...]:
        """What this study can not tell."""
        limits = [
            "Only what passed through the sources named here was seen; who works together in other ways was not.",
            *limits_of_search(self.communities),
        ]
        if self.verdicts is not None:
            limits.append("How likely a verdict is right is not calibrated yet and is therefore not shown.")
        if self.verdicts is not None and not self._facts.units_known:
            limits.append("No units are known: a group that stands out may do so because its members share a unit.")
        if self.delivery is not None and self.delivery.groups:
            limits += delivery_limits(self.delivery)
        return tuple(limits)


def _write_hidden(
    write: Callable[[pd.DataFrame, BinaryIO], None], frame: pd.DataFrame, key: Key | None, stream: BinaryIO
) -> None:
    """Write a table of people, by their pseudonyms where there is a key, sorted by them."""
    hidden = frame.copy()
    for column in {"person", "person_a", "person_b"} & set(frame.columns):
        if key is not None:
            # Each person once: in a table of ties everybody stands many times.
            codes, names = pd.factorize(frame[column])
            hidden[column] = pd.array([key.pseudonym("person", name) for name in names], dtype="str").take(codes)
    write(hidden.sort_values([column for column in hidden.columns if column.startswith("person")]), stream)
