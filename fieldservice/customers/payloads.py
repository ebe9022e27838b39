"""Forms of customers, sites and products."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

from fieldservice.customers.models import FIRM, PERSON, SPECIAL_NEEDS
from fieldservice.web.forms import NONE_IF_EMPTY, PHONE, Form, line, one_of, some_of, words
from fieldservice.web.positions import PositionFields


class CustomerForm(Form):
    """A customer as typed."""

    #: only head office chooses; '' for the own branch
    branch_id: str = ""
    kind: Annotated[str, one_of((PERSON, FIRM))] = PERSON
    name: Annotated[str, line(80)]
    #: '' takes the name
    address_form: Annotated[str, line(40, least=0)] = ""
    special_needs: Annotated[tuple[str, ...], some_of(SPECIAL_NEEDS)] = ()
    remark: Annotated[str, words(500)] = ""


class NewCustomerForm(CustomerForm):
    """A new one: the number is needed."""

    phone: Annotated[str, PHONE]


class ChangedCustomerForm(CustomerForm):
    """A change: without a number the old one stays, so that the form need not show it."""

    phone: Annotated[Annotated[str, PHONE] | None, NONE_IF_EMPTY] = None


class SiteForm(PositionFields):
    """An address as typed, with its position."""

    district: Annotated[str, line(40, least=0)] = ""
    address: Annotated[str, line(200)]
    unit: Annotated[str, line(80, least=0)] = ""
    access_note: Annotated[str, line(200, least=0)] = ""


def _two_places(value: Decimal | None) -> Decimal | None:
    return value.quantize(Decimal("0.01")) if value is not None else None


class ProductForm(Form):
    """An installed floor as typed."""

    model: Annotated[str, line(120)]
    batch: Annotated[str, line(60, least=0)] = ""
    room: Annotated[str, line(60, least=0)] = ""
    area_m2: Annotated[
        Annotated[Decimal, Field(gt=0, le=99999)] | None, NONE_IF_EMPTY, AfterValidator(_two_places)
    ] = None
    purchased_on: Annotated[date | None, NONE_IF_EMPTY] = None
    voucher: Annotated[str, line(80, least=0)] = ""
    installer: Annotated[str, line(60, least=0)] = ""
    warranty_start_on: Annotated[date | None, NONE_IF_EMPTY] = None
