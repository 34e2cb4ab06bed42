"""What did the organisation look like in one period?

Types in: a study file that names inputs, people, groups and settings. Types out: `StudyResult`, which saves the
report and the tables, and `StudyCheck`, which says what would be read. No logic of its own: each step is a public
function.
"""

from commfinder.study.config import StudyConfig
from commfinder.study.document import result_schema
from commfinder.study.result import StudyResult
from commfinder.study.study import Study, StudyCheck

__all__ = ["Study", "StudyCheck", "StudyConfig", "StudyResult", "result_schema"]
