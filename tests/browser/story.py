"""What the pages show: the demo with its year of history, one delivered order, and every page with who may see it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from coalition.kernel import clock, ids
from tests.journeys.running import Partner, Running, eventually


@dataclass(frozen=True, slots=True)
class Story:
    """Addresses and sign-ins of a told story."""

    running: Running
    reward_id: str
    order_id: str
    quote_id: str
    period: str
    statement_id: str
    member_id: str
    purchase_id: str
    registry_id: str
    approval_id: str

    @property
    def client_id(self) -> str:
        """The client of the first partner's tills."""
        return str(self.running.facts["partners"][0]["client_id"])

    @property
    def outlet(self) -> str:
        """The code of the first partner's first outlet."""
        return str(self.running.facts["partners"][0]["outlet"])

    def sign_in(self, session: Any, role: str) -> None:
        """Sign a browser session in as the member or a member of staff; a visitor stays nobody.

        Who is "at the threshold" is the member in another browser, asked for the code that came by mail.
        """
        if role == "visitor":
            return
        page = session.new_page()
        if role == "at the threshold":
            self._enter(page, self.running.facts["member"])
            session.clear_cookies()
            self._give_password(page, self.running.facts["member"])
            page.wait_for_url("**/browser")
        else:
            facts = self.running.facts
            known = {"member": facts["member"], **facts["staff"], **facts["partner_people"]}
            self._enter(page, known[role])
        if role == "member":
            self._gather(page)
        page.close()

    def _enter(self, page: Any, person: dict[str, str]) -> None:
        """By the password, and by the code that comes by mail where this browser is not the first."""
        last = self.running.last_mail(person["email"])
        self._give_password(page, person)
        page.wait_for_url(lambda url: "/login" not in url)
        if page.url.endswith("/browser"):
            page.fill("#code", eventually(lambda: self.running.code_after(last, person["email"])))
            page.press("#code", "Enter")
            page.wait_for_url(lambda url: "/browser" not in url)

    def _give_password(self, page: Any, person: dict[str, str]) -> None:
        page.goto("/login")
        page.fill("input[name=email]", person["email"])
        page.fill("input[name=password]", person["password"])
        page.press("input[name=password]", "Enter")

    def _gather(self, page: Any) -> None:
        """Let something lie in the member's cart and on the wish list."""
        page.goto("/wishes")
        if page.locator(".wish").count():
            return
        for press in ("Add to cart", "Save"):
            page.goto(f"/rewards/{self.reward_id}")
            page.get_by_role("button", name=press).click()


@dataclass(frozen=True, slots=True)
class Page:
    """A page: who may see it, where it is, and the status it answers with."""

    role: str
    path: Callable[[Story], str]
    status: int = 200


PAGES = {
    "catalog": Page("member", lambda story: "/"),
    "catalog-visitor": Page("visitor", lambda story: "/?q=lamp"),
    "catalog-empty": Page("visitor", lambda story: "/?q=nothing-like-this"),
    "reward": Page("member", lambda story: f"/rewards/{story.reward_id}"),
    "catalog-filtered": Page("member", lambda story: "/?q=ticket&affordable=1&in_stock=1&min=1000&delivery=electronic"),
    "join": Page("visitor", lambda story: "/join"),
    "browser-new": Page("at the threshold", lambda story: "/browser"),
    "reset": Page("visitor", lambda story: "/reset"),
    "reset-sent": Page("visitor", lambda story: "/reset?done=sent"),
    "invitation-over": Page("visitor", lambda story: "/invitation?token=x", 404),
    "security": Page("member", lambda story: "/security"),
    "security-staff": Page("support", lambda story: "/security"),
    "audit": Page("auditor", lambda story: "/console/audit"),
    "factors": Page("admin", lambda story: "/console/factors"),
    "cart": Page("member", lambda story: "/cart"),
    "flights": Page("member", lambda story: f"/flights?origin=RIX&destination=BCN&on={_in_a_month()}&passengers=2"),
    "events": Page("visitor", lambda story: "/events"),
    "event": Page("member", lambda story: "/events/stagedoor/evt-hamlet"),
    "return": Page("member", lambda story: f"/orders/{story.order_id}/return"),
    "wishes": Page("member", lambda story: "/wishes"),
    "checkout": Page("member", lambda story: f"/checkout?reward={story.reward_id}&qty=1&delivery=courier"),
    "payment": Page("member", lambda story: f"/checkout/payment?quote={story.quote_id}"),
    "orders": Page("member", lambda story: "/orders"),
    "order": Page("member", lambda story: f"/orders/{story.order_id}"),
    "program-launch": Page("admin", lambda story: "/console/programs/new"),
    "partners": Page("admin", lambda story: "/console/partners"),
    "partner-new": Page("admin", lambda story: "/console/partners/new"),
    "partner-kept": Page("admin", lambda story: "/console/partners/freshmart"),
    "people": Page("admin", lambda story: "/console/people"),
    "people-of-partner": Page("admin", lambda story: "/console/people?partner=freshmart&role=partner"),
    "person": Page("admin", lambda story: f"/console/people/{ids.public('usr', 1)}"),
    "partner-company": Page("admin", lambda story: "/console/partners/freshmart/entities/FRESHMART"),
    "partner-client": Page("admin", lambda story: f"/console/partners/freshmart/clients/{story.client_id}"),
    "letters": Page("admin", lambda story: "/console/letters"),
    "jobs": Page("admin", lambda story: "/console/jobs"),
    "balance": Page("member", lambda story: "/account"),
    "account-coupons": Page("member", lambda story: "/account/coupons"),
    "pay": Page("member", lambda story: "/account/pay"),
    "family": Page("member", lambda story: "/account/family"),
    "apps": Page("member", lambda story: "/account/apps"),
    "consent": Page("member", lambda story: story.running.facts["app"]["authorize_path"]),
    "history": Page("member", lambda story: "/account/history"),
    "sign-in": Page("visitor", lambda story: "/login"),
    "periods": Page("finance", lambda story: "/console/settlement"),
    "adjustments": Page("finance", lambda story: "/console/adjustments"),
    "rates": Page("finance", lambda story: "/console/settlement/rates"),
    "payouts": Page("finance", lambda story: "/console/payouts"),
    "payout-run": Page("finance2", lambda story: f"/console/payouts/runs/{ids.public('run', 1)}"),
    "payout-accounts": Page("finance", lambda story: "/console/payouts/accounts"),
    "proofs": Page("finance", lambda story: "/console/proofs"),
    "bank": Page("finance", lambda story: "/console/bank"),
    "bank-aging": Page("finance", lambda story: "/console/bank/aging"),
    "invoices": Page("finance", lambda story: f"/console/statements/{story.statement_id}/invoices"),
    "settlement": Page("finance", lambda story: f"/console/settlement/coral/{story.period}"),
    "statement": Page("finance", lambda story: f"/console/statements/{story.statement_id}"),
    "finance": Page("finance", lambda story: "/console/finance/"),
    "statements": Page("finance", lambda story: "/console/finance/statements"),
    "statements-none": Page("finance", lambda story: "/console/finance/statements?period=2001-01"),
    "statement-sifted": Page("finance", lambda story: f"/console/statements/{story.statement_id}?charge=redeemed"),
    "portal": Page("homeline", lambda story: "/portal/"),
    "portal-overview": Page("freshmart", lambda story: "/portal/"),
    "portal-operations": Page("freshmart", lambda story: "/portal/operations"),
    "portal-operations-none": Page("freshmart", lambda story: "/portal/operations?number=nothing-like-this"),
    "portal-receipt": Page("freshmart", lambda story: f"/portal/operations/{story.purchase_id}"),
    "portal-receipt-return": Page("freshmart", lambda story: f"/portal/operations/{story.purchase_id}/return"),
    "portal-registries": Page("homeline", lambda story: "/portal/registries"),
    "portal-registries-none": Page("homeline", lambda story: "/portal/registries?state=failed"),
    "portal-registries-empty": Page("freshmart", lambda story: "/portal/registries"),
    "portal-registry": Page("homeline", lambda story: f"/portal/registries/{story.registry_id}"),
    "portal-registry-new": Page("freshmart", lambda story: "/portal/registries/new"),
    "portal-registry-layout": Page("freshmart", lambda story: "/portal/registries/layouts/new"),
    "portal-reports": Page(
        "freshmart", lambda story: f"/portal/reports?since={_days_ago(300)}&until={_days_ago(0)}&by=month"
    ),
    "portal-reports-none": Page("freshmart", lambda story: "/portal/reports?since=2001-01-01&until=2001-01-31"),
    "portal-reports-refused": Page("freshmart", lambda story: "/portal/reports?since=2026-02-01&until=2026-01-01", 422),
    "portal-members": Page("freshmart", lambda story: "/portal/members"),
    "portal-member": Page("freshmart", lambda story: f"/portal/members/{story.member_id}"),
    "portal-member-of-others": Page("homeline", lambda story: f"/portal/members/{story.member_id}"),
    "portal-promotions": Page("freshmart", lambda story: "/portal/promotions"),
    "portal-proposal-new": Page("freshmart", lambda story: "/portal/promotions/new"),
    "portal-clients": Page("freshmart", lambda story: "/portal/clients"),
    "portal-client-new": Page("freshmart", lambda story: "/portal/clients/new"),
    "portal-client": Page("freshmart", lambda story: f"/portal/clients/{story.client_id}"),
    "portal-outlets": Page("freshmart", lambda story: "/portal/outlets"),
    "portal-outlet": Page("freshmart", lambda story: f"/portal/outlets/{story.outlet}"),
    "portal-outlet-edit": Page("freshmart", lambda story: f"/portal/outlets/{story.outlet}/edit"),
    "portal-outlet-file": Page("freshmart", lambda story: "/portal/outlet-file"),
    "portal-company": Page("freshmart", lambda story: "/portal/company"),
    "portal-agreements": Page("freshmart", lambda story: "/portal/agreements"),
    "portal-webhooks": Page("freshmart", lambda story: "/portal/webhooks"),
    "portal-webhook-new": Page("freshmart", lambda story: "/portal/webhooks/new"),
    "portal-webhook": Page("freshmart", lambda story: f"/portal/webhooks/{ids.public('whk', 1)}"),
    "supply-orders": Page("supplier", lambda story: "/portal/supply/orders"),
    "supply-orders-sent": Page("supplier", lambda story: "/portal/supply/orders?view=sent"),
    "supply-stock": Page("supplier", lambda story: "/portal/supply/stock"),
    "supply-feeds": Page("supplier", lambda story: "/portal/supply/feeds"),
    "supply-feed": Page("supplier", lambda story: "/portal/supply/feeds/outthere/catalog"),
    "docs-webhooks": Page("visitor", lambda story: "/api/docs/webhooks"),
    "portal-team": Page("freshmart", lambda story: "/portal/team"),
    "portal-statements": Page("homeline", lambda story: "/portal/statements"),
    "portal-statement": Page("freshmart", lambda story: f"/portal/statements/{story.statement_id}"),
    "portal-disputes": Page("homeline", lambda story: "/portal/disputes"),
    "portal-disputes-none": Page("freshmart", lambda story: "/portal/disputes"),
    "portal-dispute": Page("homeline", lambda story: f"/portal/disputes/{ids.public('dsp', 1)}"),
    "portal-act": Page("freshmart", lambda story: f"/portal/acts/FRESHMART/{story.period}"),
    "portal-dispute-new": Page("freshmart", lambda story: f"/portal/statements/{story.statement_id}/dispute"),
    "agreements": Page("finance", lambda story: "/console/agreements"),
    "limits": Page("finance", lambda story: "/console/limits"),
    "reports": Page("finance", lambda story: "/console/reports"),
    "report-positions": Page("finance", lambda story: "/console/reports/positions"),
    "report-exposure": Page("finance", lambda story: "/console/reports/exposure"),
    "report-liability": Page("finance", lambda story: "/console/reports/liability"),
    "report-deferred": Page("finance", lambda story: "/console/reports/deferred"),
    "report-journal": Page("finance", lambda story: "/console/reports/journal"),
    "report-breakage": Page("finance", lambda story: "/console/reports/breakage"),
    "report-forecast": Page("finance", lambda story: "/console/reports/forecast"),
    "report-origins": Page("finance", lambda story: "/console/reports/origins"),
    "report-files": Page("finance", lambda story: "/console/reports/files"),
    "report-settings": Page("finance", lambda story: "/console/reports/settings"),
    "reconciliations": Page("finance", lambda story: "/console/reconciliation"),
    "disputes": Page("finance", lambda story: "/console/disputes"),
    "console": Page("support", lambda story: "/console"),
    "members": Page("support", lambda story: "/console/members"),
    "members-found": Page("support", lambda story: "/console/members?name=an"),
    "members-none": Page("support", lambda story: "/console/members?name=nobody-like-this"),
    "member": Page("support", lambda story: f"/console/members/{story.member_id}"),
    "member-points": Page("support", lambda story: f"/console/members/{story.member_id}/points"),
    "member-timeline": Page("support", lambda story: f"/console/members/{story.member_id}/timeline"),
    "member-looks": Page("support", lambda story: f"/console/members/{story.member_id}/timeline?kind=looks"),
    "member-cards": Page("support", lambda story: f"/console/members/{story.member_id}/identifiers"),
    "member-holdings": Page("support", lambda story: f"/console/members/{story.member_id}/holdings"),
    "member-adjust": Page("support", lambda story: f"/console/members/{story.member_id}/adjust"),
    "member-merge": Page("support", lambda story: f"/console/members/{story.member_id}/merge"),
    "receipt": Page("support", lambda story: f"/console/purchases/{story.purchase_id}"),
    "registries": Page("support", lambda story: "/console/registries"),
    "registries-empty": Page("support", lambda story: "/console/registries?state=failed"),
    "registry": Page("support", lambda story: f"/console/registries/{story.registry_id}"),
    "registry-new": Page("support", lambda story: "/console/registries/new"),
    "suspense": Page("support", lambda story: "/console/suspense"),
    "approvals": Page("support2", lambda story: "/console/approvals"),
    "approval": Page("support2", lambda story: f"/console/approvals/{story.approval_id}"),
    "approval-own": Page("support", lambda story: f"/console/approvals/{story.approval_id}"),
    "backtests": Page("marketer", lambda story: "/console/backtests"),
    "backtest-new": Page("marketer", lambda story: "/console/backtests/new"),
    "experiments": Page("marketer", lambda story: "/console/experiments"),
    "promotions": Page("marketer", lambda story: "/console/promotions"),
    "promotions-none": Page("marketer", lambda story: "/console/promotions?q=nothing-like-this"),
    "promotions-proposals": Page("marketer", lambda story: "/console/promotions/proposals"),
    "promotions-calendar": Page("marketer", lambda story: "/console/promotions/calendar"),
    "promotion": Page("marketer", lambda story: "/console/promotions/weekend-double"),
    "promotion-review": Page("marketer2", lambda story: "/console/promotions/wash-day"),
    "promotion-new": Page("marketer", lambda story: "/console/promotions/new"),
    "promotion-builder": Page("marketer", lambda story: "/console/promotions/early-birds/edit"),
    "promotion-builder-replay": Page("marketer", lambda story: "/console/promotions/dairy-triple/edit?replay=yes"),
    "promotion-builder-kept": Page("marketer", lambda story: "/console/promotions/birthday/edit"),
    "promotion-expert": Page("marketer", lambda story: "/console/promotions/coffee-card/expert"),
    "promotion-send": Page("marketer", lambda story: "/console/promotions/early-birds/send"),
    "promotion-version": Page("marketer", lambda story: "/console/promotions/weekend-double/versions/1"),
    "draws": Page("marketer", lambda story: "/console/draws"),
    "promotion-groups": Page("marketer", lambda story: "/console/promotion-groups"),
    "promotion-settings": Page("marketer", lambda story: "/console/promotion-settings"),
    "shadows": Page("marketer", lambda story: "/console/shadows"),
    "promotion-changes": Page("marketer", lambda story: "/console/promotion-changes"),
    "product-groups": Page("marketer", lambda story: "/console/product-groups"),
    "campaigns": Page("marketer", lambda story: "/console/campaigns"),
    "campaign": Page("marketer", lambda story: "/console/campaigns/edit?code=home-season"),
    "rulesets": Page("marketer", lambda story: "/console/rulesets"),
    "ruleset": Page("marketer", lambda story: "/console/rulesets/1"),
    "coupons": Page("marketer", lambda story: "/console/coupons"),
    "coupon-batch": Page("marketer", lambda story: "/console/coupons/1"),
    "coupon-new": Page("marketer", lambda story: "/console/coupons/new"),
    "programs": Page("admin", lambda story: "/console/programs"),
    "program": Page("admin", lambda story: "/console/programs/coral"),
    "program-policies": Page("admin", lambda story: "/console/programs/coral/policies"),
    "program-currency": Page("admin", lambda story: "/console/programs/coral/currencies/BON"),
    "program-promo": Page("admin", lambda story: "/console/programs/coral/promo-accounts/new"),
    "program-tiers": Page("admin", lambda story: "/console/programs/coral/tiers"),
    "program-tiers-edit": Page("admin", lambda story: "/console/programs/coral/tiers/edit"),
    "program-plan": Page("admin", lambda story: "/console/programs/coral/plans/new"),
    "program-currency-new": Page("admin", lambda story: "/console/programs/coral/currencies/new"),
    "registry-layout": Page("support", lambda story: "/console/registries/layouts/new"),
    "member-standing": Page("support", lambda story: f"/console/members/{story.member_id}/standing"),
    "receipt-return": Page("support", lambda story: f"/console/purchases/{story.purchase_id}/return"),
    "desk": Page("catalog", lambda story: "/console/catalog"),
    "desk-board": Page("catalog", lambda story: "/console/catalog/orders"),
    "desk-board-open": Page("catalog", lambda story: "/console/catalog/orders?view=open"),
    "desk-order": Page("catalog", lambda story: f"/console/catalog/orders/{story.order_id}"),
    "desk-order-support": Page("support", lambda story: f"/console/catalog/orders/{story.order_id}"),
    "desk-feeds": Page("catalog", lambda story: "/console/catalog/feeds"),
    "desk-feed": Page("catalog", lambda story: "/console/catalog/feeds/homeline/catalog"),
    "desk-feed-new": Page("catalog", lambda story: "/console/catalog/feeds/new"),
    "desk-run": Page("catalog", lambda story: f"/console/catalog/runs/{ids.public('run', 1)}"),
    "desk-held-prices": Page("catalog", lambda story: "/console/catalog/price-quarantine"),
    "desk-products": Page("catalog", lambda story: "/console/catalog/products"),
    "desk-product": Page("catalog", lambda story: f"/console/catalog/products/{ids.public('prd', 1)}"),
    "desk-rules": Page("catalog", lambda story: "/console/catalog/prices"),
    "desk-rule-new": Page("catalog", lambda story: "/console/catalog/prices/new"),
    "desk-delivery": Page("catalog", lambda story: "/console/catalog/delivery"),
    "desk-suppliers": Page("catalog", lambda story: "/console/catalog/suppliers"),
    "desk-supplier": Page("catalog", lambda story: "/console/catalog/suppliers/homeline"),
    "desk-categories": Page("catalog", lambda story: "/console/catalog/suppliers/homeline/categories"),
    "desk-supplier-new": Page("catalog", lambda story: "/console/catalog/suppliers/new"),
    "desk-terms": Page("catalog", lambda story: "/console/catalog/suppliers/homeline/terms"),
    "desk-assortment": Page("catalog", lambda story: "/console/catalog/assortment"),
    "desk-carriers": Page("catalog", lambda story: "/console/catalog/carriers"),
    "desk-shelves": Page("catalog", lambda story: "/console/catalog/shelves"),
    "desk-shelf": Page("catalog", lambda story: "/console/catalog/shelves/flights"),
    "desk-codes": Page("catalog", lambda story: "/console/catalog/codes"),
    "desk-returns": Page("catalog", lambda story: "/console/catalog/returns"),
    "api-reference": Page("visitor", lambda story: "/api/docs"),
    "api-quickstart": Page("visitor", lambda story: "/api/docs/quickstart"),
    "api-testing": Page("visitor", lambda story: "/api/docs/testing"),
    "portal-requests": Page("freshmart", lambda story: "/portal/requests"),
    "portal-testing": Page("freshmart", lambda story: "/portal/testing"),
    "api-changelog": Page("visitor", lambda story: "/api/docs/changelog"),
    "api-errors": Page("visitor", lambda story: "/api/docs/errors"),
    "api-error": Page("visitor", lambda story: "/api/docs/errors/insufficient_points"),
    "not-found": Page("visitor", lambda story: "/no-such-page", 404),
    "forbidden": Page("member", lambda story: "/console/settlement", 403),
}


def _in_a_month() -> str:
    return (clock.now() + dt.timedelta(days=30)).date().isoformat()


def tell(running: Running) -> Story:
    """Order a reward for the demo's member and wait until it is delivered."""
    partner = running.partner()
    member = partner.post("/members/lookup", {"kind": "card", "value": running.facts["member"]["card"]}).json()["id"]
    rewards = partner.get("/catalog/rewards", supplier="homeline", max_points=3000).json()["items"]
    order_id = _order(partner, member, rewards[0]["id"])
    eventually(lambda: partner.get(f"/orders/{order_id}").json()["state"] == "completed")
    statements = partner.get("/statements", limit=1).json()["items"]
    numbers = {"member_id": member, "registry_id": ids.public("reg", 1), "approval_id": ids.public("apr", 1)}
    homeline = running.partner(2)  # who sent the file
    eventually(lambda: homeline.get(f"/registries/{numbers['registry_id']}").json()["state"] == "finished")
    receipt = partner.get("/purchases", external_id="FRESHMART-000001").json()["items"][0]["id"]
    period, statement_id = statements[0]["period"], statements[0]["id"]
    quote_id = _quote(partner, member, rewards[0]["id"])
    return Story(running, rewards[0]["id"], order_id, quote_id, period, statement_id, purchase_id=receipt, **numbers)


def _order(partner: Partner, member: str, reward_id: str) -> str:
    quote_id = _quote(partner, member, reward_id)
    return str(partner.post("/orders", {"external_id": "browser", "quote_id": quote_id}).json()["id"])


def _quote(partner: Partner, member: str, reward_id: str) -> str:
    address = {"postal_code": "LV-1010", "city": "Riga", "line1": "Brīvības iela 1"}
    wanted = {"member": member, "lines": [{"reward_id": reward_id, "qty": 1}]}
    delivery = {"method": "courier", "address": address}
    return str(partner.post("/catalog/quotes", {**wanted, "delivery": delivery}).json()["id"])


def _days_ago(days: int) -> str:
    return (clock.now() - dt.timedelta(days=days)).date().isoformat()
