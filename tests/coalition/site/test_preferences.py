"""Language and theme: only what is offered is remembered, and the way back never leaves the site."""

from __future__ import annotations

import pytest

from coalition.site.preferences import safe_path


@pytest.mark.parametrize("target", ["/", "/rewards/rew_1?x=1", "/orders#parcel-1"])
def test_a_path_of_this_site_is_kept(target: str) -> None:
    assert safe_path(target) == target


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "",
        "rewards",
        "/a\nLocation: x",
        "///e",
    ],
)
def test_anything_else_leads_home(target: str) -> None:
    assert safe_path(target) == "/"
