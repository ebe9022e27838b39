"""What others did to a visit while somebody had one of its small forms open: what stops it, what is only said."""

from typing import Any

from fieldservice.accounts.queries import edits_since
from fieldservice.core.i18n import gettext as _
from fieldservice.dispatch.queries import Change
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ADDING
from fieldservice.web.job_words import ACTS
from fieldservice.web.merging import Row

#: the small forms: their templates and pages are called so
ASSIGNMENT, WINDOW, PLACEMENT = "assignment", "window", "placement"
CANCELLATION, RESTORATION = "cancellation", "restoration"

#: what does not stop a form: it is about other fields, taken over and said, or about the same, told field by field
_MINDS_NOT = {
    ASSIGNMENT: {"office.move_job", "office.undo_move_job", "office.assign_job", "office.undo_assign_job",
                 "office.edit_job", "office.plan_start", "office.undo_plan_start"},
    WINDOW: {"office.assign_job", "office.undo_assign_job", "office.move_job", "office.undo_move_job",
             "office.edit_job", "office.plan_start", "office.undo_plan_start"},
}

_TOGETHER: dict[str, list[tuple[str, ...]]] = {WINDOW: [("day", "start", "end")], ASSIGNMENT: [("lead", "helpers")]}
_COLUMNS = {
    "day": ("visit_on",), "start": ("window_start_at",), "end": ("window_end_at",), "lead": ("lead_id",),
    "helpers": ("helper_ids",),
}


def stops(form: str, kind: str) -> bool:
    """Whether the person must look again before the form counts; a note or a photo never stops one."""
    return kind not in ADDING and kind not in _MINDS_NOT.get(form, ())


def row_of(form: str, job: Job, values: dict[str, Any], since: int) -> Row:
    """The job as a form sees it. What is dropped on the board is never merged: it is one wish."""
    names = {person.id: person.name for person in [*([job.lead] if job.lead else []), *job.helpers]}
    shown = {"lead": names.get(values.get("lead", ""), _("Nobody yet")),
             "helpers": _(", ").join(names.get(one, "") for one in values.get("helpers", []))}
    return Row(version=job.version, values={} if form == PLACEMENT else values, shown=shown,
               together=_TOGETHER.get(form, ()), edits=edits_since("job", job.id, since), columns=_COLUMNS)


def told(since: list[Change]) -> list[str]:
    """What others did meanwhile and stays, in a sentence each."""
    return [_("Meanwhile: %(name)s %(act)s.", name=change.who.name if change.who else _("The system"),
              act=ACTS.get(change.kind, change.kind)) for change in since if change.kind not in ADDING]
