"""Addresses to place as a file."""

from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.web.exports import Columns
from fieldservice.web.travel_words import DOUBTS


def position_columns() -> Columns:
    """What a row of the file says of an address."""
    return (
        (_l("Address"), lambda one: one.site.full_address),
        (_l("Customer"), lambda one: one.site.customer.address_form),
        (_l("Branch name"), lambda one: one.site.customer.branch.name),
        (_l("Next visit"), lambda one: one.visit_on),
        (_l("What is wrong"), lambda one: _("position doubtful") if one.is_doubtful else _("no position")),
        (_l("Why"), lambda one: _(", ").join(str(DOUBTS.get(code, code)) for code in one.lookup.doubts)
         if one.lookup else ""),
    )  # fmt: skip
