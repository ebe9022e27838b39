"""Forms of erasing and of keeping."""

from typing import Annotated

from pydantic import Field

from fieldservice.web.forms import Form, line, words


class ErasureForm(Form):
    """The customer's name, typed once more, and why; the action refuses what does not fit."""

    typed: Annotated[str, line(80, 0)] = ""
    reason: Annotated[str, words(500)] = ""


class HoldForm(Form):
    """Why a case is kept."""

    reason: Annotated[str, words(500)] = ""


class RemovalForm(Form):
    """That somebody has read what goes, and how many the page showed."""

    sure: Annotated[int, Field(ge=1, le=1)]
    seen: Annotated[int, Field(ge=1, le=1_000_000_000)]
