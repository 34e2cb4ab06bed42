"""Find communities in the archive of a mailing list, from who answers whom.

Usage: python mailing_list.py [DATA]. DATA holds the folder r-sig-finance with the list's archive as mbox files. Nobody
is named in what it prints.
"""

import sys
from pathlib import Path

import commfinder as cf


def main(data: Path) -> None:
    folder = data / "r-sig-finance"
    if not folder.is_dir():
        print(f"Skipped: the folder {folder.name!r} is not there. Name the folder that holds it as first argument.")
        return
    mail = cf.read(folder)
    graph = cf.build_graph(mail, period="2008")
    found = cf.find_communities(graph, seed=0)
    print(graph)
    print(found)
    print(f"In 2008, {len(graph.people)} people wrote to the list.")
    if not len(found.summary):
        print(
            "Who answers whom shows no communities: chance makes a network as clustered with a probability of "
            f"{found.p_chance:.2f}."
        )
        return
    likely = int((found.summary["confidence"] > 0.5).sum())
    print(
        f"Their answers to one another fall into {len(found.summary)} communities, of which {likely} are more likely "
        f"real than not; runs agree with the result by {found.agreement:.2f} (1 would be fully)."
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "shared" / "data")
