"""What every reader yields: up to three plain tables, and the account of what it had to skip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from commfinder.interactions.schema import ACCOUNTS, INTERACTIONS, MEMBERSHIPS, Loss

__all__ = ["Reading"]


@dataclass(frozen=True)
class Reading:
    """The plain tables that one reader made of one input.

    Parameters
    ----------
    interactions : pyarrow.Table
        Rows of the schema `commfinder.interactions.schema.INTERACTIONS`.
    accounts : pyarrow.Table
        Rows of the schema `ACCOUNTS`; empty where the input says nothing of them.
    memberships : pyarrow.Table
        Rows of the schema `MEMBERSHIPS`; empty where the input has none.
    losses : sequence of Loss
        What was skipped, and why.
    digests : mapping of str to str
        SHA-256 of each file read, by its name relative to the input.
    """

    interactions: pa.Table
    accounts: pa.Table = field(default_factory=ACCOUNTS.empty_table)
    memberships: pa.Table = field(default_factory=MEMBERSHIPS.empty_table)
    losses: Sequence[Loss] = ()
    digests: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, schema in (
            ("interactions", INTERACTIONS),
            ("accounts", ACCOUNTS),
            ("memberships", MEMBERSHIPS),
        ):
            object.__setattr__(self, name, getattr(self, name).cast(schema))
