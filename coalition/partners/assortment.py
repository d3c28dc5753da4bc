"""A partner's assortment: which of its articles belong to which product group. Limits and promo accounts go by groups.

An article in no group is limited by nothing but the receipt.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all
from coalition.kernel.errors import FieldError, Invalid

ITEMS_MAX = 10_000


def assign_groups(partner_id: int, groups: Mapping[str, str | None]) -> int:
    """Put articles (by sku) into product groups, None takes one out; how many rows changed. At most 10,000 at a time.

    Invalid `group_unsound` for an empty or overlong sku or group.
    """
    if len(groups) > ITEMS_MAX:
        raise ValueError(f"at most {ITEMS_MAX} articles at a time, not {len(groups)}")
    for sku, group in groups.items():
        if not 1 <= len(sku) <= 100 or (group is not None and not 1 <= len(group) <= 40):
            detail = f"{sku[:80]!r} cannot be put into {(group or '')[:80]!r}."
            raise Invalid("group_unsound", detail, [FieldError("/groups", "group_unsound", detail)])
    kept = {sku: group for sku, group in sorted(groups.items()) if group is not None}
    changed = execute(
        "DELETE FROM assortment_item WHERE partner_id = :partner AND sku = ANY(:gone)",
        {"partner": partner_id, "gone": sorted(groups.keys() - kept.keys())},
    )
    changed += execute(
        "INSERT INTO assortment_item AS i (partner_id, sku, product_group)"
        " SELECT :partner, x.* FROM unnest(CAST(:skus AS text[]), CAST(:groups AS text[])) x"
        " ON CONFLICT (partner_id, sku) DO UPDATE SET product_group = excluded.product_group"
        " WHERE i.product_group <> excluded.product_group",
        {"partner": partner_id, "skus": list(kept), "groups": list(kept.values())},
    )
    audit.record("assortment.assign", f"partner:{partner_id}", articles=len(groups), changed=changed)
    return changed


def groups_of(partner_id: int, skus: Collection[str]) -> dict[str, str]:
    """The product groups of articles, by sku; those in none are left out."""
    if not skus:
        return {}
    rows = fetch_all(
        "SELECT sku, product_group FROM assortment_item WHERE partner_id = :partner AND sku = ANY(:skus)",
        {"partner": partner_id, "skus": list(skus)},
    )
    return {row.sku: row.product_group for row in rows}
