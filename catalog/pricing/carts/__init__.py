"""Carts and wish lists: what a member means to order, and what became of its price."""
