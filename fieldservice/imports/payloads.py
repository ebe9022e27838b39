"""Forms of imports."""

from typing import Annotated

from werkzeug.datastructures import MultiDict

from fieldservice.core.coords import Datum
from fieldservice.imports.rules import FIELDS
from fieldservice.imports.settings import Settings
from fieldservice.web.forms import NONE_IF_EMPTY, Form, FormState, one_of

#: what the names of the fields begin with: the column of a field, and its value for all lines
COLUMN, ALL = "column_", "all_"


class ReadingForm(Form):
    """How the file is to be read; '' as it suggests itself."""

    sheet: str = ""
    encoding: Annotated[str, one_of(("", "UTF-8", "GB18030", "UTF-16"))] = ""
    delimiter: Annotated[str, one_of(("", "comma", "semicolon", "tab"))] = ""
    #: None: found by itself; 0: there are no headings
    heading_line: Annotated[int | None, NONE_IF_EMPTY] = None


class ColumnsForm(Form):
    """What holds for the whole file."""

    datum: Annotated[str, one_of(Datum)] = Datum.WGS84.value
    branch_id: str = ""
    positions_are_right: str = ""


def settings_of(form: ColumnsForm, data: MultiDict[str, str], width: int, state: FormState) -> Settings:
    """What was chosen, field by field; a column that is not there stands in `state`."""
    columns: dict[str, int] = {}
    given: dict[str, str] = {}
    for name, field in FIELDS.items():
        place = data.get(f"{COLUMN}{name}", "")
        if place.isascii() and place.isdigit() and int(place[:4]) < width:
            columns[name] = int(place[:4])
        elif place:
            state.add(f"{COLUMN}{name}", "choose_one")
        text = data.get(f"{ALL}{name}", "").replace("\0", "").encode("utf-8", "replace").decode().strip()
        if text and field.for_all:
            given[name] = text[:1000]
    return Settings(columns, given, Datum(form.datum), form.branch_id, bool(form.positions_are_right))
