"""Forms of erasing."""

from typing import Annotated

from fieldservice.web.forms import Form, line, words


class ErasureForm(Form):
    """The customer's name, typed once more, and why; the action refuses what does not fit."""

    typed: Annotated[str, line(80, 0)] = ""
    reason: Annotated[str, words(500)] = ""
