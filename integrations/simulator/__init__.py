"""Suppliers and carriers for the demo and the tests, in a process of their own that speaks HTTP like real ones.

It shares no memory and no database with the product; of the product's code it uses the clock alone.
"""
