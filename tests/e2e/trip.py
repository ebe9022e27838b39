"""What the trips of a technician have in common."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page, expect

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.oplog import LogEntry
from fieldservice.jobs.models import Job
from tests.builders import a_customer, a_job, a_site
from tests.support.server import Server

TECHNICIAN = "0217"
DISPATCHER = "0102"


def sign_in_phone(page: Page, server: Server, staff_no: str = TECHNICIAN) -> None:
    """Opens the app, signs in, waits for the day's jobs and until the app can open without a network."""
    page.goto("/app/")
    fill_sign_in(page, server, staff_no)
    expect(page.locator("a.stop").first).to_be_visible(timeout=20_000)
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null", timeout=20_000)


def sign_in_desk(page: Page, server: Server, staff_no: str = DISPATCHER) -> None:
    """Signs in at the desk and waits for the day."""
    page.goto("/sign-in")
    fill_sign_in(page, server, staff_no)
    expect(page.locator("body.desk")).to_be_visible()


def fill_sign_in(page: Page, server: Server, staff_no: str = TECHNICIAN) -> None:
    """Types number and password into the form at hand, and sends it."""
    page.locator("input[autocomplete=username]").fill(staff_no)
    page.locator("input[type=password]").fill(server.passwords()[staff_no])
    page.locator("form button.next").click()


def a_job_for(app: Flask, staff_no: str = TECHNICIAN, **given: object) -> str:
    """A fresh job of the technician, today, at a new customer; its id. A courtesy visit, which has no checklist, unless
    `type` says otherwise."""
    given.setdefault("type", "courtesy_visit")
    with app.app_context():
        lead = db.session.scalars(sa.select(Person).filter_by(staff_no=staff_no)).one()
        branch = db.session.get_one(Branch, lead.branch_id)
        site = a_site(a_customer(branch, name="龚晓琳", address_form="龚女士", phone="13877776666"))
        return a_job(branch, lead, site=site, start_at=clock.now(), **given).id


@contextmanager
def reading(app: Flask) -> Iterator[None]:
    """A fresh look at the server's data."""
    with app.app_context():
        db.session.rollback()
        yield
        db.session.rollback()


def state_on_server(app: Flask, job_id: str) -> str:
    """The job's state as the server has it now."""
    with reading(app):
        return db.session.get_one(Job, job_id).state


def ops_on_server(app: Flask, job_id: str) -> list[tuple[str, str]]:
    """(kind, result) of every phone operation on the job, in the order of their numbers."""
    with reading(app):
        query = sa.select(LogEntry).filter_by(entity_id=job_id, origin="phone").order_by(LogEntry.version, LogEntry.seq)
        return [(entry.kind, entry.result) for entry in db.session.scalars(query)]


#: what the large button says, without the small line below it
NEXT_WORD = """[...(document.querySelector('.dock .next')?.childNodes ?? [])]
  .filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.nodeValue.trim()).join('')"""

#: the app ignores a second tap this soon: a double tap must not take the step that comes next
REST_MS = 1_300


#: asked when a person sets out while another job is under way, as one of the sample day is
QUESTION = "step-dock .note-wait[role=alert]"


def press_next(page: Page) -> None:
    """Presses the one large button and waits until the phone has it for sure: the button names another step.
    What is asked first is answered by pressing again."""
    button = page.locator(".dock .next")
    expect(button).to_be_visible()
    page.wait_for_timeout(REST_MS)
    before = page.evaluate(NEXT_WORD)
    button.click()
    page.wait_for_function(f"before => ({NEXT_WORD}) !== before", arg=before, timeout=15_000)
    if page.locator(QUESTION).count():
        press_next(page)


def unsent(page: Page) -> int:
    """How many operations are only on this phone, read from its database."""
    return int(
        page.evaluate(
            """async () => {
              const found = (await indexedDB.databases()).filter((one) => /^fieldservice-0/.test(one.name));
              let count = 0;
              for (const { name } of found) {
                const db = await new Promise((resolve, reject) => {
                  const opening = indexedDB.open(name);
                  opening.onsuccess = () => resolve(opening.result);
                  opening.onerror = () => reject(opening.error);
                });
                const ops = await new Promise((resolve, reject) => {
                  const reading = db.transaction('ops').objectStore('ops').getAll();
                  reading.onsuccess = () => resolve(reading.result);
                  reading.onerror = () => reject(reading.error);
                });
                db.close();
                count += ops.filter((op) => !op.result).length;
              }
              return count;
            }"""
        )
    )
