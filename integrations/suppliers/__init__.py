"""Suppliers over HTTP: feed files and orders."""
