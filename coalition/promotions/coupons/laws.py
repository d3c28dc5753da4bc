"""The laws of coupons: each is one query whose rows are offences."""

from __future__ import annotations

from coalition.kernel.laws import Law

_LAWS = (
    Law(
        "CP1",
        "a batch that is ready or being made has the codes that it counts, no more and no fewer",
        """SELECT b.program_id, b.id FROM coupon_batch b
            WHERE b.kind <> 'issued' AND b.made <> (SELECT count(*) FROM coupon c WHERE c.batch_id = b.id)""",
    ),
    Law(
        "CP2",
        "a coupon was used as often as purchases used it and did not give it back",
        """SELECT c.program_id, c.id FROM coupon c
             JOIN (SELECT coupon_id, sum(change) AS uses FROM coupon_use GROUP BY coupon_id) u ON u.coupon_id = c.id
            WHERE c.uses_max IS NOT NULL AND c.used <> u.uses
           UNION ALL
           SELECT c.program_id, c.id FROM coupon c
            WHERE c.used > 0 AND NOT EXISTS (SELECT FROM coupon_use u WHERE u.coupon_id = c.id)""",
    ),
    Law(
        "CP3",
        "a coupon is given back by the purchase that used it, and by no other",
        """SELECT u.id FROM coupon_use u
            WHERE u.change = -1 AND NOT EXISTS (SELECT FROM coupon_use b
                  WHERE b.coupon_id = u.coupon_id AND b.purchase_id = u.purchase_id AND b.change = 1)""",
    ),
    Law(
        "CP4",
        "a member who is still one person has used no more coupons of a batch than the batch allows",
        """SELECT b.program_id, m.member_id FROM coupon_member m JOIN coupon_batch b ON b.id = m.batch_id
            WHERE m.used > b.member_uses_max
              AND NOT EXISTS (SELECT FROM member x WHERE x.merged_into = m.member_id)""",
    ),
    Law(
        "CP5",
        "a coupon that was given to one member was used by nobody else",
        """SELECT c.program_id, u.id FROM coupon_use u JOIN coupon c ON c.id = u.coupon_id
             LEFT JOIN member m ON m.id = u.member_id
            WHERE c.member_id IS NOT NULL AND c.member_id IS DISTINCT FROM u.member_id
              AND c.member_id IS DISTINCT FROM m.merged_into""",
    ),
)


def laws() -> list[Law]:
    """The laws of coupons."""
    return list(_LAWS)
