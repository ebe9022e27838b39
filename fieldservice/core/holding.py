"""No object dies while SQLAlchemy writes into what it keeps of it.

SQLAlchemy keeps a state of each object and holds the object itself weakly. Objects that refer to each other die when
Python collects garbage, and then their state is written to. Up to Python 3.11 a collection can come while a session is
writing into that very state, expiring it or letting go of it: the state's memory is then freed twice, and the process
dies with a segmentation fault soon after. (3.12 collects between two steps only.)

All ways of a session lead through two methods of the state: the end of a transaction or of a savepoint, a flush that
fails, `expire`, `expunge`, `close`. They are met here, once, for every session of this process.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session
from sqlalchemy.orm.state import InstanceState

State = InstanceState[Any]

_expire = InstanceState._expire
_detach_states = InstanceState._detach_states.__func__  # type: ignore[attr-defined]


def install() -> None:
    """From now on."""
    InstanceState._expire = _expire_held  # type: ignore[assignment, method-assign]
    InstanceState._detach_states = classmethod(_detach_held)  # type: ignore[assignment, method-assign]


def _expire_held(state: State, values: dict[str, Any], modified: set[State]) -> None:
    held = state.obj()
    _expire(state, values, modified)
    del held


def _detach_held(cls: type[State], states: Iterable[State], session: Session, to_transient: bool = False) -> None:
    states = list(states)
    held = [state.obj() for state in states]
    _detach_states(cls, states, session, to_transient)
    del held
