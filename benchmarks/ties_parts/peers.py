"""Run other tools for organisations from a file of interactions to their graph, in an interpreter that has them.

    python-with-peers benchmarks/ties_parts/peers.py '{"peer": "orgnet", "folder": "...", "out": "..."}'

orgnet and vivainsights are no dependencies, and nothing of them is used in commfinder. Both take one medium only.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

CONFIG = """
data_sources:
  email: {enabled: true, retention_days: 365}
  hris: {enabled: true}
graph: {weight_scheme: composite, layer_weights: {communication: 1.0}}
analysis: {community: {method: louvain}}
"""


def by_orgnet(folder: Path) -> Any:
    from orgnet.core import OrganizationalNetworkAnalyzer

    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    analyzer = OrganizationalNetworkAnalyzer(str(folder / "config.yaml"), cache_dir=str(folder / "cache"))
    analyzer.load_data({"email": str(folder / "mail.csv"), "hris": str(folder / "people.csv")})
    return analyzer.build_graph().number_of_edges()


def by_vivainsights(folder: Path, layout: str = "mds") -> Any:
    import pandas as pd
    import vivainsights

    rows = pd.read_csv(folder / "query.csv")
    graph = vivainsights.network_p2p(rows, return_type="network", weight="weight", layout=layout)
    return graph.ecount()


def by_vivainsights_plain(folder: Path) -> Any:
    return by_vivainsights(folder, layout="random")


PEERS = {
    "orgnet": by_orgnet,
    "vivainsights": by_vivainsights,
    "vivainsights, random layout": by_vivainsights_plain,
}


def main() -> None:
    """Run one of them: on the small folder first, then with the clock."""
    told = json.loads(sys.argv[1])
    run = PEERS[told["peer"]]
    run(Path(told["warm"]))
    started, processor = time.perf_counter(), time.process_time()
    ties = run(Path(told["folder"]))
    ended, processor = time.perf_counter(), time.process_time() - processor
    peak = next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    figures = {"seconds": ended - started, "processor_seconds": processor, "peak_mb": int(peak) * 1024 / 1e6}
    Path(told["out"]).write_text(json.dumps(figures | {"ties": ties}), encoding="utf-8")


if __name__ == "__main__":
    main()
