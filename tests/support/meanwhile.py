"""Work in a thread and a connection of its own, beside what the test does."""

import threading
from collections.abc import Callable
from typing import Any

from flask import Flask

from fieldservice.core.db import db
from fieldservice.core.errors import AppError


class Meanwhile:
    """Runs `work` in a thread of its own; `start` waits until it has ended or stands at a lock."""

    def __init__(self, app: Flask, work: Callable[[], Any]) -> None:
        self.result: Any = None
        self._app, self._work = app, work
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        with self._app.app_context():
            try:
                self.result = self._work()
                db.session.commit()
            except AppError as error:
                db.session.rollback()
                self.result = error.code
            finally:
                db.session.remove()

    @property
    def has_begun(self) -> bool:
        """Whether it was started."""
        return self._thread.ident is not None

    def start(self, seconds: float = 0.4) -> None:
        """Gives it time to come as far as it can: to the end, or to a lock."""
        self._thread.start()
        self._thread.join(seconds)

    def end(self) -> Any:
        """What the work gave, or the code of what it raised."""
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.result
