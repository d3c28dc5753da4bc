"""An S3-compatible service as several roles ask it: path addressing and signature version 4, which all of them know.

What is fetched is spooled to a local temporary file, so that nothing but a chunk is ever held in memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import IO, Any, cast

from coalition.kernel.config import S3Access

CHUNK = 1 << 20
_IN_MEMORY = 4 << 20


class S3Service:
    """A lazily made client: it takes half a second to make, and most processes never need one."""

    def __init__(self, access: S3Access) -> None:
        self._access = access

    @cached_property
    def _client(self) -> Any:
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self._access.endpoint_url,
            aws_access_key_id=self._access.key_id,
            aws_secret_access_key=self._access.secret,
            region_name=self._access.region,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                connect_timeout=5,
                read_timeout=60,
                retries={"max_attempts": 3, "mode": "standard"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def _get(
        self, bucket: str, key: str, conditions: Mapping[str, str], each: Callable[[int], None] = lambda _: None
    ) -> tuple[IO[bytes], Any]:
        """An object's content in a temporary file, at its beginning, and what the service says of it.

        `each` is told how much has come. Raises botocore's errors.
        """
        answer = self._client.get_object(Bucket=bucket, Key=key, **conditions)
        spool = new_spool()
        try:
            for chunk in answer["Body"].iter_chunks(CHUNK):
                spool.write(chunk)
                each(spool.tell())
        except BaseException:
            spool.close()
            raise
        spool.seek(0)
        return spool, answer


def new_spool() -> IO[bytes]:
    """A temporary file that begins in memory."""
    return cast(IO[bytes], tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))
