"""Files in any S3-compatible service: our own store, and the buckets from which partners' registries are fetched.

A file is spooled to a local temporary file on its way in and out: so nothing but a chunk is ever held in memory, a
stream that breaks off leaves no trace in the bucket, and what is opened can be read from any place. Path addressing
and signature version 4 are what every such service understands.
"""

from __future__ import annotations

import hashlib
import tempfile
from functools import cached_property
from pathlib import PurePosixPath
from typing import IO, Any, BinaryIO, cast

from coalition.kernel.config import S3Access
from coalition.ports import BucketObject, BucketUnreachable, StoredFile

_CHUNK = 1 << 20
_IN_MEMORY = 4 << 20
_MOST = 1_000
_GONE = frozenset(("NoSuchKey", "404", "PreconditionFailed", "412"))


class _Service:
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

    def _fetch(self, bucket: str, key: str, **conditions: str) -> BinaryIO:
        """An object's content in a temporary file. Raises FileNotFoundError, BucketUnreachable."""
        from botocore.exceptions import BotoCoreError, ClientError

        spool = _spool()
        try:
            body = self._client.get_object(Bucket=bucket, Key=key, **conditions)["Body"]
            for chunk in body.iter_chunks(_CHUNK):
                spool.write(chunk)
        except ClientError as error:
            spool.close()
            if error.response["Error"]["Code"] in _GONE:
                raise FileNotFoundError(key) from error
            raise BucketUnreachable(str(error)) from error
        except BotoCoreError as error:
            spool.close()
            raise BucketUnreachable(str(error)) from error
        except BaseException:
            spool.close()
            raise
        spool.seek(0)
        return cast(BinaryIO, spool)


class S3Store(_Service):
    """The file store in one bucket of ours."""

    def __init__(self, access: S3Access, bucket: str) -> None:
        super().__init__(access)
        self._bucket = bucket

    def put(self, key: str, stream: BinaryIO) -> StoredFile:
        """Store the rest of the stream under `key`, whole or not at all."""
        _check(key)
        digest, size = hashlib.sha256(), 0
        with _spool() as spool:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                spool.write(chunk)
            spool.seek(0)
            self._client.upload_fileobj(spool, self._bucket, key)
        return StoredFile(key, size, digest.hexdigest())

    def open(self, key: str) -> BinaryIO:
        """The stored file. Raises FileNotFoundError."""
        _check(key)
        return self._fetch(self._bucket, key)


class S3Buckets(_Service):
    """Partners' buckets, read only."""

    def list_objects(self, bucket: str, prefix: str, after: str = "") -> list[BucketObject]:
        """Up to a thousand objects under a prefix behind the key `after`. Raises BucketUnreachable."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            page = self._client.list_objects_v2(Bucket=bucket, Prefix=prefix, StartAfter=after, MaxKeys=_MOST)
        except (BotoCoreError, ClientError) as error:
            raise BucketUnreachable(str(error)) from error
        found = page.get("Contents", [])
        return [BucketObject(one["Key"], one["ETag"].strip('"'), one["Size"]) for one in found]

    def open(self, bucket: str, one: BucketObject) -> BinaryIO:
        """The object's content as it was listed. Raises FileNotFoundError, BucketUnreachable."""
        return self._fetch(bucket, one.key, IfMatch=f'"{one.etag}"')


def _spool() -> IO[bytes]:
    return cast(IO[bytes], tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))


def _check(key: str) -> None:
    """The same keys as on a disk: a relative path that stays inside."""
    path = PurePosixPath(key)
    if not key or key == "." or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{key!r} is no key of this store")
