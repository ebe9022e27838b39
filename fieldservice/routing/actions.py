"""Changes of what a branch's ways are like. Nothing is overwritten: the numbers of before stay and can come back."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, RuleBroken
from fieldservice.core.oplog import log_office_edit
from fieldservice.core.versions import touch
from fieldservice.routing.models import CALIBRATED, TAKEN_BACK, TYPED, TravelSetting
from fieldservice.routing.queries import NUMBERS, history_of, model_from, setting_of
from fieldservice.routing.travel import DEFAULT, TravelModel


def set_travel(
    branch: Branch, model: TravelModel, *, expected_id: str, by: Person, at: datetime, basis: dict[str, Any] | None = None
) -> TravelSetting:
    """New numbers from now on; `basis`: what calibrated ones were taken from. Raises Conflict when somebody was faster.

    `expected_id`: of the row the person looked at, '' for none.
    """
    _check_still(branch, expected_id)
    return _add(branch, model, CALIBRATED if basis else TYPED, basis or {}, by=by, at=at)


def take_back(branch: Branch, *, expected_id: str, by: Person, at: datetime) -> TravelSetting:
    """The numbers before the last change count again. Raises Conflict, RuleBroken('nothing_to_take_back')."""
    _check_still(branch, expected_id)
    found = history_of(branch.id, most=2)
    if not found:
        raise RuleBroken("nothing_to_take_back")
    before = found[1] if len(found) > 1 else None
    basis = dict(before.basis) if before else {}
    return _add(branch, model_from(before), TAKEN_BACK, basis, by=by, at=at)


def _check_still(branch: Branch, expected_id: str) -> None:
    now = setting_of(branch.id)
    if (now.id if now else "") != expected_id:
        raise Conflict("changed_meanwhile")


def _add(
    branch: Branch, model: TravelModel, how: str, basis: dict[str, Any], *, by: Person, at: datetime
) -> TravelSetting:
    numbers: dict[str, Any] = {name: getattr(model, name) for name in NUMBERS}
    numbers["factor_per_mille"] = list(model.factor_per_mille)
    row = TravelSetting(branch_id=branch.id, at=at, by_id=by.id, how=how, basis=basis, **numbers)
    db.session.add(row)
    db.session.flush()
    log_office_edit("set_travel", branch, by=by, at=at, setting=row.id, how=how, **numbers)
    touch(branch)  # phones know the numbers of their branch
    return row


def is_usual(model: TravelModel) -> bool:
    """Whether these are the numbers of the formula as it comes."""
    return replace(model, factor_per_mille=tuple(model.factor_per_mille)) == DEFAULT
