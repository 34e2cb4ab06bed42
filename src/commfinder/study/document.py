"""The schema of result.json: what another tool can rely on."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["RESULT_SCHEMA", "ResultDocument", "result_schema"]

RESULT_SCHEMA = "commfinder/result/2"


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
    losses: list[LossRow]
    settings: dict[str, Any]
    provenance: dict[str, Any]


def result_schema() -> dict[str, Any]:
    """Return the JSON schema of result.json."""
    return ResultDocument.model_json_schema(by_alias=True)
