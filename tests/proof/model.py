"""What must come of a log: the operation rules in words of their own, without a line of the product.

`fold` plays a log in the order of its versions and says for each operation of a phone what its one result had to be,
and for each job what it had to become. Where a rule leans on what a customer signed (whether a sheet still covers the
visit is a question of its own, with tests of its own) the model follows the log and says so: `undecided`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

Op = dict[str, Any]

#: name → (states it leaves, state it enters, needs a reason, needs a promise)
STEPS: dict[str, tuple[tuple[str, ...], str, bool, bool]] = {
    "accept": (("assigned",), "accepted", False, False),
    "depart": (("accepted",), "en_route", False, False),
    "arrive": (("en_route",), "arrived", False, False),
    "start": (("arrived",), "working", False, False),
    "finish": (("working",), "finished", False, False),
    "cannot_finish": (("arrived", "working"), "unfinished", True, True),
    "customer_absent": (("arrived",), "absent", True, False),
}
ENDED = ("finished", "unfinished", "absent", "cancelled")
APPEND = ("add_note", "record_contact", "add_photo", "caption_photo", "void_photo", "report_incident", "sign_sheet")
#: about the technician's own day, whatever became of the job
DAYS = ("order_day",)
OWNED = ("take_step", "take_back_step", "answer_item", "state_charges")
#: a dispatcher may still say yes; every other reason means that it can never be
DECIDABLE = ("job_cancelled", "job_reassigned", "job_ended", "step_out_of_order", "not_lead", "nothing_to_take_back",
             "signed_already", "unknown_kind", "checklist_other", "server_trouble")  # fmt: skip
#: where answers to these stand: after the end only those of the base may still be given
AT_THE_BASE = ("tools",)


class Refused(Exception):
    """The rule that says no."""


class Unknown(Exception):
    """The model does not know: it follows the log."""


@dataclass
class Job:
    """A visit as the rules see it."""

    lead: str | None = None
    helpers: set[str] = field(default_factory=set)
    state: str = "unassigned"
    cancelled_from: str | None = None
    run: int = 1
    led: dict[int, str] = field(default_factory=dict)
    was_crew: set[str] = field(default_factory=set)
    steps: list[dict[str, Any]] = field(default_factory=list)
    notes: dict[str, tuple[str, bool]] = field(default_factory=dict)
    contacts: dict[str, bool] = field(default_factory=dict)
    incidents: dict[str, bool] = field(default_factory=dict)
    photos: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[tuple[int, str], tuple[str, Any]] = field(default_factory=dict)
    charges: dict[int, tuple[str, int]] = field(default_factory=dict)
    sheets: set[str] = field(default_factory=set)
    has_checklist: bool = False

    def is_crew(self, person: str) -> bool:
        """Leads or helps."""
        return person == self.lead or person in self.helpers

    def standing(self) -> list[dict[str, Any]]:
        """Steps of the present run that were not taken back."""
        return [step for step in self.steps if step["run"] == self.run and step["void"] is None]


@dataclass(frozen=True)
class Order:
    """How somebody goes through a day: their word of that moment."""

    #: when it was said, and by which act: the later word stands
    said: tuple[int, str]
    jobs: list[str]
    pinned: list[str]


@dataclass
class Folded:
    """What the log had to come to."""

    jobs: dict[str, Job]
    #: (person, day) → the order that stands
    orders: dict[tuple[str, str], "Order"]
    #: id of a phone's operation → (result, code)
    results: dict[str, tuple[str, str | None]]
    #: those the model followed the log on
    undecided: set[str]


def fold(log: Iterable[Any], *, blocked: Collection[str] = ()) -> Folded:
    """Plays entries (laws.Entry) that are in order. blocked: devices whose operations can be set aside for that alone."""
    play = _Play(blocked)
    for entry in log:
        if entry.origin == "phone":
            play.phone(entry)
        elif entry.kind.startswith("office."):
            play.office(entry)
    return Folded(play.jobs, play.orders, play.results, play.undecided)


class _Play:
    def __init__(self, blocked: Collection[str]) -> None:
        self.blocked = blocked
        self.jobs: dict[str, Job] = {}
        self.orders: dict[tuple[str, str], Order] = {}
        self.results: dict[str, tuple[str, str | None]] = {}
        self.undecided: set[str] = set()
        self.ops: dict[str, Any] = {}

    # -- the office

    def office(self, entry: Any) -> None:
        what, body = entry.kind.removeprefix("office."), entry.body
        if what == "create_job":
            job = self.jobs[entry.entity] = Job()
            job.has_checklist = body["plan"]["type"] == "repair"
            self._crew(job, body["lead_id"], set(body["helper_ids"]))
            return
        job = self.jobs.get(entry.entity)  # type: ignore[assignment]
        if job is None:
            return
        if what == "assign_job":
            self._crew(job, body["lead_id"], set(body["helper_ids"]))
        elif what == "cancel_job":
            job.cancelled_from, job.state = job.state, "cancelled"
        elif what == "restore_job":
            job.state, job.cancelled_from = job.cancelled_from or "", None
        elif what == "add_note":
            job.notes[entry.id] = (body["text"], False)
        elif what == "decide_inbox" and body["decision"] == "accepted":
            self._accept(job, body["author_id"], [self.ops[one] for one in body["op_ids"]])

    def _crew(self, job: Job, lead: str | None, helpers: set[str]) -> None:
        if lead != job.lead:
            job.run += job.lead is not None
            job.lead, job.state = lead, "assigned" if lead else "unassigned"
            if lead:
                job.led[job.run] = lead
        job.helpers = helpers - {lead}
        job.was_crew |= job.helpers | ({lead} if lead else set())

    def _accept(self, job: Job, author: str, entries: list[Any]) -> None:
        if any(entry.kind in OWNED for entry in entries):
            if job.state == "cancelled":
                job.state, job.cancelled_from = job.cancelled_from or "", None
            if job.lead != author:
                self._give_back(job, author)
            for photo in job.photos.values():
                if photo["late"] and job.is_crew(photo["by"]):
                    photo["late"], photo["run"] = False, job.run
        for entry in sorted(entries, key=lambda one: (one.device or "", one.seq or 0)):
            try:
                self._apply(entry, job, accepted=True)
            except Unknown:
                self.undecided.add(entry.id)
            except Refused as refused:
                self.results[entry.id] = ("accepted", f"although {refused}")

    def _give_back(self, job: Job, author: str) -> None:
        """The author goes on where they stopped when they led it last."""
        own = [run for run, lead in job.led.items() if lead == author]
        job.run = max(own) if own else job.run + 1
        job.lead, job.led[job.run] = author, author
        job.helpers -= {author}
        standing = job.standing()
        job.state = standing[-1]["to"] if standing else "assigned"

    # -- the phones

    def phone(self, entry: Any) -> None:
        self.ops[entry.id] = entry
        try:
            self.results[entry.id] = self._result(entry)
        except Unknown:
            self.undecided.add(entry.id)
            self.results[entry.id] = (entry.result, entry.note and entry.note["code"])

    def _result(self, entry: Any) -> tuple[str, str | None]:
        job = self.jobs.get(entry.entity)
        code = entry.note["code"] if entry.note else ""
        if code in ("phone_blocked", "phone_blocked_before") and entry.device in self.blocked:
            return "quarantined", code
        if entry.kind not in (*APPEND, *OWNED, *DAYS) or entry.body["schema"] > 1:
            return "quarantined", "unknown_kind"
        if job is None or entry.person not in job.was_crew:
            return "rejected", "job_unknown"
        late = job.state == "cancelled" or not job.is_crew(entry.person)
        try:
            self._apply(entry, job)
        except Refused as refused:
            code = str(refused)
            return ("quarantined" if code in DECIDABLE else "rejected"), code
        return ("late_evidence", "late_evidence") if late and entry.kind in APPEND else ("applied", None)

    def _apply(self, entry: Any, job: Job, *, accepted: bool = False) -> None:
        late = job.state == "cancelled" or not job.is_crew(entry.person)
        args = entry.body["args"]
        getattr(self, f"_{entry.kind}")(job, entry, args, late, accepted)

    def _need_lead(self, job: Job, person: str) -> None:
        if job.lead != person:
            raise Refused("not_lead" if job.is_crew(person) else "job_reassigned")

    def _take_step(self, job: Job, entry: Any, args: Op, _late: bool, _accepted: bool) -> None:
        self._need_lead(job, entry.person)
        if args["step"] not in STEPS:
            raise Refused("unknown_step")
        leaves, enters, needs_reason, needs_promise = STEPS[args["step"]]
        if job.state == "cancelled":
            raise Refused("job_cancelled")
        if job.state not in leaves:
            raise Refused("step_out_of_order")
        if needs_reason and not args.get("reason", "").strip():
            raise Refused("reason_missing")
        if needs_promise and args.get("promised_ms") is None and not args.get("no_promise", "").strip():
            raise Refused("promise_missing")
        taken = {"id": entry.id, "step": args["step"], "from": job.state, "to": enters, "run": job.run, "void": None}
        job.steps.append(taken)
        job.state = enters

    def _take_back_step(self, job: Job, entry: Any, args: Op, _late: bool, accepted: bool) -> None:
        if job.sheets and not accepted:
            raise Unknown if entry.result != "applied" else _Follow(self, job, entry, args)
        self._need_lead(job, entry.person)
        standing = job.standing()
        last = standing[-1] if standing else None
        if last is None or last["id"] != args["step_id"]:
            raise Refused("job_cancelled" if job.state == "cancelled" else "nothing_to_take_back")
        if job.state == "cancelled":
            raise Refused("job_cancelled")
        if last["to"] != job.state:
            raise Refused("nothing_to_take_back")
        if not args["reason"].strip():
            raise Refused("reason_missing")
        last["void"], job.state = args["reason"].strip(), last["from"]

    def _add_note(self, job: Job, entry: Any, args: Op, late: bool, _accepted: bool) -> None:
        if args.get("bad"):  # the driver's own: arguments that cannot be
            raise Refused("bad_args")
        if not args["text"].strip():
            raise Refused("text_missing")
        job.notes[entry.id] = (args["text"].strip(), late)

    def _record_contact(self, job: Job, entry: Any, _args: Op, late: bool, _accepted: bool) -> None:
        job.contacts[entry.id] = late

    def _report_incident(self, job: Job, entry: Any, args: Op, late: bool, _accepted: bool) -> None:
        if not args["words"].strip():
            raise Refused("text_missing")
        job.incidents[entry.id] = late

    def _add_photo(self, job: Job, entry: Any, args: Op, late: bool, _accepted: bool) -> None:
        job.photos[entry.id] = {"sha256": args["sha256"], "caption": args.get("caption", ""), "void": None, "late": late,
                                "run": job.run, "by": entry.person}  # fmt: skip
        before = job.photos.get(args.get("replaces") or "")
        if before and entry.person in (before["by"], job.lead) and before["void"] is None:
            before["void"] = ""

    def _caption_photo(self, job: Job, entry: Any, args: Op, _late: bool, _accepted: bool) -> None:
        photo = job.photos.get(args["photo_id"])
        if photo is None:
            raise Refused("photo_unknown")
        if not (job.is_crew(entry.person) or photo["by"] == entry.person):
            raise Refused("not_allowed_photo")
        photo["caption"] = args["caption"].strip()

    def _void_photo(self, job: Job, entry: Any, args: Op, _late: bool, _accepted: bool) -> None:
        photo = job.photos.get(args["photo_id"])
        if photo is None:
            raise Refused("photo_unknown")
        if entry.person not in (photo["by"], job.lead):
            raise Refused("not_allowed_photo")
        if photo["void"] is None:
            photo["void"] = args["reason"].strip()

    def _answer_item(self, job: Job, entry: Any, args: Op, _late: bool, accepted: bool) -> None:
        self._need_lead(job, entry.person)
        if not job.has_checklist:
            raise Refused("checklist_unknown")
        if not accepted and job.state == "cancelled":
            raise Refused("job_cancelled")
        if not accepted and job.state in ENDED and args["item"] not in AT_THE_BASE:
            raise Refused("job_ended")
        job.answers[job.run, args["item"]] = (entry.id, args["value"])

    def _state_charges(self, job: Job, entry: Any, args: Op, _late: bool, accepted: bool) -> None:
        self._need_lead(job, entry.person)
        if not accepted and job.state == "cancelled":
            raise Refused("job_cancelled")
        if not accepted and job.state in ENDED:
            raise Refused("job_ended")
        job.charges[job.run] = (entry.id, sum(line["amount_fen"] for line in args["lines"]))

    def _order_day(self, _job: Job, entry: Any, args: Op, _late: bool, _accepted: bool) -> None:
        said, day = (entry.happened_ms, entry.id), (entry.person, args["day"])
        if day in self.orders and self.orders[day].said > said:
            return
        own = [one for one in dict.fromkeys(args["order"]) if one in self.jobs and self.jobs[one].is_crew(entry.person)]
        self.orders[day] = Order(said, own, [one for one in own if one in args["pinned"]])

    def _sign_sheet(self, job: Job, entry: Any, _args: Op, _late: bool, _accepted: bool) -> None:
        if entry.result != "rejected":
            job.sheets.add(entry.id)
        raise Unknown


class _Follow(Unknown):
    """The log says that a step was taken back below a sheet: so it was."""

    def __init__(self, _play: _Play, job: Job, _entry: Any, args: Op) -> None:
        super().__init__()
        last = next(step for step in job.steps if step["id"] == args["step_id"])
        last["void"], job.state = args["reason"].strip(), last["from"]
