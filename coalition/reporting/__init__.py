"""The room of reporting: views for whoever counts what happened, and their content day by day as files.

The views stand in the schema `reporting` (`docs/flows/reporting.md`): no names of members, no test modes. Floors above
keep their tables to themselves; the views say of them what reports need.
"""

from coalition.reporting.extracting import (
    View,
    days_due,
    days_over,
    extract,
    forget_day,
    key_of,
    note_day,
    views,
)

__all__ = ["View", "days_due", "days_over", "extract", "forget_day", "key_of", "note_day", "views"]
