"""The conformance kit: a partner's credentials run through everything that an integration has to live through.

It is a client and nothing else: it speaks HTTP to a server that may be anywhere, reads no database, and knows of this
product what its documentation says. What it finds is a list of laws, each kept or broken; its command is in `cli`.
"""
