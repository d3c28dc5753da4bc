"""Experiments: what a promotion changed in its members, told by those who were kept out of it."""
