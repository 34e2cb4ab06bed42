"""The study file: which inputs, which period, which settings; checked before anything is read."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from commfinder import _validate
from commfinder.delivery import BusinessHours, Rates
from commfinder.errors import CommfinderError, ConfigError, nearest
from commfinder.period import Period

__all__ = ["DeliveryConfig", "StoreConfig", "StudyConfig", "calendar_of", "load_config", "rates_of"]

Columns = dict[str, str | int | list[str] | None]


class _Section(BaseModel):
    """A part of the study file; keys that are not known are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class InputConfig(_Section):
    """One file or folder of interactions."""

    path: str = Field(description="File or folder, relative to the study file.")
    kind: Literal["mbox", "slack", "zulip", "table", "event_log", "xes", "ocel"] | None = Field(
        None, description="Found out where it is not given."
    )
    medium: str | None = Field(None, description="Through what people interact; only tables need it.")
    columns: Columns | None = Field(None, description="For tables and event logs: our column name = the file's.")
    timezone: str | None = Field(None, description="Zone of times that name none, such as Europe/Berlin.")
    time_format: str | None = Field(None, description="For tables: strptime format of times that are not ISO 8601.")
    recipient_separator: str | None = Field(
        None, description="For tables: what separates several recipients in a cell."
    )
    case_type: list[str] | None = Field(None, description="For OCEL: which types of object are the cases.")
    actors: list[str] | None = Field(None, description="For OCEL: what says who acted.")
    constants: dict[str, str] | None = Field(None, description="For tables: columns with one value for all rows.")
    delimiter: str | None = Field(None, description="For tables: found out where it is not given.")
    name: str | None = Field(None, description="Name in the report; the file's own where it is not given.")


class TableConfig(_Section):
    """A file of people or of groups."""

    path: str = Field(description="CSV file, relative to the study file.")
    columns: dict[str, str] = Field(default_factory=dict, description="Our column name = the file's.")


class GraphConfig(_Section):
    """How interactions become ties: the options of build_graph."""

    half_life: float | None = Field(None, gt=0, description="Days after which an event weighs half; none by default.")
    reciprocity_floor: float = Field(0.5, ge=0, le=1, description="What a tie keeps if nothing is ever answered.")
    medium_weights: dict[str, float] = Field(default_factory=dict, description="How much a medium counts.")
    max_recipients: int = Field(20, ge=1, description="Events to more people are mass mail.")
    keep_automated: bool = Field(False, description="Whether what machines send makes ties.")
    outsiders: Literal["drop", "keep"] = Field("drop", description="What becomes of people not in the directory.")
    machines: str | None = Field(
        None, description="CSV of account and decision (keep, exclude) about machines; commfinder machines writes one."
    )
    copresence: list[Literal["meeting", "edit", "thread"]] | None = Field(
        None, min_length=1, description="Also tie people who share meetings, edited pages or threads; none by default."
    )


class CommunitiesConfig(_Section):
    """How communities are found: the options of find_communities. None is needed."""

    resolution: float | None = Field(None, gt=0, description="Above 0, finer the higher; the network's own by default.")
    damping: Literal["log1p", "sqrt", "none", "binary"] | None = Field(
        None, description="What is done to counts of events before communities are found; what suits it by default."
    )
    embedded: bool | None = Field(
        None, description="Whether ties count more between people who share contacts; what suits it by default."
    )
    layers: Literal["sum", "multiplex"] = Field("sum", description="Whether media are added up, or seen side by side.")
    engine: Literal["leiden", "igraph", "leidenalg"] = Field("leiden", description="What finds communities.")
    runs: int | None = Field(None, ge=2, description="Seeded runs; as many as are worth their time by default.")
    min_size: int = Field(3, ge=2, description="Smaller groups are no communities.")
    overlap: bool = Field(True, description="Whether people may be in several communities.")
    confidence: bool = Field(True, description="Whether it is worked out how likely communities are real.")
    beyond: bool = Field(True, description="Also look for communities beyond formal structure.")


class VerdictsConfig(_Section):
    """How declared groups are judged: the options of assess_groups."""

    alpha: float = Field(0.05, gt=0, lt=1, description="False discovery rate.")
    target: float = Field(0.2, gt=0, le=1, description="Extra density that is worth finding.")
    permutations: int = Field(999, ge=99, description="Matched rosters for each group.")


class DeliveryConfig(_Section):
    """How groups that deliver work are found, and what their time is worth: the options of find_delivery_groups."""

    find: bool = Field(True, description="Look for groups that pass work on, and tell the type of declared groups.")
    communities: bool = Field(True, description="Tell the type of found communities too.")
    min_cases: int = Field(10, ge=2, description="Fewest cases of a group that is found.")
    shuffles: int = Field(199, ge=99, description="Shuffles of the test of order.")
    days: list[int] = Field([0, 1, 2, 3, 4], description="Working days, Monday 0 to Sunday 6.")
    start: str = Field("09:00", description="When work starts.")
    end: str = Field("17:00", description="When work ends; 24:00 with a start at 00:00 counts every hour.")
    timezone: str = Field("UTC", description="Zone of start and end, such as Europe/Berlin.")
    holidays: list[str] = Field([], description='Days without work, such as "2026-12-25".')
    hourly: list[float] | None = Field(
        None, min_length=2, max_length=2, description="What an hour of work costs, low and high."
    )
    delay_per_day: list[float] | None = Field(
        None, min_length=2, max_length=2, description="What a working day of delay of a case costs, low and high."
    )
    currency: str = Field("EUR", description="Currency of these.")

    @model_validator(mode="after")
    def _makes_sense(self) -> DeliveryConfig:
        """Check that business hours and rates can be made of it."""
        calendar_of(self)
        rates_of(self)
        return self


def calendar_of(config: DeliveryConfig) -> BusinessHours:
    """Return the business hours that a study file describes."""
    days, holidays = tuple(config.days), tuple(config.holidays)
    return BusinessHours(days=days, start=config.start, end=config.end, timezone=config.timezone, holidays=holidays)


def rates_of(config: DeliveryConfig) -> Rates | None:
    """Return what time is worth by a study file; None where it does not say."""
    if config.hourly is None and config.delay_per_day is None:
        return None
    hourly, delay = (None if pair is None else (pair[0], pair[1]) for pair in (config.hourly, config.delay_per_day))
    return Rates(hourly=hourly, delay_per_day=delay, currency=config.currency)


class PrivacyConfig(_Section):
    """What may be shown, and to whom."""

    k: int = Field(5, ge=5, description="The smallest number of people that is shown; 5 or more.")
    person_level: bool = Field(False, description="Whether files about single people are written; takes a purpose.")
    purpose: str = Field("", description="Why files about single people are needed; kept with them.")
    pseudonymise: bool = Field(True, description="Whether people have pseudonyms in those files.")
    key: str = Field("study.key", description="Key file of the pseudonyms, relative to the study file.")


class StoreConfig(_Section):
    """Where interactions are kept in numbers, so that each input is read once. No result depends on it."""

    path: str | None = Field(None, description="Folder, relative to the study file; beside it by default.")
    keep: bool = Field(True, description="Whether it stays after a run; a run that fails leaves it in any case.")
    memory_limit: str | None = Field(
        None, pattern=r"^\d+(\.\d+)?\s*[GM]B$", description='Memory of the database, such as "4GB"; then it spills.'
    )
    threads: int | None = Field(None, ge=1, description="Threads of the database; one per core by default.")

    @property
    def gigabytes(self) -> float | None:
        """The memory limit in gigabytes."""
        if self.memory_limit is None:
            return None
        return float(self.memory_limit[:-2]) / (1 if self.memory_limit.endswith("GB") else 1000)


class StudyConfig(_Section):
    """A study file."""

    name: str = Field("Study", description="Title of the report.")
    period: str | None = Field(None, description="Such as 2026Q3 or 2026-04-01/2026-10-01; all of time by default.")
    seed: int = Field(0, ge=0, lt=2**32, description="Seed of everything in which chance plays a part.")
    inputs: tuple[InputConfig, ...] = Field(min_length=1, description="Where interactions come from.")
    people: TableConfig | None = Field(None, description="The directory.")
    groups: TableConfig | None = Field(None, description="The declared groups.")
    graph: GraphConfig = GraphConfig()
    communities: CommunitiesConfig = CommunitiesConfig()
    verdicts: VerdictsConfig = VerdictsConfig()
    delivery: DeliveryConfig = DeliveryConfig()
    privacy: PrivacyConfig = PrivacyConfig()
    store: StoreConfig = StoreConfig()

    @field_validator("period")
    @classmethod
    def _readable(cls, value: str | None) -> str | None:
        """Check that the period can be read."""
        if value is not None:
            Period.parse(value)
        return value


def load_config(path: str | Path) -> StudyConfig:
    """Read and check a study file.

    Parameters
    ----------
    path : path
        A TOML file.

    Returns
    -------
    StudyConfig

    Raises
    ------
    MissingFileError
        If it is not there.
    ConfigError
        If it is not TOML, a key is not known (the nearest known one is named), or a value is out of range.
    """
    source = _validate.existing(path, what="The study file")
    if source.is_dir():
        raise ConfigError(f"{source.name} is a folder.", hint=f"Name the file: {source.name}/study.toml")
    try:
        data = tomllib.loads(source.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{source.name} is not UTF-8 (byte {error.start}).", hint="Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{source.name} is not TOML: {error}.",
            hint="Text needs quotation marks; commfinder init writes an example.",
        ) from None
    return check_config(data, source.name)


def check_config(data: dict[str, Any], name: str) -> StudyConfig:
    """Check the contents of a study file; see `load_config`."""
    try:
        return StudyConfig.model_validate(data)
    except ValidationError as error:
        raise _explained(error, name) from None


def _explained(error: ValidationError, name: str) -> CommfinderError:
    """Turn what pydantic says of the first thing that is wrong into an error that teaches."""
    first = error.errors()[0]
    place = [str(part) for part in first["loc"]]
    key = ".".join(place)
    if first["type"] == "extra_forbidden":
        known = _keys_at(place[:-1])
        where = f"[{'.'.join(place[:-1])}] of {name}" if len(place) > 1 else name
        return ConfigError(f"{place[-1]!r} in {where} is no known key.", hint=nearest(place[-1], known))
    if first["type"] == "missing":
        return ConfigError(f"{name} lacks {key!r}.", need=_need(place), hint="commfinder init writes an example.")
    inner = first.get("ctx", {}).get("error")
    if isinstance(inner, CommfinderError):
        return ConfigError(f"{key} in {name}: {inner.fact}", need=inner.need, hint=inner.hint)
    return ConfigError(f"{key} in {name} is {first['input']!r}.", need=f"{first['msg']}.", hint=_need(place))


def _model_at(place: list[str]) -> type[BaseModel] | None:
    """Return the section that a place in the file belongs to."""
    sections: dict[str, type[BaseModel]] = {
        "inputs": InputConfig,
        "people": TableConfig,
        "groups": TableConfig,
        "graph": GraphConfig,
        "communities": CommunitiesConfig,
        "verdicts": VerdictsConfig,
        "delivery": DeliveryConfig,
        "privacy": PrivacyConfig,
        "store": StoreConfig,
    }
    return sections.get(place[0]) if place else StudyConfig


def _keys_at(place: list[str]) -> list[str]:
    """Return the keys that a section knows."""
    model = _model_at(place)
    return sorted(model.model_fields) if model is not None else []


def _need(place: list[str]) -> str:
    """Return what a key is for."""
    names = [part for part in place if not part.isdigit()]
    model = _model_at(names[:1] if len(names) > 1 else [])
    field = model.model_fields.get(names[-1]) if model is not None and names else None
    return field.description or "" if field is not None else ""
