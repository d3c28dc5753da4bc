"""How many small slips the tests notice."""
