"""The words by which rewards are found: stems of their texts, and what a question in words means.

A question is taken as it stands while it finds anything. Only where it finds nothing, each word that the program's
catalog does not know is replaced by what was probably meant (`mistyping`): a longer word that it begins, the words
that are the fewest slips away, or the same keys in the other layout.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from catalog.rewards import mistyping
from coalition.kernel.db import execute, fetch_all, fetch_one, load_sql

_MOST_WORDS = 8
_CANDIDATES = 30
_NOT_WORDS = re.compile(r"[\W_]+")
_LOOK = (
    "SELECT CAST(search_query(:words) AS text) AS query, EXISTS (SELECT FROM reward_words v"
    " JOIN reward w ON w.id = v.reward_id WHERE v.vector @@ search_query(:words)"
    " AND w.program_id = :program_id AND w.state = 'on_sale') AS found"
)


def index(limit: int) -> int:
    """Make up to `limit` new or changed rewards findable; how many were taken. Others may do the same meanwhile."""
    row = fetch_one(load_sql(__file__, "index.sql"), {"limit": limit})
    return int(row.taken) if row else 0


def queue_category(category_id: int) -> None:
    """Have a category's rewards made findable anew, after it was renamed."""
    execute(
        "INSERT INTO reward_to_index (reward_id) SELECT id FROM reward WHERE category_id = :id ORDER BY id"
        " ON CONFLICT DO NOTHING",
        {"id": category_id},
    )


def split(question: str) -> list[str]:
    """The question's words, at most eight, in small letters; a GTIN without its leading zeros."""
    words = _NOT_WORDS.sub(" ", question.lower().replace("ё", "е")).split()[:_MOST_WORDS]
    return [word.lstrip("0") if word.isdigit() and 8 <= len(word) <= 14 else word for word in words]


def understand(program_id: int, question: str) -> str | None:
    """The question as a tsquery over the stems; None if there is no way to read it that finds anything on sale."""
    readings = [words for typed in (question, mistyping.switched(question)) if (words := split(typed))]
    for read in (_as_it_stands, _corrected):
        for words in readings:
            if query := read(program_id, words):
                return query
    return None


def read_as(program_id: int, question: str) -> str | None:
    """The words that stand in for a question that finds nothing as it was typed, for whoever is to be told; None where
    it was read as it stands, or not at all."""
    typed, switched = split(question), split(mistyping.switched(question))
    if not typed or _as_it_stands(program_id, typed):
        return None
    if switched and _as_it_stands(program_id, switched):
        return " ".join(switched)
    for words in (typed, switched):
        parts = _meant(program_id, words) if words else []
        if parts and all(parts):
            return " ".join(part[0] for part in parts)
    return None


def _as_it_stands(program_id: int, words: Sequence[str]) -> str | None:
    """The question if it finds anything."""
    row = fetch_one(_LOOK, {"program_id": program_id, "words": " ".join(words)})
    return str(row.query) if row is not None and row.found else None


def _corrected(program_id: int, words: Sequence[str]) -> str | None:
    """The question with its unknown words replaced, the common ones left out; None if one cannot be."""
    parts = _meant(program_id, words)
    return _query(parts) if parts and all(parts) else None


def _meant(program_id: int, words: Sequence[str]) -> list[list[str]]:
    """What each word may mean, itself if it is known; common words left out, nothing for what cannot be guessed."""
    parts = []
    for word in words:
        row = fetch_one(_LOOK, {"program_id": program_id, "words": word})
        assert row is not None
        if row.found:
            parts.append([word])
        elif row.query:
            parts.append(mistyping.meant(word, _candidates(program_id, word)))
    return parts


def _candidates(program_id: int, word: str) -> list[str]:
    """Words of the program's names that `word` begins, and those most like it."""
    rows = fetch_all(
        "(SELECT word FROM search_word WHERE program_id = :program_id AND word >= :word AND word < :word || U&'\\FFFF'"
        " ORDER BY word LIMIT :limit) UNION"
        " (SELECT word FROM search_word WHERE program_id = :program_id ORDER BY word <-> :word LIMIT :limit)",
        {"program_id": program_id, "word": word, "limit": _CANDIDATES},
    )
    return [row.word for row in rows]


def _query(parts: Sequence[Sequence[str]]) -> str:
    """AND over the words, OR over what each may mean."""
    return " & ".join(f"({' | '.join(f'({_stems(one)})' for one in part)})" for part in parts)


def _stems(word: str) -> str:
    row = fetch_one("SELECT CAST(search_query(:word) AS text) AS query", {"word": word})
    assert row is not None
    return str(row.query)
