"""What cases announce."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class CaseOpened:
    """A customer came with something new."""

    case_id: str
    at: datetime
