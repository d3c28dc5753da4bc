"""Pictures: each address once, an old picture stays until a new one has come, and ours are the only ones shown."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from flask import Flask

from catalog import rewards
from catalog.ports import ImageSource, ImageUnreachable
from coalition.kernel import ids, jobs, ports
from coalition.kernel.db import db, execute, fetch_all, fetch_one, transact
from tests.catalog.builders import an_offer
from tests.catalog.rewards.builders import PEN, Shop, a_shop
from tests.catalog.rewards.test_drawing import a_picture

_OLD, _NEW = "https://pictures.example/old.png", "https://pictures.example/new.png"


@dataclass
class FakeImages:
    """Answers with what lies at an address; remembers what it was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def fetch(self, url: str, most_bytes: int) -> bytes:
        self.asked.append(url)
        if url not in self.files:
            raise ImageUnreachable("unreachable", "nothing there")
        return self.files[url]


@pytest.fixture
def images(app: Flask) -> FakeImages:
    fake = FakeImages({_OLD: a_picture()})
    ports.bind(ImageSource, fake)
    return fake


@pytest.fixture
def shop(images: FakeImages) -> Shop:
    """Two suppliers of one thing with one picture, and another thing with the same."""
    shop = a_shop()
    shop.supplies("first", an_offer("F1", barcode=PEN, picture=_OLD), an_offer("F2", picture=_OLD))
    shop.supplies("second", an_offer("S1", barcode=PEN, picture=_NEW))
    return shop


def _fetch() -> None:
    db.session.rollback()
    transact(lambda: jobs.enqueue("rewards.pictures", {}))
    jobs.run_due(20)


def test_an_address_is_fetched_once_and_shown_on_every_card_that_has_it(shop: Shop, images: FakeImages) -> None:
    assert shop.one("F1").picture is None

    _fetch()
    _fetch()

    assert images.asked == [_OLD]
    first, other = shop.one("F1"), shop.one("F2")
    assert first.picture == other.picture is not None
    assert (first.picture_width, first.picture_height) == (700, 350)


def test_the_old_picture_stays_until_the_new_one_has_come(shop: Shop, images: FakeImages) -> None:
    _fetch()
    before = shop.one("F2").picture

    shop.supplies("first", an_offer("F1", barcode=PEN, picture=_OLD), an_offer("F2", picture=_NEW))
    _fetch()
    assert shop.one("F2").picture == before

    images.files[_NEW] = a_picture(size=(200, 100))
    transact(lambda: execute("UPDATE picture SET due_at = now()"))
    _fetch()
    assert (shop.one("F2").picture != before, shop.one("F2").picture_width) == (True, 200)
    assert shop.one("F1").picture == before


def test_what_is_no_picture_is_asked_for_once_and_what_cannot_be_reached_six_times(
    shop: Shop, images: FakeImages
) -> None:
    images.files[_OLD] = b"<html>not here</html>"
    shop.supplies("first", an_offer("F1", barcode=PEN, picture=_OLD), an_offer("F2", picture=_NEW))
    for _ in range(8):
        transact(lambda: execute("UPDATE picture SET due_at = now()"))
        _fetch()

    assert (images.asked.count(_OLD), images.asked.count(_NEW)) == (1, 6)
    row = fetch_one("SELECT reason FROM picture WHERE url = :url", {"url": _OLD})
    assert row.reason == "not_a_picture"


def _several(*addresses: str) -> str:
    """An offer with these pictures, in this order."""
    return an_offer("F2", picture=None).replace(
        "</offer>", "".join(f"<picture>{one}</picture>" for one in addresses) + "</offer>"
    )


def test_every_picture_of_an_offer_is_fetched_once_and_can_be_looked_at(
    shop: Shop, images: FakeImages, app: Flask
) -> None:
    images.files |= {f"https://pictures.example/{at}.png": a_picture(size=(200 + at, 100)) for at in (1, 2)}
    one, two, gone = (f"https://pictures.example/{name}.png" for name in ("1", "2", "gone"))
    shop.supplies("first", an_offer("F1", barcode=PEN, picture=_OLD), _several(_OLD, two, gone, one, two))
    transact(lambda: execute("UPDATE picture SET due_at = now()"))
    _fetch()
    _fetch()

    assert sorted(images.asked) == sorted([_OLD, one, two, gone])
    found = shop.one("F2")
    assert [shown.width for shown in rewards.gallery(found.product_id or 0, found.picture)] == [202, 201]
    db.session.rollback()
    path = f"/rewards/{ids.public('rew', found.id)}"
    page, second = app.test_client().get(path).text, app.test_client().get(f"{path}?picture=2").text
    assert page.count('class="thumb"') >= 3
    assert f'product-art" src="/pictures/{found.picture}-' in page
    assert 'product-art" src="/pictures/' in second
    assert f'product-art" src="/pictures/{found.picture}-' not in second
    assert app.test_client().get(f"{path}?picture=77").text.count('aria-current="true"') == page.count(
        'aria-current="true"'
    )


def test_a_gallery_follows_its_feed_and_an_unchanged_one_is_not_rewritten(shop: Shop, images: FakeImages) -> None:
    other = an_offer("F1", barcode=PEN, picture=_OLD)
    shop.supplies("first", other, _several(_OLD, _NEW))
    (before,) = fetch_all("SELECT urls, xmin::text FROM product_gallery")
    shop.supplies("first", other, _several(_OLD, _NEW).replace("Thing", "Item"))
    (after,) = fetch_all("SELECT urls, xmin::text FROM product_gallery")
    assert (before, before.urls) == (after, [_NEW])

    shop.supplies("first", other, _several(_OLD))
    assert [row.urls for row in fetch_all("SELECT urls FROM product_gallery")] == [[]]


def test_our_own_address_never_changes_and_serves_nothing_else(shop: Shop, app: Flask) -> None:
    _fetch()
    sha256 = shop.one("F2").picture
    db.session.rollback()
    client = app.test_client()

    answer = client.get(f"/pictures/{sha256}-320.webp")

    assert (answer.status_code, answer.mimetype, answer.data[:4]) == (200, "image/webp", b"RIFF")
    assert {"public", "immutable", "max-age=31536000"} <= set(answer.headers["Cache-Control"].split(", "))
    for wrong in (f"{sha256}-321", f"{'0' * 64}-320", f"{'x' * 64}-320", "..%2f..%2fetc-320", f"{sha256}-99999"):
        assert client.get(f"/pictures/{wrong}.webp").status_code == 404
