"""What happened to accounts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class PersonDisabled:
    """Nobody gets in with this account any more."""

    person: Any
    by: Any
    at: datetime
