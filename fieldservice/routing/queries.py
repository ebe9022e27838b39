"""Reads of what a branch's ways are like."""

from collections.abc import Iterable

import sqlalchemy as sa

from fieldservice.core.db import db
from fieldservice.routing.models import TravelSetting
from fieldservice.routing.travel import DEFAULT, TravelModel

#: rows of the history a page shows
HISTORY = 20

NUMBERS = ("detour_far", "detour_near", "detour_km", "speed_slow", "speed_gain", "speed_km", "parking_seconds")


def setting_of(branch_id: str) -> TravelSetting | None:
    """The numbers that count for a branch; None: nobody set any."""
    return next(iter(history_of(branch_id, most=1)), None)


def history_of(branch_id: str, *, most: int = HISTORY) -> list[TravelSetting]:
    """All that were set, the last first."""
    query = sa.select(TravelSetting).filter_by(branch_id=branch_id)
    return list(db.session.scalars(query.order_by(TravelSetting.at.desc(), TravelSetting.id.desc()).limit(most)))


def setting_by_id(branch_id: str, setting_id: str) -> TravelSetting | None:
    """One of a branch's."""
    return db.session.scalar(sa.select(TravelSetting).filter_by(branch_id=branch_id, id=setting_id))


def model_of(branch_id: str) -> TravelModel:
    """The formula of a branch, with the usual numbers where nobody set any."""
    return model_from(setting_of(branch_id))


def models_of(branch_ids: Iterable[str]) -> dict[str, TravelModel]:
    """The formula of each of these branches; one query."""
    ids = list(branch_ids)
    latest = sa.func.row_number().over(
        partition_by=TravelSetting.branch_id, order_by=(TravelSetting.at.desc(), TravelSetting.id.desc()))
    ranked = sa.select(TravelSetting.id, latest.label("rank")).where(TravelSetting.branch_id.in_(ids)).subquery()
    query = sa.select(TravelSetting).join(ranked, ranked.c.id == TravelSetting.id).where(ranked.c.rank == 1)
    found = {setting.branch_id: setting for setting in db.session.scalars(query)}
    return {branch_id: model_from(found.get(branch_id)) for branch_id in ids}


def model_from(setting: TravelSetting | None) -> TravelModel:
    """The formula of a row."""
    if setting is None:
        return DEFAULT
    numbers = {name: getattr(setting, name) for name in NUMBERS}
    return TravelModel(**numbers, factor_per_mille=tuple(setting.factor_per_mille))
