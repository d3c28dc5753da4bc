"""What a process has loaded when it has only begun: nothing that is heavy and that few processes need (ADR 17)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

# What each is for, and where it is loaded: the function that uses it, or the adapter that is offered for a port.
HEAVY = {
    "alembic": "migrations",
    "babel.messages": "reading translations",
    "boto3": "S3 and mails by SES",
    "fontTools": "typefaces of what is printed",
    "fpdf": "what is printed",
    "httpx": "asking others",
    "joserfc": "clients that prove themselves by keys",
    "numpy": "the price book",
    "openpyxl": "dates of workbooks",
    "paramiko": "feeds by SFTP",
    "PIL": "pictures",
    "requests": "nothing of ours; Flask-Security would sign in by other sites with it",
    "rq": "workers",
    "segno": "QR codes",
    "sepaxml": "files for the bank",
    "stripe": "payments",
    "webauthn": "passkeys",
    "xlsxwriter": "workbooks",
}
_BEGIN = "import sys, wsgi; wsgi.create_app(); print(*sys.modules)"
_EVERYTHING = {
    "STRIPE_SECRET_KEY": "sk_test_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
    "S3_ACCESS_KEY_ID": "key",
    "S3_SECRET_ACCESS_KEY": "secret",
    "FILES_S3_BUCKET": "files",
    "MAIL_URL": "smtp://127.0.0.1:2525",
    "MAIL_FROM": "club@coral.example",
}


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules of a process that has everything that can be configured, and has done nothing."""
    environment = {**os.environ, "COALITION_ENV": "test", "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}
    environment |= {"REDIS_URL": os.environ["TEST_REDIS_URL"], **_EVERYTHING}
    begun = subprocess.run([sys.executable, "-c", _BEGIN], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert begun.returncode == 0, begun.stderr
    return set(begun.stdout.split())


@pytest.mark.parametrize("library", HEAVY)
def test_a_heavy_library_is_loaded_where_it_is_used(loaded: set[str], library: str) -> None:
    assert library not in loaded, f"{library} is for {HEAVY[library]}: import it in the function that uses it"


def test_what_every_process_needs_is_loaded(loaded: set[str]) -> None:
    assert {"flask", "sqlalchemy", "coalition.purchases", "catalog.orders", "settlement.statements"} <= loaded
