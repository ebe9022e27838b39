"""Reads of evidence."""

import sqlalchemy as sa

from fieldservice.core.db import db
from fieldservice.evidence.models import Evidence


def evidence_with(sha256: str) -> list[Evidence]:
    """The photos with these bytes, the oldest first: the same file can be evidence of several jobs."""
    return list(db.session.scalars(sa.select(Evidence).filter_by(sha256=sha256).order_by(Evidence.id)))
