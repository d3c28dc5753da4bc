"""Limits of what an entity may fund."""
