"""Reports as tests need them."""

from datetime import UTC, datetime

import pytest

from fieldservice.reports.models import Report
from tests.builders import a_job


@pytest.fixture
def a_sealed_report(cast, session) -> str:
    """The id of a report that was made and sealed, as its row alone."""
    at = datetime(2026, 11, 22, 8, tzinfo=UTC)
    job = a_job(cast.store, cast.technician)
    row = Report(
        job_id=job.id, run=job.run, revision=1, language="zh", code="7K3M9QW2XF4H", content_sha256="0" * 64, made_at=at,
        pdf_sha256="1" * 64, sealed_sha256="1" * 64, size=1, pages=1, evidence_sha256="2" * 64, sealed_at=at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id
