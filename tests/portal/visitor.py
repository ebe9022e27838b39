"""A customer's browser of the tests: opens the link, gives the digits, says something."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.jobs.models import Job
from fieldservice.portal import actions
from fieldservice.portal.models import Link
from tests.builders import MOMENT
from tests.support.html import form_token, text_of

PHONE_BROWSER = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120 Mobile MicroMessenger/8.0"
DIGITS = "2716"


def path_of(link: Link) -> str:
    """The address without the host."""
    return "/" + actions.address_of(link).split("/", 3)[3]


def link_of(job: Job, *, at: Any = None) -> Link:
    """The link of a job's case; committed."""
    link = actions.case_link(job.case_id, at=at or MOMENT)
    db.session.commit()
    return link


class Visitor:
    """One browser on one link."""

    def __init__(self, client: FlaskClient, link: Link, language: str = "en") -> None:
        self.client, self.path = client, path_of(link)
        self.headers = {"User-Agent": PHONE_BROWSER, "Accept-Language": language, "Sec-Fetch-Site": "same-origin"}

    def get(self, below: str = "", **headers: str) -> TestResponse:
        """A page or picture of the link."""
        return self.client.get(self.path + below, headers=self.headers | headers)

    @property
    def words(self) -> str:
        """What a person reads."""
        answer = self.get()
        assert answer.status_code == 200, answer.text
        return text_of(answer.text)

    def post(self, below: str, **data: Any) -> TestResponse:
        """A form of the page."""
        token = form_token(self.get().text)
        return self.client.post(self.path + below, data={"csrf_token": token, **data}, headers=self.headers)

    def let_in(self, digits: str = DIGITS) -> TestResponse:
        """Gives the digits."""
        return self.post("/digits", digits=digits)

    def say(self, kind: str, job: Job | None = None, **data: Any) -> TestResponse:
        """One of the acts."""
        about = {"job": job.id} if job else {}
        return self.post("/words", **{"kind": kind, "word_id": new_id(), **about, **data})
