"""Insight: what a promotion would cost before it runs, and what it changed after it ran. Reads; books nothing."""
