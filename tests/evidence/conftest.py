"""A technician with a phone, and a job to take photos of."""

import pytest
from flask import Flask

from fieldservice.accounts.models import Device
from fieldservice.jobs.models import Job
from tests.builders import a_job
from tests.cast import Cast, sign_in
from tests.evidence.photos import Sender, a_device


@pytest.fixture
def job(cast: Cast) -> Job:
    return a_job(cast.store, cast.technician)


@pytest.fixture
def device(cast: Cast) -> Device:
    return a_device(cast.technician)


@pytest.fixture
def phone(app: Flask, cast: Cast, device: Device) -> Sender:
    return Sender(sign_in(app.test_client(), cast.technician), device)
