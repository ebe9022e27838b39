"""A short checklist with a step of every type (`conduct.json`), for the tests of the phone's screens."""

import json
from typing import Any

import sqlalchemy as sa
from flask import Flask

from fieldservice.accounts.models import Person
from fieldservice.checklists.content import check_content
from fieldservice.checklists.models import PUBLISHED, RETIRED, ChecklistTemplate, ChecklistVersion
from fieldservice.core import clock
from fieldservice.core.db import db
from tests.e2e.trip import TECHNICIAN
from tests.support.databases import ROOT

CONTENT: dict[str, Any] = json.loads((ROOT / "tests/e2e/conduct.json").read_text())


def install(app: Flask, content: dict[str, Any] = CONTENT, job_type: str = "repair") -> str:
    """Publishes the checklist for the technician's branch, above the organisation's own; the version's id."""
    assert check_content(content) == []
    with app.app_context():
        branch_id = db.session.scalars(sa.select(Person.branch_id).filter_by(staff_no=TECHNICIAN)).one()
        template = _template(branch_id, job_type)
        for old in template.versions:
            old.state = RETIRED
        version = ChecklistVersion(
            template=template, number=len(template.versions) + 1, state=PUBLISHED, content=content
        )
        version.created_at = version.published_at = clock.now()
        db.session.add(version)
        db.session.commit()
        return version.id


def _template(branch_id: str, job_type: str) -> ChecklistTemplate:
    place = {"scope": branch_id, "job_type": job_type}
    found = db.session.scalar(sa.select(ChecklistTemplate).filter_by(**place))
    if found is None:
        found = ChecklistTemplate(branch_id=branch_id, created_at=clock.now(), **place)
        db.session.add(found)
        db.session.flush()
    return found
