"""Tests of test mode."""
