"""A case and a visit get their links when they begin, so that phones hold them before the signal is gone."""

from fieldservice.cases.events import CaseOpened
from fieldservice.core.events import listens_to
from fieldservice.jobs.events import LeadChanged
from fieldservice.portal import actions


@listens_to(CaseOpened)
def link_the_case(event: CaseOpened) -> None:
    actions.case_link(event.case_id, at=event.at)


@listens_to(LeadChanged)
def link_the_badge(event: LeadChanged) -> None:
    """Whoever goes can show who they are. The badge of the one before stays, and says that nobody is expected."""
    if event.lead_id:
        actions.badge_link(event.case_id, event.job_id, event.lead_id, at=event.at)
