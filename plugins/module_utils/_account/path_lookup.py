# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the ids of paths that access lists name by their names."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._model.access_list import located, path_names_of
from .._model.desired import Desired
from .._model.errors import OptionError
from .._model.nearest import nearest
from .._model.path_names import PathName
from .._model.paths import PathView
from .account import Account
from .path_tree import Folder, Tree


class NoSuchPath(OptionError):
    """The names lead nowhere."""


class SeveralPaths(OptionError):
    """The names lead to more than one path."""


Found = t.Union[PathView, NoSuchPath, SeveralPaths]


def resolve_paths(wanted: t.Sequence[Desired], account: Account, *, apply: bool) -> list[Desired]:
    """What is wanted, with ids in place of names. Raises OptionError that tells all names without a path or with several.

    In check mode a missing path is a warning and its name stays, since an earlier task may be about to make it.
    """
    found = resolve({each for desired in wanted for each in path_names_of(desired.access_list)}, account.tree)
    ids = {location: view.id for location, view in found.items() if isinstance(view, PathView)}
    problems = [view for _location, view in sorted(found.items()) if not isinstance(view, PathView)]
    fatal = [problem for problem in problems if apply or not isinstance(problem, NoSuchPath)]
    if fatal:
        raise OptionError(f"access_list: {' '.join(map(str, fatal))}")
    for problem in problems:
        account.warn(f"access_list: {problem} An earlier task may make it; without that this task will fail.")
    return [replace(each, access_list=located(each.access_list, ids)) for each in wanted]


def resolve(locations: t.Collection[PathName], tree: Tree) -> dict[PathName, Found]:
    """The path of each location, or an error (not raised). Goes level by level, so that each folder is listed once."""
    found: dict[PathName, Found] = {}
    ways: dict[PathName, tuple[str, ...]] = {location: (location.root,) for location in locations}
    depth = 0
    while ways:
        folders = tree.folders(folder for way in ways.values() for folder in way)
        going_on: dict[PathName, tuple[str, ...]] = {}
        for location, way in ways.items():
            step = _step(location, depth, [folders[folder] for folder in way])
            if isinstance(step, tuple):
                going_on[location] = step
            else:
                found[location] = step
        ways, depth = going_on, depth + 1
    return found


def _step(location: PathName, depth: int, folders: t.Sequence[Folder]) -> Found | tuple[str, ...]:
    """What the name at this depth leads to: the ids of the folders to go on with, or the end of the way."""
    name = location.names[depth]
    named = [view for folder in folders for view in folder.by_name.get(name, ())]
    last = not location.names[depth + 1 :]
    wanted = location.type if last else "folder"
    fitting = [view for view in named if not wanted or view.type == wanted]
    if not fitting:
        return NoSuchPath(_missing(location, depth, wanted, named, folders))
    if not last:
        return tuple(view.id for view in fitting)
    first, *others = fitting
    return SeveralPaths(_several(location, fitting)) if others else first


def _missing(
    location: PathName, depth: int, wanted: str, named: t.Sequence[PathView], folders: t.Sequence[Folder]
) -> str:
    """Where the way broke, and what there is instead."""
    parent, name = location.up_to(depth), location.names[depth]
    kind = f"no {wanted} named" if wanted else "nothing named"
    if named:
        instead = f"but a {' and a '.join(sorted({str(view.type) for view in named}))}"
    else:
        views = [view for folder in folders for view in folder.children if not wanted or view.type == wanted]
        instead = nearest(name, (view.name for view in views), cutoff=0) or "and nothing else"
    return f"path {str(location)!r} does not exist: {str(parent)!r} has {kind} {name!r}, {instead}."


def _several(location: PathName, fitting: t.Sequence[PathView]) -> str:
    listed = ", ".join(f"{view.type} {view.id}" for view in sorted(fitting, key=lambda each: (str(each.type), each.id)))
    _type, *other_types = {view.type for view in fitting}
    remedy = "path_type (or path_id)" if other_types else "path_id in place of path"
    return f"path {str(location)!r} leads to {len(fitting)} paths: {listed}; say which with {remedy}."
