"""Judge the declared teams of an open-source project by who reviews whose changes.

Usage: python rust_teams.py [DATA]. DATA holds the folder rust-reviews with reviews.csv (repo, pr, merged_at, author,
reviewer) and team_members.csv (team, kind, subteam_of, github, role). Nobody is named in what it prints.
"""

import sys
from pathlib import Path

import pandas as pd

import commfinder as cf

ALUMNI, MARKER, FEWEST = "alumni", "marker-team", 5
ALIVE = ("real", "broker-dependent", "core-only", "split", "emerging")


def main(data: Path) -> None:
    folder = data / "rust-reviews"
    if not folder.is_dir():
        print(f"Skipped: the folder {folder.name!r} is not there. Name the folder that holds it as first argument.")
        return
    reviews = pd.read_csv(folder / "reviews.csv")
    members = pd.read_csv(folder / "team_members.csv")
    # Alumni have left, and case means nothing in a handle.
    members = members[members["role"] != ALUMNI].assign(github=members["github"].str.lower())
    groups = cf.DeclaredGroups.from_frame(members[["team", "kind", "github"]], group="team", person="github")
    for name, since in (("All years", ""), ("Since 2023", "2023-01-01")):
        graph = graph_of(reviews[reviews["merged_at"] >= since])
        print(f"{name}: {len(graph.people)} people, {int(graph.ties['tie'].sum())} ties")
        verdicts = cf.assess_groups(graph, groups, seed=0).to_frame()
        tell(verdicts[verdicts["active"] >= FEWEST])
        tell_nested(verdicts.set_index("group")["verdict"], members)
    print("No units are known, so that a team is compared with what its members' activity explains, and nothing else.")


def graph_of(reviews: pd.DataFrame) -> cf.InteractionGraph:
    """Tie two people if one of them reviewed the other twice or more: a review is a deliberate act, and on record."""
    rows = reviews.assign(
        sender=reviews["author"].str.lower(),
        recipient=reviews["reviewer"].str.lower(),
        event=reviews["repo"] + "#" + reviews["pr"].astype(str),
    )
    times = pd.to_datetime(reviews["merged_at"], utc=True)
    whole_period = float((times.max() - times.min()).days + 2)
    rule = cf.TieRule(min_events=2, min_windows=1, window_days=whole_period)
    inter = cf.Interactions.from_frame(rows, time="merged_at", event="event", medium="code")
    return cf.build_graph(inter, rule=rule)


def tell(judged: pd.DataFrame) -> None:
    """Say what was found of working teams and of marker teams, which are labels for permissions."""
    judged = judged.assign(team=judged["kind"].eq(MARKER).map({True: "marker teams", False: "working teams"}))
    print(pd.crosstab(judged["verdict"], judged["team"]).rename_axis(None).rename_axis(None, axis=1).to_string())
    for name, part in judged.groupby("team"):
        alive = int(part["verdict"].isin(ALIVE).sum())
        print(f"  {alive} of {len(part)} {name} with {FEWEST} active members or more are communities by their reviews.")


def tell_nested(verdict: "pd.Series[str]", members: pd.DataFrame) -> None:
    """Say how a team inside a team stands beside the one around it."""
    teams = members.drop_duplicates("team").set_index("team")
    inner = teams.index[teams["subteam_of"].isin(teams.index)]
    pairs = pd.DataFrame({"inner": verdict[inner].to_numpy(), "outer": verdict[teams["subteam_of"][inner]].to_numpy()})
    pairs = pairs[(pairs != "insufficient").all(axis=1)]
    both, inside, around = (
        int(((pairs["inner"].isin(ALIVE) == here) & (pairs["outer"].isin(ALIVE) == there)).sum())
        for here, there in ((True, True), (True, False), (False, True))
    )
    print(
        f"  Of {len(pairs)} teams inside a team, where both can be judged: both are communities {both}, the inner one "
        f"alone {inside}, the outer one alone {around}."
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "shared" / "data")
