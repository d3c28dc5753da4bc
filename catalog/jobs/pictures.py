"""Fetching pictures: claimed in one transaction, fetched and drawn outside of any, recorded in another."""

from __future__ import annotations

import io

from catalog import rewards
from catalog.ports import ImageSource, ImageUnreachable
from coalition.kernel import jobs, ports
from coalition.ports import FileStore

_AT_ONCE = 4
_EVERY_S = 60


@jobs.handles("rewards.pictures")
def fetch_pictures(task: jobs.Task) -> None:
    """Fetch what is due until nothing is. A picture whose job dies is due again ten minutes later."""
    while claimed := task.step(lambda: rewards.claim_pictures(_AT_ONCE)):
        for wanted in claimed:
            _fetch(task, wanted)
    task.finish(lambda: None)


def _fetch(task: jobs.Task, wanted: rewards.WantedPicture) -> None:
    try:
        drawn = rewards.draw(ports.get(ImageSource).fetch(wanted.url, rewards.MAX_BYTES))
    except (ImageUnreachable, rewards.PictureRefused) as failure:
        code, for_good = failure.code, isinstance(failure, rewards.PictureRefused)
        task.step(lambda: rewards.picture_failed(wanted.url_hash, code, for_good=for_good))
        return
    store = ports.get(FileStore)
    for width, form in drawn.forms.items():
        store.put(rewards.picture_key(drawn.sha256, width), io.BytesIO(form))
    task.step(lambda: rewards.picture_came(wanted.url_hash, drawn.sha256, drawn.width, drawn.height))


jobs.every("rewards.pictures", _EVERY_S, "rewards.pictures")
