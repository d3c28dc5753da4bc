"""The verifier of bundles: pure, and of the standard library alone, so that it runs where nothing but Python is."""
