"""Drawing a foreign picture anew in our own format, so that nothing of the file that came is ever served. Pure.

Whatever the file claims to be, only a few formats are opened, its size is known before a pixel is unpacked, and what
comes out is WebP without metadata in a few widths.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_BYTES = 10_000_000
MAX_PIXELS = 40_000_000
WIDTHS = (160, 320, 640, 1280)
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_LEAST_SIDE = 8
_QUALITY = 82


class PictureRefused(Exception):
    """The file is no picture for us; `code` is stable: `not_a_picture`, `too_large`, `too_many_pixels`, `too_small`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture in our format: the SHA-256 (hex) of the file that it was, the size of its largest form, its forms by
    width."""

    sha256: str
    width: int
    height: int
    forms: Mapping[int, bytes] = field(repr=False)


def draw(content: bytes) -> Drawn:
    """The picture in every width of ours that it fills, and at least in one. Raises PictureRefused."""
    from PIL.Image import Resampling

    if len(content) > MAX_BYTES:
        raise PictureRefused("too_large")
    picture = _opened(content)
    widths = [width for width in WIDTHS if width < picture.width] + [min(picture.width, WIDTHS[-1])]
    forms, height = {}, 0
    for width in sorted(set(widths)):
        height = max(1, round(picture.height * width / picture.width))
        target = io.BytesIO()
        picture.resize((width, height), Resampling.LANCZOS).save(target, "WEBP", quality=_QUALITY, method=4)
        forms[width] = target.getvalue()
    return Drawn(hashlib.sha256(content).hexdigest(), max(forms), height, forms)


def form_near(largest: int, wanted: int) -> int:
    """Of a picture whose largest form is so wide, the form to show where `wanted` pixels are needed."""
    return min((width for width in WIDTHS if wanted <= width < largest), default=largest)


def _opened(content: bytes) -> Image:
    """The first frame, upright, in colours of ours."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
                _check(*opened.size)
                opened.load()
                upright = ImageOps.exif_transpose(opened)
                return upright.convert("RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB")
    except PictureRefused:
        raise
    except Image.DecompressionBombError as error:
        raise PictureRefused("too_many_pixels") from error
    except Image.DecompressionBombWarning as error:
        raise PictureRefused("too_many_pixels") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Warning, EOFError, MemoryError) as error:
        raise PictureRefused("not_a_picture") from error


def _check(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise PictureRefused("too_many_pixels")
    if min(width, height) < _LEAST_SIDE or max(width, height) > 16 * min(width, height):
        raise PictureRefused("too_small")
