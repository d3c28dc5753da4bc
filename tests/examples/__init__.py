"""The recorded examples of the API: one for each operation, played again in every run of the tests."""
