"""How long does it take from interactions to ties, and how much memory?

Protocol, fixed before any timed run
------------------------------------
Question P1: how much does commfinder cost beside the best that can be written by hand for the same work?

Rows (`draw.py`): numbered interactions in one Parquet file, in the order of time. Rows of one file, and people: 1 M
and 10 k, 10 M and 100 k, 20 M and 100 k, 100 M and 1 M, 500 M and 1 M. A message has 1 to 30 recipients, 2 in the
mean: half of the messages go to a team of 10, three in ten to a department of 150, two in ten to anybody. Senders
differ in how much they write (lognormal). People have numbers in random order, as pseudonyms do. Nothing is text.

Work of every engine (`engines.py`): the file on disk; each row weighs 1 / n_recipients; rows to oneself do not count;
per unordered pair half of the sum of weights, and the number of rows; ordered by pair; as NumPy arrays a, b (int32),
weight (float64), events (int64) in this process. The clock starts before the file is opened and stops when the arrays
are there. Before the clock, an engine is imported and run on 1,000 rows. What an engine leaves out or does beyond that
stands in its row of the table. Several ways are written by hand for each library; the fastest of a library counts, of
those with the same work.

Same result: pairs and counts of rows must be equal to those of commfinder; weights may differ by 1e-6 of their size, as
commfinder sums whole numbers of 2 ** -24 so that the order of rows changes nothing.

Measurement: a process of its own for each, engines in turn, three turns, medians. Peak memory is the largest resident
size of the process as the system counts it when the arrays are there; of Spark, that of all its processes together.
The memory given to a database is said, and the largest size of its folder for what does not fit is measured.

Other tools for organisations (`peers.py`) do other work in their own way, on sizes that they can hold; what they do is
said beside them, and no target hangs on them. What can not be installed is not measured, and nothing is said of it.

Targets: time at most 1.15 times the best by hand and at least 5 times as fast as pandas, both at 20 M rows; 100 M rows
within 8 GB and 500 M rows within 12 GB of resident memory (10^9 bytes); exponent of time with rows from 1 M to 100 M at
most 1.1 for each step; on Spark the same arrays to the last bit.
"""

from __future__ import annotations

__all__: list[str] = []
