"""Is each declared group real?

Types in: `InteractionGraph`, `DeclaredGroups` and, if at hand, `Communities`. Types out: `Verdicts`, one per group
with its evidence; `Undeclared`, the communities that nobody declared; and `SurveyAgreement`, how far what people say of
whom they turn to agrees with their traces.
"""

from commfinder.declared.answers import read_survey
from commfinder.declared.assess import Verdicts, assess_groups
from commfinder.declared.matching import Undeclared, undeclared
from commfinder.declared.survey import SurveyAgreement, compare_survey
from commfinder.declared.verdict import HELP, VERDICTS

__all__ = [
    "HELP",
    "VERDICTS",
    "SurveyAgreement",
    "Undeclared",
    "Verdicts",
    "assess_groups",
    "compare_survey",
    "read_survey",
    "undeclared",
]
