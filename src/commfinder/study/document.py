"""The schema of result.json: what another tool can rely on."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["RESULT_SCHEMA", "ResultDocument", "result_schema"]

RESULT_SCHEMA = "commfinder/result/4"


_CONFIDENCE = (
    "probability that a real community is like it (a Jaccard index of at least 0.5), in whole per cent, 0.01 to 0.99; "
    "null where it is not known"
)


class _Row(BaseModel):
    """A row; numbers of people have a lower and an upper bound, null where nothing may be said."""

    model_config = ConfigDict(extra="allow")


class VerdictRow(_Row):
    """The verdict on one declared group."""

    group: str
    kind: str | None
    goal: str | None
    verdict: str
    bigger: bool
    evidence: str = Field(description="shown, few (fewer than k people) or alike (a roster that is nearly another's)")
    probability: float | None
    p_community: float | None = Field(description="probability that a community is there, whatever the verdict")
    size_low: int | None
    size_high: int | None
    active_low: int | None
    active_high: int | None
    lift: float | None
    lift_low: float | None
    lift_high: float | None
    q: float | None
    power: float | None
    reason: str
    help: str


class CommunityRow(_Row):
    """A community that was found."""

    community: str
    size_low: int | None
    size_high: int | None
    confidence: float | None = Field(description=_CONFIDENCE)
    stability: float | None
    observed_over_expected: float | None
    main_unit: str | None


class UndeclaredRow(_Row):
    """A community that nobody declared."""

    community: str
    size_low: int | None
    size_high: int | None
    confidence: float | None = Field(description=_CONFIDENCE)
    nearest: str | None


class StageRow(BaseModel):
    """A part of a path, or several together, and how long work takes to get there."""

    before: list[str] = Field(description="names of the parts")
    hours: float | None = Field(description="median business hours from one person's act to the next one's")
    waiting: float | None = Field(description="median business hours of these in which nobody worked; null if unknown")
    share: float | None = Field(description="share of all hours between people, in tenths")


class DeliveryRow(_Row):
    """A group of people who work together, found or declared, and of what type it is."""

    group: str
    origin: str = Field(description="found, declared or community")
    type: str = Field(description="process, knowledge, social, formal-only, mixed or abstain")
    probability: float | None
    evidence: str = Field(description="shown, few (fewer than k people), alike (nearly another group) or type")
    size_low: int | None
    size_high: int | None
    cases: int | None = Field(description="with two digits")
    order: float | None = Field(description="share of pairs in a new case that come in the order seen before")
    informal_share: float | None
    cadence_days: float | None
    cycle_median_hours: float | None = Field(description="business hours")
    cycle_p85_hours: float | None = Field(description="business hours")
    path: list[str] = Field(description="units, or roles that k people or more hold, in their usual order")
    stages: list[StageRow]
    gatekeepers: list[str] = Field(description="parts of the path where most passes through one person")
    gatekept: bool
    reason: str
    support: str


class LossRow(_Row):
    """Something that was not used."""

    stage: str
    source: str
    reason: str
    unit: str
    count_low: int | None
    count_high: int | None
    advice: str | None


class Facts(BaseModel):
    """How much the result rests on."""

    people: int
    interactions_read: int
    interactions_used: int
    ties: int
    media: list[str]
    sources: list[str]
    units_known: bool
    clustered: bool | None = Field(description="whether there are communities at all; null where that was not asked")
    p_chance: float | None = Field(
        description="how likely chance makes a network of the same activity as clustered; 0.001 means at most that"
    )
    cases: int | None = Field(description="cases in which work is passed on; null where that was not asked")
    working_day: float = Field(description="business hours of a day")


class ResultDocument(BaseModel):
    """The result of a study as it may be shown: everything in it has passed the disclosure control."""

    model_config = ConfigDict(extra="forbid", title="commfinder result")

    schema_: str = Field(RESULT_SCHEMA, alias="schema")
    name: str
    period: str
    k: int
    facts: Facts
    sentences: list[str]
    verdicts: list[VerdictRow] | None
    communities: list[CommunityRow]
    undeclared: list[UndeclaredRow] | None
    delivery: list[DeliveryRow] | None = Field(description="null where it was not asked for")
    losses: list[LossRow]
    settings: dict[str, Any]
    provenance: dict[str, Any]


def result_schema() -> dict[str, Any]:
    """Return the JSON schema of result.json."""
    return ResultDocument.model_json_schema(by_alias=True)
