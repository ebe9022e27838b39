"""Everything that happened on some jobs in one line of time.

A feature registers what it knows (`gives_moments`): it is asked once for all jobs of a page, with a fixed number of
queries. The log of operations gives the rest: what left no row of its own, each entry in the words that the feature it
belongs to registered (`tells`), and of each row when it reached the server and what became of it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from fieldservice.core import audit, json
from fieldservice.core.audit import Position
from fieldservice.core.db import db
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.core.oplog import LogEntry
from fieldservice.web.listing import asked_number, asked_text

#: what a moment is about, as one can narrow the line; in the order they are offered
KINDS = {
    "step": _l("Steps taken"), "checklist": _l("Checklist"), "photo": _l("Photos"), "money": _l("Charges and signatures"),
    "note": _l("Notes and calls"), "incident": _l("Incidents"), "office": _l("Office"), "customer": _l("Customer"),
}  # fmt: skip
#: moments at first, and with each "more"
AT_ONCE = 100
#: what an address may ask for at most
MOST = 100_000
#: below this a phone's clock is right for people
EXACT_MS = 1500
#: what reached the server within this came at once, for people
AT_ONCE_SECONDS = 300
#: results of an operation that was simply taken
_TAKEN = frozenset({"applied", "merged"})


@dataclass(frozen=True)
class Fact:
    """Something that is said about a moment. `before`: what it was; None: it is not a change."""

    label: str
    words: str
    before: str | None = None


@dataclass(frozen=True)
class Aside:
    """An operation that was not simply applied: what became of it, and why (code and facts)."""

    result: str
    code: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Moment:
    """One thing that happened; `id`: of the operation or office edit it came with, or of its row."""

    id: str
    at: datetime
    #: one of KINDS
    kind: str
    icon: str
    #: what happened, in a few words
    words: str
    #: '' the system
    by: str = ""
    #: None: about the whole case
    job_id: str | None = None
    #: what somebody wrote: a reason, a note
    text: str = ""
    facts: Sequence[Fact] = ()
    #: small words beside it, each with its tone ('', 'wait', 'risk', 'act')
    marks: Sequence[tuple[str, str]] = ()
    #: a fragment that shows `row` ("moment" in it); '' none
    template: str = ""
    row: Any = None
    #: the words are struck: it was taken back
    is_void: bool = False
    #: came when the job had changed hands or was cancelled
    is_late: bool = False
    #: run of the job (Job.run); None: of no run
    run: int | None = None
    #: moments of one such name and person between two others are told as one; '' stands alone
    joins: str = ""
    #: those told as one, the newest first
    members: Sequence["Moment"] = ()
    #: what the phone's clock said; None: done at the desk
    device_at: datetime | None = None
    uncertainty_ms: int = 0
    #: when it reached the server; None: not known
    arrived_at: datetime | None = None
    aside: Aside | None = None
    #: where its entry of the log stands in the audit chain; None: it has none
    position: Position | None = None

    @property
    def uncertain_seconds(self) -> int:
        """How far off the time may be; 0 where nobody would care."""
        return 0 if self.uncertainty_ms < EXACT_MS else round(self.uncertainty_ms / 1000)

    @property
    def is_clock_off(self) -> bool:
        """Whether the phone's clock said something else by a minute or more."""
        return self.device_at is not None and abs((self.device_at - self.at).total_seconds()) >= 60

    @property
    def came_later(self) -> bool:
        """Whether it was on the phone alone for a while."""
        return self.arrived_at is not None and (self.arrived_at - self.at).total_seconds() > AT_ONCE_SECONDS

    @property
    def rows(self) -> list[Any]:
        """The rows of those told as one, the oldest first, or its own."""
        return [one.row for one in reversed(self.members)] if self.members else [self.row]

    @property
    def since(self) -> datetime:
        """When the first of those told as one was done."""
        return self.members[-1].at if self.members else self.at


@dataclass(frozen=True)
class Story:
    """What a page asks for: these jobs, and all of the case or nothing of it."""

    jobs: Sequence[Any]
    case: Any = None

    @property
    def job_ids(self) -> list[str]:
        return [job.id for job in self.jobs]


@dataclass(frozen=True)
class Entry:
    """An entry of the log as its teller reads it."""

    id: str
    kind: str
    #: None: about the case
    job_id: str | None
    #: what was done, as the log has it; of a phone's operation its arguments
    body: dict[str, Any]
    at: datetime


@dataclass(frozen=True)
class Log:
    """What tellers may look up beside the entry. They are asked in the order of time."""

    story: Story
    #: id of a person or product in a body → name
    names: Mapping[str, str]
    #: id → kind of every entry of these jobs
    kinds: Mapping[str, str]
    #: what tellers remember from one entry to the next
    memory: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """An entry in words."""

    words: str
    kind: str = "office"
    icon: str = "pencil"
    text: str = ""
    facts: Sequence[Fact] = ()
    job_id: str | None = None
    joins: str = ""


@dataclass(frozen=True)
class Timeline:
    """What is shown of it, and how one gets to the rest."""

    moments: list[Moment]
    #: of those that fit what is asked for
    total: int
    #: kinds that are there at all
    kinds: list[str]
    kind: str
    job_id: str
    #: how many are asked for next; None: all are shown
    more: int | None
    #: address of the page it stands on
    page: str

    def address(self, *, kind: str | None = None, visit: str | None = None, moments: int | None = None) -> str:
        """The page narrowed otherwise. None: as it is, or from the beginning; '': not narrowed."""
        asked = {"kind": self.kind if kind is None else kind, "visit": self.job_id if visit is None else visit,
                 "moments": moments}  # fmt: skip
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{self.page}?{query}" if query else self.page


Give = Callable[[Story], Iterable[Moment]]
Teller = Callable[[Entry, Log], Told | None]
NameReader = Callable[[set[str]], Mapping[str, str]]

_givers: list[Give] = []
_tellers: dict[str, Teller] = {}
_name_readers: list[NameReader] = []


def gives_moments(function: Give) -> Give:
    """Registers what a feature knows of jobs; asked once for a page. Registering twice changes nothing."""
    if function not in _givers:
        _givers.append(function)
    return function


def tells(*kinds: str) -> Callable[[Teller], Teller]:
    """Registers who puts log entries of these kinds into words; '' is asked for whatever has none of its own.

    None as answer: nothing that people need to see.
    """

    def register(teller: Teller) -> Teller:
        _tellers.update(dict.fromkeys(kinds, teller))
        return teller

    return register


def reads_names(function: NameReader) -> NameReader:
    """Registers who knows names for ids that stand in bodies of the log."""
    if function not in _name_readers:
        _name_readers.append(function)
    return function


def timeline(story: Story, page: str) -> Timeline:
    """The line of these jobs, the newest first, narrowed and cut as the address asks. `page`: where it stands."""
    kind, job_id = asked_text("kind"), asked_text("visit")
    everything = together(_tied(story))
    kinds = {moment.kind for moment in everything}
    kind = kind if kind in kinds else ""
    job_id = job_id if job_id in story.job_ids else ""
    found = [one for one in everything if kind in ("", one.kind) and job_id in ("", one.job_id)]
    shown = min(asked_number("moments", AT_ONCE), MOST)
    return Timeline(
        moments=_placed(found[:shown]), total=len(found), kinds=[one for one in KINDS if one in kinds], kind=kind,
        job_id=job_id,
        more=shown + AT_ONCE if shown < len(found) else None, page=page,
    )  # fmt: skip


def _placed(moments: Sequence[Moment]) -> list[Moment]:
    """Each with its place in the audit chain; of those told as one the newest."""
    positions = audit.positions_of("op_log", [one.id for one in moments])
    return [replace(one, position=positions.get(one.id)) for one in moments]


def together(moments: Iterable[Moment]) -> list[Moment]:
    """The newest first. Like deeds of one person on one job, with nothing else between, are one: a checklist is thirty
    answers, and photos are taken between them.
    """
    line = sorted(moments, key=lambda one: (one.at, one.id), reverse=True)
    found: list[Moment] = []
    open_groups: dict[tuple[Any, ...], int] = {}
    last: tuple[str | None, str] | None = None
    for moment in line:
        who = (moment.job_id, moment.by)
        name = (*who, moment.run, moment.kind, moment.joins)
        if not _can_join(moment) or who != last:
            open_groups.clear()
        last = who if _can_join(moment) else None
        if name in open_groups:
            place = open_groups[name]
            group = found[place]
            marks = dict.fromkeys([*group.marks, *moment.marks])
            found[place] = replace(group, members=[*(group.members or [group]), moment], marks=list(marks))
            continue
        if last:
            open_groups[name] = len(found)
        found.append(moment)
    return found


def _can_join(moment: Moment) -> bool:
    """What was set aside or came late has its own reason, and stands alone."""
    return bool(moment.joins) and moment.aside is None and not moment.is_late


def _tied(story: Story) -> list[Moment]:
    """What features know, each with what the log knows of it; and what only the log knows."""
    told = [moment for give in _givers for moment in give(story)]
    entries = {row.id: row for row in _entries(story)}
    told_ids = {moment.id for moment in told}
    return [
        *(_with_entry(moment, entries.get(moment.id)) for moment in told),
        *_from_log(story, entries, [one for one in entries if one not in told_ids]),
    ]


#: the log without its bodies: a thousand answers are not read twice
_LIGHT = (LogEntry.id, LogEntry.kind, LogEntry.entity_type, LogEntry.entity_id, LogEntry.person_id, LogEntry.result,
          LogEntry.note, LogEntry.origin, LogEntry.happened_at, LogEntry.device_at, LogEntry.uncertainty_ms,
          LogEntry.received_at)  # fmt: skip


def _entries(story: Story) -> Sequence[Any]:
    about = [sa.and_(LogEntry.entity_type == "job", LogEntry.entity_id.in_(story.job_ids))]
    if story.case is not None:
        about.append(sa.and_(LogEntry.entity_type == "case", LogEntry.entity_id == story.case.id))
    query = sa.select(*_LIGHT).where(sa.or_(*about)).order_by(LogEntry.happened_at, LogEntry.version, LogEntry.id)
    return db.session.execute(query).all()


def _with_entry(moment: Moment, entry: Any) -> Moment:
    if entry is None or entry.origin != "phone":
        return moment
    aside = None if moment.is_late else _aside(entry)
    return replace(moment, arrived_at=entry.received_at, aside=moment.aside or aside)


def _aside(entry: Any) -> Aside | None:
    if entry.result in _TAKEN:
        return None
    facts = json.loads(entry.note) if entry.note else {}
    return Aside(entry.result, str(facts.get("code", "")), facts)


def _from_log(story: Story, entries: Mapping[str, Any], wanted: Sequence[str]) -> Iterable[Moment]:
    if not wanted:
        return []
    bodies = _bodies(wanted)
    ids = {one for body in bodies.values() for one in _ids_in(body)}
    ids |= {entries[one].person_id for one in wanted if entries[one].person_id}
    names = {key: name for read in _name_readers for key, name in read(ids).items()}
    log = Log(story, names, {one: row.kind for one, row in entries.items()})
    found = (_moment(entries[one], bodies.get(one, {}), log) for one in wanted)
    return [moment for moment in found if moment]


def _moment(row: Any, body: dict[str, Any], log: Log) -> Moment | None:
    job_id = row.entity_id if row.entity_type == "job" else None
    told = _told(Entry(row.id, row.kind, job_id, body, row.happened_at), log)
    if told is None:
        return None
    is_phone = row.origin == "phone"
    return Moment(
        id=row.id, at=row.happened_at, kind=told.kind, icon=told.icon, words=told.words, text=told.text, facts=told.facts,
        by=log.names.get(row.person_id or "", ""), job_id=told.job_id or job_id, joins=told.joins,
        device_at=row.device_at, uncertainty_ms=row.uncertainty_ms, arrived_at=row.received_at if is_phone else None,
        aside=_aside(row),
    )  # fmt: skip


def _told(entry: Entry, log: Log) -> Told | None:
    teller = _tellers.get(entry.kind) or _tellers[""]
    try:
        return teller(entry, log)
    except (LookupError, TypeError, ValueError):
        if entry.body:
            raise
        return _tellers[""](entry, log)  # its words were erased


def _bodies(wanted: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Id → what was done. Of a sheet nothing: it is long, and only its failure is told here."""
    body = sa.case((LogEntry.kind == "sign_sheet", "{}"), else_=LogEntry.body)
    found = db.session.execute(sa.select(LogEntry.id, LogEntry.origin, body).where(LogEntry.id.in_(wanted)))
    return {one: _said(json.loads(text), origin) for one, origin, text in found}


def _said(body: Any, origin: str) -> dict[str, Any]:
    said = body.get("args", body) if origin == "phone" and isinstance(body, dict) else body
    return said if isinstance(said, dict) else {}


def _ids_in(body: Any) -> Iterable[str]:
    """What stands under `…_id` and `…_ids`, at whatever depth."""
    if not isinstance(body, dict):
        return
    for key, value in body.items():
        if key.endswith("_id") and isinstance(value, str):
            yield value
        elif key.endswith("_ids") and isinstance(value, list):
            yield from (one for one in value if isinstance(one, str))
        elif isinstance(value, dict):
            yield from _ids_in(value)
