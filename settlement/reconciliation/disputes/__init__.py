"""Disputes on what was stated: opened by either side, talked about, decided, and never for more than there is."""
