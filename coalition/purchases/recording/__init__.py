"""Recording purchases: who may, what they earn, what pays for them, and the rows that remain."""
