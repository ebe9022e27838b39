"""What sign-off knows of a timeline: agreements, signatures, and visits that ended without one."""

from collections.abc import Iterable

import sqlalchemy as sa

from fieldservice.core import i18n
from fieldservice.core.db import db
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.signoff import queries, rules
from fieldservice.signoff.models import QUARANTINED, LinkSignature, SignOff
from fieldservice.web.sheet_words import KINDS, OUTCOMES, ROLES
from fieldservice.web.timeline import Aside, Fact, Moment, Story, gives_moments

_STATES = {
    "valid": (_l("Verified"), "act"), "outdated": (_l("Verified, replaced or outdated since"), ""),
    "late": (_l("Verified, but came when the job had changed hands or was cancelled"), "wait"),
    "quarantined": (_l("Does not count"), "risk"),
}  # fmt: skip


@gives_moments
def of_sheets(story: Story) -> Iterable[Moment]:
    """Each sheet with what it is worth now."""
    query = sa.select(SignOff).where(SignOff.job_id.in_(story.job_ids)).order_by(SignOff.id)
    rows = list(db.session.scalars(query).unique())
    sheets = queries.sheets_of(story.jobs) if rows else {}
    standing = {sheet["id"] for found in sheets.values() for sheet in found if sheet["current"]}
    signed = queries.link_signatures({row.id for row in rows})
    by_link = [_by_link(signed[row.id], row, row.id in standing) for row in rows if row.id in signed]
    return [*(_moment(row, row.id in standing) for row in rows), *by_link]


def _by_link(signature: LinkSignature, row: SignOff, is_standing: bool) -> Moment:
    role = str(ROLES.get(signature.signer_role, ""))
    name = signature.signer_name + (" " + _("(%(role)s)", role=role) if role else "")
    words, tone = _STATES["valid" if is_standing else "outdated"]
    marks = [(str(words), tone), *([(_("Weak mark"), "wait")] if signature.is_weak else [])]
    return Moment(
        id=signature.id, at=signature.signed_at, kind="money", icon="signature",
        words=f"{KINDS[row.kind]}{_(': ')}{_('Signed by the customer by link')}", by=_("the customer, by link"),
        job_id=row.job_id, facts=[Fact(_("Signed by"), name)], marks=marks, run=row.run, row=row,
        template="signoff/_moment.html",
    )  # fmt: skip


def _moment(row: SignOff, is_standing: bool) -> Moment:
    facts = []
    if row.signer_name:
        role = str(ROLES.get(row.signer_role, ""))
        facts.append(Fact(_("Signed by"), row.signer_name + (" " + _("(%(role)s)", role=role) if role else "")))
    if row.total_fen:
        facts.append(Fact(_("Amount"), i18n.sum_words(row.total_fen)))
    if row.attitude or row.efficiency or row.skill:
        marks = {name: getattr(row, name) or "–" for name in ("attitude", "efficiency", "skill")}
        facts.append(Fact(_("Rating"), _("Attitude %(attitude)s · efficiency %(efficiency)s · skill %(skill)s", **marks)))
    if row.rating_words:
        facts.append(Fact(_("In their words"), row.rating_words))
    words, tone = _STATES[_state(row, is_standing)]
    marks_ = [(str(words), tone), *([(_("Weak mark"), "wait")] if row.is_weak else [])]
    is_signed = row.outcome in rules.WITH_STROKES or row.outcome == "paper"
    return Moment(
        id=row.op_id, at=row.happened_at, kind="money", icon="signature" if is_signed else "pen-line",
        words=f"{KINDS[row.kind]}{_(': ')}{OUTCOMES[row.outcome]}", by=row.by.name, job_id=row.job_id, text=row.reason,
        facts=facts, marks=marks_, run=row.run, is_late=row.is_late, device_at=row.device_at,
        uncertainty_ms=row.uncertainty_ms, row=row, template="signoff/_moment.html",
        aside=Aside("quarantined", row.fault) if row.fault else None,
    )  # fmt: skip


def _state(row: SignOff, is_standing: bool) -> str:
    if row.state == QUARANTINED:
        return "quarantined"
    if row.is_late:
        return "late"
    return "valid" if is_standing else "outdated"
