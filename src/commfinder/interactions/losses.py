"""The account of what was not used, as a frame."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import pyarrow as pa

from commfinder.interactions.schema import LOSSES, Loss

__all__ = ["losses_frame"]


def losses_frame(losses: Iterable[Loss]) -> pd.DataFrame:
    """Turn lines of the account of what was not used into a frame in the order given."""
    rows = [loss.__dict__ for loss in losses]
    frame: pd.DataFrame = pa.Table.from_pylist(rows, schema=LOSSES).to_pandas()
    return frame
