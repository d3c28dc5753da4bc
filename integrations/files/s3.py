"""Files in any S3-compatible service: our own store, and the buckets from which partners' registries are fetched.

A file is spooled to a local temporary file on its way in and out: so nothing but a chunk is ever held in memory, a
stream that breaks off leaves no trace in the bucket, and what is opened can be read from any place.
"""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from coalition.kernel.config import S3Access
from coalition.ports import BucketObject, BucketUnreachable, StoredFile
from integrations.s3_service import CHUNK, S3Service, new_spool

_MOST = 1_000
_GONE = frozenset(("NoSuchKey", "404", "PreconditionFailed", "412"))


class _Reading(S3Service):
    """Reads objects, and says of a failure what our ports know."""

    def _fetch(self, bucket: str, key: str, **conditions: str) -> BinaryIO:
        """An object's content in a temporary file. Raises FileNotFoundError, BucketUnreachable."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return cast(BinaryIO, self._get(bucket, key, conditions)[0])
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                raise FileNotFoundError(key) from error
            raise BucketUnreachable(str(error)) from error
        except BotoCoreError as error:
            raise BucketUnreachable(str(error)) from error


class S3Store(_Reading):
    """The file store in one bucket of ours."""

    def __init__(self, access: S3Access, bucket: str) -> None:
        super().__init__(access)
        self._bucket = bucket

    def put(self, key: str, stream: BinaryIO) -> StoredFile:
        """Store the rest of the stream under `key`, whole or not at all."""
        _check(key)
        digest, size = hashlib.sha256(), 0
        with new_spool() as spool:
            while chunk := stream.read(CHUNK):
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

    def delete(self, key: str) -> None:
        """Forget the object, if it is there."""
        _check(key)
        self._client.delete_object(Bucket=self._bucket, Key=key)


class S3Buckets(_Reading):
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


def _check(key: str) -> None:
    """The same keys as on a disk: a relative path that stays inside."""
    path = PurePosixPath(key)
    if not key or key == "." or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{key!r} is no key of this store")
