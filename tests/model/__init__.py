"""The ledger held against a second ledger: a small pure one, the same operations, and a moving clock."""
