"""Mutants that change nothing that anybody could see, named without the line, each with the reason why."""

from __future__ import annotations

_ENDED = "the merge has ended, at the same now(), what is over in both wallets before it nets"
_UNIQUE = "one sequence numbers the journal rows of all wallets: account and end only help to find the row by its index"
_ONLY_ARRIVALS = "in the transaction of a debit nothing has it for its origin but its arrivals, all in one wallet"

_CHOSEN = "the credit's own lots were chosen at the same now(), under the same lock"

_ONE_OF_THEM = "each lot that ends draws a number, and the one row for all of them takes one of these: any would do"
_ONE_PROGRAM = "a wallet is of one program and currency, so all its postings name the same"
_ONE_LEG = "a funding of one leg has that leg alone"
_PAID = "what equals is deleted by the statement before, and no more is taken than there is"
_EMPTY = "to empty an empty wallet makes no row"
_OF_A_WALLET = "all rows of a wallet have the program and currency that are read here, and the key lets one row in"
_SKIPS = "who skips the wallets that others hold waits for none of them, whatever the order"
_SOMETHING = "a point or more arrives of every debit"

EQUIVALENT: dict[str, str] = {
    "take.sql without a condition: AND l.entry_id = a.lot_id AND l.remaining > a.amount;": (
        "what equals is deleted by the statement before, and a draw never exceeds its lot"
    ),
    (
        "net_all.sql > to >=: WHERE l.account_id = p_account AND l.expires_at >= now() AND l.active_at <= now()"
        " AND l.restriction_id IS NULL;"
    ): _ENDED,
    (
        "net_all.sql without a condition: WHERE l.account_id = p_account AND l.active_at <= now()"
        " AND l.restriction_id IS NULL;"
    ): _ENDED,
    "arrive.sql without a condition: WHERE e.account_id = p_to AND e.origin_id = p_debit) t": _ONLY_ARRIVALS,
    "arrive.sql without a condition: WHERE e.origin_id = p_debit AND e.kind = 10) t": _ONLY_ARRIVALS,
    "bulk_settle.sql without a condition: WHERE l.expires_at = d.expires_at AND l.entry_id = d.lot_id": _UNIQUE,
    "bulk_settle.sql without a condition: WHERE l.account_id = d.account_id AND l.entry_id = d.lot_id": _UNIQUE,
    "end.sql without a condition: WHERE a.account_id = ANY(p_accounts) AND a.debit_id = ANY(v_ids)": _UNIQUE,
    "net.sql without a condition: WHERE d.entry_id = p_debt AND d.remaining > p_amount;": _UNIQUE,
    "put_back.sql without a condition: WHERE d.id = p_debit": _UNIQUE,
    "restoring.sql without a condition: WHERE r.debit_id = p_debit AND r.turn = p_turn": _UNIQUE,
    (
        "restoring.sql without a condition: SELECT max(r.turn) + 1 INTO v_turn FROM restored r"
        " WHERE r.debit_id = p_debit;"
    ): _UNIQUE,
    (
        "claw_own.sql > to >=: WHERE l.account_id = p_account AND l.expires_at >= now() AND l.entry_id = ANY(p_own)"
    ): _CHOSEN,
    "claw_own.sql without a condition: WHERE l.account_id = p_account AND l.entry_id = ANY(p_own)": _CHOSEN,
    "claw_own.sql without a condition: WHERE l.expires_at > now() AND l.entry_id = ANY(p_own)": _UNIQUE,
    "capture.sql AND to OR: FROM entry e WHERE e.account_id = p_account OR e.id = p_hold": (_OF_A_WALLET),
    "parts.sql > to >=: HAVING sum(s.amount) >= 0": "every draw is of a point or more, and the sum of none is null",
    "end.sql min to max: SELECT n.*, max(n.id) OVER (PARTITION BY n.account_id, n.at) AS debit_id": _ONE_OF_THEM,
    "expire.sql min to max: SELECT n.*, max(n.id) OVER same AS debit_id, sum(n.remaining) OVER same AS points": (
        _ONE_OF_THEM
    ),
    "choose.sql > to >=: AND (l.restriction_id IS NULL OR e.cap >= 0)),": "with a cap of nothing a lot pays nothing",
    (
        "merge.sql - to +: AND e.external_id = p_external_id AND e.no IN (p_no, -1 + p_no);"
    ): "a merge is number 0 of its key",
    "bulk_standing.sql without a condition: AND e.no = s.no AND e.account_id = s.account_id": (
        "asked of debits it is before they have rows, and of credits what it says of the new ones is not looked at"
    ),
    (
        "bulk_credit.sql > to >=: SELECT s.place, e.id, w.undrawn, w.arrears >= 0 FROM e"
        " JOIN ledger_stage s ON s.id = e.id JOIN w ON w.account_id = e.account_id"
    ): "netting finds no debt of a wallet that owes nothing",
    (
        "bulk_raise.sql > to >=: RETURNING account_id, undrawn, arrears >= 0"
    ): "netting finds no debt of a wallet that owes nothing",
    "funding.sql last first: SELECT string_agg(party || ':' || weight / v_divisor, ',' ORDER BY at DESC) INTO v_spec": (
        "the text only tells fundings apart, which it does in either direction"
    ),
    (
        "bulk_awaken.sql min to max: FROM (SELECT s.account_id, min(s.program_id) AS program_id,"
        " max(s.currency_id) AS currency_id, max(s.idle_at) AS idle_at"
    ): _ONE_PROGRAM,
    (
        "bulk_awaken.sql min to max: FROM (SELECT s.account_id, max(s.program_id) AS program_id,"
        " min(s.currency_id) AS currency_id, max(s.idle_at) AS idle_at"
    ): _ONE_PROGRAM,
    (
        "bulk_credit.sql min to max: SELECT account_id, sum(amount), min(program_id), max(currency_id)"
        " FROM e GROUP BY account_id ORDER BY account_id"
    ): _ONE_PROGRAM,
    (
        "bulk_credit.sql min to max: SELECT account_id, sum(amount), max(program_id), min(currency_id)"
        " FROM e GROUP BY account_id ORDER BY account_id"
    ): _ONE_PROGRAM,
    (
        "replay.sql max to min: SELECT coalesce(min(w.undrawn), 0) INTO undrawn FROM wallet w WHERE"
        " w.account_id = p_account;"
    ): "an account has one wallet",
    (
        "merge.sql max to min: SELECT min(e.id) FILTER (WHERE e.kind = 2), coalesce(-sum(e.amount)"
        " FILTER (WHERE e.kind = 2), 0),"
    ): "a key has one debit",
    "capture.sql without a condition: SELECT -e.amount INTO amount FROM entry e WHERE e.id = entry_id;": _UNIQUE,
    ("choose.sql last first: WHERE d.taken > 0 ORDER BY d.no DESC"): (
        "debit_by asks for the draws in the order of their numbers"
    ),
    (
        "choose.sql without a condition: WHERE b.id = l.entry_id) END, CASE WHEN p_rule <> 1 THEN l.expires_at END,"
    ): _UNIQUE,
    "put_back.sql without a condition: JOIN funding_leg f ON f.funding_id = s.funding_id AND f.legs = 1": _ONE_LEG,
    "put_back.sql without a condition: WHERE e.id = ANY(v_ids)": _UNIQUE,
    (
        "arrive.sql negated away: row_number() OVER (ORDER BY mod(coalesce(p_amount, d.amount)::numeric *"
        " a.amount, -d.amount) DESC,"
    ): ("as many points as were drawn leave no remainder"),
    (
        "arrive.sql negated away: row_number() OVER (ORDER BY mod(coalesce(p_amount, -d.amount)::numeric *"
        " a.amount, d.amount) DESC,"
    ): ("a remainder has the sign of what is divided"),
    (
        "arrive.sql without a condition: FROM entry e WHERE e.account_id = p_to AND e.origin_id = p_debit;"
    ): _ONLY_ARRIVALS,
    "arrive.sql without a condition: FROM entry e WHERE e.origin_id = p_debit AND e.kind = 10;": _ONLY_ARRIVALS,
    "arrive.sql > to >=: WHERE w.account_id = p_to AND t.amount >= 0;": _SOMETHING,
    "arrive.sql without a condition: WHERE w.account_id = p_to;": _SOMETHING,
    ("claw_back.sql < to <=: IF p_policy <> 'only_pending' AND own <= p_amount THEN"): (
        "nothing is left to be asked of others"
    ),
    "claw_back.sql without a condition: SELECT e.id FROM entry e WHERE e.root_id = p_credit));": _UNIQUE,
    ("give_back.sql without a condition: WHERE e.partner_id = p_partner AND e.operation = p_operation"): (
        "a key that stands elsewhere is refused a few lines later, by the journal"
    ),
    "give_back.sql without a condition: WHERE e.origin_id = p_debit": _UNIQUE,
    "give_back.sql without a condition: WHERE e.account_id = p_account": "the inner keys name the first row",
    "give_back.sql without a condition: WHERE r.origin_id = p_debit AND r.kind = 7), 0),": _UNIQUE,
    ("give_back.sql without a condition: WHERE r.account_id = p_account AND r.origin_id = p_debit), 0),"): (
        "only what came back has a redemption of its own wallet for its origin"
    ),
    "give_back.sql without a condition: SELECT FROM restored r WHERE r.debit_id = p_debit)) THEN": _UNIQUE,
    "debit.sql without a condition: WHERE l.account_id = p_account AND l.entry_id = v_lot;": _UNIQUE,
    "debit.sql without a condition: WHERE l.expires_at = v_end AND l.entry_id = v_lot;": _UNIQUE,
    ("debit.sql < to <=: IF v_rest = 0 OR v_remaining <= available THEN"): (
        "a first lot that is not used up has none before it: nothing is deleted, only later"
    ),
    "net.sql without a condition: WHERE d.entry_id = p_debt;": _UNIQUE,
    ("net.sql without a condition: DELETE FROM debt d WHERE d.entry_id = p_debt AND d.remaining = p_amount;"): _UNIQUE,
    "net.sql > to >=: WHERE d.account_id = p_account AND d.entry_id = p_debt AND d.remaining >= p_amount;": _PAID,
    "net.sql without a condition: WHERE d.account_id = p_account AND d.entry_id = p_debt;": _PAID,
    (
        "net_lot.sql without a condition: WHERE l.entry_id = p_lot AND l.expires_at > now() AND"
        " l.restriction_id IS NULL;"
    ): _UNIQUE,
    "end.sql without a condition: AND l.entry_id = a.lot_id;": _UNIQUE,
    ("end.sql without a condition: AND l.expires_at = a.expires_at;"): (
        "lots of one wallet with one end, end together"
    ),
    "release.sql without a condition: WHERE e.partner_id = p_partner AND e.operation = p_operation": _UNIQUE,
    "release.sql without a condition: WHERE h.id = p_hold;": _UNIQUE,
    "capture.sql without a condition: FROM entry e WHERE e.id = p_hold": _UNIQUE,
    "capture.sql without a condition: WHERE h.id = p_hold;": _UNIQUE,
    "restoring.sql without a condition: WHERE e.id = p_debit;": _UNIQUE,
    "restoring.sql without a condition: WHERE a.debit_id = p_debit": _UNIQUE,
    ("owe.sql > to >=: IF (SELECT f.legs >= 1 FROM funding_leg f WHERE f.funding_id = v_funding AND f.no = 0) THEN"): (
        "the share of a single funder is all of it"
    ),
    ("owe.sql 0 to 1: IF (SELECT f.legs > 1 FROM funding_leg f WHERE f.funding_id = v_funding AND f.no = 1) THEN"): (
        "where there are more legs than one, the second knows it, too"
    ),
    "clawed.sql without a condition: WHERE r.origin_id = c.debit_id AND r.kind = 7), 0)), 0)::bigint": _UNIQUE,
    ("clawed.sql without a condition: WHERE r.account_id = c.home_id AND r.origin_id = c.debit_id), 0)), 0)::bigint"): (
        "only what came back has a redemption of its own wallet for its origin"
    ),
    "clawed.sql without a condition: FROM clawback c WHERE c.credit_id = p_credit": _UNIQUE,
    "follow.sql > to >=: WHERE w.account_id = p_from AND w.undrawn >= 0;": _EMPTY,
    "follow.sql without a condition: WHERE w.account_id = p_from;": _EMPTY,
    "capture.sql = to <>: FROM entry e WHERE e.account_id = p_account AND e.id <> p_hold": _OF_A_WALLET,
    (
        "owe_elsewhere.sql last first: FOR v_debt IN SELECT d.* FROM debt d WHERE d.account_id = p_from"
        " ORDER BY d.created_at DESC, d.entry_id LOOP"
    ): ("debts keep their age, by which they are paid"),
    "credit.sql > to >=: IF v_arrears >= 0 THEN": "netting finds no debt of a wallet that owes nothing",
    "credit.sql 0 to 1: v_arrears bigint := 1;": "either statement that follows sets it",
    "slice.sql without a condition: FROM allocation a WHERE a.debit_id = p_debit) s": _UNIQUE,
    ("take.sql > to >=: AND l.expires_at = a.expires_at AND l.entry_id = a.lot_id AND l.remaining >= a.amount;"): _PAID,
    "take.sql without a condition: WHERE a.account_id = p_account AND a.debit_id = p_debit": _UNIQUE,
    "take.sql without a condition: WHERE a.debit_id = p_debit AND l.account_id = p_account": _UNIQUE,
    "take.sql without a condition: AND l.entry_id = a.lot_id AND l.remaining = a.amount;": _UNIQUE,
    ("draws.sql last first: ORDER BY a.debit_id DESC, a.expires_at, a.lot_id"): (
        "the draws are told by debit, and each debit's are in their order"
    ),
    ("draws.sql > to >=: WHERE a.account_id = ANY(%(accounts)s) AND a.debit_id = ANY(%(entries)s) AND a.amount >= 0"): (
        "no draw is of nothing"
    ),
    ("debit.sql last first: ORDER BY l.expires_at DESC, l.entry_id LIMIT p_amount;"): (
        "no lot is empty, so the limit leaves out none of them"
    ),
    "arrivals.sql without a condition: WHERE e.account_id = p_to AND e.origin_id = p_debit": _ONLY_ARRIVALS,
    "arrivals.sql without a condition: WHERE e.origin_id = p_debit AND e.kind = 10": _ONLY_ARRIVALS,
    ("capture.sql - to +: available := v_hold.amount - v_hold.captured + v_hold.released;"): (
        "nothing of an open hold is released, and what was of a closed one is not told"
    ),
    "merge.sql - to +: (-1 + p_no)::smallint, p_hash);": "a merge is number 0 of its key",
    "bulk_settle.sql without a condition: ),": (
        "PostgreSQL carries out the later part first, and deletes no row that the statement itself has lowered"
    ),
    "choose.sql IS NULL to IS NOT NULL: row_number() OVER (PARTITION BY l.restriction_id IS NOT NULL": (
        "the two parts are the same, whichever of them is true"
    ),
    "arrive.sql without a condition: WHERE a.debit_id = p_debit) x)": _UNIQUE,
    "capture.sql without a condition: FROM entry e WHERE e.account_id = p_account": _OF_A_WALLET,
    "restoring.sql - to +: FROM entry e, ledger_slice(p_account, p_debit, p_left, -e.amount + p_left) s": (
        "no stretch goes beyond the end of its debit"
    ),
    "claw_back.sql without a condition: WHERE l.expires_at > now()": _UNIQUE,
    "expire.sql last first: ORDER BY w.account_id DESC FOR NO KEY UPDATE SKIP LOCKED) w": _SKIPS,
    "expire_idle.sql last first: ORDER BY w.account_id DESC FOR NO KEY UPDATE SKIP LOCKED) w;": _SKIPS,
    "wind_down.sql last first: ORDER BY w.account_id DESC FOR NO KEY UPDATE SKIP LOCKED) w;": _SKIPS,
}
