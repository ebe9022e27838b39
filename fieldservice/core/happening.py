"""When and where something was done: the server's best knowledge, and what the phone said."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldservice.core.db import UTCDateTime


@dataclass(frozen=True)
class Happening:
    """When something was done: the server's best knowledge, and what the phone's clock said."""

    #: corrected time
    at: datetime
    #: id of the operation or office edit it came with
    op_id: str
    #: None: done at the desk
    device_at: datetime | None = None
    uncertainty_ms: int = 0

    @classmethod
    def at_desk(cls, at: datetime, op_id: str) -> "Happening":
        return cls(at=at, op_id=op_id)

    def columns(self) -> dict[str, Any]:
        return {
            "happened_at": self.at,
            "device_at": self.device_at,
            "uncertainty_ms": self.uncertainty_ms,
            "op_id": self.op_id,
        }


@dataclass(frozen=True)
class Place:
    """Where the phone was (WGS-84 degrees, metres), or why that is not known."""

    lat: float | None = None
    lng: float | None = None
    accuracy_m: int | None = None
    no_place: str = ""

    def columns(self) -> dict[str, Any]:
        return {"lat": self.lat, "lng": self.lng, "accuracy_m": self.accuracy_m, "no_place": self.no_place}


class Happened:
    """When something was done on a phone, as near as the server can tell."""

    #: when it happened (corrected time)
    happened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: what the phone's clock said; None: done at the desk
    device_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: how far off `happened_at` may be, milliseconds
    uncertainty_ms: Mapped[int] = mapped_column(default=0)
    #: the operation or office edit it came with; what is in the log
    op_id: Mapped[str] = mapped_column(sa.String(36), index=True)


class Placed:
    """Where something was done."""

    #: WGS-84 degrees and metres where the phone was; None: `no_place` says why
    lat: Mapped[float | None] = mapped_column(sa.Double)
    lng: Mapped[float | None] = mapped_column(sa.Double)
    accuracy_m: Mapped[int | None]
    #: 'denied', 'unavailable', 'timeout', 'off'; '' when there is a place or none was asked for
    no_place: Mapped[str] = mapped_column(sa.String(12), default="")
