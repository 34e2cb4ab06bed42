"""Are delivery groups found, and told from other groups? The protocol, written before any figure was looked at.

1. **Recovery** (`recovery`). Four simulated organisations of seeds that nobody has used. Each has five process groups
   across units, two knowledge communities, two social groups and two teams of one unit. Cells: the share of cases
   that carry an id (100, 50, 0 %) times the noise in their order (0, 10, 20, 40 %), at 5 % turnover; and turnover of
   20 and 40 % of the posts, at 10 % noise, with all ids and with none. Every cell has the same seeds, so that cells
   differ by what they are about and by little else. `find_delivery_groups` is given the interactions, machines among
   them, and the directory; no declared groups and no options. Planted are the process groups, with the members who
   are seen at work on a case. Found are the groups that are called process or mixed. Each found group is matched with
   one planted group at most, as many as possible; a pair counts if its Jaccard index is at least .5 (and .75).
   Reported: precision, recall and F1 over all groups of a cell, with a bootstrap over organisations; beside it the
   recall of candidates of any type, which shows what is lost in finding and what in naming. A second group that is
   like a planted one already matched counts as wrong. Passes if F1 at .5 with all ids, at most 20 % noise and 5 %
   turnover is .8 or more.
2. **Types** (`types`). 20 other organisations, of ranges that the model was not fitted on: of other sizes and
   lengths, with a thinner and noisier record, and where the model saw wide ranges, of their ends and beyond
   (`typed.py` lists them). Four groups of each of the five types in each. All of them are declared, every second with
   10 to 30 % of its members swapped for strangers, so that this part is about naming alone. Reported: macro-F1 over
   planted types, where abstaining is a miss; accuracy where it speaks; the share in which it abstains; the expected
   calibration error of the probability of the type that is given, over ten bins of equal mass, with a bootstrap over
   organisations; Brier score; a reliability plot. Passes at macro-F1 .8 and calibration error .05.
3. **Logs** (`logs`). Described at the top of its file. Nothing passes or fails by it: three process logs and three
   archives of talk are few, and the measure of order was chosen on five of these six before this tool was written.

Simulator and classifier were written by the same project: 1 and 2 say whether the tool finds what its authors
imagine. Figures are reported whatever they are. Each part keeps its runs and goes on where it was stopped. Runs of
other code than that which measures are thrown away. A quick run uses seeds from 1900, so that it looks at nothing.
"""

from __future__ import annotations

__all__ = ["SEED"]

SEED = 7201
"""Of the bootstraps."""
