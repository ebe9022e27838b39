"""What can be taken back, in words."""

from fieldservice.core import i18n
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.dispatch.undo import Act, Deed
from fieldservice.web.job_words import ACTS

DONE = {"office.assign_job": _l("who goes"), "office.move_job": _l("when"), "office.cancel_job": _l("cancelled"),
        "office.restore_job": _l("restored"), "office.plan_start": _l("when it begins")}  # fmt: skip


def deed(found: Deed) -> str:
    """'张女士: who goes, when', 'Visits 3: who goes'."""
    what = _(", ").join(str(words) for kind, words in DONE.items() if kind in found.kinds)
    if len(found.acts) > 1:
        return _("%(count)s visits: %(what)s", count=len(found.acts), what=what)
    return _("%(customer)s: %(what)s", customer=found.acts[0].job.case.customer.address_form, what=what)


def deed_blocked(found: Deed) -> str:
    """Why it cannot be undone any more."""
    return " ".join(blocked(act) for act in found.blocked)


def blocked(act: Act) -> str:
    """Why one visit of it cannot."""
    change = act.blocked_by
    if change is None:
        return ""
    return _("%(customer)s: not undone. %(name)s %(act)s, %(time)s.", customer=act.job.case.customer.address_form,
             name=change.who.name if change.who else _("The system"), act=ACTS.get(change.kind, change.kind),
             time=i18n.day_and_time(change.at, act.job.branch.timezone))
