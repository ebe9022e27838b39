"""Forms of visits at the desk."""

from typing import Annotated

from fieldservice.jobs.rules import REASON_LIMIT
from fieldservice.web.forms import Form, words


class ReasonForm(Form):
    """Why; the action refuses an empty one."""

    reason: Annotated[str, words(REASON_LIMIT)] = ""
