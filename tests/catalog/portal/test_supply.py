"""A supplier's own people: orders answered, packed and sent, stock counted, feeds sent; and nothing of another's."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from catalog import orders, rewards, shipments, suppliers
from catalog.orders import Served
from catalog.portal import order_pages
from coalition import access, partners
from coalition.kernel import ids, jobs
from coalition.kernel.db import execute, fetch_all, transact
from tests.catalog.builders import a_file, a_supplier, an_offer
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind

PASSWORD = "correct horse battery"


@dataclass
class Desk:
    """A supplier's person at the portal, and an order that waits for the supplier's answer."""

    world: World
    browser: FlaskClient
    reference: str

    @property
    def path(self) -> str:
        return f"/portal/supply/orders/{self.reference}"

    def does(self, deed: str, **form: str) -> int:
        """Press a button; the status."""
        return self.browser.post(f"{self.path}/{deed}", data=form).status_code

    def stands(self) -> Served:
        """The consignment as its supplier sees it."""
        return transact(lambda: orders.one_served([self.world.supplier.id], self.reference))


def _person(app: Flask, supplier: suppliers.Supplier, *roles: str) -> FlaskClient:
    owner = transact(lambda: partners.entity(supplier.legal_entity_id)).partner_id
    email = f"{'-'.join(roles)}@{supplier.code}.test"
    transact(lambda: access.create_user(email, PASSWORD, roles, f"partner:{owner}", program_id=supplier.program_id))
    browser = app.test_client()
    assert browser.post("/login", data={"email": email, "password": PASSWORD}).status_code == 303
    return browser


@pytest.fixture
def desk(app: Flask) -> Desk:
    return _waiting(app, (0, 1))


def _waiting(app: Flask, *wanted: tuple[int, int]) -> Desk:
    """An order of so many pieces of the first, second ... reward that waits for its supplier's answer."""
    world = transact(a_world)
    bind(FakeSupplier(next=["pending"]))
    transact(lambda: world.place(world.quote(*((world.rewards[at].id, qty) for at, qty in wanted))))
    jobs.run_due()
    (one,) = transact(lambda: orders.served([world.supplier.id], "answer", None, 10).items)
    transact(lambda: shipments.add_carrier("post", "Post", "whsec_cG9zdA=="))
    return Desk(world, _person(app, world.supplier, "supplier"), one.client_ref)


def test_an_order_is_accepted_packed_and_sent_by_hand(desk: Desk) -> None:
    assert desk.reference in desk.browser.get("/portal/supply/orders").text
    assert "Brivibas" not in desk.browser.get(desk.path).text

    assert desk.does("accept", external_id="OWN-1") == 303
    assert (desk.stands().state, desk.stands().external_id) == ("confirmed", "OWN-1")
    page = desk.browser.get(desk.path).text
    assert "Brivibas" in page
    assert "Brivibas" in desk.browser.get("/portal/supply/orders/labels.csv").text
    assert desk.does("pack") == 303
    assert desk.stands().state == "preparing"
    assert desk.does("parcel", carrier="post", tracking_no="PP-1", **{"qty-0": "1"}) == 303

    assert desk.stands().state == "shipped"
    assert "PP-1" in desk.browser.get(f"{desk.path}?said=parcel").text
    assert desk.reference in desk.browser.get("/portal/supply/orders?view=sent").text
    trail = fetch_all("SELECT action FROM audit WHERE action LIKE 'consignment.%' ORDER BY id")
    assert {"consignment.accept", "consignment.pack", "consignment.parcel", "consignment.viewed"} <= {
        row.action for row in trail
    }


def test_what_cannot_be_supplied_ends_and_the_points_come_back(desk: Desk) -> None:
    before = transact(desk.world.balance)

    assert desk.does("refuse", reason="") == 422
    assert desk.does("refuse", reason="out_of_stock") == 303

    assert (desk.stands().state, desk.stands().reason) == ("rejected", "out_of_stock")
    assert transact(desk.world.balance).available > before.available
    assert transact(desk.world.balance).held == 0


def test_some_lines_and_pieces_are_accepted_and_the_others_come_back(app: Flask) -> None:
    desk = _waiting(app, (0, 2), (1, 3), (2, 1))
    before, skus = transact(desk.world.balance), [line.sku for line in desk.stands().lines]
    pieces = dict(zip(skus, (line.qty for line in desk.stands().lines), strict=True))
    assert "take-2" in desk.browser.get(desk.path).text
    gone, fewer, whole = sorted(skus, key=lambda sku: (pieces[sku] != 2, pieces[sku] != 3))
    sent = {f"take-{skus.index(gone)}": "0", f"take-{skus.index(fewer)}": "1"}

    assert desk.does("accept", short="out_of_stock", **sent) == 303

    assert {line.sku: line.qty for line in desk.stands().lines} == {fewer: 1, whole: 1}
    now = transact(desk.world.balance)
    assert (desk.stands().state, now.held, now.available - before.available) == ("confirmed", 0, 4_000)
    left = {
        one.supplier_sku: one.available for one in (transact(lambda at=at: desk.world.reward(at)) for at in range(3))
    }
    assert left == {gone: 5, fewer: 4, whole: 4}
    assert_laws_hold()


def test_a_part_is_accepted_with_a_reason_and_in_pieces_that_were_ordered(app: Flask) -> None:
    desk = _waiting(app, (0, 2), (1, 3))

    for wrong in (
        {"take-0": "1"},
        {"take-0": "1", "short": "whim"},
        {"take-0": "9"},
        {"take-0": "-1"},
        {"take-0": "x"},
    ):
        assert desk.does("accept", **wrong) == 422
    assert desk.does("accept", short="out_of_stock", **{"take-0": "0", "take-1": "0"}) == 422
    kept = desk.browser.post(f"{desk.path}/accept", data={"take-0": "1"}).text
    assert 'id="short-error"' in kept

    assert desk.stands().state == "confirming"
    assert {line.qty for line in desk.stands().lines} == {2, 3}


def test_what_was_accepted_and_cannot_be_supplied_is_for_the_operator_to_decide(desk: Desk) -> None:
    desk.does("accept")

    assert desk.does("refuse", reason="out_of_stock") == 303

    assert desk.stands().state == "confirmed"
    (case,) = transact(lambda: orders.cases(desk.world.program.id).items)
    assert case.kind == "contradiction"


def test_a_button_that_does_not_fit_the_state_changes_nothing(desk: Desk) -> None:
    for deed in ("pack", "parcel", "give_back", "keep"):
        assert desk.does(deed, carrier="post", tracking_no="PP-1", **{"qty-0": "1"}) == 409
    assert desk.stands().state == "confirming"
    desk.does("accept")
    assert desk.does("accept") == 409
    assert desk.does("parcel", carrier="post", tracking_no="PP-1", **{"qty-0": "9"}) == 409
    assert desk.does("parcel", carrier="nobody", tracking_no="PP-1", **{"qty-0": "1"}) == 422
    assert desk.does("parcel", carrier="post", tracking_no="", **{"qty-0": "1"}) == 422
    assert desk.stands().state == "confirmed"


def test_an_order_that_is_asked_back_is_given_back_or_stands(desk: Desk) -> None:
    desk.does("accept")
    transact(lambda: execute("UPDATE supplier_order SET caps = '{\"cancel\": true}'"))
    order = transact(lambda: fetch_all("SELECT id FROM customer_order"))[0].id
    transact(lambda: orders.cancel(desk.world.program.id, order, external_id="stop"))

    assert desk.stands().state == "cancel_requested"
    assert "asked back" in desk.browser.get(desk.path).text
    assert desk.does("give_back") == 303

    assert desk.stands().state == "cancelled"


def test_stock_is_counted_where_a_number_was_typed(desk: Desk) -> None:
    code = desk.world.supplier.code
    assert "<code>A2</code>" in desk.browser.get("/portal/supply/stock").text
    assert "<code>A1</code>" not in desk.browser.get("/portal/supply/stock?q=A2").text

    sent = {"sku": ["A1", "A2", "A3"], "qty": ["", "17", " "]}
    said = desk.browser.post(f"/portal/supply/stock/{code}", data=sent)
    wrong = desk.browser.post(f"/portal/supply/stock/{code}", data={"sku": ["A2"], "qty": ["-1"]})

    assert "count=1" in said.location
    assert wrong.status_code == 422
    found = {
        one.sku: one.on_hand for one in transact(lambda: rewards.counted([desk.world.supplier.id], "", None, 9)).items
    }
    assert (found["A2"], found["A3"]) == (17, 5)


def test_a_feed_is_tried_and_sent_and_its_unusable_rows_are_downloaded(desk: Desk) -> None:
    code = desk.world.supplier.code
    transact(lambda: suppliers.create_feed(desk.world.supplier.id, "goods"))
    path = f"/portal/supply/feeds/{code}/goods"
    content = a_file(an_offer("B1"), an_offer("B2", price=None))

    assert desk.browser.post(path).status_code == 422
    tried = desk.browser.post(path, data={"file": (io.BytesIO(content), "goods.xml"), "dry_run": "yes"})
    jobs.run_due()

    page = desk.browser.get(tried.location).text
    assert "only tried" in page
    assert "B2" in desk.browser.get(f"{tried.location}/quarantine.csv").text
    assert "goods" in desk.browser.get("/portal/supply/feeds").text
    assert tried.location.rsplit("/", 1)[1] in desk.browser.get(path).text


def test_every_order_that_waits_to_be_sent_has_its_label(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_pages, "_LABELS_AT_ONCE", 1)
    bind(FakeSupplier())
    for _ in range(2):
        transact(lambda: desk.world.place(desk.world.quote((desk.world.rewards[0].id, 1))))
    jobs.run_due()

    labels = desk.browser.get("/portal/supply/orders/labels.csv").text

    waiting = transact(lambda: orders.served([desk.world.supplier.id], "ship", None, 10).items)
    assert len(waiting) >= 2
    assert all(one.client_ref in labels for one in waiting)


def test_another_supplier_s_orders_stock_feeds_and_runs_do_not_exist(app: Flask, desk: Desk) -> None:
    feed = transact(lambda: suppliers.create_feed(desk.world.supplier.id, "goods"))
    run = ids.public("run", transact(lambda: suppliers.open_run(feed.id)).id)
    stranger = _person(app, transact(lambda: a_supplier(desk.world.program, "stranger")), "supplier")
    code = desk.world.supplier.code

    gets = [desk.path, f"/portal/supply/feeds/{code}/goods", f"/portal/supply/runs/{run}"]
    assert {stranger.get(one).status_code for one in (*gets, f"{gets[2]}/quarantine.csv")} == {404}
    deeds = [f"{desk.path}/{deed}" for deed in ("accept", "refuse", "pack", "parcel", "give_back", "keep")]
    posts = [*deeds, f"/portal/supply/stock/{code}", f"/portal/supply/feeds/{code}/goods"]
    assert {stranger.post(one, data={"reason": "out_of_stock"}).status_code for one in posts} == {404}
    assert desk.reference not in stranger.get("/portal/supply/orders?view=answer").text
    assert "<code>A2</code>" not in stranger.get("/portal/supply/stock").text
    assert "Brivibas" not in stranger.get("/portal/supply/orders/labels.csv").text
    assert desk.stands().state == "confirming"


def test_only_people_of_suppliers_come_in_and_see_it_in_their_menu(app: Flask, desk: Desk) -> None:
    reader = _person(app, desk.world.supplier, "partner")
    manager = _person(app, desk.world.supplier, "partner_admin")

    assert reader.get("/portal/supply/orders").status_code == 403
    assert manager.get("/portal/supply/orders").status_code == 200
    assert "/portal/supply/orders" in manager.get("/portal/").text
    assert "/portal/supply/orders" not in reader.get("/portal/").text
    assert "waits for your answer" in desk.browser.get("/portal/").text
