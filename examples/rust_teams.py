"""Judge the declared teams of an open-source project by who reviews whose changes.

Usage: python rust_teams.py [DATA]. DATA holds the folder rust-reviews with reviews.csv (repo, pr, merged_at, author,
reviewer) and team_members.csv (team, kind, subteam_of, github, role). Nobody is named in what it prints.
"""

import sys
from pathlib import Path

import pandas as pd

import commfinder as cf

ALUMNI = "alumni"


def main(data: Path) -> None:
    folder = data / "rust-reviews"
    if not folder.is_dir():
        print(f"Skipped: the folder {folder.name!r} is not there. Name the folder that holds it as first argument.")
        return
    reviews = cf.read(
        folder / "reviews.csv",
        medium="code",
        columns={
            "event": ["repo", "pr"],
            "sender": "author",
            "recipient": "reviewer",
            "time": "merged_at",
            "space": "repo",
        },
    )
    members = pd.read_csv(folder / "team_members.csv")
    members = members[members["role"] != ALUMNI].drop(columns="role")
    groups = cf.DeclaredGroups.from_frame(members, group="team", person="github")
    graph = cf.build_graph(reviews)
    print(f"{len(graph.people)} people, {int(graph.ties['tie'].sum())} ties; a tie is: {graph.rule}")
    verdicts = cf.assess_groups(graph, groups, permutations=199, seed=0).to_frame()
    print(verdicts["verdict"].value_counts().to_string())
    seen = verdicts[~verdicts["verdict"].isin(["insufficient", "uncertain"])]
    alive = int((seen["verdict"] == "real").sum())
    print(
        f"Of {len(verdicts)} declared teams, {len(seen)} can be judged by reviews alone; {alive} of these are real "
        "communities as a whole. No units are known, so a team is compared with its members' activity only."
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "shared" / "data")
