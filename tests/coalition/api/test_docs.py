"""The API's reference: a valid OpenAPI 3.1 document, a page for people, and a catalogue that lacks no code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator

from coalition import access
from coalition.api.error_codes import CODES, FEED_CODES, FIELD_CODES, FILE_CODES
from coalition.kernel import errors
from coalition.kernel.web import problem

WANTED = "add these to coalition/api/error_codes"
ROOT = Path(__file__).resolve().parents[3]
REFUSALS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.Refusal)}


def test_the_document_is_valid_openapi_31(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json

    found = [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()]

    assert document["openapi"] == "3.1.0"
    assert found == []


def test_the_document_names_every_scope_and_no_view_needs_another(client: FlaskClient, app: Flask) -> None:
    document = client.get("/api/v1/openapi.json").json
    scheme = document["components"]["securitySchemes"]["oauth2"]["flows"]

    needed = {
        scope
        for item in document["paths"].values()
        for verb in item.values()
        if isinstance(verb, dict)
        for needs in verb.get("security", [])
        for scope in needs.get("oauth2", [])
    }

    assert scheme["clientCredentials"] == {"tokenUrl": "/oauth/token", "scopes": access.SCOPES}
    assert scheme["authorizationCode"]["scopes"] == access.MEMBER_SCOPES
    assert needed <= set(access.ALL_SCOPES)


def test_the_document_says_what_holds_of_every_request_and_what_a_registry_s_body_is(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    page = client.get("/api/docs")

    body = document["paths"]["/api/v1/registries"]["post"]["requestBody"]["content"]
    assert {"application/x-ndjson", "text/csv", "multipart/form-data"} <= set(body)
    for told in ("Idempotency-Replayed", "POST /oauth/token", "next_cursor"):
        assert told in document["info"]["description"]
        assert told in page.text


def test_one_type_of_problem_has_one_title_whoever_found_it(client: FlaskClient) -> None:
    found_by_the_frame = client.get("/api/v1/nowhere").json

    assert found_by_the_frame["title"] == errors.NotFound.title


def test_an_address_that_is_none_says_where_the_addresses_stand(client: FlaskClient) -> None:
    told = client.get("/api/v1/nowhere").json["detail"]

    found = re.search(r"/api/[a-z]+", told)

    assert found is not None
    assert client.get(found[0]).status_code == 200


def test_the_reference_is_a_page(client: FlaskClient) -> None:
    page = client.get("/api/docs")

    assert page.status_code == 200
    assert page.mimetype == "text/html"
    assert "/api/v1/openapi.json" in page.text
    assert "/api/docs/errors" in page.text


def test_the_type_of_every_problem_leads_to_its_meaning(client: FlaskClient) -> None:
    refused = client.get("/api/v1/nowhere").json
    page, catalogue = client.get(refused["type"]), client.get("/api/docs/errors")

    assert refused["type"] == "/api/docs/errors/not_found"
    assert page.status_code == 200
    assert CODES["not_found"] in page.text
    assert all(f'href="/api/docs/errors/{code}"' in catalogue.text for code in CODES)


def test_no_code_is_without_a_meaning() -> None:
    problems = dict(_codes(REFUSALS, 0))
    fields = dict(_codes({"FieldError"}, 1))

    assert {code: where for code, where in problems.items() if code not in CODES} == {}, WANTED
    assert {code: where for code, where in fields.items() if code not in FIELD_CODES} == {}, WANTED
    assert dict(_codes({"Unreadable", "FileRefused"}, 0)).keys() <= FILE_CODES.keys(), WANTED
    assert dict(_codes({"FeedRefused", "FeedUnreachable"}, 0)).keys() <= FEED_CODES.keys(), WANTED
    assert {code for code in dict(_codes({"Verdict"}, 1)) if code} <= FEED_CODES.keys(), WANTED
    assert {*problem.CODES.values(), "error", "internal_error"} <= set(CODES)


def _codes(makers: set[str], place: int) -> Iterator[tuple[str, str]]:
    """Every literal code in the source: the argument at `place` of a call of one of `makers`, and where it stands."""
    for call, where in _calls():
        if _name(call.func) in makers and len(call.args) > place:
            code = call.args[place]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield code.value, f"{where}:{call.lineno}"


@cache
def _calls() -> list[tuple[ast.Call, Path]]:
    """Every call in the source, and in which file."""
    found = []
    for floor in ("coalition", "catalog", "settlement", "integrations"):
        for path in (ROOT / floor).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found += [(node, path.relative_to(ROOT)) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return found


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
