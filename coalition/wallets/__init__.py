"""What is done to points beside purchases: limits, transfers, conversions, donations, exchanges, corrections."""
