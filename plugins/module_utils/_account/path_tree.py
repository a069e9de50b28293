# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paths of an account as this process knows them: each folder is listed once, each path is read once."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import dataclass

from .._api.client import Client
from .._model.errors import EllipsisError
from .._model.identifiers import is_id
from .._model.paths import PathView, read_path
from .workers import NotDone, Workers

# As many at a time as a set creates by default.
_READERS = Workers(8, stop_on_error=True)
# What was read longer ago than this is read again before anything is decided from it.
FRESH_SECONDS = 60.0
# What the server answers for a path that is not there, or not for this account (the API pages do not say which).
_NOT_VISIBLE = frozenset({400, 401, 403, 404})
Value = t.TypeVar("Value")


@dataclass(frozen=True)
class Folder:
    """What lies directly in a folder, by name. Names need not be unique."""

    by_name: t.Mapping[str, tuple[PathView, ...]]

    @property
    def children(self) -> tuple[PathView, ...]:
        """All of it, in the order of the server."""
        return tuple(view for views in self.by_name.values() for view in views)


class Tree:
    """Folders are named by their id, roots by their name."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.forget()

    def forget(self) -> None:
        """Read everything again next time."""
        self._folders = _Cache[Folder](self._client)
        self._views = _Cache[t.Optional[PathView]](self._client)

    def folders(self, wanted: t.Iterable[str]) -> dict[str, Folder]:
        """Folders by id or root; several at a time are read in parallel."""
        return self._folders.get(wanted, self._list)

    def views(self, wanted: t.Iterable[str]) -> dict[str, PathView | None]:
        """Paths by id, as the account sees them; None for those that are not there or not for its eyes.

        What can't be read says nothing, as C(PathView()) does.
        """
        return self._views.get(wanted, self._read)

    def _list(self, folder: str) -> Folder:
        children = defaultdict(list)
        for entry in self._client.list_folder(folder):
            view = read_path(entry)
            if is_id(view.id) and not view.trashed:
                children[view.name].append(view)
        return Folder({name: tuple(views) for name, views in children.items()})

    def _read(self, path_id: str) -> PathView | None:
        try:
            return read_path(self._client.get_path(path_id))
        except EllipsisError as exc:
            return None if getattr(exc, "status", None) in _NOT_VISIBLE else PathView()


class _Cache(t.Generic[Value]):
    """Answers by key, for as long as they are fresh."""

    def __init__(self, client: Client) -> None:
        self._monotonic = client.sender.monotonic
        self._values: dict[str, tuple[float, Value]] = {}

    def get(self, keys: t.Iterable[str], read: t.Callable[[str], Value]) -> dict[str, Value]:
        wanted, now = sorted(set(keys)), self._monotonic()
        unknown = [key for key in wanted if key not in self._values or now - self._values[key][0] > FRESH_SECONDS]
        answers = _READERS.map(read, unknown, "looked at")
        for error in (each for _key, each in answers if isinstance(each, EllipsisError)):
            if not isinstance(error, NotDone):
                raise error
        for key, answer in answers:
            self._values[key] = now, t.cast(Value, answer)
        return {key: self._values[key][1] for key in wanted}
