"""Why points moved, for members, cashiers and staff."""
