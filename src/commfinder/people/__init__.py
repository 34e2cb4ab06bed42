"""Who is who, and what groups are declared?

Types in: CSV files or frames of people and of groups, and `Interactions` between accounts. Types out: `Directory`,
`DeclaredGroups`, and `Interactions` between people with the `Aliases` that say which account was taken for whom.
"""

from commfinder.people.directory import Directory, read_people
from commfinder.people.groups import DeclaredGroups, read_groups
from commfinder.people.pseudonyms import pseudonymise
from commfinder.people.resolve import Aliases, resolve_groups, resolve_people

__all__ = [
    "Aliases",
    "DeclaredGroups",
    "Directory",
    "pseudonymise",
    "read_groups",
    "read_people",
    "resolve_groups",
    "resolve_people",
]
