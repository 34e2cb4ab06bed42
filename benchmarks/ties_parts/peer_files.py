"""Write the rows of a numbered file in the formats that orgnet and vivainsights read."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from ties_parts.draw import DEPARTMENT, TEAM

__all__ = ["write_for_peers"]


def write_for_peers(path: Path, folder: Path, now: datetime.datetime) -> None:
    """Write mail.csv and people.csv for orgnet, and query.csv for vivainsights.

    Parameters
    ----------
    path : Path
        A file as `draw` writes it, small enough for memory.
    folder : Path
        Where to.
    now : datetime
        The end of the period: orgnet leaves out what is older than so many days before today.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = pd.read_parquet(path, columns=["event", "time", "sender", "recipient", "n_recipients"])
    shifted = rows["time"] - rows["time"].max() + int(now.timestamp() * 1e6)
    sender, recipient = ("p" + rows[name].astype(str) for name in ("sender", "recipient"))
    when = pd.to_datetime(shifted, unit="us")
    mail = {"id": rows["event"], "sender_id": sender, "recipient_id": recipient, "timestamp": when}
    pd.DataFrame(mail).to_csv(folder / "mail.csv", index=False)
    people = np.unique(rows[["sender", "recipient"]].to_numpy())
    known = {
        "person_id": [f"p{number}" for number in people],
        "department": [f"d{number // DEPARTMENT}" for number in people],
        "role": "role",
        "team": [f"t{number // TEAM}" for number in people],
        "start_date": "2020-01-01",
    }
    pd.DataFrame(known).to_csv(folder / "people.csv", index=False)
    query = {
        "PrimaryCollaborator_PersonId": sender,
        "SecondaryCollaborator_PersonId": recipient,
        "PrimaryCollaborator_Organization": "d" + (rows["sender"] // DEPARTMENT).astype(str),
        "SecondaryCollaborator_Organization": "d" + (rows["recipient"] // DEPARTMENT).astype(str),
        "MetricDate": when.dt.date,
        "weight": 1.0 / rows["n_recipients"],
    }
    pd.DataFrame(query).to_csv(folder / "query.csv", index=False)
