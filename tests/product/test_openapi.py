"""The OpenAPI document is made from the code and covers all of the JSON interface."""

import json

import pytest

from fieldservice.web.openapi import description_of


def api_rules(app):
    return [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")]


def test_every_api_route_says_what_it_takes_and_gives(app):
    silent = [rule.rule for rule in api_rules(app) if not description_of(app.view_functions[rule.endpoint])]
    assert silent == ["/api/openapi.json"]


def test_the_document_is_open_and_whole(client):
    answer = client.get("/api/openapi.json")
    document = answer.json
    assert answer.status_code == 200
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]["/api/sync"]) == {"post"}
    assert set(document["paths"]["/api/session"]) == {"get", "post", "delete"}


def test_every_reference_leads_somewhere(client):
    document = client.get("/api/openapi.json").json
    schemas = document["components"]["schemas"]
    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in schemas


def references(value):
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


@pytest.mark.parametrize("name", ["SyncRequest", "SyncAnswer", "Op", "Ack", "Change"])
def test_the_names_on_the_wire_stand_in_it(client, name):
    schema = client.get("/api/openapi.json").json["components"]["schemas"][name]
    assert "schema_" not in json.dumps(schema)
    assert "from_" not in schema["properties"]
