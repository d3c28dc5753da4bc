"""The one menu of the portal: each floor adds its pages when it opens its door, and every page shows all of them.

An entry's key is what its pages say as `nav`; it begins with `portal`. What waits for the partner on another floor
comes to the overview the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app
from flask_babel import gettext

from coalition.portal.frame import EVERYBODY, READERS
from coalition.site.viewer import Colleague, current_colleague

_MENU, _TASKS = "portal_menu", "portal_tasks"


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the menu. `words` says its name in the viewer's language; `place` orders, low first.

    `main`: also in the bar above every page (five at most fit). Only people with one of `roles` see it, and of these
    only whom it `fits` (a supplier's pages are for suppliers).
    """

    key: str
    endpoint: str
    words: Callable[[], str]
    sign: str
    place: int
    main: bool = False
    roles: tuple[str, ...] = READERS
    fits: Callable[[Colleague], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for the partner: in words, and where it is done."""

    words: str
    href: str
    sign: str


Tasks = Callable[[Colleague], Iterable[Task]]


def init_app(app: Flask) -> None:
    """Give every page the menu, and put this floor's pages into it."""
    app.context_processor(lambda: {"portal_menu": shown})
    add(
        app,
        Entry("portal", "portal.overview", lambda: gettext("Overview"), "speedometer2", 10, True, EVERYBODY),
        Entry("portal-operations", "portal.operations", lambda: gettext("Receipts"), "receipt", 20, main=True),
        Entry("portal-registries", "portal.registries", lambda: gettext("Registries"), "file-earmark-text", 22),
        Entry("portal-reports", "portal.reports", lambda: gettext("Reports"), "bar-chart", 27),
        Entry("portal-outlets", "portal.outlets", lambda: gettext("Outlets"), "shop", 30, main=True),
        Entry("portal-members", "portal.members_enrolled", lambda: gettext("Members"), "people", 25),
        Entry("portal-promotions", "portal.promotions_here", lambda: gettext("Promotions"), "megaphone", 35),
        Entry("portal-clients", "portal.clients", lambda: gettext("API clients"), "key", 40),
        Entry("portal-webhooks", "portal.webhook_endpoints", lambda: gettext("Webhooks"), "broadcast", 52),
        Entry("portal-requests", "portal.requests", lambda: gettext("Requests"), "list-columns-reverse", 54),
        Entry("portal-testing", "portal.testing", lambda: gettext("Test mode"), "cone-striped", 55),
        Entry("portal-company", "portal.company", lambda: gettext("Company"), "building", 85),
        Entry("portal-team", "portal.team", lambda: gettext("Team"), "people", 80),
    )


def add(app: Flask, *entries: Entry) -> None:
    """Put pages into the menu."""
    app.extensions.setdefault(_MENU, {}).update({entry.key: entry for entry in entries})


def tells(app: Flask, source: Tasks) -> None:
    """Let the overview ask `source`, in its transaction, what waits for the viewer's partner."""
    app.extensions.setdefault(_TASKS, []).append(source)


def shown() -> list[Entry]:
    """The entries that the viewer may open, in order; none for who is of no partner."""
    colleague = current_colleague()
    known: dict[str, Entry] = current_app.extensions.get(_MENU, {})
    own = [entry for entry in known.values() if colleague and _offered(entry, colleague)]
    return sorted(own, key=lambda entry: entry.place)


def tasks(colleague: Colleague) -> list[Task]:
    """What waits for the viewer's partner, on every floor."""
    sources = cast("list[Tasks]", current_app.extensions.get(_TASKS, []))
    return [task for source in sources for task in source(colleague)]


def _offered(entry: Entry, colleague: Colleague) -> bool:
    return not colleague.roles.isdisjoint(entry.roles) and entry.fits(colleague)
