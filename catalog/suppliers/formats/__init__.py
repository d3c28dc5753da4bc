"""Every format in which feeds come, and the one canonical row into which all of them are read. Pure: no database."""

from __future__ import annotations

from typing import BinaryIO, cast

from catalog.suppliers.formats.lines import JsonLines
from catalog.suppliers.formats.mapping import OWN_COUNTS, TableMapping, read_mapping
from catalog.suppliers.formats.merchant import MerchantFile
from catalog.suppliers.formats.offers import FeedFile, FeedRefused, RawOffer
from catalog.suppliers.formats.tables import TableFile, WorkbookFile
from catalog.suppliers.formats.yml import YmlFile
from coalition.kernel.unpacking import PackingLimits, unpacked

FORMATS = ("yml", "csv", "xlsx", "google_xml", "google_tsv", "ndjson")
COUNTING = ("yml", "csv", "xlsx", "ndjson")  # in which a file of counts alone may come
ENDLESS = ("csv", "google_tsv", "ndjson")  # whose end looks like their middle: a file cut short is still a file

__all__ = [
    "COUNTING",
    "ENDLESS",
    "FORMATS",
    "FeedFile",
    "FeedRefused",
    "PackingLimits",
    "RawOffer",
    "TableMapping",
    "YmlFile",
    "open_feed",
    "read_mapping",
]


def open_feed(
    form: str,
    file: BinaryIO,
    mapping: TableMapping | None = None,
    limits: PackingLimits | None = None,
    *,
    counts: bool = False,
) -> FeedFile:
    """A feed file of a format, packed or not, to iterate once; `file` must be seekable. Raises FeedRefused.

    `counts`: a table without a mapping needs no more columns than `sku` and `quantity`.
    """
    mapping = mapping or (OWN_COUNTS if counts else None)
    content = unpacked(file, limits, inside=form != "xlsx")
    if form == "xlsx":
        return WorkbookFile(file, mapping)
    stream = cast(BinaryIO, content)
    if form == "yml":
        return YmlFile(stream)
    if form == "google_xml":
        return MerchantFile(stream)
    if form == "ndjson":
        return JsonLines(stream)
    return TableFile(stream, mapping, merchant=form == "google_tsv")
