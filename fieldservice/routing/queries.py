"""Reads of what a branch's ways are like."""

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


def model_from(setting: TravelSetting | None) -> TravelModel:
    """The formula of a row."""
    if setting is None:
        return DEFAULT
    numbers = {name: getattr(setting, name) for name in NUMBERS}
    return TravelModel(**numbers, factor_per_mille=tuple(setting.factor_per_mille))
