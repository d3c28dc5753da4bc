"""Scenarios of the schema of `tests/vectors/settlement.json`, played through the real ledger and the real close."""
