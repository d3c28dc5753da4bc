"""A client generated from the OpenAPI document by a stranger's tool: it compiles, and does what a till does."""

from __future__ import annotations

import compileall
import datetime as dt
import importlib
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.served import Served

pytestmark = pytest.mark.processes
NAME = "coalition_client"
VERBS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def generated(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package, generated from the document that the server itself serves."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "settings.yaml").write_text("post_hooks: []\n")
    command = [str(Path(sys.executable).parent / "openapi-python-client"), "generate", "--meta", "none"]
    options = ["--url", f"{served.base_url}/api/v1/openapi.json", "--output-path", str(folder / NAME)]
    done = subprocess.run(
        [*command, *options, "--config", str(folder / "settings.yaml")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    sys.path.insert(0, str(folder))
    yield folder / NAME
    sys.path.remove(str(folder))


@pytest.fixture
def client(generated: Path, served: Served) -> Any:
    """A client of the package with a token."""
    form = {"grant_type": "client_credentials"}
    answer = httpx.post(f"{served.base_url}/oauth/token", data=form, auth=(served.client_id, served.client_secret))
    made = importlib.import_module(f"{NAME}.client")
    return made.AuthenticatedClient(base_url=served.base_url, token=answer.json()["access_token"])


def test_it_compiles_and_lacks_no_operation(generated: Path, served: Served) -> None:
    document = httpx.get(f"{served.base_url}/api/v1/openapi.json").json()
    operations = sum(verb in item for item in document["paths"].values() for verb in VERBS)

    modules = [path for path in generated.glob("api/*/*.py") if path.name != "__init__.py"]

    assert compileall.compile_dir(generated, quiet=2)
    raw_only = [path for path, item in document["paths"].items() for verb in VERBS if _is_raw(item.get(verb, {}))]
    assert len(modules) == operations - len(raw_only)


def test_it_buys_and_finds_what_it_bought(client: Any, served: Served) -> None:
    number = uuid.uuid4().hex
    line = _model("line", "Line")(no=1, amount=8990, sku="MILK", qty_m=2000, price=4495)
    member = _model("identifier", "Identifier")(
        kind=_model("identifier_kind", "IdentifierKind").CARD, value=served.card
    )
    purchase = _model("purchase", "Purchase")(
        external_id=number,
        occurred_at=dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC),
        outlet=served.outlet,
        currency="EUR",
        lines=[line],
        member=member,
    )

    recorded = _operation("api_purchases", "post_api_v1_purchases").sync(client=client, body=purchase)
    found = _operation("api_purchases", "get_api_v1_purchases").sync(client=client, external_id=number)

    assert [award.units for award in recorded.awards] == [44]
    assert [one.id for one in found.items] == [recorded.id]


def test_it_reads_a_refusal_as_a_problem(client: Any) -> None:
    missing = _operation("api_purchases", "get_api_v1_purchases_purchase").sync_detailed(
        "pur_0000000000zzz", client=client
    )

    assert missing.status_code == 404
    assert missing.parsed.code == "not_found"


def _model(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"{NAME}.models.{module}"), name)


def _operation(group: str, name: str) -> Any:
    return importlib.import_module(f"{NAME}.api.{group}.{name}")


def _is_raw(operation: dict[str, Any]) -> bool:
    """Whether its body is of no type that the tool knows (it knows JSON, forms and octets)."""
    kinds = operation.get("requestBody", {}).get("content", {})
    return bool(kinds) and not {"application/json", "multipart/form-data", "application/octet-stream"} & set(kinds)
