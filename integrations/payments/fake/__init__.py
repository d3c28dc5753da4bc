"""A stand-in for Stripe in a process of its own: the part of its API that we use, its hosted page, its webhooks.

It speaks Stripe's shapes, so that the vendor's own SDK works against it and raises its own exceptions. Nobody pays.
"""
