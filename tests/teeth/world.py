"""What a directed check needs: phones, jobs, photos, and somebody at the desk."""

import random
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fieldservice.accounts.models import Device, Person
from fieldservice.core import clock, versions
from fieldservice.core.db import db
from fieldservice.core.oplog import LogEntry
from fieldservice.evidence.models import Blob, Evidence
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from tests.builders import a_job
from tests.cast import Cast, sign_in
from tests.evidence.photos import Sender, announced
from tests.support.meanwhile import Meanwhile
from tests.sync.phone import Phone


class World:
    """One check's own things in a database that others have used before: nothing is counted that is not its own."""

    def __init__(self, app: Flask, cast: Cast, wrap: Callable[[Any, str, Any], None]) -> None:
        self.app, self.cast = app, cast
        #: puts a function of the product in the place of another until the check ends: owner, name, function
        self.wrap = wrap

    @property
    def is_postgresql(self) -> bool:
        return bool(db.engine.dialect.name == "postgresql")

    def client(self, person: Person | None = None) -> FlaskClient:
        """Somebody signed in; None: the technician."""
        return sign_in(self.app.test_client(), person or self.cast.technician)

    def phone(self, person: Person | None = None) -> Phone:
        """A new phone of somebody."""
        phone = Phone(self.client(person))
        db.session.rollback()
        phone.epoch = versions.current()[0]
        return phone

    def job(self, lead: Person | None = None, **given: Any) -> Job:
        """A job of the technician, or of `lead`."""
        return a_job(self.cast.store, lead or self.cast.technician, **given)

    def photo(self, phone: Phone) -> tuple[Sender, Evidence, bytes]:
        """A photo of this phone that nobody has sent yet."""
        content = random.randbytes(9000)
        device = db.session.get_one(Device, phone.client_id)
        job = self.job()
        return Sender(phone.client, device), announced(job, self.cast.technician, device, content), content

    def state_of(self, photo: Evidence) -> str:
        """What the database says of the bytes of a photo."""
        db.session.rollback()
        return db.session.get_one(Blob, photo.sha256, populate_existing=True).state

    def assign(self, job: Job, lead: Person | None) -> None:
        """The desk gives the job to somebody; committed."""
        self._edit(actions.assign_job, job, lead)

    def cancel(self, job: Job) -> None:
        """The desk cancels the job; committed."""
        self._edit(actions.cancel_job, job, "客户退单")

    def note_at_desk(self, job: Job) -> None:
        """The desk writes a note on the job; committed."""
        db.session.rollback()
        actions.add_office_note(job, "带胶", by=self.cast.dispatcher, at=clock.now())
        db.session.commit()

    def _edit(self, act: Callable[..., Any], job: Job, given: object) -> None:
        db.session.rollback()
        db.session.refresh(job)
        act(job, given, expected_version=job.version, by=self.cast.dispatcher, at=clock.now())
        db.session.commit()

    def logged(self, phone: Phone) -> list[LogEntry]:
        """What stands in the log of this phone, in its order."""
        db.session.rollback()
        query = sa.select(LogEntry).filter_by(device_id=phone.client_id).order_by(LogEntry.seq)
        return list(db.session.scalars(query.execution_options(populate_existing=True)))

    def fresh(self, job: Job) -> Job:
        """The job as the database has it now."""
        db.session.rollback()
        db.session.expire_all()
        return db.session.get_one(Job, job.id)

    def meanwhile(self, work: Callable[[], Any]) -> Meanwhile:
        """Work in another connection at the same time. What was made so far is committed for it."""
        db.session.commit()
        return Meanwhile(self.app, work)

    def once(self, owner: Any, name: str, before: Callable[[], Any]) -> None:
        """The next call of a function waits for `before`."""
        function, called = getattr(owner, name), []

        def call(*given: Any, **named: Any) -> Any:
            if not called:
                called.append(True)
                before()
            return function(*given, **named)

        self.wrap(owner, name, call)
