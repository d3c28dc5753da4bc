"""Why a registry failed, why a feed run was refused or held, and what is wrong with a row of a feed."""

from __future__ import annotations

_PACKED_CODES = {
    "archive_bomb": "The archive or workbook unpacks to far more than it may; send it as plain text, or in parts.",
    "archive_damaged": "The archive or workbook cannot be unpacked.",
    "archive_unsafe": "The archive holds several files, or names one outside of itself, or is encrypted.",
    "broken": "The file breaks the rules of its format.",
    "empty": "The file holds nothing.",
    "entities_forbidden": "The file declares entities or a document type of its own.",
    "not_xlsx": "The file is no XLSX workbook.",
    "sheet_missing": "The workbook has no sheet of the name that the mapping says.",
    "truncated": "The file ends before it is complete.",
    "workbook_locked": "The workbook has a password; save it without one.",
    "workbook_old": "The workbook is of the kind .xls; save it as .xlsx.",
}
FILE_CODES = {
    **_PACKED_CODES,
    "columns_missing": "The table lacks columns that its mapping names.",
    "file_bomb": "The file unpacks to far more than it may; send it plain, or in parts.",
    "file_damaged": "The file ends in the middle or is damaged; what stands before the damage was recorded.",
    "file_missing": "The file has gone from the store; send it again.",
    "file_too_large": "The file, unpacked, is larger than a file may be; send it in parts.",
    "mapping_missing": "A workbook needs our own titles, or a saved mapping that says how to read it.",
    "nothing_readable": "No line of the file can be read: it is written otherwise than was said, or holds nothing.",
    "too_many_rejected": "More than ten thousand lines of the file cannot be read.",
}

FEED_CODES = {
    **_PACKED_CODES,
    "bad_encoding": "The file is not written in the encoding that it claims.",
    "broken": "The file breaks the rules of its format; `reason` says where.",
    "columns_missing": "The table lacks columns that its mapping names, or has one of them twice.",
    "encoding_unsupported": "Write the file in UTF-8 or windows-1251.",
    "held_already": "This very file waits for a decision, or was rejected.",
    "ids_changed": "Most of the ids that we know are gone and others have come.",
    "line_too_long": "A line has more than a megabyte.",
    "no_offers": "There is no offer within sixteen megabytes.",
    "no_source": "The feed has no address, and no file was sent.",
    "not_merchant": "The file is neither RSS nor Atom.",
    "not_yml": "The file is no YML catalog.",
    "price_jumps": "Too many prices jump at once; a person has to look at it.",
    "removals_held": "Too many offers are missing at once; they stay until a person approves.",
    "stock_held": "The pieces in stock fall or grow too much at once; a person has to look at it.",
    "too_large": "The file is larger than the feed may be.",
    "too_many_bad_rows": "Too many rows cannot be used.",
    "too_many_categories": "The file names too many categories.",
    "too_many_missing": "Nearly all offers that we know are missing.",
    "too_short": "The file has less than half of the last one's bytes: it was probably cut short.",
    "unreachable": "The file could not be fetched.",
}

ROW_CODES = {
    "E01": "The row has no id.",
    "E02": "The id stands again further down; the last row counts.",
    "E03": "The price is missing, not above zero, or no number.",
    "E04": "The currency is not the feed's.",
    "E05": "The row has no title.",
    "E06": "The category is not mapped to one of ours; the offer is kept and not put on sale.",
    "E07": "The quantity is negative, absurd, or no number.",
    "E08": "The check digit of the GTIN is wrong.",
    "E09": "The row cannot be read.",
    "W01": "A text was cut.",
    "W02": "There is no picture.",
    "W03": "There is no weight: delivery cannot be quoted, so the offer is not on sale.",
    "W04": "The old price is not above the new one.",
    "W05": "The description has tags beyond the usual few; they were taken out.",
    "W06": "A file of counts names an article that the supplier does not sell here; nothing was counted.",
}
