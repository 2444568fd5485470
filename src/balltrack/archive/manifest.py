"""What became of each video of an archive: a small file of JSON each, in the destination.

Whoever finishes a video writes its entry, after the labels: so that nobody has to live on for
what is done to be known. The sums in it tell labels that were damaged later.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from balltrack.archive.store import Film, Store

FOLDER = "manifest"
"""In the destination: the entry of "day1/a.mp4" is "manifest/day1/a.mp4.json"."""


class Manifest:
    """The entries of one way to track.

    Args:
        store: the destination.
        key: what labels go by, see `key_of`; entries of another are not of this archive.
    """

    def __init__(self, store: Store, key: str) -> None:
        self._store = store
        self._key = key

    def done(self, film: Film) -> dict[str, Any] | None:
        """The facts of a video whose labels are there and undamaged; None of any other."""
        entry = self.entry(film)
        if entry is None or entry.get("key") != self._key or "error" in entry:
            return None
        if (entry.get("size"), entry.get("version")) != (film.size, film.version):
            return None
        sums = entry.get("sha256")
        if not isinstance(sums, dict) or not sums:
            return None
        whole = all(self._store.digest(name) == digest for name, digest in sums.items())
        return entry if whole else None

    def is_ours(self, film: Film) -> bool:
        """Whether a run like this has begun to write its labels, so that they may be replaced."""
        entry = self.entry(film)
        return entry is not None and entry.get("key") == self._key

    def entry(self, film: Film) -> dict[str, Any] | None:
        """What was written last of a video, whatever it is; None where nothing can be read."""
        content = self._store.read(_name(film))
        try:
            entry = json.loads(content or b"")
        except (ValueError, RecursionError):
            return None
        return entry if isinstance(entry, dict) else None

    def write(self, film: Film, facts: Mapping[str, Any]) -> None:
        """Write the entry of a video: facts of its labels, or ``error``, why there are none."""
        about = {"key": self._key, "size": film.size, "version": film.version}
        text = json.dumps({**facts, **about}, indent=1, sort_keys=True) + "\n"
        self._store.write(_name(film), text.encode())


def key_of(about: Mapping[str, object]) -> str:
    """A few letters for all that decides how labels look."""
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]


def _name(film: Film) -> str:
    return f"{FOLDER}/{film.name}.json"
