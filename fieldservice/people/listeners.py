"""Who does not work here any more has no home here."""

from fieldservice.accounts.events import PersonDisabled
from fieldservice.core.events import listens_to
from fieldservice.people.actions import forget_home


@listens_to(PersonDisabled)
def _forget_home(event: PersonDisabled) -> None:
    forget_home(event.person, by=event.by, at=event.at)
