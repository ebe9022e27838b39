"""Broken pictures, bombs and polyglots through the whole product; `tools/bench.py mutants` plays 500."""

from flask import Flask
from flask.testing import FlaskClient

from fieldservice.accounts.models import Device
from fieldservice.jobs.models import Job
from tests.cast import Cast, sign_in
from tests.evidence.mutants import FIRST_SEED, MOST_KB, send_all
from tests.evidence.photos import Sender
from tests.support.databases import Database

#: the pictures are the same for both databases; what is asked of PostgreSQL is whether it takes what becomes of them
SEEDS = {"sqlite": range(FIRST_SEED, FIRST_SEED + 60), "postgresql": range(FIRST_SEED, FIRST_SEED + 20)}


def test_none_makes_trouble(
    app: Flask, client: FlaskClient, job: Job, cast: Cast, device: Device, phone: Sender, database: Database
) -> None:
    desk, seeds = sign_in(client, cast.dispatcher), SEEDS[database.kind]
    report = send_all(seeds, job=job, person=cast.technician, device=device, phone=phone, desk=desk, page_every=6)
    print(f"seeds {seeds.start}–{seeds.stop - 1}: {dict(report.verdicts)}, {report.most_kb // 1024} MB")
    assert report.wrong == []
    assert report.most_kb <= MOST_KB
    # a run in which nothing opens, or everything does, tries nothing
    assert report.verdicts[""] >= 5
    assert len(report.verdicts) >= 5
