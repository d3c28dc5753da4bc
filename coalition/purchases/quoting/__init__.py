"""Quotes: what a purchase would earn and cost if it were closed now, and the discounts that are promised by it."""
