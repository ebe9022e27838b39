"""The tour of each role and the keys: what they say and where they lead."""

from dataclasses import dataclass
from typing import Any

from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.core.permissions import (
    ADMINISTRATOR,
    BRANCH_MANAGER,
    DISPATCHER,
    FINANCE,
    HEAD_OFFICE_MANAGER,
    QUALITY,
    SERVICE_DESK,
)


@dataclass(frozen=True)
class TourStep:
    """One of the three: what it is about, in two sentences, and where to look."""

    title: Any
    words: Any
    address: str
    place: Any


_FIRST = TourStep(
    _l("Start with what cannot wait"),
    _l("Visits nobody has been given, late ones and silent phones are listed "
       "here, the most urgent first. Each line has one button to settle it."),
    "/", _l("To handle first"),
)  # fmt: skip
_CASES = TourStep(
    _l("Find it while the customer is on the phone"),
    _l("Search by name, phone number, address or number. A customer's page shows every visit and what was promised."),
    "/customers", _l("Customers"),
)  # fmt: skip
_JOB = TourStep(
    _l("A job tells its whole story"),
    _l("Open a job to see every step, photo, note and signature, when it happened "
       "and who did it. You also send the customer's link from there."),
    "/jobs", _l("Jobs"),
)  # fmt: skip

#: role → its three steps. Somebody with several roles sees those of the first that stands here.
TOURS: dict[str, tuple[TourStep, TourStep, TourStep]] = {
    DISPATCHER: (
        _FIRST,
        TourStep(
            _l("Plan the day on the board"),
            _l("One row per technician, time running across. Drag a visit, or open it and choose; "
               "every change can be undone. What happens on site shows within two seconds."),
            "/board", _l("Board"),
        ),
        _JOB,
    ),
    BRANCH_MANAGER: (
        _FIRST,
        TourStep(
            _l("See how the day goes"),
            _l("The board shows every technician's visits and where they stand. Plan, move and cancel there or by form."),
            "/board", _l("Board"),
        ),
        TourStep(
            _l("Close what is finished"),
            _l("Open a finished job, look at photos, charges and signature, and close it. "
               "What is missing is named there."),
            "/jobs", _l("Jobs"),
        ),
    ),
    SERVICE_DESK: (
        _CASES,
        TourStep(
            _l("Enter a job in one form"),
            _l("Choose or add the customer, say what it is about, and set the time that was promised. "
               "The dispatcher sees it at once."),
            "/jobs/new", _l("New job"),
        ),
        _JOB,
    ),
    HEAD_OFFICE_MANAGER: (
        _FIRST,
        TourStep(
            _l("Compare the stores"),
            _l("The buttons with the stores' names narrow every list to one of them. Without one you see all."),
            "/board", _l("Board"),
        ),
        TourStep(
            _l("The standard is yours"),
            _l("Checklists say what belongs to a visit. Change a draft, look at it as on the phone, then publish it."),
            "/checklists", _l("Checklists"),
        ),
    ),
    ADMINISTRATOR: (
        TourStep(
            _l("Give everybody an account"),
            _l("Add people with their roles and store. Everybody gets a one-time "
               "link to choose a password: no passwords to send around."),
            "/people", _l("People"),
        ),
        TourStep(
            _l("Bring the app to the phones"),
            _l("On a technician's page, “Put the app on a phone” shows "
               "a code to scan. Block lost phones under “Devices”."),
            "/devices", _l("Devices"),
        ),
        TourStep(
            _l("The stores and their standard"),
            _l("Each store has its own time zone and phone number. Checklists come complete and can be changed."),
            "/checklists", _l("Checklists"),
        ),
    ),
    FINANCE: (
        TourStep(
            _l("What was charged, and why"),
            _l("Every job shows what was agreed, charged and signed for. "
               "The customer's signature stands beside the sum."),
            "/jobs", _l("Jobs"),
        ),
        TourStep(
            _l("Take any list with you"),
            _l("“Export” above a list gives what it shows as a table for Excel, with your filters."),
            "/jobs", _l("Jobs"),
        ),
        TourStep(
            _l("Find the customer"),
            _l("Search by name, phone number, address or number. A customer's page shows every visit."),
            "/customers", _l("Customers"),
        ),
    ),
    QUALITY: (
        _JOB,
        TourStep(
            _l("What could not be taken"),
            _l("The inbox keeps what phones sent and the server could not apply, with the reason."),
            "/inbox", _l("Inbox"),
        ),
        TourStep(
            _l("What the standard asks"),
            _l("Checklists show every version and what changed between them."),
            "/checklists", _l("Checklists"),
        ),
    ),
}  # fmt: skip


def tour_of(roles: frozenset[str]) -> tuple[TourStep, ...]:
    """Three steps; none for somebody without a desk."""
    return next((steps for role, steps in TOURS.items() if role in roles), ())


@dataclass(frozen=True)
class Key:
    """Keys one after the other lead somewhere; '' as address: the browser does something on this page."""

    keys: str
    address: str
    words: Any


#: what scripts of the page do: `static/js/behaviours/shortcuts.js` and `find.js`
ON_THE_PAGE = (
    Key("?", "", _l("Show these keys")),
    Key("/", "", _l("To the search, where the page has one")),
    Key("j", "", _l("To the next line of a list")),
    Key("k", "", _l("To the line before")),
    Key("Enter", "", _l("Open the line")),
    Key("Esc", "", _l("Close what is open")),
)

#: shown to who may open the page
PLACES = (
    Key("g h", "/", _l("To what is first")),
    Key("g b", "/board", _l("To the board")),
    Key("g d", "/day", _l("To the day")),
    Key("g j", "/jobs", _l("To the jobs")),
    Key("g a", "/cases", _l("To the cases")),
    Key("g c", "/customers", _l("To the customers")),
    Key("g i", "/inbox", _l("To the inbox")),
    Key("g p", "/people", _l("To the people")),
    Key("n", "/jobs/new", _l("New job")),
)
