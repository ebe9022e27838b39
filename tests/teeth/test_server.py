"""Every protection of the server holds something: with it the directed check passes, without it the check fails."""

from typing import Any

import pytest
from flask import Flask

from fieldservice.core.db import db
from tests.cast import Cast
from tests.teeth.cutting import cut
from tests.teeth.protections import PROTECTIONS, Protection
from tests.teeth.world import World


def _id(protection: object) -> str:
    return protection.name if isinstance(protection, Protection) else str(protection)


@pytest.mark.parametrize("protection", PROTECTIONS, ids=_id)
def test_its_removal_is_noticed(
    protection: Protection, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False  # as in production: an error is a 500 to the phone
    _run(protection, app, cast)
    cut(protection.cuts, monkeypatch)
    with pytest.raises(AssertionError):
        _run(protection, app, cast)


def _run(protection: Protection, app: Flask, cast: Cast) -> None:
    with pytest.MonkeyPatch.context() as patch:

        def wrap(owner: Any, name: str, function: Any) -> None:
            patch.setattr(owner, name, function)

        try:
            protection.check(World(app, cast, wrap))
        finally:
            db.session.rollback()


def test_each_has_a_name_of_its_own() -> None:
    names = [protection.name for protection in PROTECTIONS]
    assert len(names) == len(set(names))
