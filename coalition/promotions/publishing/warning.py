"""Static warnings: what a document says that is probably not meant. None stands in the way of publishing. Pure."""

from __future__ import annotations
