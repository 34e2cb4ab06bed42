"""From frames to verdicts in ten lines, on a simulated organisation."""

import commfinder as cf

org = cf.simulate(people=120, seed=0)
people, groups = cf.Directory.from_frame(org.people), cf.DeclaredGroups.from_frame(org.groups)
inter, _ = cf.resolve_people(cf.Interactions.from_frame(org.to_frame(), medium="medium"), people)
graph = cf.build_graph(inter, people, period="2026-04-01/2026-10-01")
verdicts = cf.assess_groups(graph, groups, seed=0).to_frame()
alive = int((verdicts["verdict"] == "real").sum())
print(verdicts[["group", "verdict", "lift", "power"]].round(2).to_string(index=False))
print(f"{alive} of {len(verdicts)} declared groups are real communities.")
