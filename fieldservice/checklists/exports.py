"""The list of checklists as a file."""

from typing import Any

from fieldservice.checklists.queries import Standing
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.web.exports import Columns, on_clock
from fieldservice.web.job_words import TYPES


def columns(names: dict[str, str], timezone: str) -> Columns:
    """What a row of the file says of a checklist. `names`: of people by id."""
    return (
        (_l("Kind of visit"), lambda standing: str(TYPES[standing.template.job_type])),
        (_l("For whom"), _scope),
        (_l("In force"), lambda standing: _of(standing, lambda version: version.number)),
        (_l("Steps"), lambda standing: _of(standing, lambda version: len(version.content["items"]))),
        (
            _l("In force since"),
            lambda standing: _of(standing, lambda version: on_clock(version.published_at, timezone)),
        ),
        (
            _l("Published by"),
            lambda standing: _of(standing, lambda version: names.get(version.published_by_id or "", "")),
        ),
        (_l("Drafts"), lambda standing: len(standing.drafts)),
    )


def _scope(standing: Standing) -> str:
    branch = standing.template.branch
    return branch.name if branch else _("Whole organisation")


def _of(standing: Standing, read: Any) -> Any:
    return read(standing.in_force) if standing.in_force else None
