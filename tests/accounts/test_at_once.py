"""Two at the same moment: one is first, the other is told or goes without."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from fieldservice.accounts import actions
from fieldservice.core import clock
from fieldservice.core.db import db
from tests.cast import Cast, sign_in
from tests.support.html import form_token
from tests.support.own_forms import hidden_fields


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each gave, all begun together."""
    together, found = threading.Barrier(len(works)), []

    def run(work: Callable[[], Any]) -> None:
        together.wait()
        found.append(work())

    db.session.remove()
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_of_two_edits_of_a_person_one_is_a_conflict(app: Flask, cast: Cast) -> None:
    address = f"/people/{cast.technician.id}"
    clients = [sign_in(app.test_client(), person) for person in (cast.administrator, cast.administrator)]
    form = {"staff_no": "0217", "branch_id": cast.store.id, "roles": "technician"}
    forms = [
        hidden_fields(client.get(address).text) | form | {"name": f"王{number}"}
        for number, client in enumerate(clients)
    ]
    answers = at_once(
        *(
            lambda number=number: clients[number].post(address, data=forms[number]).status_code
            for number in range(2)
        )
    )
    assert sorted(answers) == [303, 409]


def test_of_two_edits_of_a_branch_one_is_a_conflict(app: Flask, cast: Cast) -> None:
    address = f"/branches/{cast.store.id}"
    clients = [sign_in(app.test_client(), cast.administrator) for _ in range(2)]
    form = {"code": "BJ01", "kind": "store", "timezone": "Asia/Shanghai", "phone": "01087654321"}
    forms = [
        hidden_fields(client.get(address).text) | form | {"name": f"丰台{number}店"}
        for number, client in enumerate(clients)
    ]
    answers = at_once(
        *(
            lambda number=number: clients[number].post(address, data=forms[number]).status_code
            for number in range(2)
        )
    )
    assert sorted(answers) == [303, 409]


@pytest.mark.usefixtures("session")
def test_of_two_who_use_a_one_time_link_at_once_one_comes_in(app: Flask, cast: Cast) -> None:
    made = actions.make_link(
        cast.technician, by=cast.administrator, at=clock.now(), good_for=timedelta(minutes=15)
    )
    db.session.commit()
    address = f"/go/{made.token}"
    clients = [app.test_client() for _ in range(3)]
    for client in clients:
        client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    tokens = [form_token(client.get(address).text) for client in clients]
    answers = at_once(
        *(
            lambda number=number: (
                clients[number].post(address, data={"csrf_token": tokens[number]}).status_code
            )
            for number in range(3)
        )
    )
    assert sorted(answers) == [303, 410, 410]
    assert clients[0].post(address, data={"csrf_token": tokens[0]}).status_code in (403, 410)
