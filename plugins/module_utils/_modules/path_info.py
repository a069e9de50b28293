# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The core of the module ellipsis_path_info: from validated options to its result."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass

from .._account.account import Account
from .._account.path_lookup import NoSuchPath, resolve
from .._account.path_tree import Tree
from .._api.connection import CONNECTION_SPEC
from .._model.errors import OptionError
from .._model.path_names import PATH_TYPES, PathName, parse_path_name
from .._model.paths import PathView
from .options import uuid_of
from .result import Result
from .task_context import Context, Params

SPEC: dict[str, t.Any] = {
    **CONNECTION_SPEC,
    "path_id": {"type": "str"},
    "path": {"type": "str"},
    "path_type": {"type": "str", "choices": list(PATH_TYPES)},
    "children": {"type": "bool", "default": False},
    "recurse": {"type": "bool", "default": False},
    "types": {"type": "list", "elements": "str", "choices": list(PATH_TYPES)},
    "max_depth": {"type": "int"},
}


@dataclass(frozen=True)
class FoundPath:
    """A path that was found, and the way to it.

    location: its root and names, None where the search began at an id. names: those below the path that was asked for.
    parent_id: the folder that it lies in, None for the path that was asked for and below a root.
    """

    view: PathView
    location: PathName | None
    names: tuple[str, ...] = ()
    parent_id: str | None = None

    def child(self, view: PathView) -> FoundPath:
        """Something that lies directly in it."""
        below = self.location and PathName(self.location.root, (*self.location.names, view.name))
        return FoundPath(view, below, (*self.names, view.name), self.view.id or None)


def run(params: Params, context: Context) -> Result:
    """What a path is and what lies in it. Raises EllipsisError with a sentence for the user."""
    _check(params)
    path_id = uuid_of("path_id", params["path_id"]) if params["path_id"] else None
    location = parse_path_name("path", params["path"], params["path_type"]) if params["path"] else None
    account = context.account
    earlier = Counter(account.client.calls)
    try:
        found: FoundPath | None = _find(path_id, location, account)
    except NoSuchPath as exc:
        if context.apply:
            raise
        account.warn(f"{exc} An earlier task may make it.")
        found = None
    children = _children(found, params, account.tree) if found and params["children"] else []
    return {
        "changed": False,
        "path": _shown(found) if found else None,
        "children": [
            {**_shown(each), "location": list(each.names), "depth": len(each.names), "parent_id": each.parent_id}
            for each in children
        ],
        "api_calls": {"path": account.client.calls["path"] - earlier["path"]},
    }


def _check(params: Params) -> None:
    if bool(params["path_id"]) == bool(params["path"]):
        raise OptionError("Either path_id or path is needed; set one of them")
    if params["path_type"] and not params["path"]:
        raise OptionError("path_type: goes with path only, since an id needs no type; leave it out")
    for option, needed in (("recurse", "children"), ("types", "children"), ("max_depth", "recurse")):
        if params[option] and not params[needed]:
            raise OptionError(f"{option}: goes with {needed}=true only; set that, too")
    if params["max_depth"] is not None and params["max_depth"] < 1:
        raise OptionError(f"max_depth: {params['max_depth']} is not possible; write a positive number, or leave it out")


def _find(path_id: str | None, location: PathName | None, account: Account) -> FoundPath:
    if location and not location.names:
        return FoundPath(PathView(name=location.root, type="root"), location)
    if location:
        found = resolve([location], account.tree)[location]
        if not isinstance(found, PathView):
            raise found
        path_id = found.id
    view = account.tree.views([str(path_id)])[str(path_id)]
    if view is None:
        raise NoSuchPath(f"path_id: {path_id} does not exist, or this account has no access to it; correct it.")
    return FoundPath(view, location)


def _children(top: FoundPath, params: Params, tree: Tree) -> list[FoundPath]:
    """What lies in a path, ordered by names. Each folder is listed once, the folders of one level in parallel."""
    if top.view.type not in ("folder", "root"):
        raise OptionError(
            f"children: {top.view.name!r} is a {top.view.type}, and only folders have children; leave it out"
        )
    deepest = (params["max_depth"] or float("inf")) if params["recurse"] else 1
    found: list[FoundPath] = []
    level, seen = [top], {top.view.id}
    while level and len(level[0].names) < deepest:
        folders = tree.folders(_key(each) for each in level)
        below = [each.child(view) for each in level for view in folders[_key(each)].children]
        found += below
        level = [each for each in below if each.view.type == "folder" and each.view.id not in seen]
        seen |= {each.view.id for each in level}
    types = params["types"] or PATH_TYPES
    return sorted((each for each in found if each.view.type in types), key=lambda each: (each.names, each.view.id))


def _key(folder: FoundPath) -> str:
    """What the tree knows a folder by: its id, or the name of a root."""
    return folder.view.id or folder.view.name


def _shown(found: FoundPath) -> Result:
    view = found.view
    return {
        "id": view.id or None,
        "name": view.name,
        "type": view.type,
        "path": str(found.location) if found.location else None,
        "access_tier": view.known_tier,
        "access_level": view.level,
    }
