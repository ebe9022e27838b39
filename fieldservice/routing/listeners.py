"""What routing does when addresses change."""

from fieldservice.core.events import listens_to
from fieldservice.customers.events import AddressChanged
from fieldservice.routing.lookups import ask_again


@listens_to(AddressChanged)
def look_up_again(event: AddressChanged) -> None:
    """Another address lies elsewhere."""
    ask_again(event.site.id, event.at)
