"""Giving purchases back: what was bought, what a return may take, and what it does in the ledger."""
