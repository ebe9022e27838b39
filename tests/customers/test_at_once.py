"""Two people at the same moment: one is first, the other is told; neither overwrites in silence."""

import threading

import pytest
from flask import Flask

from fieldservice.core.db import db
from tests.builders import a_customer
from tests.cast import a_cast, sign_in
from tests.support.own_forms import hidden_fields


@pytest.mark.usefixtures("session")
def test_of_two_edits_at_the_same_moment_one_is_a_conflict(app: Flask) -> None:
    cast = a_cast()
    edit = f"/customers/{a_customer(cast.store).id}/edit"
    clients = [sign_in(app.test_client(), person) for person in (cast.dispatcher, cast.service_desk)]
    forms = [hidden_fields(client.get(edit).text) for client in clients]
    together, answers = threading.Barrier(2), []

    def send(number: int) -> None:
        form = forms[number] | {"kind": "person", "name": f"客户{number}", "phone": ""}
        together.wait()
        answers.append(clients[number].post(edit, data=form).status_code)

    db.session.remove()
    threads = [threading.Thread(target=send, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 409]
