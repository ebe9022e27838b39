"""Default deny, over the whole table of routes."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from fieldservice.core.permissions import PERMISSIONS, PUBLIC, ROLES, SIGNED_IN, permission_of
from tests.cast import a_cast, sign_in

SOME_ID = "019fff00-0000-7000-8000-000000000000"


def guarded(app: Flask) -> list[Rule]:
    """Routes that need a sign-in."""
    return [rule for rule in app.url_map.iter_rules() if permission_of(app.view_functions[rule.endpoint]) != PUBLIC]


def address_of(rule: Rule) -> str:
    values = {name: 1 if type(rule._converters[name]).__name__ == "IntegerConverter" else SOME_ID
              for name in rule.arguments}
    built = rule.build(values, append_unknown=False)
    assert built
    return built[1]


def method_of(rule: Rule) -> str:
    methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
    return "GET" if "GET" in methods else min(methods, default="HEAD")


def test_every_view_says_who_may_open_it(app: Flask) -> None:
    known = {PUBLIC, SIGNED_IN, *PERMISSIONS}
    silent = [rule.rule for rule in app.url_map.iter_rules()
              if permission_of(app.view_functions[rule.endpoint]) not in known]
    assert silent == []


def test_every_permission_is_held_by_somebody_and_by_roles_that_exist() -> None:
    assert all(holders and holders <= set(ROLES) for holders in PERMISSIONS.values())


def test_nobody_gets_past_the_door_signed_out(app: Flask, client: FlaskClient) -> None:
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    for rule in guarded(app):
        method = method_of(rule)
        answer = client.open(address_of(rule), method=method, json={} if rule.rule.startswith("/api/") else None)
        asked = answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in")
        assert asked or answer.status_code == 401, f"{method} {rule.rule}: {answer.status}"


@pytest.mark.parametrize("role", ["technician", "finance"])
def test_nobody_gets_past_the_door_without_the_permission(
    app: Flask, client: FlaskClient, session: object, role: str
) -> None:
    person = getattr(a_cast(), role)
    sign_in(client, person)
    for rule in guarded(app):
        permission = permission_of(app.view_functions[rule.endpoint])
        if permission != SIGNED_IN and not person.can(permission):
            body = {} if rule.rule.startswith("/api/") else None
            answer = client.open(address_of(rule), method=method_of(rule), json=body)
            assert answer.status_code == 403, f"{rule.rule}: {answer.status}"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_cross_site_request_changes_nothing_anywhere(
    app: Flask, client: FlaskClient, session: object, method: str
) -> None:
    sign_in(client, a_cast().administrator)
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or set()):
            headers = {"Sec-Fetch-Site": "cross-site"}
            answer = client.open(address_of(rule), method=method, json={}, headers=headers)
            assert answer.status_code == 403, f"{method} {rule.rule}: {answer.status}"
