"""The check: every line read, told apart, compared with what is known. Nothing is written but the lines themselves."""

from collections.abc import Iterator
from datetime import date
from statistics import median
from typing import Any

import sqlalchemy as sa

from fieldservice.core import clock, i18n
from fieldservice.core.coords import Datum, Point, convert, metres
from fieldservice.core.db import db, transaction_mode
from fieldservice.core.ids import new_id
from fieldservice.imports import files, queries, standing
from fieldservice.imports.lines import Line, LineReader, Surroundings
from fieldservice.imports.matching import MOST_LEFT_OVER, Matcher
from fieldservice.imports.models import ImportedJob, ImportLine, JobImport
from fieldservice.imports.rules import BAD, CHANGED, CHECKED, CHECKING, CONFLICT, MOST_LINES, NEW, SAME
from fieldservice.imports.settings import Settings
from fieldservice.imports.sheets import rows_of
from fieldservice.imports.vocabulary import plain
from fieldservice.imports.working import let_others_write
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import CANCELLED, ENDED
from fieldservice.people.queries import skills_by_word

_BATCH = 400
_FAR_M = 100_000
#: points of the map
_SHOWN = 300
#: lines of which it is said that they are far from the others
_MOST_FAR = 5000
_ABOUT_ONE = ("reference", "branch")


def check(import_id: str) -> None:
    """Checks the whole file; done twice, the second begins anew and the first stops."""
    found = queries.held(import_id)
    if found is None or found.state != CHECKING:
        return
    key = found.worker_key = new_id()
    found.done, found.trouble, found.findings = 0, "", {}
    found.touched_at = clock.now()
    db.session.execute(sa.delete(ImportLine).where(ImportLine.import_id == import_id))
    db.session.commit()
    _Check(import_id, key).run()


class _Check:
    def __init__(self, import_id: str, key: str) -> None:
        self._import_id, self._key = import_id, key
        found = db.session.get_one(JobImport, import_id)
        self._settings = Settings.of(found.settings)
        self._rows, self._first_line = files.rows_path(import_id), found.heading_line or 0
        self._reader = LineReader(_surroundings(found, self._settings))
        self._matcher = Matcher(total=found.total)
        self._places: list[tuple[int, Point, str, str]] = []
        self._left: list[int] = []
        self._names: dict[int, str] = {}
        #: lines looked at so far, and how many of them are not told apart yet
        self._read = self._unresolved = 0
        db.session.rollback()

    def run(self) -> None:
        for batch in _batches(self._rows, self._first_line):
            lines = [self._reader.read(number, cells, reason) for number, cells, reason in batch]
            if not self._write(lines):
                return
            let_others_write()
        if not self._resolve():
            return
        self._finish()

    def _mine(self) -> JobImport | None:
        """The import, held, if this check still counts."""
        found = queries.held(self._import_id)
        if found is None or found.state != CHECKING or found.worker_key != self._key:
            db.session.rollback()
            return None
        found.touched_at = clock.now()
        return found

    def _write(self, lines: list[Line]) -> bool:
        found = self._mine()
        if found is None:
            return False
        good = [line for line in lines if not line.problems and not self._matcher.doubled(line)]
        known = self._matcher.known(good)
        names = _customers(good)
        rows = []
        for line in lines:
            if line.problems:
                rows.append(_row(found.id, line, BAD))
                continue
            _remark_customer(line, names)
            if line.point:
                self._places.append((line.number, line.point, line.title, line.value("address")))
            row = _row(found.id, line, NEW)
            if line.number in known:
                row["job_id"], row["known_by"] = known[line.number].job_id, known[line.number].known_by
            elif line.said.get("reference"):
                row["known_by"] = line.known_by()
            else:
                self._left.append(line.number)
            rows.append(row)
        _compare(rows, known, {line.number: line for line in good})
        db.session.execute(sa.insert(ImportLine), rows)
        self._read, self._unresolved = self._read + len(lines), len(self._left)
        found.done = self._done()
        db.session.commit()
        return True

    def _resolve(self) -> bool:
        """Lines of which neither reference nor content is known: by their identity, then as corrections."""
        left: list[Line] = []
        for start in range(0, len(self._left), _BATCH):
            lines, jobs, names = self._look_up(self._left[start : start + _BATCH])
            found = self._mine()
            if found is None:
                return False
            fresh = [line for line in lines if line.number not in jobs]
            self._update_all([{"number": line.number, "known_by": names[line.number]} for line in fresh])
            left += fresh[: MOST_LEFT_OVER + 1 - len(left)]  # of more than that none is looked for
            self._match(lines, jobs, names)
            self._names.update((line.number, names[line.number]) for line in fresh)
            self._unresolved -= len(lines)
            found.done = self._done()
            db.session.commit()
            let_others_write()
        if self._mine() is None:
            return False
        self._match(left, self._matcher.corrected(left), self._names)
        for number, other in self._matcher.quarrels.items():
            problem = {"field": "reference", "code": "reference_twice", "line": other, "reference": ""}
            self._update(number, kind=BAD, problems=[problem], job_id=None)
        db.session.commit()
        return True

    def _look_up(self, numbers: list[int]) -> tuple[list[Line], dict[int, ImportedJob], dict[int, str]]:
        """These lines, and what `Matcher.alike` says of them; others may write meanwhile."""
        with transaction_mode("read"):
            lines = self._read_again(numbers)
            jobs, names = self._matcher.alike(lines)
            db.session.expunge_all()  # so that what was read outlives the transaction
        return lines, jobs, names

    def _done(self) -> int:
        """Lines that count as done; one that is not told apart yet counts half."""
        return self._read - self._unresolved // 2

    def _read_again(self, numbers: list[int]) -> list[Line]:
        query = sa.select(ImportLine).where(ImportLine.import_id == self._import_id, ImportLine.number.in_(numbers))
        return [line_of(row) for row in db.session.scalars(query.order_by(ImportLine.number))]

    def _match(self, lines: list[Line], jobs: dict[int, ImportedJob], names: dict[int, str]) -> None:
        own = [line for line in lines if line.number in jobs]
        rows = [
            {**_row(self._import_id, line, NEW), "job_id": jobs[line.number].job_id, "known_by": names[line.number]}
            for line in own
        ]
        _compare(rows, jobs, {line.number: line for line in own})
        for row in rows:
            taken = {name: row[name] for name in ("kind", "job_id", "known_by", "problems", "changes")}
            self._update(row["number"], **taken)

    def _update(self, number: int, **values: Any) -> None:
        db.session.execute(
            sa.update(ImportLine)
            .where(ImportLine.import_id == self._import_id, ImportLine.number == number)
            .values(**values)
        )

    def _update_all(self, rows: list[dict[str, Any]]) -> None:
        """The same as `_update` for many lines, which all get the same fields."""
        if rows:
            db.session.execute(sa.update(ImportLine), [{"import_id": self._import_id, **row} for row in rows])

    def _finish(self) -> None:
        with transaction_mode("read"):
            findings, far = self._look_at_positions()
        for start in range(0, len(far), _BATCH):
            if self._mine() is None:
                return
            self._remark_far(far[start : start + _BATCH])
            db.session.commit()
            let_others_write()
        found = self._mine()
        if found is None:
            return
        found.findings = findings
        found.state, found.done = CHECKED, found.total
        db.session.commit()

    def _remark_far(self, far: list[tuple[int, int]]) -> None:
        """(line, km from the middle)"""
        numbers = [number for number, _km in far]
        query = sa.select(ImportLine.number, ImportLine.remarks).where(
            ImportLine.import_id == self._import_id, ImportLine.number.in_(numbers)
        )
        said = {row.number: row.remarks for row in db.session.execute(query)}
        self._update_all([
            {"number": number, "has_remarks": True,
             "remarks": [*said[number], {"field": "position", "code": "position_far", "km": km}]}
            for number, km in far
        ])  # fmt: skip

    def _look_at_positions(self) -> tuple[dict[str, Any], list[tuple[int, int]]]:
        """What the page shows of the positions, and (line, km) of those that are far from the others."""
        if not self._places:
            return {}, []
        middle = Point(median(p.lat for _n, p, *_ in self._places), median(p.lng for _n, p, *_ in self._places))
        far = [(number, round(metres(point, middle) / 1000)) for number, point, *_ in self._places
               if metres(point, middle) > _FAR_M]
        far_numbers = {number for number, _km in far}
        step = max(1, len(self._places) // _SHOWN)
        shown = [entry for place, entry in enumerate(self._places) if place % step == 0 or entry[0] in far_numbers]
        findings = {
            "points": [[round(p.lat, 6), round(p.lng, 6), f"{number} · {title}"[:120], number in far_numbers]
                       for number, p, title, _a in shown[: _SHOWN * 2]],
            "count": len(self._places),
            "far": len(far),
            **self._datum_that_fits(),
        }
        return findings, far[:_MOST_FAR]

    def _datum_that_fits(self) -> dict[str, Any]:
        """How far the positions lie from addresses that are known, and whether another datum fits better."""
        sample = self._places[:: max(1, len(self._places) // 200)][:200]
        branches = {self._settings.branch_id} if self._settings.branch_id else set(self._reader.branch_ids)
        known = queries.known_positions(branches, {address for *_rest, address in sample})
        pairs = [(point, known[address]) for _n, point, _t, address in sample if address in known]
        if len(pairs) < 3:
            return {}
        off: dict[str, float] = {}
        for datum in Datum:
            distances = []
            for point, sites in pairs:
                typed = convert(point, Datum.WGS84, self._settings.datum)
                there = convert(typed, datum, Datum.WGS84)
                distances.append(min(metres(there, Point(lat, lng)) for lat, lng in sites))
            off[datum.value] = median(distances)
        best = min(off, key=lambda name: off[name])
        chosen = self._settings.datum.value
        result: dict[str, Any] = {"compared": len(pairs), "off_m": round(off[chosen])}
        if best != chosen and off[chosen] > 100 and off[best] * 2 < off[chosen]:
            result.update(better=best, better_m=round(off[best]))
        return result


def line_of(row: ImportLine) -> Line:
    """What a kept line says."""
    kept = row.said
    return Line(row.number, dict(kept["said"]), dict(kept["given"]), branch_id=kept["branch_id"], title=row.title)


def changes_of(line: Line, job: ImportedJob, now: dict[str, Any]) -> dict[str, list[Any]]:
    """Field → [said before, said now, what it is now], of the fields in which the list says something else.

    A column that the earlier list did not have is compared with what became of the job.
    """
    found = {}
    for name, said in line.said.items():
        if name in _ABOUT_ONE or name not in now:
            continue
        before = job.said[name] if name in job.said else job.became.get(name, "")
        if said != before:
            found[name] = [before, said, now[name]]
    return found


def verdict(line: Line, imported: ImportedJob, job: Job) -> tuple[str, dict[str, Any], list[dict[str, Any]]]:
    """(kind, changes, problems) of a line whose job is known."""
    now = standing.values_of(job)
    changes = changes_of(line, imported, now)
    real = {name: change for name, change in changes.items() if change[1] != change[2]}
    if not real:
        return SAME, changes, []
    if job.state not in standing.OPEN_STATES:
        code = "job_cancelled" if job.state == CANCELLED else "job_ended" if job.state in ENDED else "job_under_way"
        return CONFLICT, real, [{"field": "", "code": code}]
    at_desk = [name for name, (_before, _said, is_now) in real.items() if is_now != imported.became.get(name, is_now)]
    if at_desk:
        return CONFLICT, real, [{"field": name, "code": "changed_at_desk"} for name in at_desk]
    shared = standing.shared(job, set(real))
    if shared:
        return CONFLICT, real, [{"field": "", "code": shared}]
    return CHANGED, real, []


def _compare(rows: list[dict[str, Any]], known: dict[int, ImportedJob], lines: dict[int, Line]) -> None:
    """Says of each row whose job is known whether it is the same, changed or a conflict."""
    differ = [row for row in rows if row["number"] in known
              and known[row["number"]].content_key != row["content_key"]]
    jobs = queries.jobs_by_id(known[row["number"]].job_id for row in differ)
    for row in rows:
        if row["number"] in known:
            row["kind"] = SAME
    for row in differ:
        imported = known[row["number"]]
        row["kind"], row["changes"], row["problems"] = verdict(lines[row["number"]], imported, jobs[imported.job_id])


def _row(import_id: str, line: Line, kind: str) -> dict[str, Any]:
    is_bad = kind == BAD
    said = {"said": line.said, "given": line.given, "branch_id": line.branch_id, "identity": line.identity}
    return {
        "import_id": import_id, "number": line.number, "kind": kind, "outcome": "",
        "said": {} if is_bad else said, "known_by": "", "content_key": "" if is_bad else line.content_key,
        "title": line.title[:200], "problems": line.problems, "remarks": line.remarks,
        "has_remarks": any(one["code"] != "phone_none" for one in line.remarks) and not is_bad,
        "changes": {}, "before": {}, "job_id": None,
    }  # fmt: skip


def _customers(lines: list[Line]) -> dict[str, dict[str, list[str]]]:
    phones: dict[str, set[str]] = {}
    for line in lines:
        phones.setdefault(line.branch_id, set()).add(line.value("phone"))
    return {branch_id: queries.names_by_phone(branch_id, own) for branch_id, own in phones.items()}


def _remark_customer(line: Line, names: dict[str, dict[str, list[str]]]) -> None:
    known = names.get(line.branch_id, {}).get(line.value("phone"), [])
    if known and plain(line.value("customer")) not in {plain(name) for name in known}:
        line.remark("customer", "customer_known_as", name=known[0])


def _batches(path: Any, first_line: int) -> Iterator[list[tuple[int, list[str], str]]]:
    batch: list[tuple[int, list[str], str]] = []
    count = 0
    for row in rows_of(path):
        if row[0] <= first_line:
            continue
        count += 1
        if count > MOST_LINES:
            break
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _surroundings(found: JobImport, settings: Settings) -> Surroundings:
    by = found.acting or found.by
    branches = queries.branches_by_word(found, by)
    return Surroundings(
        settings=settings,
        branches=branches,
        technicians=queries.technicians_by_word(set(branches.values())),
        today=_today(by.branch.timezone),
        epoch=int(found.reading.get("epoch", 1900)),
        skills={plain(word): code for word, code in skills_by_word().items()},
    )


def _today(timezone: str) -> date:
    return i18n.local(clock.now(), timezone).date()
