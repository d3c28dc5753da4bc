"""Fields of bodies: a list is counted before it is read."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields

from coalition.kernel.web.fields import BoundedList


class _Counted(fields.Integer):
    read = 0

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        _Counted.read += 1
        return super()._deserialize(value, *args, **kwargs)


class _Body(Schema):
    numbers = BoundedList(_Counted(), 3, least=1)


def test_a_list_within_its_bounds_is_read() -> None:
    assert _Body().load({"numbers": ["1", 2, 3]}) == {"numbers": [1, 2, 3]}


@pytest.mark.parametrize("given", [[], ["x"] * 4, "x", {}, None, ["x"]])
def test_anything_else_is_refused(given: Any) -> None:
    with pytest.raises(ValidationError):
        _Body().load({"numbers": given})


def test_of_a_list_that_is_too_long_no_item_is_looked_at() -> None:
    _Counted.read = 0

    with pytest.raises(ValidationError) as refused:
        _Body().load({"numbers": ["x"] * 1_000_000})

    assert _Counted.read == 0
    assert len(refused.value.messages_dict["numbers"]) == 1
