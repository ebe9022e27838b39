"""What an import is: its limits, its states, the fields a line can fill."""

from dataclasses import dataclass

MOST_BYTES = 20 * 1024 * 1024
MOST_LINES = 50_000
MOST_COLUMNS = 80
#: longest text of a cell that is read, characters; Excel's own limit
LONGEST_CELL = 32_767

# states of an import
COLUMNS = "columns"  # read; it is to be said what the columns are
CHECKING = "checking"
CHECKED = "checked"  # the preview is there, nothing is written yet
APPLYING = "applying"
STOPPED = "stopped"  # in the middle of applying; goes on or is undone
APPLIED = "applied"
UNDOING = "undoing"
UNDONE = "undone"
STATES = (COLUMNS, CHECKING, CHECKED, APPLYING, STOPPED, APPLIED, UNDOING, UNDONE)
#: a worker is at it
WORKING = frozenset({CHECKING, APPLYING, UNDOING})
#: nothing was written yet: columns may be chosen anew, and the import may be thrown away
UNWRITTEN = frozenset({COLUMNS, CHECKING, CHECKED})

# what the check makes of a line
NEW = "new"
CHANGED = "changed"
SAME = "same"
CONFLICT = "conflict"  # something else was made of the job meanwhile
BAD = "bad"
KINDS = (NEW, CHANGED, SAME, CONFLICT, BAD)

# what became of a line; '' nothing yet
CREATED = "created"
UPDATED = "updated"
KNOWN = "known"  # somebody else's import made it in between
FAILED = "failed"
TAKEN_BACK = "taken_back"
LEFT = "left"  # undo found that something had happened since
OUTCOMES = ("", CREATED, UPDATED, KNOWN, FAILED, TAKEN_BACK, LEFT)

# what belongs to what: a field is changed where it stands
JOB, SITE, CUSTOMER, CASE, CREW, NONE = "job", "site", "customer", "case", "crew", ""


@dataclass(frozen=True)
class Field:
    """Something a column can hold."""

    name: str
    #: which row of the database it stands in
    owner: str
    #: whether one value for all lines may be given
    for_all: bool = True


FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("reference", NONE, for_all=False),
        Field("branch", NONE),
        Field("customer", CUSTOMER),
        Field("customer_kind", CUSTOMER),
        Field("address_form", CUSTOMER, for_all=False),
        Field("phone", CUSTOMER),
        Field("district", SITE),
        Field("address", SITE),
        Field("unit", SITE, for_all=False),
        Field("access_note", SITE),
        Field("lng", SITE, for_all=False),
        Field("lat", SITE, for_all=False),
        Field("position", SITE, for_all=False),
        Field("type", JOB),
        Field("brief", JOB),
        Field("visit_on", JOB),
        Field("window", JOB, for_all=False),
        Field("start", JOB),
        Field("end", JOB),
        Field("planned_minutes", JOB),
        Field("technician", CREW),
        Field("priority", JOB),
        Field("priority_reason", JOB),
        Field("special_needs", JOB),
        Field("special_note", JOB),
        Field("bring", JOB),
        Field("skills", JOB),
        Field("load_m2", JOB),
        Field("only_technician", JOB),
        Field("promised", JOB),
        Field("amount", JOB),
        Field("amount_reason", JOB),
        Field("case_kind", CASE),
        Field("case_words", CASE),
    )
}
#: fields that are one thing: what is known of them is one value under the first name
POSITION_FIELDS = ("position", "lng", "lat")
WINDOW_FIELDS = ("window", "start", "end")

#: kind of the case a visit of a type belongs to, where the file does not say
CASE_KIND_OF_TYPE = {
    "survey": "survey",
    "installation": "installation",
    "repair": "repair",
    "maintenance": "maintenance",
    "delivery_inspection": "installation",
    "repeat_repair": "repair",
    "courtesy_visit": "maintenance",
    "goods_transport": "installation",
}


def is_same_file_again(known: int, total: int) -> bool:
    """Whether a file is a new edition of one that was imported: at least half of its lines are known."""
    return total > 0 and known * 2 >= total
