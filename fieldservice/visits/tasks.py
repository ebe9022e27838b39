"""What a worker does with visits: looks for what a person should look at about their photos."""

from fieldservice.core import queue
from fieldservice.core.db import db
from fieldservice.visits import flags, markup
from fieldservice.visits.models import PhotoMarkup

#: transactions a minute; the rest a minute later
_MOST_TIMES = 20


@queue.every_minute
def look_for_flags() -> None:
    """Jobs touched since the last time: photos whose bytes have not come, arrivals and positions that changed."""
    for _ in range(_MOST_TIMES):
        if not flags.look_through():
            return


@queue.task
def make_markup(markup_id: str) -> None:
    """Makes the copy with what was drawn, unless it is there; the page that shows it asks again when it was lost."""
    found = db.session.get(PhotoMarkup, markup_id)
    if found is not None and not markup.path_of(found).is_file():
        markup.make(found)
