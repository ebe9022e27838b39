"""What was said about a file: which column is what, what holds for all lines, on which datum its positions are."""

from dataclasses import dataclass, field
from typing import Any

from fieldservice.core.coords import Datum
from fieldservice.imports.rules import FIELDS


@dataclass(frozen=True)
class Settings:
    """As it stands in `JobImport.settings`."""

    #: field → place of its column, from 0
    columns: dict[str, int] = field(default_factory=dict)
    #: field → text for lines in which nothing else stands
    given: dict[str, str] = field(default_factory=dict)
    datum: Datum = Datum.WGS84
    #: branch of the jobs where no column says it; '' none chosen
    branch_id: str = ""
    #: doubtful positions are taken as they stand
    positions_are_right: bool = False

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Settings":
        """From the database."""
        return cls(
            columns={name: place for name, place in kept.get("columns", {}).items() if name in FIELDS},
            given={name: text for name, text in kept.get("given", {}).items() if name in FIELDS},
            datum=Datum(kept.get("datum", Datum.WGS84)),
            branch_id=kept.get("branch_id", ""),
            positions_are_right=bool(kept.get("positions_are_right")),
        )

    def kept(self) -> dict[str, Any]:
        """For the database."""
        return {**vars(self), "datum": self.datum.value}

    @property
    def has_positions(self) -> bool:
        return "position" in self.columns or {"lng", "lat"} <= set(self.columns)
