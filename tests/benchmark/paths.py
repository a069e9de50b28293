# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paths by name: many tokens for many layers of a large drive, beside a bare walk through its folders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.ellipsis.drive.tests.emulator import Emulator

from .figures import Figure, Target
from .rows import EMPTY_PLAY, EMPTY_SCRIPT, Play, Row, Script, pages
from .sets import CONCURRENCY

FOLDERS, IN_EACH, NAMED = 100, 19, 300
FOLDER_PAGE_SIZE = 50
WALK_LIMIT = 1.5
_TREE = "Tree"
LAYERS = tuple(f"{_TREE}/{folder:03d}/{layer:02d}" for folder in range(FOLDERS) for layer in range(IN_EACH))
# In every folder, so that all of them have to be listed.
_NAMED = tuple(layer for layer in LAYERS if int(layer[-2:]) < NAMED // FOLDERS)
# The drive, the folder of folders in its pages, and every folder in it.
_LISTINGS = 1 + -(-FOLDERS // FOLDER_PAGE_SIZE) + FOLDERS

_WITH_IDS = f"{NAMED} tokens by id: create"
_BY_ID = f"{NAMED} tokens by id: unchanged"
_BY_NAME = f"{NAMED} tokens by name: unchanged, beyond the same by id"
_WALK = f"bare walk through {FOLDERS} folders, {CONCURRENCY} threads"


def _task(places: list[dict[str, str]]) -> Play:
    tokens: list[dict[str, Any]] = [
        {"description": f"benchmark {number}", "access_list": [{**place, "access_tier": "view"}]}
        for number, place in enumerate(places)
    ]
    return Play("set.yml", {"tokens": tokens, "prune": False})


# Every new emulator gives out the same ids.
_IDS = Emulator().add_folder_tree(LAYERS)
_IDS_TASK = _task([{"path_id": _IDS[layer]} for layer in _NAMED])
_NAMES_TASK = _task([{"path": f"myDrive/{layer}"} for layer in _NAMED])
_CREATED = {"list": 1 + pages(NAMED), "create": NAMED, "path": NAMED}
_FOUND = {"list": pages(NAMED)}

PATH_ROWS: tuple[Row, ...] = (
    Row(_WITH_IDS, _IDS_TASK, EMPTY_PLAY, _CREATED, layers=LAYERS),
    Row(_BY_ID, _IDS_TASK, EMPTY_PLAY, _FOUND, fresh=False),
    Row(_BY_NAME, _NAMES_TASK, _BY_ID, {**_FOUND, "path": _LISTINGS}, fresh=False),
    Row(
        _WALK,
        Script(("{here}/walk.py", "{api_url}", _TREE, str(CONCURRENCY))),
        EMPTY_SCRIPT,
        {"path": _LISTINGS},
        fresh=False,
    ),
)


def path_targets(found: Mapping[str, Figure]) -> list[Target]:
    """What is promised about names. That each folder is listed once is checked with the calls of every run."""
    names, walk = found[_BY_NAME], found[_WALK]
    return [
        Target(
            f"{NAMED} names in a drive of {len(LAYERS) + FOLDERS:,} paths: at most {WALK_LIMIT:g} x a bare walk",
            f"{names.seconds:.2f} s, {names.seconds / walk.seconds:.2f} x {walk.seconds:.2f} s; "
            f"{names.calls['path']} listings of {FOLDERS + 2} folders",
            names.seconds <= WALK_LIMIT * walk.seconds,
        )
    ]
