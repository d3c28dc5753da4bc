"""What this floor asks of the outside world. `integrations` binds the adapters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it lies in the store: its key, size in bytes and SHA-256 (hex)."""

    key: str
    size: int
    sha256: str


class FileStore(Protocol):
    """Where files are kept that outlive a request: registries, feeds, statements. Keys are ours, never a user's."""

    def put(self, key: str, stream: BinaryIO) -> StoredFile:
        """Store everything from the stream's position on under `key`, whole or not at all; the same key is replaced."""
        ...

    def open(self, key: str) -> BinaryIO:
        """The stored file at its beginning; the caller closes it. Raises FileNotFoundError."""
        ...

    def delete(self, key: str) -> None:
        """Forget the file; one that is not there is forgotten already."""
        ...


@dataclass(frozen=True, slots=True)
class BucketObject:
    """An object in a partner's bucket; another content under the same key has another `etag`."""

    key: str
    etag: str
    size: int


class BucketUnreachable(Exception):
    """The bucket does not answer, does not exist or does not let us in; trying again later is safe."""


class RegistryBucket(Protocol):
    """Buckets into which partners put files for us to fetch. Nothing is ever written or deleted there."""

    def list_objects(self, bucket: str, prefix: str, after: str = "") -> list[BucketObject]:
        """Up to a thousand objects under a prefix behind the key `after`, in the order of their keys.

        Raises BucketUnreachable.
        """
        ...

    def open(self, bucket: str, one: BucketObject) -> BinaryIO:
        """The object's content as it was listed; the caller closes it.

        Raises FileNotFoundError if it is gone or has become another, BucketUnreachable.
        """
        ...


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it is said: `number` names it for good, so that one that is sent twice can be recognised."""

    number: str
    recipient: str
    subject: str
    text: str
    html: str
    language: str


class MailRefused(Exception):
    """The mail server will never take this mail (no such recipient, not allowed)."""


class MailUnreachable(Exception):
    """Nobody takes the mail now; it may or may not have been taken. Sending it again later is safe."""


class Mailer(Protocol):
    """Who carries mails to people."""

    def send(self, mail: Mail) -> None:
        """Hand the mail over. Raises MailRefused, MailUnreachable."""
        ...


@dataclass(frozen=True, slots=True)
class ForeignAccess:
    """How to speak with another program: its code here, the root of its API, the secret that signs our requests."""

    code: str
    base_url: str
    secret: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """The foreign program has done it, under its own number."""

    reference: str


@dataclass(frozen=True, slots=True)
class Declined:
    """The foreign program refuses for good; `code` says why (`unknown_account`, `already_spent`, ...)."""

    code: str


@dataclass(frozen=True, slots=True)
class NotNow:
    """Nothing has happened there; the same request may be sent again after `after_s` seconds."""

    after_s: float


@dataclass(frozen=True, slots=True)
class Unsure:
    """It may or may not have happened. Only `status` can tell: nothing is put back, nothing asked under a new name."""

    after_s: float = 0.0


Decided = Agreed | Declined
ForeignOutcome = Agreed | Declined | NotNow | Unsure


class ForeignProgram(Protocol):
    """Another loyalty program into which our points go. It never raises for what a network or a program can do."""

    def credit(self, access: ForeignAccess, ref: str, account: str, amount: int) -> ForeignOutcome:
        """Credit `amount` of its units to its member's `account`, once under our reference however often it is sent."""
        ...

    def take_back(self, access: ForeignAccess, ref: str, credit_ref: str) -> ForeignOutcome:
        """Undo the credit of an earlier reference in full; again once, under a reference of its own."""
        ...

    def status(self, access: ForeignAccess, ref: str) -> ForeignOutcome:
        """What became of a reference. NotNow: it was never seen, so the request may be sent."""
        ...


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """What a partner's endpoint is told: its address, the event's id, the body, and the secrets that sign it."""

    url: str
    event_id: str
    body: str
    secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What came of telling it: a status, or the code of why there is none (`timeout`, `address_refused`, ...).

    `excerpt` is the beginning of the answer; `after_s` is what its Retry-After asks for.
    """

    status: int | None
    error: str | None
    took_ms: int
    excerpt: str = ""
    after_s: int | None = None

    @property
    def accepted(self) -> bool:
        """Whether the endpoint has taken it: any 2xx."""
        return self.status is not None and 200 <= self.status < 300


class WebhookSender(Protocol):
    """Tells partners' endpoints by Standard Webhooks. It never raises for what a network or an endpoint can do."""

    def send(self, message: WebhookMessage) -> WebhookAnswer:
        """Send a message once, signed with each of its secrets. May be called from several threads at once."""
        ...
