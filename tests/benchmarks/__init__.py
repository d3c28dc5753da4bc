"""Benchmarks: each beside its physical limit, both sides in one run, so that the ratio travels between machines."""
