"""What members do beside buying, and what banks tell of their cards."""
