"""What must always hold of feeds and of what they bring, and of finds, as queries that find the offenders."""

from __future__ import annotations

from coalition.kernel.laws import Law


def laws() -> list[Law]:
    """Of prices in quarantine, of decisions, of the file that counts, of finds."""
    return [
        Law(
            "feed-price",
            "An offer whose price waits in quarantine is on sale at its last valid price",
            "SELECT q.id FROM price_quarantine q JOIN offer o ON o.id = q.offer_id"
            " WHERE q.state = 'open' AND o.cost_minor <> q.last_valid_minor",
        ),
        Law(
            "feed-waived",
            "No guard is lifted but for a file that a person has looked at: held, refused, or taken before",
            "SELECT n.id FROM feed_run n LEFT JOIN feed_run r ON r.id = n.of_run_id AND r.feed_id = n.feed_id"
            " WHERE n.waived <> '{}' AND (r.id IS NULL OR r.file_key IS DISTINCT FROM n.file_key)",
        ),
        Law(
            "feed-good",
            "The last good run of a feed is its own, and its offers were taken",
            "SELECT f.id FROM feed f LEFT JOIN feed_run r ON r.id = f.last_good_run_id"
            " WHERE f.last_good_run_id IS NOT NULL AND (r.feed_id IS DISTINCT FROM f.id"
            " OR r.state NOT IN ('applied', 'held') OR 'all' = ANY(r.holds))",
        ),
        Law(
            "feed-missing",
            "An offer that was missing from three files in a row is not on sale",
            "SELECT id FROM offer WHERE state = 'active' AND missing_runs >= 3",
        ),
        Law(
            "feed-counts",
            "A feed of counts brings no offer",
            "SELECT f.id FROM feed f WHERE f.scope = 'stock' AND EXISTS (SELECT FROM offer o"
            " WHERE o.supplier_id = f.supplier_id AND o.feed_id = f.id)",
        ),
        Law(
            "find-offer",
            "A find has become an offer of the supplier at which it was found, under the same reference",
            "SELECT b.id FROM bookable_offer b JOIN offer o ON o.id = b.offer_id"
            " WHERE o.supplier_id <> b.supplier_id OR o.supplier_sku <> b.offer_ref OR o.currency <> b.currency",
        ),
    ]
