"""Is the tool right about declared groups? The protocol, fixed before any figure was looked at.

1. **Random rosters** (`type_one`). Three organisations: the static e-mail of a research institute (email-Eu-core) and
   the contacts of an office (InVS15), both with departments as units, and a simulated organisation of 800 people with
   units, sites and managers (seed 5000). Sizes 6, 12, 25 and 60. Mixtures: *uniform*, everybody alike; *active*, by
   number of ties; *three departments*, drawn from three at random that hold enough people together; *70 % one
   department*, the rest from elsewhere. People who have ties are drawn, without replacement. 2,000 rosters in each
   cell. A cell in which fewer than twenty triples, or fewer than three departments, hold enough people is left out,
   and that is said. Reported: the share of rosters with p <= .05 of the analytic test alone, of the permutation alone,
   and of both (the larger p), which is what the tool uses. 199 matched rosters stand in for the tool's 999 here: the
   level of a permutation test is the same, since .05 times 200 is whole. A cell passes if the share for both is at
   most .07. Then the first 200 rosters of each cell are judged by `assess_groups` in one call, as groups of one
   organisation: the share that is told to be a community (real, broker-dependent, core-only, split or emerging); at
   most .05 passes. Rosters are drawn with seed 20261124: what an earlier seed showed led to how stand-ins are drawn
   (decision 33); no criterion was changed.
2. **Power** (`power`). Rosters of 5, 8, 12 and 20 people from three departments of email-Eu-core; every pair without a
   tie gains one with probability .05, .1, .2, .3 or .5, the null is fitted anew, and the group is examined, one at a
   time. Reported: the share with p <= .05, as above, of 300 rosters where the plan has a figure (of 60 rosters, so give
   or take 6 points) and of 100 elsewhere. A cell with such a figure passes if ours is not more than 5 points below it,
   for the two tests each. The plan does not say how its departments were drawn. A roster that holds most of its
   departments can not be told from them by people alike, so the share among rosters each of whose departments holds
   three times what it gave is told beside it; nothing passes by it.
3. **Corrupted departments** (`corrupted`). A true group is 6, 10 or 16 people of one department of email-Eu-core; a
   corrupted one has 25, 50, 75 or 100 % of them swapped for people of other departments, each drawn from the ten
   nearest in number of ties. 1,000 rosters of each. A department is its own formal unit, so that the null here is
   activity alone: the graph is built without units. Reported: AUC of the group's z, true against corrupted. A cell
   passes if the upper end of its 95 % interval (bootstrap over rosters) reaches the figure of the plan.
4. **Wrong members** (`corrupted` too). In the groups of which 25 % were swapped: AUC of the members' scores, those who
   belong against those swapped in, all rosters of a size together. Passes at .80.
5. **Verdicts** (`verdicts`). Simulated organisations in which all classes are planted, with seeds from 9801 that
   nobody had used when the model and the rules were last changed (those from 5001, 5101, 5201 and 9001 were, before
   earlier changes): 40 of ranges that the model was not fitted on (number of people, length, seasons, overlap and
   more), and 8 each of three harder kinds: weak ties, a thin and noisy record, small groups. Reported: the confusion
   table; macro-F1 over planted classes, where "uncertain" counts as a miss (passes at .85); mean cost, beside that of
   always being silent; the share of live groups called paper (passes below 1 %, the harder kinds counted in); the
   expected calibration error of the probability of the verdict that is given, over ten bins of equal mass, with a
   bootstrap over organisations (passes at .05), and a reliability plot.
6. **Rust teams** (`rust`). Working teams against marker teams, which are labels for permissions; the kinds are read by
   the score alone. Described at the top of its file.

Rates come with exact binomial 95 % intervals. Figures are reported whatever they are. Trials with other seeds and few
rosters, while the benchmark was written, added the column on room in 2; no criterion was changed by them.
"""

from __future__ import annotations

__all__ = ["SEED", "SIZES"]

SEED, SIZES = 7001, (6, 12, 25, 60)
