# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seeded folders, layers and accounts, all with ids that never change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import NAMESPACE_URL, uuid5

_SPACE = uuid5(NAMESPACE_URL, "https://emulator.invalid/ellipsis.drive")


def stable_id(name: str) -> str:
    return str(uuid5(_SPACE, name))


@dataclass(frozen=True)
class Account:
    name: str
    password: str | None = None
    members: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        return stable_id(f"account {self.name}")


@dataclass(frozen=True)
class Node:
    id: str
    name: str
    type: str
    owner: str
    parent: str | None = None
    public: str = "none"
    shared: Mapping[str, str] = field(default_factory=dict)
    trashed: bool = False


USER, PASSWORD, USER_TOKEN = "demo", "demo-password", "emulator-user-token"
OTHER_USER, OTHER_PASSWORD, OTHER_USER_TOKEN = "other", "other-password", "emulator-other-user-token"
GOOGLE_USER = "google-only"
ORGANIZATION = "organization"
OAUTH_TOKEN = "emulator-oauth-token"

ACCOUNTS = (
    Account(USER, PASSWORD),
    Account(OTHER_USER, OTHER_PASSWORD),
    Account(GOOGLE_USER),
    Account(ORGANIZATION, members=frozenset({USER})),
)
ORGANIZATION_ID = stable_id(f"account {ORGANIZATION}")


def _node(key: str, kind: str, parent: str | None = None, owner: str = USER, **more: object) -> tuple[str, Node]:
    """`key` names the node in PATHS; a `#type` at its end tells namesakes apart and is no part of the name."""
    name = key.split("#", maxsplit=1)[0]
    if parent is not None:
        name = name[len(parent) + 1 :]
    node = Node(id=stable_id(f"path {key}"), name=name, type=kind, owner=owner)
    return key, Node(**{**vars(node), "parent": None if parent is None else stable_id(f"path {parent}"), **more})


_SEED = dict(
    [
        _node("Projects", "folder"),
        _node("Projects/Roads", "folder", "Projects"),
        _node("Projects/Roads/Surface", "raster", "Projects/Roads"),
        _node("Projects/Roads/Centrelines", "vector", "Projects/Roads"),
        _node("Projects/Roads/2026", "folder", "Projects/Roads"),
        _node("Projects/Roads/2026/Survey", "raster", "Projects/Roads/2026"),
        _node("Projects/Rivers", "folder", "Projects"),
        _node("Projects/Rivers#vector", "vector", "Projects"),
        _node("Projects/Rivers/Banks", "vector", "Projects/Rivers"),
        # One layer whose own name holds a slash: no folder `North` exists.
        _node("Projects/North/South", "vector", "Projects"),
        _node("Elevation", "raster"),
        _node("Buildings", "vector"),
        _node("Report.pdf", "file"),
        _node("City view", "bookmark"),
        _node("Scan", "pointCloud"),
        _node("Public map", "raster", public="view"),
        _node("Old map", "raster", trashed=True),
        _node("Partner imagery", "raster", owner=OTHER_USER, shared={USER: "view"}),
        _node("Partner workspace", "folder", owner=OTHER_USER, shared={USER: "editPlus"}),
        _node("Partner workspace/Parcels", "vector", "Partner workspace", owner=OTHER_USER),
        _node("Open data", "folder", owner=OTHER_USER, public="view"),
        _node("Open data/Land cover", "raster", "Open data", owner=OTHER_USER),
        _node("Private", "folder", owner=OTHER_USER),
        _node("Private/Plans", "vector", "Private", owner=OTHER_USER),
        _node("Team", "folder", owner=ORGANIZATION),
        _node("Team/Sites", "vector", "Team", owner=ORGANIZATION),
    ]
)
PATHS: dict[str, str] = {key: node.id for key, node in _SEED.items()}
SHARED_VIEW_PATH = PATHS["Partner imagery"]
PUBLIC_PATH = PATHS["Public map"]
UNKNOWN_PATH = stable_id("path that does not exist")
NODES: tuple[Node, ...] = tuple(_SEED.values())
