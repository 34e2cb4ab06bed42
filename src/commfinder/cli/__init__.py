"""How does somebody at a terminal use it?

Types in: words and paths on the command line. Types out: files, lines on standard output, and an exit code: 0 done, 2
the user's to mend, 1 a defect of ours. Each command parses, calls one function and prints.
"""

from commfinder.cli.main import main

__all__ = ["main"]
