"""Icons: decoration is silent, an icon alone speaks, an unknown name fails."""

from __future__ import annotations

import pytest

from coalition.kernel.web.icons import icon, shapes


def test_an_icon_beside_words_is_hidden_from_a_screen_reader() -> None:
    assert 'aria-hidden="true"' in icon("gift")


def test_an_icon_alone_is_an_image_with_a_name_that_is_escaped() -> None:
    drawn = icon("sun", label='Light "day"')

    assert 'role="img"' in drawn
    assert "&#34;day&#34;" in drawn


def test_an_unknown_icon_fails_loudly() -> None:
    with pytest.raises(KeyError):
        icon("no-such-icon")


def test_the_whole_sprite_of_the_wheel_is_read() -> None:
    assert len(shapes()) > 2000
