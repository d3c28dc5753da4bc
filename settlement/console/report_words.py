"""The words of the reports: names of reports, tables, columns and steps by code, in the reader's language."""

from __future__ import annotations

from flask_babel import gettext as _


def word(code: str) -> str:
    """What a code is called; the code itself where it has no name of its own."""
    known: dict[str, str] = {**_accounts(), **_columns(), **_tables(), **_reports()}
    return known.get(code, code)


def about(code: str) -> str:
    """What a report answers, in one sentence."""
    known: dict[str, str] = {
        "liability": _("The points that members hold: when they were issued, when they end, what they are worth"),
        "deferred": _("What issuers have paid for points that are not redeemed yet, by IFRS 15"),
        "journal": _("The documents and the earned revenue of each period as double entries, to import"),
        "breakage": _("How much of each month’s points is redeemed in the end, with an error band"),
        "forecast": _("Redemptions and cash of the coming months, with a band tried on the past"),
        "positions": _("What every company receives or pays, and how payments are netted"),
        "exposure": _("What each company owes now against its credit limit or prefund"),
        "origins": _("The sales that redeemed points come from, with their VAT rates"),
    }
    return known.get(code, "")


def _reports() -> dict[str, str]:
    return {
        "liability": _("Liability"),
        "deferred": _("Deferred revenue"),
        "journal": _("Journal"),
        "breakage": _("Breakage"),
        "forecast": _("Forecast"),
        "positions": _("Positions and netting"),
        "exposure": _("Exposure against limits"),
        "origins": _("Tax origin of redeemed points"),
    }


def _tables() -> dict[str, str]:
    return {
        "by_expiry": _("By month of expiry"),
        "by_vintage": _("By month of issue"),
        "by_funder": _("By issuer"),
        "lots": _("By issue, expiry and issuer"),
        "by_currency": _("By points currency"),
        "rollforward": _("Roll-forward"),
        "pools": _("Pools"),
        "balances": _("Accounts"),
        "vintages": _("Vintages"),
        "ages": _("Redemption by age"),
        "backtest": _("Tried on the past"),
        "months": _("Months ahead"),
        "netting": _("Payments"),
        "matrix": _("Between companies and the operator"),
        "summary": _("Summary"),
        "lines": _("Lines"),
    }


def _columns() -> dict[str, str]:
    return {
        "expires": _("Ends in"),
        "issued": _("Issued"),
        "funder": _("Issuer"),
        "points": _("Points"),
        "face": _("At face value"),
        "expected": _("Expected to be redeemed"),
        "currency": _("Currency"),
        "period": _("Period"),
        "state": _("State"),
        "open": _("open"),
        "closed": _("closed"),
        "opening": _("Opening"),
        "returned": _("Given back"),
        "redeemed": _("Redeemed"),
        "estimate": _("Estimate"),
        "closing": _("Closing"),
        "earned": _("Revenue"),
        "lapsed": _("Expired"),
        "outstanding": _("Outstanding"),
        "expectation": _("Expected redemption"),
        "allocated": _("Paid at issue"),
        "recognised": _("Earned so far"),
        "billed": _("Billed"),
        "date": _("Date"),
        "entry": _("Entry"),
        "account": _("Account"),
        "use": _("What for"),
        "company": _("Company"),
        "debit": _("Debit"),
        "credit": _("Credit"),
        "balance": _("Balance"),
        "total": _("Total"),
        "on": _("At the end of"),
        "face_value": _("Face value of a point"),
        "role": _("The operator is a"),
        "principal": _("principal"),
        "agent": _("agent"),
        "service": _("Service fee"),
        "at_once": _("earned at once"),
        "over_life": _("earned over the life of points"),
        **_estimates(),
        **_parties(),
    }


def _estimates() -> dict[str, str]:
    return {
        "vintage": _("Month of issue"),
        "vintages": _("Vintages"),
        "age": _("Age, months"),
        "at_risk": _("Still there"),
        "oldest_age": _("Oldest age seen, months"),
        "redeemed_share": _("Redeemed, share"),
        "expected_share": _("Redeemed in the end, share"),
        "share_low": _("At least"),
        "share_high": _("At most"),
        "breakage": _("Breakage"),
        "redeemed_before": _("Redeemed before"),
        "foretold": _("Foretold"),
        "low": _("At least"),
        "high": _("At most"),
        "came": _("Came"),
        "within": _("Within the band"),
        "yes": _("yes"),
        "no": _("no"),
        "month": _("Month"),
        "cash_in": _("Comes in"),
        "cash_out": _("Goes out"),
        "cash_net": _("Net"),
        "cash_low": _("Net at least"),
        "cash_high": _("Net at most"),
    }


def _parties() -> dict[str, str]:
    return {
        "receives": _("Receives"),
        "pays": _("Pays"),
        "position": _("Position"),
        "counterparty": _("With"),
        "gross": _("All documents"),
        "by_pair": _("Paid if netted by pair"),
        "by_party": _("Paid if netted by company"),
        "billed_due": _("Billed, not paid"),
        "accruing": _("Not billed yet"),
        "owed": _("Owes now"),
        "credit_limit": _("Credit limit"),
        "prefund": _("Paid in advance"),
        "left": _("Left"),
        "used": _("Used"),
        "standing": _("Standing"),
        "no_limit": _("no limit"),
        "over": _("over the limit"),
        "near": _("near the limit"),
        "fine": _("within the limit"),
        "attribution": _("Points are spent"),
        "fefo": _("the soonest to end first"),
        "fifo": _("the first issued first"),
        "pro_rata": _("all in proportion"),
        "redeemed_on": _("Redeemed on"),
        "redemption": _("Redemption"),
        "redeemer": _("Redeemed at"),
        "issued_on": _("Issued on"),
        "receipt": _("Receipt"),
        "origin": _("Origin"),
        "sale": _("sale"),
        "moved": _("moved between wallets"),
        "vat_rate": _("VAT rate"),
        "value": _("At face value"),
        "vat": _("VAT in it"),
        "movement": _("Movement"),
    }


def _accounts() -> dict[str, str]:
    return {
        "receivable": _("Receivables from partners"),
        "payable": _("Payables to partners"),
        "input_vat": _("Input VAT"),
        "output_vat": _("Output VAT"),
        "deferred_points": _("Deferred revenue, points"),
        "deferred_service": _("Deferred revenue, service"),
        "redemption_revenue": _("Revenue from redemptions"),
        "breakage_revenue": _("Revenue from breakage"),
        "estimate_revenue": _("Changes of estimate"),
        "service_revenue": _("Revenue from service"),
        "redemption_funding": _("Redemptions charged to issuers"),
        "redemption_cost": _("Cost of redemptions at partners"),
        "supply_cost": _("Cost of rewards"),
        "delivery_cost": _("Cost of delivery"),
        "other": _("Adjustments"),
    }
