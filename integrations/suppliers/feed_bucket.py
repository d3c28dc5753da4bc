"""Feed files in a bucket of an S3-compatible service: `s3://bucket/key`, with our own key to that service."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, cast
from urllib.parse import unquote, urlsplit

from catalog.ports import FeedPlace, FeedUnreachable, FetchedFeed, Validators
from integrations.s3_service import S3Service

_SAME = ("304", "NotModified")


class BucketFeedSource(S3Service):
    """Fetches feeds from buckets."""

    def fetch(
        self, place: FeedPlace, known: Validators, most_bytes: int, alive: Callable[[], None]
    ) -> FetchedFeed | None:
        """The object, or None if it is the one that was known. Raises FeedUnreachable."""
        from botocore.exceptions import BotoCoreError, ClientError

        def each(size: int) -> None:
            if size > most_bytes:
                raise FeedUnreachable("too_large", f"The feed is larger than {most_bytes} bytes.")
            alive()

        parts = urlsplit(place.url)
        condition = {"IfNoneMatch": known.etag} if known.etag else {}
        try:
            file, told = self._get(parts.netloc, unquote(parts.path.lstrip("/")), condition, each)
        except ClientError as error:
            if error.response["Error"]["Code"] in _SAME:
                return None
            raise FeedUnreachable("unreachable", f"The bucket answers {error.response['Error']['Code']}.") from error
        except BotoCoreError as error:
            raise FeedUnreachable("unreachable", f"The bucket could not be reached: {error}") from error
        return FetchedFeed(cast(BinaryIO, file), Validators(told["ETag"]), told.get("LastModified"))
