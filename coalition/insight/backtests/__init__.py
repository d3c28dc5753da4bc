"""Back-tests: what a draft would have given for receipts that are stored, against what is in force."""
