"""Tests of what every command of points processing owes, whichever room it is in."""
