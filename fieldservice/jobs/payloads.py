"""Forms of jobs."""

from datetime import date, time
from typing import Annotated

from pydantic import Field

from fieldservice.cases.models import KINDS
from fieldservice.customers.models import FIRM, PERSON, SPECIAL_NEEDS
from fieldservice.jobs.rules import PRIORITIES, TYPES
from fieldservice.web.forms import FEN, NONE_IF_EMPTY, PHONE, Form, line, one_of, some_of, words
from fieldservice.web.positions import PositionFields

#: what the names of the fields of a new customer and a new address begin with, on the form of a job
CUSTOMER, SITE = "customer_", "site_"

#: the one tick of a box
SUPPLY, PINNED, OPEN = "stops", "pinned", "open"


class VisitForm(Form):
    """What the office decides about a visit, as typed."""

    type: Annotated[str, one_of(TYPES)]
    brief: Annotated[str, line(200)]
    product_id: str = ""
    visit_on: Annotated[date | None, NONE_IF_EMPTY] = None
    #: on the clock of the branch
    start: Annotated[time | None, NONE_IF_EMPTY] = None
    end: Annotated[time | None, NONE_IF_EMPTY] = None
    #: None: as long as this type usually takes
    planned_minutes: Annotated[Annotated[int, Field(ge=5, le=1440)] | None, NONE_IF_EMPTY] = None
    priority: Annotated[str, one_of(PRIORITIES)] = "normal"
    priority_reason: Annotated[str, line(200, least=0)] = ""
    analysis: Annotated[str, words(1000)] = ""
    remedy: Annotated[str, words(1000)] = ""
    bring: Annotated[str, words(500)] = ""
    special_needs: Annotated[tuple[str, ...], some_of(SPECIAL_NEEDS)] = ()
    special_note: Annotated[str, line(300, least=0)] = ""
    amount_fen: Annotated[Annotated[int, FEN] | None, NONE_IF_EMPTY] = None
    amount_reason: Annotated[str, line(200, least=0)] = ""
    #: (SUPPLY,) when the work stops water, heat or gas
    stops_supply: Annotated[tuple[str, ...], some_of((SUPPLY,))] = ()
    #: '' what such a visit usually needs, 'chosen' the ticks below
    skills_by: Annotated[str, one_of(("", "chosen"))] = ""
    skills: tuple[str, ...] = ()
    #: None: the boards of the floor, where one is laid
    load_m2: Annotated[Annotated[int, Field(ge=0, le=9999)] | None, NONE_IF_EMPTY] = None
    #: (PINNED,) when the customer asked for this technician
    pinned_lead: Annotated[tuple[str, ...], some_of((PINNED,))] = ()
    #: (OPEN,) when the window was not agreed with the customer
    not_promised: Annotated[tuple[str, ...], some_of((OPEN,))] = ()


class NewVisitForm(VisitForm):
    """And, for a new one, under which case and who goes."""

    #: '' opens a new case of the kind below
    case_id: str = ""
    case_kind: Annotated[str, one_of(KINDS)] = "repair"
    case_words: Annotated[str, words(1000)] = ""
    lead_id: str = ""
    helper_ids: tuple[str, ...] = ()


class NewCustomerFields(Form):
    """A customer entered together with the job."""

    branch_id: str = ""
    kind: Annotated[str, one_of((PERSON, FIRM))] = PERSON
    name: Annotated[str, line(80)]
    address_form: Annotated[str, line(40, least=0)] = ""
    phone: Annotated[str, PHONE]


class NewSiteFields(PositionFields):
    """An address entered together with the job."""

    district: Annotated[str, line(40, least=0)] = ""
    address: Annotated[str, line(200)]
    unit: Annotated[str, line(80, least=0)] = ""
    access_note: Annotated[str, line(200, least=0)] = ""


class NoteForm(Form):
    """A note written at the desk."""

    text: Annotated[str, words(2000)]
