"""Which job a line is about: by its reference; else by what all of it says; else by what identifies it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from fieldservice.imports import queries
from fieldservice.imports.lines import Line
from fieldservice.imports.models import ImportedJob
from fieldservice.imports.rules import is_same_file_again

#: how many visits with the same identity are told apart
_ALIKE = 9
#: beyond this many lines that nothing is known of, a file is no new edition of another
MOST_LEFT_OVER = 3000


@dataclass
class Matcher:
    """Remembers what the file has said so far, and which job each line is about."""

    #: reference or content → line that said it first
    _first: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    _places: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: jobs that a line of this file speaks for
    _spoken_for: set[str] = field(default_factory=set)
    #: import → how many of its jobs the file knows
    _editions: Counter[str] = field(default_factory=Counter)
    #: first lines of a reference that comes again with something else
    quarrels: dict[int, int] = field(default_factory=dict)
    total: int = 0

    def doubled(self, line: Line) -> bool:
        """Whether an earlier line of the file says the same, or uses the same reference; the line then says so."""
        reference = line.said.get("reference", "")
        key = (line.branch_id, f"r:{reference}" if reference else line.content_key)
        first = self._first.setdefault(key, (line.number, line.content_key))
        if first[0] == line.number:
            return False
        if not reference or first[1] == line.content_key:
            line.bad("reference" if reference else "", "line_twice", line=first[0])
        else:
            line.bad("reference", "reference_twice", line=first[0], reference=reference)
            self.quarrels.setdefault(first[0], line.number)
        return True

    def known(self, lines: list[Line]) -> dict[int, ImportedJob]:
        """Line → job, for those whose reference is known or who say what was said before."""
        found: dict[int, ImportedJob] = {}
        for branch_id in {line.branch_id for line in lines}:
            own = [line for line in lines if line.branch_id == branch_id]
            jobs = queries.imported_by(
                branch_id,
                known_by=[line.known_by() for line in own if line.said.get("reference")],
                content_keys=[line.content_key for line in own],
            )
            by_reference = {job.known_by: job for job in jobs}
            by_content: dict[str, ImportedJob] = {job.content_key: job for job in jobs}
            for line in own:
                has_reference = bool(line.said.get("reference"))
                job = by_reference.get(line.known_by()) if has_reference else by_content.get(line.content_key)
                if job and job.job_id not in self._spoken_for:
                    found[line.number] = job
                    self._speak_for(job)
        return found

    def alike(self, lines: list[Line]) -> tuple[dict[int, ImportedJob], dict[int, str]]:
        """For lines without a reference: line → job with the same identity; and what each of the others is known by."""
        found: dict[int, ImportedJob] = {}
        names: dict[int, str] = {}
        for branch_id in {line.branch_id for line in lines}:
            own = [line for line in lines if line.branch_id == branch_id]
            keys = {line.known_by(place) for line in own for place in range(1, _ALIKE + 1)}
            jobs = {job.known_by: job for job in queries.imported_by(branch_id, known_by=keys)}
            for line in own:
                job, name = self._free(line, jobs)
                if job:
                    found[line.number] = job
                    self._speak_for(job)
                names[line.number] = name
        return found, names

    def _free(self, line: Line, jobs: dict[str, ImportedJob]) -> tuple[ImportedJob | None, str]:
        """The first job of the line's identity that no other line speaks for, or the first name that none has."""
        for place in range(1, _ALIKE + 1):
            job = jobs.get(line.known_by(place))
            if job and job.job_id not in self._spoken_for:
                return job, job.known_by
        base = (line.branch_id, line.known_by())
        while True:
            self._places[base] += 1
            name = line.known_by(self._places[base])
            if name not in jobs:
                return None, name

    def corrected(self, lines: list[Line]) -> dict[int, ImportedJob]:
        """Where the file is a new edition of an earlier one: line → job that differs from it in one identifying field.

        Only jobs of that edition for which no other line speaks, and only where there is no second candidate.
        """
        known = len(self._spoken_for)
        if not lines or len(lines) > MOST_LEFT_OVER or not is_same_file_again(known, self.total):
            return {}
        unspoken = queries.ids_imported_in(self._editions) - self._spoken_for
        if len(unspoken) > MOST_LEFT_OVER:
            return {}
        jobs = queries.imported_jobs(unspoken)
        by_rest: dict[Any, list[ImportedJob]] = {}
        for job in jobs:
            for key in _rests(job.branch_id, job.identity):
                by_rest.setdefault(key, []).append(job)
        wanted = Counter(key for line in lines for key in _rests(line.branch_id, line.identity))
        found: dict[int, ImportedJob] = {}
        for line in lines:
            keys = [key for key in _rests(line.branch_id, line.identity) if wanted[key] == 1]
            candidates = {job.job_id: job for key in keys for job in by_rest.get(key, [])}
            free = [job for job in candidates.values() if job.job_id not in self._spoken_for]
            if len(free) == 1:
                found[line.number] = free[0]
                self._speak_for(free[0])
        return found

    def _speak_for(self, job: ImportedJob) -> None:
        self._spoken_for.add(job.job_id)
        self._editions[job.import_id] += 1


def _rests(branch_id: str, identity: dict[str, str]) -> list[tuple[str, ...]]:
    """The identity without each of its parts in turn. Where and for whom both left standing say enough."""
    return [
        (branch_id, left_out, *(value for name, value in sorted(identity.items()) if name != left_out))
        for left_out in identity
    ]
