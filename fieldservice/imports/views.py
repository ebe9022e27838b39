"""Pages of imports: a file comes in, its columns are named, the preview, the work, the undo."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.core import clock, queue
from fieldservice.core.coords import Point
from fieldservice.core.db import db
from fieldservice.core.errors import RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.core.tables import text_cell
from fieldservice.customers.models import FIRM, PERSON
from fieldservice.customers.queries import branches_to_choose, neighbours
from fieldservice.imports import actions, files, keeping, queries, rules
from fieldservice.imports.models import ImportLine, JobImport
from fieldservice.imports.payloads import ALL, COLUMN, ColumnsForm, ReadingForm, settings_of
from fieldservice.imports.settings import Settings
from fieldservice.imports.sheets import ENCODINGS, rows_of
from fieldservice.imports.tasks import TASK_OF_STATE
from fieldservice.imports.words import FIELDS, GROUPS, KINDS, OUTCOMES, helpers, problems_words
from fieldservice.jobs.rules import PRIORITIES, TYPES
from fieldservice.web import case_words, job_words
from fieldservice.web.access import is_fragment_request, note_automatic_request, takes_up_to
from fieldservice.web.exports import whole
from fieldservice.web.forms import FormState, read_form
from fieldservice.web.listing import ROWS_A_PAGE, Page, asked_number, asked_text, page_of
from fieldservice.web.notices import say
from fieldservice.web.positions import MapView

blueprint = Blueprint("imports", __name__)
blueprint.app_context_processor(helpers)

Answer = str | Response

_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
_SAMPLE_ROWS = 6
#: a file that is a little too large still gets its own words
_SPARE_BYTES = 8 * 1024 * 1024


@blueprint.get("/imports")
@needs("jobs.edit")
def index() -> Answer:
    """The last imports, and the way to a new one."""
    return _list(FormState())


@blueprint.post("/imports")
@needs("jobs.edit")
@takes_up_to(rules.MOST_BYTES + _SPARE_BYTES)
def add() -> Answer:
    """Takes a file in; nothing is written but the file."""
    state = FormState.typed(request.form)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        state.add("file", "file_missing")
        return make_response(_list(state), 422)
    branches = branches_to_choose(g.person)
    try:
        found = actions.take_file(
            sent.read(rules.MOST_BYTES + 1), sent.filename, by=g.person, at=clock.now(),
            branch_id=branches[0].id if len(branches) == 1 else "",
        )  # fmt: skip
        db.session.commit()
    except RuleBroken as error:
        db.session.rollback()
        state.add_rule("file", error)
        return make_response(_list(state), 422)
    return redirect(f"/imports/{found.id}", 303)


@blueprint.get("/imports/<import_id>")
@needs("jobs.edit")
def show(import_id: str) -> Answer:
    """The import as it stands; while a worker is at it the page asks again by itself."""
    note_automatic_request()
    return _page(queries.import_for(g.person, import_id))


@blueprint.post("/imports/<import_id>/reading")
@needs("jobs.edit")
def read(import_id: str) -> Answer:
    """Reads the file otherwise: another sheet, encoding, line of headings."""
    found = queries.import_for(g.person, import_id, to_change=True)
    state = FormState.typed(request.form)
    form = read_form(ReadingForm, request.form, state)
    if form is None:
        return _page(found, reading=state, status=422)
    try:
        actions.read(
            found, by=g.person, sheet=form.sheet, encoding=form.encoding,
            delimiter=_DELIMITERS.get(form.delimiter, ""), heading_line=form.heading_line,
        )  # fmt: skip
    except RuleBroken as error:
        db.session.rollback()
        state.add_rule("", error)
        return _page(queries.import_for(g.person, import_id), reading=state, status=422)
    db.session.commit()
    return _back(found)


@blueprint.post("/imports/<import_id>/columns")
@needs("jobs.edit")
def choose_columns(import_id: str) -> Answer:
    """Says what is what; the worker then checks every line."""
    found = queries.import_for(g.person, import_id, to_change=True)
    state = FormState.typed(request.form)
    form = read_form(ColumnsForm, request.form, state)
    settings = settings_of(form, request.form, len(found.headings), state) if form else None
    if settings:
        _check_settings(settings, state, queries.branches_for(found, g.person))
    if settings is None or state.errors:
        return _page(found, columns=state, status=422)
    actions.choose_columns(found, settings, by=g.person, at=clock.now())
    return _set_to_work(found)


@blueprint.get("/imports/<import_id>/reading")
@blueprint.get("/imports/<import_id>/columns")
@needs("jobs.edit")
def reloaded(import_id: str) -> Answer:
    """Where a page reloaded after a form was refused leads back to."""
    return _back(queries.import_for(g.person, import_id))


@blueprint.post("/imports/<import_id>/back")
@needs("jobs.edit")
def back(import_id: str) -> Answer:
    """From the preview to the columns."""
    found = queries.import_for(g.person, import_id, to_change=True)
    actions.back_to_columns(found)
    db.session.commit()
    return _back(found)


@blueprint.post("/imports/<import_id>/start")
@needs("jobs.edit")
def start(import_id: str) -> Answer:
    """Has the good lines written."""
    found = queries.import_for(g.person, import_id, to_change=True)
    actions.start(found, by=g.person, at=clock.now())
    return _set_to_work(found)


@blueprint.post("/imports/<import_id>/stop")
@needs("jobs.edit")
def stop(import_id: str) -> Answer:
    """Stops the worker; what is written stays until it is undone."""
    found = queries.import_for(g.person, import_id, to_change=True)
    actions.stop(found)
    db.session.commit()
    return _back(found)


@blueprint.post("/imports/<import_id>/undo")
@needs("jobs.edit")
def undo(import_id: str) -> Answer:
    """Has everything taken back that nobody touched since."""
    found = queries.import_for(g.person, import_id, to_change=True)
    actions.undo(found, by=g.person, at=clock.now())
    return _set_to_work(found)


@blueprint.post("/imports/<import_id>/drop")
@needs("jobs.edit")
def drop(import_id: str) -> Answer:
    """Throws an import away of which nothing was written."""
    found = queries.import_for(g.person, import_id, to_change=True)
    actions.drop(found)
    db.session.commit()
    files.throw_away(import_id)
    say(_("The file was thrown away. Nothing was imported."))
    return redirect("/imports", 303)


@blueprint.get("/imports/<import_id>/bad-lines.csv")
@needs("jobs.edit")
def bad_lines(import_id: str) -> Answer:
    """The lines that were not imported, as they stand in the file, with the reason: to put right and import again."""
    found = queries.import_for(g.person, import_id)
    if found.file_removed_at is not None:
        raise RuleBroken("import_file_removed")
    reasons = dict(_reasons(found))
    name = f"import-{found.created_at:%Y%m%d}-bad.csv"
    answer = whole(lambda file: file.writelines(line.encode() for line in _bad_csv(found, reasons)))
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _reasons(found: JobImport) -> Iterator[tuple[int, str]]:
    for kind, outcome in ((rules.BAD, ""), (rules.CONFLICT, ""), ("", rules.FAILED)):
        for row in db.session.scalars(queries.lines_of(found, kind=kind, outcome=outcome)):
            yield row.number, problems_words(row.problems)


def _bad_csv(found: JobImport, reasons: dict[int, str]) -> Iterator[str]:
    yield "\ufeff" + _csv([*(_harmless(heading) or str(place) for place, heading in enumerate(found.headings, 1)),
                           _("Line of the file"), _("Why it was not imported")])  # fmt: skip
    width = len(found.headings)
    for number, cells, _reason in rows_of(files.rows_path(found.id)):
        if number in reasons:
            padded = (cells + [""] * width)[:width]
            yield _csv([*(_harmless(cell) for cell in padded), str(number), _harmless(reasons[number])])


def _csv(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _harmless(text: str) -> str:
    """A text that a spreadsheet would take for a formula, marked as text; reading takes the mark off again."""
    is_number = text[:1] in ("+", "-") and text[1:].replace(".", "", 1).isdecimal()
    return text if is_number else text_cell(text)


def _set_to_work(found: JobImport) -> Response:
    import_id, task = found.id, TASK_OF_STATE[found.state]
    db.session.commit()
    queue.later(task, import_id)
    return redirect(f"/imports/{import_id}", 303)


def _back(found: JobImport) -> Response:
    return redirect(f"/imports/{found.id}", 303)


def _list(state: FormState) -> str:
    query = queries.imports_for(g.person)
    return render_template(
        "imports/list.html", page=page_of(query, query), form=state, limits=_limits(), states_working=rules.WORKING
    )


def _limits() -> dict[str, int]:
    return {"mb": rules.MOST_BYTES // (1024 * 1024), "lines": rules.MOST_LINES, "columns": rules.MOST_COLUMNS}


def _page(
    found: JobImport, *, reading: FormState | None = None, columns: FormState | None = None, status: int = 200
) -> Response:
    template = "imports/_import.html" if is_fragment_request() else "imports/page.html"
    values: dict[str, Any] = {"found": found, "facts": actions.facts_of(found)}
    if found.state == rules.COLUMNS:
        values |= _columns_values(found, reading or _reading_state(found), columns or _columns_state(found))
    elif not found.is_working:
        values |= _lines_values(found)
    return make_response(render_template(template, **values), status)


def _reading_state(found: JobImport) -> FormState:
    facts = actions.facts_of(found)
    delimiter = next((name for name, sign in _DELIMITERS.items() if sign == facts["delimiter"]), "")
    return FormState.of({**facts, "delimiter": delimiter, "heading_line": found.heading_line or 0, "sheets": ""})


def _columns_state(found: JobImport) -> FormState:
    settings = Settings.of(found.settings)
    given = {"customer_kind": PERSON, "priority": "", **settings.given}
    return FormState.of({
        **{f"{COLUMN}{name}": place for name, place in settings.columns.items()},
        **{f"{ALL}{name}": text for name, text in given.items()},
        "datum": settings.datum.value,
        "branch_id": settings.branch_id,
        "positions_are_right": "1" if settings.positions_are_right else "",
    })  # fmt: skip


def _columns_values(found: JobImport, reading: FormState, columns: FormState) -> dict[str, Any]:
    sample = []
    branches = queries.branches_for(found, g.person)
    for number, cells, reason in rows_of(files.rows_path(found.id)):
        if number > (found.heading_line or 0):
            sample.append((number, [cell[:60] for cell in cells], reason))
        if len(sample) == _SAMPLE_ROWS:
            break
    return {
        "reading": reading,
        "form": columns,
        "groups": GROUPS,
        "rules_of": rules.FIELDS,
        "sample": sample,
        "choices": _choices(found.headings, sample),
        "encodings": ENCODINGS,
        "branches": branches,
        "branch_choices": [(branch.id, branch.name) for branch in branches],
        "codes": _codes(branches),
        "datums": MapView([]).datums,
        "before": queries.same_file_before(found),
        "labels": {**{f"{COLUMN}{name}": words for name, words in FIELDS.items()},
                   **{f"{ALL}{name}": words for name, words in FIELDS.items()}, "branch_id": _("Branch")},
    }  # fmt: skip


def _choices(headings: list[str], sample: list[tuple[int, list[str], str]]) -> list[tuple[str, str]]:
    """Columns to choose from: letter, heading, and what stands in the first line."""
    found = []
    for place, heading in enumerate(headings):
        first = next((cells[place] for _n, cells, _r in sample if place < len(cells) and cells[place].strip()), "")
        words = " ".join(filter(None, [_letter(place), heading]))
        found.append((str(place), f"{words} ({first.strip()[:20]})" if first else words))
    return found


def _letter(place: int) -> str:
    """The name of a column in a spreadsheet: A … Z, AA …"""
    text, rest = "", place + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        text = chr(ord("A") + digit) + text
    return text


def _codes(branches: list[Branch]) -> dict[str, list[tuple[str, Any]]]:
    """Fields whose value for all lines is chosen from a list."""
    technicians = queries.technicians_of(g.person, branches[0] if len(branches) == 1 else None)
    return {
        "type": [(code, job_words.TYPES[code]) for code in TYPES],
        "case_kind": list(case_words.CASE_KINDS.items()),
        "customer_kind": [(code, case_words.CUSTOMER_KINDS[code]) for code in (PERSON, FIRM)],
        "priority": [(code, job_words.PRIORITIES[code]) for code in PRIORITIES],
        "technician": [(one.staff_no, _technician(one)) for one in technicians],
    }


def _technician(person: Person) -> str:
    return f"{person.name} ({person.staff_no})"


def _check_settings(settings: Settings, state: FormState, branches: list[Branch]) -> None:
    """What no line can do without must be a column or be said for all; one of two numbers is no position."""
    for name in ("customer", "address", "type", "brief"):
        if name not in settings.columns and name not in settings.given:
            state.add(f"{ALL}{name}", "import_field_missing")
    if ("lng" in settings.columns) != ("lat" in settings.columns):
        state.add(f"{COLUMN}{'lat' if 'lng' in settings.columns else 'lng'}", "position_incomplete")
    offered = {branch.id for branch in branches}
    if settings.branch_id not in offered and "branch" not in settings.columns:
        state.add("branch_id", "branch_missing")
    elif settings.branch_id and settings.branch_id not in offered:
        state.add("branch_id", "choose_one")


def _lines_values(found: JobImport) -> dict[str, Any]:
    """The preview, or what became of it: counts, and the lines of one kind."""
    counts = queries.counts_of(found)
    kinds = {kind: sum(counts.get(kind, {}).values()) for kind in KINDS}
    outcomes = {outcome: sum(by.get(outcome, 0) for by in counts.values()) for outcome in OUTCOMES if outcome}
    waiting = sum(counts.get(kind, {}).get("", 0) for kind in (rules.NEW, rules.CHANGED))
    remarked = queries.has_remarks(found)
    shown = asked_text("show") or _first_shown(found, kinds, outcomes)
    query = queries.lines_of(
        found, kind=shown if shown in KINDS else "", outcome=shown if shown in outcomes else "",
        remarked=shown == "remarks",
    )  # fmt: skip
    return {
        "kinds": kinds,
        "outcomes": outcomes,
        "waiting": waiting,
        "remarked": remarked,
        "shown": shown,
        "page": _lines_page(query, {**kinds, **outcomes, "remarks": remarked}.get(shown, found.total)),
        "map": MapView([]),
        "known": neighbours(g.person, None, _middle(found)) if found.findings.get("points") else [],
        "not_imported": kinds["bad"] + kinds["conflict"] + outcomes["failed"],
        "kept_until": keeping.kept_until(found),
    }


def _lines_page(query: Any, total: int) -> Page:
    """A page of lines; how many there are is known already."""
    number = max(1, min(asked_number("page", 1), -(-total // ROWS_A_PAGE)))
    ordered = query.order_by(ImportLine.number).limit(ROWS_A_PAGE).offset((number - 1) * ROWS_A_PAGE)
    return Page(list(db.session.scalars(ordered)), total, number)


def _middle(found: JobImport) -> Point:
    lat, lng, *_rest = found.findings["points"][len(found.findings["points"]) // 2]
    return Point(lat, lng)


def _first_shown(found: JobImport, kinds: dict[str, int], outcomes: dict[str, int]) -> str:
    """What is worth a look first."""
    order: tuple[str, ...] = ("bad", "conflict", "changed", "new", "same")
    if found.state not in rules.UNWRITTEN:
        order = ("left", "failed", "created", "updated", "taken_back", *order)
    return next((name for name in order if {**kinds, **outcomes}.get(name)), "same")

