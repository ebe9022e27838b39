"""The list of branches as a file."""

from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.web.exports import Columns


def columns() -> Columns:
    """What a row of the file says of a branch."""
    return (
        (_l("Code"), lambda branch: branch.code),
        (_l("Branch name"), lambda branch: branch.name),
        (_l("Kind"), lambda branch: _("Head office") if branch.is_head_office else _("Store")),
        (_l("Phone"), lambda branch: branch.phone),
        (_l("Address"), lambda branch: branch.address),
        (_l("Time zone"), lambda branch: branch.timezone),
        (_l("State"), lambda branch: _("open") if branch.is_active else _("closed")),
    )
