"""What must always hold on the shelves, as queries that find the offenders."""

from __future__ import annotations

from coalition.kernel.laws import Law


def laws() -> list[Law]:
    """Of stock, of rewards and their cards, of categories."""
    return [
        Law(
            "stock-reserved",
            "What is reserved of an offer is the sum of its held reservations",
            "SELECT s.offer_id FROM stock s LEFT JOIN reservation r ON r.offer_id = s.offer_id AND r.state = 'held'"
            " GROUP BY s.offer_id, s.reserved HAVING s.reserved <> coalesce(sum(r.qty), 0)",
        ),
        Law(
            "stock-range",
            "No more is reserved than there is",
            "SELECT offer_id FROM stock WHERE reserved < 0 OR reserved > on_hand",
        ),
        Law(
            "reward-offer",
            "A reward on sale is of a supplier of its program, or of one that was shared with it and is shown",
            "SELECT w.id FROM reward w LEFT JOIN supplier_offers o ON o.offer_id = w.offer_id WHERE w.state = 'on_sale'"
            " AND (o.offer_id IS NULL OR o.program_id <> w.program_id AND NOT EXISTS (SELECT FROM assortment a WHERE"
            " a.program_id = w.program_id AND a.supplier_id = w.supplier_id AND a.category_id IS NULL AND a.shown))",
        ),
        Law(
            "card-number",
            "Offers lie on a card with a GTIN only by that GTIN, and a card counts its offers",
            "SELECT p.id FROM product p LEFT JOIN product_offer l ON l.product_id = p.id GROUP BY p.id"
            " HAVING p.offers <> count(l.offer_id) OR bool_or(shared_gtin(l.gtin) IS DISTINCT FROM p.gtin"
            " AND l.offer_id IS NOT NULL)",
        ),
        Law(
            "card-shared",
            "Rewards of a program that have the same card know it, so that the grid shows one of them",
            "SELECT w.program_id, w.product_id FROM reward w WHERE w.state = 'on_sale' AND w.product_id IS NOT NULL"
            " GROUP BY w.program_id, w.product_id HAVING count(*) > 1 AND NOT bool_and(w.shared)",
        ),
        Law(
            "code-stock",
            "The stock of a pool is its free codes and those given out under reservations that are still held",
            "SELECT p.offer_id FROM code_pool p JOIN stock s ON s.offer_id = p.offer_id LEFT JOIN code c"
            " ON c.offer_id = p.offer_id LEFT JOIN code_issue i ON i.code_id = c.id LEFT JOIN reservation r"
            " ON r.key = i.reservation_key GROUP BY p.offer_id, s.on_hand, s.oversold_qty HAVING s.on_hand IS NULL OR"
            " s.on_hand - s.oversold_qty <> count(*) FILTER (WHERE c.state = 'free' OR r.state = 'held')",
        ),
        Law(
            "code-once",
            "A code is given out at most once, for a piece of a reservation of its pool that was not given back",
            "SELECT c.id FROM code c LEFT JOIN code_issue i ON i.code_id = c.id LEFT JOIN reservation r"
            " ON r.key = i.reservation_key WHERE (c.state = 'issued') <> (i.code_id IS NOT NULL)"
            " OR i.code_id IS NOT NULL AND (r.offer_id <> c.offer_id OR r.state = 'released' OR i.unit_no > r.qty)"
            " UNION ALL SELECT min(code_id) FROM code_issue i JOIN code c ON c.id = i.code_id GROUP BY c.mark"
            " HAVING count(*) > 1",
        ),
        Law(
            "category-path",
            "The path of a category is that of the one above it and that one",
            "SELECT c.id FROM category c JOIN category p ON p.id = c.parent_id WHERE c.path <> p.path || p.id",
        ),
    ]
