"""A protection is tried where it is at work."""

import pytest

from tests.teeth.protections import Protection


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what this database does not need: a row lock on SQLite, `BEGIN IMMEDIATE` on PostgreSQL."""
    idle = [item for item in items if not _is_at_work(item)]
    if idle:
        config.hook.pytest_deselected(items=idle)
        items[:] = [item for item in items if item not in idle]


def _is_at_work(item: pytest.Item) -> bool:
    given = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    protection = given.get("protection")
    return not isinstance(protection, Protection) or given["database_kind"] in protection.databases
