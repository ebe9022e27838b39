"""Which jobs show a link, and so take a new version when it changes: phones hold its address."""

from collections.abc import Iterable

import sqlalchemy as sa

from fieldservice.core.db import db
from fieldservice.core.versions import touches
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ENDED
from fieldservice.portal.models import Link


@touches(Link)
def _jobs_that_show_it(link: Link) -> Iterable[Job]:
    case = link.__dict__.get("case")
    if case is not None and sa.inspect(case).pending:
        return []  # both are just being written
    query = sa.select(Job.id).where(Job.case_id == link.case_id, Job.state.not_in(ENDED))
    ids = list(db.session.scalars(query if link.job_id is None else query.where(Job.id == link.job_id)))
    return db.session.scalars(sa.select(Job).where(Job.id.in_(ids))).unique() if ids else []
