"""What the lists of the marketers' desk take along when they leave as files: the columns of each."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from coalition.console.frame import currency_name
from coalition.console.marketing import (
    backtest_pages,
    campaign_pages,
    change_pages,
    draw_pages,
    experiment_pages,
    goods_pages,
    group_pages,
    listing,
    proposal_pages,
    ruleset_pages,
)
from coalition.console.marketing.frame import blueprint
from coalition.kernel.web.exporting import Field, offer, whole

offer(
    blueprint,
    "/promotions",
    "promotion_list",
    listing.listed,
    "promotions",
    Field(_("Code"), "code"),
    Field(_("Name"), "title"),
    Field(_("Promotion"), "sentence"),
    Field(_("State"), "phase"),
    Field(_("Version"), "version", "integer"),
    Field(_("From"), "begins_at", "moment"),
    Field(_("Until"), "ends_at", "moment"),
    Field(_("Changed"), "changed_at", "moment"),
)
offer(
    blueprint,
    "/campaigns",
    "campaigns",
    whole(campaign_pages.listed),
    lambda page: [{"campaign": one, "promotions": page["members"][one.code]} for one in page["campaigns"]],
    Field(_("Code"), "campaign.code"),
    Field(_("Name"), lambda row: currency_name(row["campaign"])),
    Field(_("From"), "campaign.starts_at", "moment"),
    Field(_("Until"), "campaign.ends_at", "moment"),
    Field(_("Promotions"), lambda row: [title for _code, title in row["promotions"]]),
)
offer(
    blueprint,
    "/draws",
    "draws",
    draw_pages.listed,
    "draws",
    Field(_("Draw"), "name"),
    Field(_("Members"), "members", "integer"),
    Field(_("Tickets"), "tickets", "integer"),
    Field(_("Held"), "drawn_at", "moment"),
    Field(_("Winners"), "winners", "integer"),
)
offer(
    blueprint,
    "/experiments",
    "experiments",
    whole(experiment_pages.listed),
    "experiments",
    Field(_("Code"), "code"),
    Field(_("Name"), "title"),
    Field(_("Promotion"), "sentence"),
)
offer(
    blueprint,
    "/product-groups",
    "product_groups",
    whole(goods_pages.listed),
    "groups",
    Field(_("Code"), "code"),
    Field(_("English"), "name_en"),
    Field(_("Russian"), "name_ru"),
)
offer(
    blueprint,
    "/promotion-groups",
    "promotion_groups",
    whole(group_pages.listed),
    lambda page: [{"code": code, **one, "members": page["members"][code]} for code, one in page["groups"].items()],
    Field(_("Code"), "code"),
    Field(_("Mode"), "mode"),
    Field(_("Scope"), "scope"),
    Field(_("Promotions"), lambda row: [title for _code, title in row["members"]]),
)
offer(
    blueprint,
    "/promotion-changes",
    "changes",
    whole(change_pages.listed),
    "changes",
    Field(_("Request"), "id"),
    Field(_("Kind"), "what"),
    Field(_("Code"), "code"),
    Field(_("Reason"), "reason"),
    Field(_("Asked by"), "by"),
    Field(_("Asked"), "at", "moment"),
)
offer(
    blueprint,
    "/promotions/proposals",
    "proposals_of_partners",
    proposal_pages.listed,
    "proposals",
    Field(_("Number"), "id"),
    Field(_("Partner"), "partner"),
    Field(_("Name"), "proposal.name"),
    Field(_("What members should get, and for what"), "proposal.words"),
    Field(_("First day"), "proposal.begins_on", "date"),
    Field(_("Last day"), "proposal.ends_on", "date"),
    Field(_("Budget"), "proposal.budget_minor", "decimal", minor="page.program.currency_decimals"),
    Field(_("The partner would pay for the points"), "proposal.pays"),
    Field(_("State"), "proposal.state"),
    Field(_("Promotion"), "proposal.code"),
    Field(_("Reason"), "proposal.reason"),
    Field(_("Proposed"), "proposal.proposed_at", "moment"),
)
offer(
    blueprint,
    "/rulesets",
    "rulesets",
    ruleset_pages.listed,
    lambda page: [{"ruleset": one, "by": page["people"].get(one.actor, one.actor)} for one in page["rulesets"]],
    Field(_("Ruleset"), "ruleset.no", "integer"),
    Field(_("Since"), "ruleset.since", "moment"),
    Field(_("Published by"), "by"),
    Field(_("Note"), "ruleset.note"),
)
offer(
    blueprint,
    "/backtests",
    "backtests",
    whole(backtest_pages.listed),
    "rows",
    Field(_("Back-test"), "backtest.id", "integer"),
    Field(_("Name"), "backtest.title"),
    Field(_("State"), "backtest.state"),
    Field(_("From"), "backtest.since", "date"),
    Field(_("Until"), "backtest.until", "date"),
    Field(_("Receipts"), "backtest.done", "integer"),
    Field(_("Asked by"), "by"),
    Field(_("Asked"), "backtest.asked_at", "moment"),
)
