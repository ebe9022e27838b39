"""A signature verified again, step by step, from what is kept: nothing here reads a stored verdict.

The steps are those of `verify.py` in their order, and three more that only make sense afterwards: whether the table still
repeats the texts, whether the key had been registered by then, and whether the audit chain holds the row as it is.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from fieldservice.accounts.models import DeviceKey
from fieldservice.core import audit, canonical, json
from fieldservice.core.audit import Position
from fieldservice.core.clock import to_ms
from fieldservice.signoff import actions, queries, rules
from fieldservice.signoff.models import VALID, LinkSignature, SignOff
from fieldservice.signoff.sheet import Sheet, read_sheet, read_strokes
from fieldservice.signoff.verify import KnownKey, all_checks, seal_fault, sha256

GOOD, BAD = "good", "bad"
#: it fitted when it came, and what the office changed since would not fit any more
CHANGED = "changed"
#: cannot be told (any more)
OPEN = "open"

#: what the job says now may be another thing than it said when the sheet came
_OF_THE_JOB = frozenset({
    "sign_over_agreed", "sign_agreed_differs", "sign_checklist_unknown", "sign_paper_needed", "sign_revision_used",
})  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One check with what came of it; `facts` fill its words."""

    code: str
    state: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rechecked:
    """A sheet with every step."""

    row: SignOff
    #: as it was read again; None: the texts are damaged
    sheet: Sheet | None
    key: DeviceKey | None
    steps: list[Step]
    position: Position | None

    @property
    def bad(self) -> list[Step]:
        return [step for step in self.steps if step.state == BAD]

    @property
    def is_good(self) -> bool:
        return not self.bad


@dataclass(frozen=True)
class LinkRechecked:
    """A signature by link with every step."""

    signature: LinkSignature
    #: what the payload says; None: it cannot be read
    said: dict[str, Any] | None
    strokes: list[Any]
    steps: list[Step]
    position: Position | None

    @property
    def bad(self) -> list[Step]:
        return [step for step in self.steps if step.state == BAD]


def recheck(row: SignOff) -> Rechecked:
    """Verifies a sheet anew."""
    key = queries.device_key(row.key_id)
    sheet = read_sheet(row.presented, row.payload, row.signature)
    chain, position = _chained("sign_off", row.id)
    if sheet is None:
        return Rechecked(row, None, key, [Step("sign_unreadable", BAD), chain], position)
    signed_key = queries.device_key(sheet.payload.key)
    steps = [_step(row, code, is_good) for code, is_good in all_checks(sheet, _known(signed_key), _facts(row, sheet))]
    steps += [_columns(row, sheet), _registered(row, signed_key), chain]
    return Rechecked(row, sheet, signed_key, steps, position)


def kept_fault(row: SignOff, sheet: Sheet | None) -> str:
    """What is wrong with what is kept, told without the job: a code with words; '' nothing. For lists of sheets."""
    if sheet is None:
        return "sign_unreadable"
    fault = seal_fault(sheet, _known(queries.device_key(sheet.payload.key)))
    if not fault and (sheet.payload.job, sheet.payload.run) != (row.job_id, row.run):
        return "sign_other_job"
    return fault or ("sign_row_changed" if actions.columns_changed(row, sheet) else "")


def recheck_link(signature: LinkSignature) -> LinkRechecked:
    """Verifies a signature by link anew."""
    chain, position = _chained("link_signature", signature.id)
    is_whole = sha256(signature.payload) == signature.payload_sha256
    said = _read(signature.payload)
    if said is None:
        return LinkRechecked(signature, None, [], [Step("link_unreadable", BAD), chain], position)
    row = signature.sign_off
    strokes = read_strokes(json.dumps(said.get("strokes"))) or []
    signer: dict[str, Any] = said["signer"] if isinstance(said.get("signer"), dict) else {}
    statement = rules.link_statement(str(said.get("consent")), str(said.get("language")))
    tied = said["tied"] if isinstance(said.get("tied"), dict) else {"by": "digits", "code": ""}  # version 1 had none
    repeats = (signer.get("name"), signer.get("role"), said.get("consent"), said.get("language"), said.get("link"),
               tied.get("by"), tied.get("code") or None, said.get("server_ms"))  # fmt: skip
    columns = (signature.signer_name, signature.signer_role, signature.consent, signature.language, signature.link_id,
               signature.tied_by, signature.code_id, to_ms(signature.signed_at))  # fmt: skip
    checks = [
        ("link_digest", is_whole and canonical.is_canonical(signature.payload, said)),
        ("link_sheet", said.get("sheet") == row.id and row.id == signature.sign_off_id),
        ("link_presented", said.get("presented_sha256") == signature.presented_sha256 == sha256(row.presented)),
        ("link_consent", statement is not None and statement == said.get("statement")),
        ("link_mark", bool(strokes) and sum(map(len, strokes)) <= rules.MOST_POINTS),
        ("link_row", repeats == columns and rules.is_weak(strokes or [[]]) == signature.is_weak),
    ]
    steps = [Step(code, GOOD if is_good else BAD) for code, is_good in checks]
    return LinkRechecked(signature, said, strokes, [*steps, chain], position)


def _facts(row: SignOff, sheet: Sheet) -> Any:
    return actions.circumstances_of(row, sheet)


def _step(row: SignOff, code: str, is_good: bool) -> Step:
    if is_good:
        return Step(code, GOOD)
    return Step(code, CHANGED if code in _OF_THE_JOB and row.state == VALID else BAD)


def _columns(row: SignOff, sheet: Sheet) -> Step:
    changed = actions.columns_changed(row, sheet)
    if row.presented_sha256 != sha256(row.presented) and "presented_sha256" not in changed:
        changed.append("presented_sha256")
    return Step("sign_row_changed", BAD if changed else GOOD, {"names": ", ".join(changed)})


def _registered(row: SignOff, key: DeviceKey | None) -> Step:
    """Registered later than it signed, as after a restore: it does not tell who held it then."""
    uncertain = timedelta(milliseconds=row.uncertainty_ms)
    is_known = key is not None and key.registered_at <= row.happened_at + uncertain
    return Step("sign_key_registered", GOOD if is_known else OPEN)


def _chained(table: str, row_id: str) -> tuple[Step, Position | None]:
    """Whether the chain holds the row as it is now."""
    position = audit.position_of(table, row_id)
    if position is None:
        return Step("sign_chain", BAD, {"what": ""}), None
    wrong = audit.look_at([position.seq])
    if wrong is not None:
        return Step("sign_chain", BAD, {"what": wrong.what}), position
    return Step("sign_chain", OPEN if position.is_erased else GOOD, {"seq": position.seq}), position


def _known(key: DeviceKey | None) -> KnownKey | None:
    return KnownKey(key.person_id, key.spki, key.revoked_at) if key else None


def _read(payload: str) -> dict[str, Any] | None:
    try:
        said = json.loads(payload)
    except (json.BadJson, ValueError):
        return None
    return said if isinstance(said, dict) else None

