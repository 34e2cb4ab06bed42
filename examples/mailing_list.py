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
    steady = int((found.summary["stability"] >= 0.75).sum())
    print(
        f"In 2008, {len(graph.people)} people wrote to the list. Their answers to one another fall into "
        f"{len(found.summary)} communities, of which {steady} come out alike in all runs; the runs agree by "
        f"{found.agreement:.2f} (1 would be fully)."
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "shared" / "data")
