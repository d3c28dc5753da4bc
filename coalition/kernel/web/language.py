"""Which language a request speaks, and the catalog of translations, read from its .po file.

No compiled catalog is kept in git: `PoDomain` parses the text once per process, when it is first spoken. The order of
choice is the viewer's cookie, then Accept-Language, then English.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.support import NullTranslations, Translations
from flask import has_request_context, request
from flask_babel import Babel, Domain, force_locale, get_locale

COOKIE = "language"
LOCALES = {"en": "en_GB", "ru": "ru_RU"}
NAMES = {"en": "English", "ru": "Русский"}


class PoDomain(Domain):
    """The application's own messages, compiled in memory from `<folder>/<language>/LC_MESSAGES/messages.po`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(translation_directories=[str(folder)])
        self._files = {path.parts[-3]: path for path in sorted(folder.glob("*/LC_MESSAGES/messages.po"))}

    def get_translations(self) -> NullTranslations:
        """The catalog of the request's language; English is the source and has none."""
        file = self._files.get(language())
        return compiled(file) if file else NullTranslations()


@cache
def compiled(path: Path) -> Translations:
    """A catalog ready for look-up, from a .po file. Fuzzy entries do not count."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with path.open("rb") as text:
        catalog = read_po(text)
    binary = BytesIO()
    write_mo(binary, catalog)
    binary.seek(0)
    return Translations(binary)


class PoBabel(Babel):
    """Flask-Babel with our catalog as its default domain."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._po_domain = PoDomain(folder)

    @property
    def domain_instance(self) -> PoDomain:  # type: ignore[override]
        """The one domain all requests share."""
        return self._po_domain


def choose_locale() -> str:
    """The locale of this request: cookie, then Accept-Language, then English."""
    if not has_request_context():
        return LOCALES["en"]
    code = request.cookies.get(COOKIE, "")
    if code not in LOCALES:
        code = request.accept_languages.best_match(list(LOCALES), default="en") or "en"
    return LOCALES[code]


def language() -> str:
    """The two-letter language of this request: "en" or "ru"."""
    locale = get_locale()
    return str(locale.language) if locale else "en"


@contextmanager
def spoken(code: str | None) -> Iterator[str]:
    """Speak `code` ("en", "ru") in the block, whoever asks; None or an unknown code keeps the language there was."""
    if code not in LOCALES:
        yield language()
        return
    with force_locale(LOCALES[code]):
        yield code
