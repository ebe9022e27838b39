"""Forms of visits at the desk."""

from typing import Annotated

from werkzeug.datastructures import MultiDict

from fieldservice.jobs.rules import REASON_LIMIT
from fieldservice.web.forms import Form, words


class ReasonForm(Form):
    """Why; the action refuses an empty one."""

    reason: Annotated[str, words(REASON_LIMIT)] = ""


class NoteForm(Form):
    """What somebody found who looked; the action refuses an empty one."""

    note: Annotated[str, words(REASON_LIMIT)] = ""


_SHAPE_FIELDS = ("kind", "x1", "y1", "x2", "y2", "text")
_MOST_ROWS = 40


def read_rows(data: MultiDict[str, str]) -> list[dict[str, str]]:
    """The rows of a drawing's form, as typed: the nth value of each field belongs to the nth row."""
    columns = {name: data.getlist(name)[:_MOST_ROWS] for name in _SHAPE_FIELDS}
    rows = range(len(columns["kind"]))
    return [{name: values[row] if row < len(values) else "" for name, values in columns.items()} for row in rows]
