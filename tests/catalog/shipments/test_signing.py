"""Each sender's own way of signing is asked for, and nothing else will do."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from standardwebhooks.webhooks import Webhook

from catalog.shipments import message_id, signed
from coalition.kernel import clock
from tests.catalog.builders import SECRET

BODY = b'{"result": {"tracking_code": "EZ1"}}'


def hexdigest(secret: str, body: bytes = BODY) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def easypost(secret: str) -> dict[str, str]:
    return {"X-Hmac-Signature": f"hmac-sha256-hex={hexdigest(secret)}"}


def aftership(secret: str) -> dict[str, str]:
    return {"aftership-hmac-sha256": base64.b64encode(bytes.fromhex(hexdigest(secret))).decode()}


def shippo(secret: str, late_s: int = 0) -> dict[str, str]:
    at = str(int(clock.now().timestamp()) - late_s)
    return {"Shippo-Auth-Signature": f"t={at},v1={hexdigest(secret, at.encode() + b'.' + BODY)}"}


def standard(secret: str) -> dict[str, str]:
    at = clock.now()
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, BODY.decode()),
    }


WAYS = {
    "easypost": easypost,
    "aftership": aftership,
    "shippo": shippo,
    "karrio": standard,
    "schema_org": standard,
    "coalition": standard,
}


@pytest.mark.parametrize("vocabulary", WAYS)
def test_the_senders_own_signature_is_taken_and_no_other(vocabulary: str) -> None:
    way = WAYS[vocabulary]

    assert signed(vocabulary, SECRET, way(SECRET), BODY)
    assert not signed(vocabulary, SECRET, way(SECRET), BODY + b" ")
    assert not signed(vocabulary, SECRET, way("whsec_" + base64.b64encode(b"another secret of theirs").decode()), BODY)
    assert not signed(vocabulary, SECRET, {}, BODY)
    for other, its_way in WAYS.items():
        if its_way is not way:
            assert not signed(vocabulary, SECRET, its_way(SECRET), BODY), other


def test_a_secret_of_easypost_may_hold_letters_that_have_two_spellings() -> None:
    assert signed("easypost", "s\u00e9cret", easypost("se\u0301cret"), BODY)


@pytest.mark.parametrize("late_s", [301, -301, 86_400])
def test_a_signature_of_shippo_ages(late_s: int) -> None:
    assert not signed("shippo", SECRET, shippo(SECRET, late_s), BODY)


@pytest.mark.parametrize("junk", ["", "t=,v1=", "t=now,v1=x", "v1=" + "0" * 64, "t=\u0661,v1=x", "=" * 500])
def test_a_signature_that_cannot_be_read_is_none(junk: str) -> None:
    assert not signed("shippo", SECRET, {"Shippo-Auth-Signature": junk}, BODY)


def test_a_message_without_an_id_is_known_by_its_bytes() -> None:
    assert message_id("coalition", {"Webhook-Id": "msg_1"}, BODY) == "msg_1"
    assert message_id("easypost", {"Webhook-Id": "msg_1"}, BODY) == message_id("easypost", {}, BODY)
    assert message_id("easypost", {}, BODY) != message_id("easypost", {}, BODY + b" ")
