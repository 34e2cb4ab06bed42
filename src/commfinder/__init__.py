"""Which communities of an organisation are real, which exist only on paper, and which nobody declared?

The names below are the public face; each is loaded when it is first used, so that ``import commfinder`` stays quick.
One question, one room: `commfinder.interactions`, `commfinder.sources`, `commfinder.people`, `commfinder.graph`,
`commfinder.communities`, `commfinder.declared`, `commfinder.delivery`, `commfinder.simulation`, `commfinder.report`,
`commfinder.study`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from commfinder import communities, delivery, errors, graph
    from commfinder.communities import Communities, Resolution, find_communities
    from commfinder.declared import (
        SurveyAgreement,
        Undeclared,
        Verdicts,
        assess_groups,
        compare_survey,
        read_survey,
        undeclared,
    )
    from commfinder.delivery import (
        BusinessHours,
        Cases,
        DeliveryGroup,
        DeliveryGroups,
        Impact,
        find_cases,
        find_delivery_groups,
        measure_impact,
    )
    from commfinder.errors import CommfinderError
    from commfinder.graph import InteractionGraph, TieRule, build_graph
    from commfinder.interactions import Interactions, Machines, concat, find_machines
    from commfinder.people import (
        Aliases,
        DeclaredGroups,
        Directory,
        pseudonymise,
        read_groups,
        read_people,
        resolve_groups,
        resolve_people,
    )
    from commfinder.period import Period
    from commfinder.pseudonym import load_key, make_key
    from commfinder.simulation import Organisation, Plan, Work, simulate
    from commfinder.sources import read
    from commfinder.study import Study, StudyResult

__version__ = "0.1.0"

_HOMES = {
    "Aliases": "people",
    "BusinessHours": "delivery",
    "Cases": "delivery",
    "CommfinderError": "errors",
    "Communities": "communities",
    "DeclaredGroups": "people",
    "DeliveryGroup": "delivery",
    "DeliveryGroups": "delivery",
    "Directory": "people",
    "Impact": "delivery",
    "InteractionGraph": "graph",
    "Interactions": "interactions",
    "Machines": "interactions",
    "Organisation": "simulation",
    "Period": "period",
    "Plan": "simulation",
    "Resolution": "communities",
    "Study": "study",
    "StudyResult": "study",
    "SurveyAgreement": "declared",
    "TieRule": "graph",
    "Undeclared": "declared",
    "Verdicts": "declared",
    "Work": "simulation",
    "assess_groups": "declared",
    "build_graph": "graph",
    "compare_survey": "declared",
    "concat": "interactions",
    "find_cases": "delivery",
    "find_communities": "communities",
    "find_delivery_groups": "delivery",
    "find_machines": "interactions",
    "load_key": "pseudonym",
    "make_key": "pseudonym",
    "measure_impact": "delivery",
    "pseudonymise": "people",
    "read": "sources",
    "read_groups": "people",
    "read_people": "people",
    "read_survey": "declared",
    "resolve_groups": "people",
    "resolve_people": "people",
    "simulate": "simulation",
    "undeclared": "declared",
}
_ROOMS = ("communities", "delivery", "errors", "graph")

__all__ = [
    "Aliases",
    "BusinessHours",
    "Cases",
    "CommfinderError",
    "Communities",
    "DeclaredGroups",
    "DeliveryGroup",
    "DeliveryGroups",
    "Directory",
    "Impact",
    "InteractionGraph",
    "Interactions",
    "Machines",
    "Organisation",
    "Period",
    "Plan",
    "Resolution",
    "Study",
    "StudyResult",
    "SurveyAgreement",
    "TieRule",
    "Undeclared",
    "Verdicts",
    "Work",
    "__version__",
    "assess_groups",
    "build_graph",
    "communities",
    "compare_survey",
    "concat",
    "delivery",
    "errors",
    "find_cases",
    "find_communities",
    "find_delivery_groups",
    "find_machines",
    "graph",
    "load_key",
    "make_key",
    "measure_impact",
    "pseudonymise",
    "read",
    "read_groups",
    "read_people",
    "read_survey",
    "resolve_groups",
    "resolve_people",
    "simulate",
    "undeclared",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its room when it is first used."""
    if name in _HOMES:
        # Importing a room binds it as an attribute of this package, and two rooms share their name with a function:
        # binding the value afterwards makes the function win.
        value = getattr(importlib.import_module(f"commfinder.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    if name in _ROOMS:
        return importlib.import_module(f"commfinder.{name}")
    raise AttributeError(f"module 'commfinder' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
