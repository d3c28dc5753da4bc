"""Records of a bundle, read strictly: one JSON object a line, no name twice, no float, nothing but what is due."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any, NoReturn

from settlement.proofs.verifier.differences import Difference
from settlement.proofs.verifier.merkle import leaf_hash

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,29})(\.[0-9]{1,18})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HASH = re.compile(r"[0-9a-f]{64}")
_BIGGEST = 2**63


class Record:
    """One record and where it stands; its getters raise Difference for what is not of the type that is due."""

    __slots__ = ("data", "line", "member", "subject")

    def __init__(self, member: str, line: int, data: dict[str, Any], subject: str = "") -> None:
        self.member, self.line, self.data, self.subject = member, line, data, subject

    def wrong(self, code: str, detail: str) -> NoReturn:
        """Say that this record differs."""
        raise Difference(self.member, code, detail, line=self.line, subject=self.subject)

    def expect(self, name: str, found: object, due: object) -> None:
        """Hold a figure against what was recomputed."""
        if found != due:
            self.wrong(f"{name}_differs", f"{name} is {found}, recomputed {due}")

    def only(self, names: Collection[str]) -> None:
        """Refuse a record that lacks one of these fields or has another."""
        if self.data.keys() != set(names):
            odd = ", ".join(sorted(self.data.keys() ^ set(names)))
            self.wrong("bad_fields", f"fields missing or unknown: {odd[:200]}")

    def text(self, name: str) -> str:
        value = self.data.get(name)
        if not isinstance(value, str):
            self.wrong("bad_type", f"{name} is not a text")
        return value

    def integer(self, name: str) -> int:
        value = self.data.get(name)
        if type(value) is not int or abs(value) >= _BIGGEST:
            self.wrong("bad_type", f"{name} is not an integer of 64 bits")
        return value

    def maybe_integer(self, name: str) -> int | None:
        return None if self.data.get(name, 0) is None else self.integer(name)

    def decimal(self, name: str) -> Decimal:
        value = self.data.get(name)
        if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
            self.wrong("bad_type", f"{name} is not a decimal number in a text")
        return Decimal(value)

    def maybe_decimal(self, name: str) -> Decimal | None:
        return None if self.data.get(name, 0) is None else self.decimal(name)

    def day(self, name: str) -> str:
        value = self.text(name)
        if not _DAY.fullmatch(value):
            self.wrong("bad_type", f"{name} is not a day")
        return value

    def hashes(self, name: str) -> list[bytes]:
        """A list of hashes in hex."""
        value = self.data.get(name)
        if not isinstance(value, list) or len(value) > 128 or not all(_is_hash(one) for one in value):
            self.wrong("bad_type", f"{name} is not a list of hashes")
        return [bytes.fromhex(one) for one in value]

    def inner(self, name: str) -> Record:
        """An object within this one."""
        value = self.data.get(name)
        if not isinstance(value, dict):
            self.wrong("bad_type", f"{name} is not an object")
        return Record(self.member, self.line, value, self.subject)


def parsed(member: str, line: int, raw: bytes) -> Record:
    """The record of one line. Raises Difference for anything that two readers might read in two ways."""
    try:
        data = _DECODER.decode(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise Difference(member, "not_utf8", "the line is not UTF-8", line=line) from None
    except _Refused as error:
        raise Difference(member, "bad_json", str(error), line=line) from None
    except (ValueError, RecursionError):
        raise Difference(member, "bad_json", "the line is not JSON", line=line) from None
    if not isinstance(data, dict):
        raise Difference(member, "bad_json", "the line is not an object", line=line)
    return Record(member, line, data)


def leaf_of(member: str, line: int, raw: bytes) -> bytes:
    """The hash of a record as a leaf of the tree: of its bytes without the line feed, which must be there."""
    if not raw.endswith(b"\n"):
        raise Difference(member, "cut_off", "the line is not ended", line=line)
    return leaf_hash(raw[:-1])


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


class _Refused(Exception):
    """JSON that could be read in two ways."""


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Refused(f"the name {name[:80]!r} stands twice in one object")
        found[name] = value
    return found


def _no(text: str) -> NoReturn:
    raise _Refused(f"{text[:40]!r} is no number that a bundle may hold")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_float=_no, parse_constant=_no)
