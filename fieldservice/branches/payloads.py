"""The form of a branch."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from fieldservice.branches.models import KINDS, STORE
from fieldservice.branches.rules import NEAR_ZONES, BranchEntry, other_zones
from fieldservice.web.forms import Form, line, one_of, phone_number, problem


def _code(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Z]{2,8}", text):
        raise problem("branch_code_shape")
    return text


def _zone(text: str) -> str:
    if text not in NEAR_ZONES and text not in other_zones():
        raise problem("timezone_unknown")
    return text


class BranchForm(Form):
    """A branch as typed."""

    code: Annotated[str, BeforeValidator(lambda text: str(text).strip().upper()), AfterValidator(_code)]
    name: Annotated[str, line(60)]
    kind: Annotated[str, one_of(KINDS)] = STORE
    timezone: Annotated[str, AfterValidator(_zone)]
    phone: Annotated[str, AfterValidator(lambda text: phone_number(text) if text else "")] = ""
    address: Annotated[str, line(200, least=0)] = ""

    def entry(self) -> BranchEntry:
        """The branch it asks for."""
        return BranchEntry(**self.model_dump())
