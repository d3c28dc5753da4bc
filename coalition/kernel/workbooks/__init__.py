"""XLSX workbooks from outside as rows of texts: looked through before anybody trusts them, streamed, not worked out."""

from coalition.kernel.workbooks.book import Workbook, is_workbook
from coalition.kernel.workbooks.values import ERRORS, WHAT_ERRORS_ARE

__all__ = ["ERRORS", "WHAT_ERRORS_ARE", "Workbook", "is_workbook"]
