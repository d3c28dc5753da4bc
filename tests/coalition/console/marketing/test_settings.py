"""What promotions of a program share, and drafts in the shadow: pages of the marketers' desk."""

from __future__ import annotations

import hashlib

from flask.testing import FlaskClient

from coalition import insight, promotions
from coalition.kernel.db import raw, transact
from coalition.promotions.publishing import settings
from tests.builders import a_program
from tests.coalition.promotions.publishing.builders import ACTOR, a_document
from tests.coalition.purchases.builders import Shop

URL = "/console/promotion-settings"
GIVEN = {
    "exclude": 'groups.has("tobacco")',
    "earn_on": "gross",
    "earn_not": "gift_card, voucher",
    "day_starts": "04:30",
    "earn_vat": "without",
    "vat": "21,5",
}
TOBACCO = {"f": "groups", "op": "has", "v": "tobacco"}
SETTING = promotions.Setting(TOBACCO, "gross", ("gift_card", "voucher"), 270, "without", 2_150)


def test_a_setting_is_written_as_text_kept_and_shown_again(first: FlaskClient, shop: Shop) -> None:
    answer = first.post(URL, data=GIVEN)
    page = first.get(URL).text

    assert (answer.status_code, "setting_saved" in answer.location) == (303, True)
    assert transact(lambda: promotions.setting(shop.program.id)) == SETTING
    assert "groups.has(&#34;tobacco&#34;)" in page
    assert 'value="04:30"' in page


def test_what_published_promotions_share_waits_for_a_second_person(first: FlaskClient, shop: Shop) -> None:
    document = {**a_document("five"), "name": {"en": "Five", "ru": "Пять"}}
    transact(lambda: promotions.publish(shop.program.id, [document], actor=ACTOR))

    answer = first.post(URL, data={**GIVEN, "note": "Night shops"})

    assert "change_asked" in answer.location
    assert transact(lambda: promotions.setting(shop.program.id)) == promotions.Setting()
    assert "Night shops" in first.get("/console/promotion-changes").text


def test_what_cannot_be_read_is_told_beside_its_field_and_nothing_is_kept(first: FlaskClient, shop: Shop) -> None:
    wrong = {"exclude": "groups.has(", "earn_on": "net", "earn_not": "", "day_starts": "noon", "vat": "much"}

    answer = first.post(URL, data=wrong)
    late = first.post(URL, data={**GIVEN, "day_starts": "13:00"})

    assert (answer.status_code, late.status_code) == (422, 422)
    assert 'id="exclude-error"' in answer.text or "cannot be read" in answer.text
    assert "Enter a time" in answer.text
    assert "Enter a number" in answer.text
    assert transact(lambda: promotions.setting(shop.program.id)) == promotions.Setting()


def test_the_secret_of_draws_is_never_shown_and_its_commitment_is(first: FlaskClient, shop: Shop) -> None:
    first.post(URL, data=GIVEN)
    secret = transact(lambda: settings.draw_secret(shop.program.id))

    page = first.get(URL).text

    assert secret
    assert secret not in page
    assert hashlib.sha256(secret.encode()).hexdigest() in page


def test_a_draft_begins_and_ends_to_run_in_the_shadow(first: FlaskClient, shop: Shop) -> None:
    document = {**a_document("five"), "name": {"en": "Five percent", "ru": "Пять процентов"}}
    transact(lambda: promotions.save_draft(shop.program.id, "five", document, actor=ACTOR))

    begun = first.post("/console/shadows", data={"code": "five"})
    (shadow,) = transact(lambda: insight.shadows(shop.program.id))
    page = first.get("/console/shadows").text
    ended = first.post(f"/console/shadows/{shadow.id}/stop")
    again = first.post(f"/console/shadows/{shadow.id}/stop")

    assert (begun.status_code, ended.status_code, again.status_code) == (303, 303, 409)
    assert "Five percent" in page
    assert "It would have given nothing yet." in page
    assert transact(lambda: insight.shadow(shadow.id)).stopped_at is not None


def test_a_draft_that_cannot_run_and_the_shadow_of_another_program_are_refused(first: FlaskClient, shop: Shop) -> None:
    broken = {**a_document("odd"), "effects": []}
    transact(lambda: promotions.save_draft(shop.program.id, "odd", broken, actor=ACTOR))
    elsewhere = transact(lambda: _a_shadow_elsewhere())

    here = f"?program={shop.program.code}"

    assert first.post(f"/console/shadows{here}", data={"code": "odd"}).status_code == 422
    assert first.post(f"/console/shadows/{elsewhere}/stop{here}").status_code == 404


def _a_shadow_elsewhere() -> int:
    program = a_program()
    document = {**a_document("five"), "effects": [{"kind": "badge.grant", "badge": "b"}]}
    assert raw() is not None
    return insight.start_shadow(program.id, [document])
