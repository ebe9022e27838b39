"""What a worker does for routing."""

from fieldservice.core import clock, queue
from fieldservice.routing import lookups


@queue.every_minute
def look_up_addresses() -> None:
    """Asks the geocoder, where one is set, for addresses that have no position."""
    lookups.look_up_due(clock.now())
