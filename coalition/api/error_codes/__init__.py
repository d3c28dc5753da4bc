"""Every stable error code and what it means: the one registry. A code that was published never changes its meaning.

`CODES` are the codes of problems, `FIELD_CODES` those of the single fields in `errors`, `FILE_CODES` say why a
registry failed (its `error`), `FEED_CODES` why a feed run was refused or held (its `reason_code`), and `ROW_CODES` what
is wrong with a row of a feed.
"""

from coalition.api.error_codes.of_fields import FIELD_CODES
from coalition.api.error_codes.of_files import FEED_CODES, FILE_CODES, ROW_CODES
from coalition.api.error_codes.problems import CODES

__all__ = ["CODES", "FEED_CODES", "FIELD_CODES", "FILE_CODES", "ROW_CODES"]
