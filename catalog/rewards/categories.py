"""The shelves of a program's catalog, a tree: each with its names, its picture, and the kind of what lies on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from catalog.rewards import wording
from catalog.rewards.kinds import KINDS
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound

_COLUMNS = "id, program_id, parent_id, path, code, name_en, name_ru, icon, artwork, kind, position"
_CATEGORY = f"SELECT {_COLUMNS} FROM category"
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_MOST = 500
_LONGEST = 100
MAX_DEPTH = 6
ARTWORKS = [
    "headphones",
    "kettle",
    "flight",
    "ticket",
    "backpack",
    "giftcard",
    "coffee",
    "heart",
    "camera",
    "book",
    "bicycle",
    "plant",
    "watch",
    "lamp",
    "game",
    "toolbox",
    "perfume",
    "hotel",
    "ball",
    "speaker",
    "box",
]


@dataclass(frozen=True, slots=True)
class Category:
    """A shelf of a program's catalog; `kind` is the kind of the rewards on it, `icon` a name of bootstrap-icons,
    `path` the ids of the shelves above it from the top down."""

    id: int
    program_id: int
    parent_id: int | None
    path: tuple[int, ...]
    code: str
    name_en: str
    name_ru: str
    icon: str
    artwork: str
    kind: str
    position: int

    def name(self, language: str) -> str:
        """The name in `en` or `ru`."""
        return self.name_ru if language == "ru" else self.name_en


def create_category(
    program_id: int,
    code: str,
    *,
    name_en: str,
    name_ru: str,
    icon: str = "box",
    artwork: str = "box",
    kind: str = "goods",
    position: int = 0,
    parent_id: int | None = None,
) -> Category:
    """A new category; `artwork` is drawn for rewards whose offer has no picture that we know.

    Raises NotFound for a parent of another program, Invalid for an unknown kind or one level too many, Conflict
    `code_in_use`.
    """
    if kind not in KINDS:
        raise _wrong("/kind", "There is no such kind of reward.")
    if not _CODE.fullmatch(code):
        raise _wrong("/code", "Small letters, digits and dashes.")
    _check(name_en, name_ru, artwork)
    params = {
        "program_id": program_id,
        "code": code,
        "name_en": name_en,
        "name_ru": name_ru,
        "icon": icon,
        "artwork": artwork,
        "kind": kind,
        "position": position,
        "parent_id": parent_id,
        "path": _below(program_id, parent_id),
    }
    row = fetch_one(
        "INSERT INTO category (program_id, code, name_en, name_ru, icon, artwork, kind, position, parent_id, path)"
        " VALUES (:program_id, :code, :name_en, :name_ru, :icon, :artwork, :kind, :position, :parent_id, :path)"
        f" ON CONFLICT (program_id, code) DO NOTHING RETURNING {_COLUMNS}",
        params,
    )
    if row is None:
        raise Conflict("code_in_use", "The program has a category with this code.")
    return _category(row)


def categories(program_id: int) -> Sequence[Category]:
    """The categories in which, or below which, the program has something on sale, in their order."""
    rows = fetch_all(
        f"WITH used AS (SELECT c.path || c.id AS path FROM category c WHERE c.program_id = :program_id"
        " AND EXISTS (SELECT FROM reward w WHERE w.category_id = c.id AND w.program_id = c.program_id"
        f" AND w.state = 'on_sale')) {_CATEGORY} c WHERE c.program_id = :program_id"
        " AND c.id IN (SELECT unnest(path) FROM used) ORDER BY c.position, c.id LIMIT :limit",
        {"program_id": program_id, "limit": _MOST},
    )
    return [_category(row) for row in rows]


def all_categories(program_id: int) -> Sequence[Category]:
    """Every category of the program, empty ones too, each after the one above it, in the staff's order."""
    rows = fetch_all(
        f"{_CATEGORY} WHERE program_id = :program_id ORDER BY position, id LIMIT :limit",
        {"program_id": program_id, "limit": _MOST},
    )
    below: dict[int | None, list[Category]] = {}
    for one in map(_category, rows):
        below.setdefault(one.parent_id, []).append(one)

    def walk(parent_id: int | None) -> list[Category]:
        return [found for one in below.get(parent_id, []) for found in (one, *walk(one.id))]

    return walk(None)


def category(program_id: int, code: str) -> Category:
    """The category by its code. Raises NotFound, for another program's too."""
    row = fetch_one(
        f"{_CATEGORY} WHERE program_id = :program_id AND code = :code", {"program_id": program_id, "code": code}
    )
    if row is None:
        raise NotFound()
    return _category(row)


def change_category(
    program_id: int, category_id: int, *, name_en: str, name_ru: str, icon: str, artwork: str, position: int
) -> None:
    """Call and place a category anew; a job makes what lies on it findable by the new name.

    Raises NotFound, Invalid.
    """
    _check(name_en, name_ru, artwork)
    changed = execute(
        "UPDATE category SET name_en = :name_en, name_ru = :name_ru, icon = :icon, artwork = :artwork,"
        " position = :position WHERE program_id = :program_id AND id = :id",
        {
            "program_id": program_id,
            "id": category_id,
            "name_en": name_en,
            "name_ru": name_ru,
            "icon": icon,
            "artwork": artwork,
            "position": position,
        },
    )
    if not changed:
        raise NotFound()
    wording.queue_category(category_id)


def move_category(program_id: int, category_id: int, parent_id: int | None) -> None:
    """Hang a category with all that is below it under another, or at the top.

    Locks the program's categories in their order, so that two moves cannot close a circle. Raises NotFound, and
    Invalid if the new place is below the category itself or too deep.
    """
    locked = fetch_all(
        "SELECT id, path FROM category WHERE program_id = :program_id ORDER BY id FOR UPDATE",
        {"program_id": program_id},
    )
    paths = {row.id: list(row.path) for row in locked}
    if category_id not in paths or parent_id not in (None, *paths):
        raise NotFound()
    path = [] if parent_id is None else [*paths[parent_id], parent_id]
    if category_id in path:
        raise _wrong("/parent", "A category cannot hang below itself.")
    deepest = max(len(below) - len(paths[category_id]) for one, below in paths.items() if category_id in (one, *below))
    if len(path) + deepest >= MAX_DEPTH:
        raise _wrong("/parent", f"Categories are at most {MAX_DEPTH} levels deep.")
    execute(
        "UPDATE category SET path = CAST(:path AS int[]) || path[:depth + 1:],"
        " parent_id = CASE WHEN id = :id THEN :parent_id ELSE parent_id END"
        " WHERE program_id = :program_id AND (id = :id OR :id = ANY (path))",
        {
            "program_id": program_id,
            "id": category_id,
            "parent_id": parent_id,
            "path": path,
            "depth": len(paths[category_id]),
        },
    )


def _below(program_id: int, parent_id: int | None) -> list[int]:
    """The path of what hangs below `parent_id`, which stays as it is until this transaction ends."""
    if parent_id is None:
        return []
    row = fetch_one(
        "SELECT path FROM category WHERE program_id = :program_id AND id = :id FOR SHARE",
        {"program_id": program_id, "id": parent_id},
    )
    if row is None:
        raise NotFound()
    if len(row.path) + 1 >= MAX_DEPTH:
        raise _wrong("/parent", f"Categories are at most {MAX_DEPTH} levels deep.")
    return [*row.path, parent_id]


def _check(name_en: str, name_ru: str, artwork: str) -> None:
    wrong = {
        "/name_en": not 1 <= len(name_en) <= _LONGEST,
        "/name_ru": not 1 <= len(name_ru) <= _LONGEST,
        "/artwork": artwork not in ARTWORKS,
    }
    problems = [FieldError(field, "invalid", "This cannot be.") for field, is_wrong in wrong.items() if is_wrong]
    if problems:
        raise Invalid("invalid", "No category is like this.", problems)


def _category(row: object) -> Category:
    facts = dict(row._mapping)  # type: ignore[attr-defined]
    return Category(**{**facts, "path": tuple(facts["path"])})


def _wrong(pointer: str, detail: str) -> Invalid:
    return Invalid("invalid", detail, [FieldError(pointer, "invalid", detail)])
