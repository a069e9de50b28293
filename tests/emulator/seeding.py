# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills the emulated service with many paths and many tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .state import Grant, State
from .tree import PATHS, USER, Node


def seed_tokens(
    state: State,
    now: float,
    count: int,
    *,
    description: str = "Copied in the app {n}",
    account: str = USER,
    paths: Sequence[str] = (PATHS["Elevation"],),
    tier: str = "view",
    scope: str = "all",
    valid_for: float | None = None,
    age: float = 0.0,
) -> list[str]:
    """Issues tokens made `age` seconds ago; `{n}` in the description is the number of the token. Returns their ids."""
    if strangers := [path for path in paths if path not in state.nodes]:
        raise ValueError(f"no such path: {', '.join(strangers)}")
    grants = tuple(Grant(path, tier) for path in paths)
    return [
        state.issue(
            account=account,
            description=description.replace("{n}", str(number)),
            scope=scope,
            grants=grants,
            created=now - age,
            lifetime=valid_for,
        ).id
        for number in range(1, count + 1)
    ]


def add_folder_tree(state: State, names: Iterable[str], kind: str, account: str) -> dict[str, str]:
    made: dict[str, str] = {}
    for name in names:
        parent: str | None = None
        parts = name.split("/")
        for depth, part in enumerate(parts):
            key = "/".join(parts[: depth + 1])
            wanted = kind if depth == len(parts) - 1 else "folder"
            parent = made[key] = _ensure(state, part, wanted, parent, account)
    return made


def _ensure(state: State, name: str, kind: str, parent: str | None, account: str) -> str:
    siblings = state.children(parent, account)
    found = next((node for node in siblings if (node.name, node.type) == (name, kind)), None)
    node = found or Node(state.new_id(), name, kind, account, parent)
    state.nodes[node.id] = node
    return node.id
