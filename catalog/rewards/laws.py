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
            "category-path",
            "The path of a category is that of the one above it and that one",
            "SELECT c.id FROM category c JOIN category p ON p.id = c.parent_id WHERE c.path <> p.path || p.id",
        ),
    ]
