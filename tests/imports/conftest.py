"""Imports as people make them: a file in, columns, check, apply; the worker does it at once."""

import io
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldservice.core.db import db
from fieldservice.imports.models import ImportLine, JobImport
from fieldservice.jobs.models import Job
from tests.cast import Cast, sign_in
from tests.support.form_fields import form_fields
from tests.support.own_forms import hidden_fields

HEAD = "单号,客户,电话,区县,地址,门牌,类型,任务,日期,时段,师傅\n"
ROWS = (
    "A-1,张丽华,13812342716,朝阳区,望京西园四区,12 号楼 602,维修,地板起拱,2026-12-01,9:00-11:00,0217\n"
    "A-2,李强,13900000002,海淀区,厂洼小区,3-201,安装,客厅铺装,2026/12/02,上午,\n"
    "A-3,物业,,丰台区,政馨园一区,,保养,公共区域,2026年12月3日,下午2点-4点,陈志强\n"
)


class Desk:
    """A person at the desk who imports."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def upload(self, content: str | bytes, name: str = "list.csv") -> TestResponse:
        data = content.encode() if isinstance(content, str) else content
        fields = hidden_fields(self.client.get("/imports").text)
        return self.client.post("/imports", data={**fields, "file": (io.BytesIO(data), name)})

    def columns(self, content: str | bytes, name: str = "list.csv", **given: Any) -> str:
        """Uploads, sends the form of the columns as it stands with `given`; the address of the import."""
        answer = self.upload(content, name)
        assert answer.status_code == 303, answer.text
        text = self.client.get(answer.location).text
        sent = self.client.post(f"{answer.location}/columns", data={**column_fields(text), **given})
        assert sent.status_code == 303, sent.text
        return answer.location

    def act(self, address: str, what: str) -> TestResponse:
        return self.client.post(f"{address}/{what}", data=hidden_fields(self.client.get(address).text))

    def imported(self, content: str | bytes, name: str = "list.csv", **given: Any) -> str:
        """The whole way."""
        address = self.columns(content, name, **given)
        assert self.act(address, "start").status_code == 303
        return address


def column_fields(text: str) -> dict[str, Any]:
    """The form of the columns as the page suggests it."""
    return form_fields(text.replace('<form class="panel"', '<form class="panel columns"'), "columns")


def lines(address: str) -> list[ImportLine]:
    """The lines of an import in their order."""
    query = sa.select(ImportLine).filter_by(import_id=address.rsplit("/", 1)[-1]).order_by(ImportLine.number)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def the_import(address: str) -> JobImport:
    """The import at an address, read anew."""
    return db.session.get_one(JobImport, address.rsplit("/", 1)[-1], populate_existing=True)


def kinds(address: str) -> list[str]:
    """What the check made of each line."""
    return [line.kind for line in lines(address)]


def codes(address: str) -> dict[int, list[str]]:
    """Line → codes of what is wrong with it."""
    return {line.number: [one["code"] for one in line.problems] for line in lines(address) if line.problems}


def jobs() -> list[Job]:
    """All jobs, the oldest first."""
    query = sa.select(Job).order_by(Job.number).execution_options(populate_existing=True)
    return list(db.session.scalars(query).unique())


@pytest.fixture
def desk(app: Flask, client: FlaskClient, cast: Cast) -> Desk:
    """The dispatcher of the store, in English; the worker's part is done at once."""
    app.config["BACKGROUND"] = "inline"
    client.set_cookie("lang", "en", domain="localhost")
    return Desk(sign_in(client, cast.dispatcher))


@pytest.fixture
def desk_of(app: Flask) -> Callable[[Any], Desk]:
    """Another person's desk."""

    def made(person: Any) -> Desk:
        client = app.test_client()
        client.set_cookie("lang", "en", domain="localhost")
        return Desk(sign_in(client, person))

    return made
