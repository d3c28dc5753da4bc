"""Foreign pictures: only what is one is drawn, nothing of the file survives, and nothing blows us up."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from catalog.rewards import WIDTHS, PictureRefused, draw, form_near


def a_picture(kind: str = "PNG", size: tuple[int, int] = (700, 350), mode: str = "RGB", **how: object) -> bytes:
    """A picture file."""
    target = io.BytesIO()
    Image.new(mode, size, 3).save(target, kind, **how)
    return target.getvalue()


def _bomb(width: int, height: int) -> bytes:
    """A PNG that says it is so large, in less than a hundred bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "RGB"), ("GIF", "P"), ("WEBP", "RGB")]
)
def test_a_picture_is_drawn_anew_in_every_width_that_it_fills(kind: str, mode: str) -> None:
    drawn = draw(a_picture(kind, mode=mode))

    assert (sorted(drawn.forms), drawn.width, drawn.height) == ([160, 320, 640, 700], 700, 350)
    for width, form in drawn.forms.items():
        with Image.open(io.BytesIO(form)) as opened:
            assert (opened.format, opened.size) == ("WEBP", (width, width // 2))


def test_a_large_picture_is_made_smaller_and_a_small_one_never_larger() -> None:
    assert sorted(draw(a_picture(size=(3000, 1500))).forms) == list(WIDTHS)
    assert sorted(draw(a_picture(size=(100, 80))).forms) == [100]


def test_what_a_camera_wrote_into_the_file_is_gone_but_its_rotation_is_kept() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a secret place"  # turn by a quarter; a description

    drawn = draw(a_picture("JPEG", exif=exif))

    assert (drawn.width, drawn.height) == (350, 700)
    assert not any(b"secret place" in form for form in drawn.forms.values())


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_a_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not_a_picture"),
        (b"<html>404</html>", "not_a_picture"),
        (a_picture()[:60], "not_a_picture"),
        (a_picture("BMP"), "not_a_picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "not_a_picture"),
        (_bomb(50_000, 50_000), "too_many_pixels"),
        (_bomb(7_000, 7_000), "too_many_pixels"),
        (_bomb(2_000, 2_000), "not_a_picture"),
        (a_picture(size=(4, 4)), "too_small"),
        (a_picture(size=(4000, 10)), "too_small"),
        (bytes(10_000_001), "too_large"),
    ],
)
def test_what_is_no_picture_for_us_is_refused_with_a_code(content: bytes, code: str) -> None:
    with pytest.raises(PictureRefused) as refused:
        draw(content)

    assert refused.value.code == code


def test_the_form_shown_is_the_smallest_that_is_large_enough() -> None:
    assert [form_near(700, wanted) for wanted in (100, 160, 320, 641, 2000)] == [160, 160, 320, 700, 700]
