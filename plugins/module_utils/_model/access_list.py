# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The access list of a token: one canonical value for every accepted spelling.

Two lists are equal when their canonical values are: the order of entries, tiles and property names never matters, and a
tier has one spelling. Source: the API pages "create access token" (accessList, accessTier, geoFence, propertyFence).
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import typing as t
from dataclasses import dataclass, replace

from .errors import OptionError
from .path_names import PathName

TIERS = ("view", "viewPlus", "share", "edit", "fullView", "editPlus", "admin")
# The numbers that official clients show; others are not known.
TIER_NUMBERS: t.Mapping[int, str] = {100: "view", 200: "viewPlus"}
# The spelling older servers use. C(fullView) has no older one.
OLDER_SPELLING: t.Mapping[str, str] = {"viewPlus": "view+", "editPlus": "edit+"}


@dataclass(frozen=True, order=True)
class Tile:
    """A Web Mercator tile."""

    tile_x: int
    tile_y: int
    zoom: int


@dataclass(frozen=True)
class Grant:
    """What a token may do with one path. Tiles and property names are sorted; None means no fence.

    path_id is empty as long as only the location is known.
    """

    path_id: str
    access_tier: str
    tiles: tuple[Tile, ...] | None = None
    max_zoom: int | None = None
    property_fence: tuple[str, ...] | None = None
    location: PathName | None = None


AccessList = tuple[Grant, ...]


def _folded(tier: str) -> str:
    return tier.strip().lower().replace("+", "plus").replace("_", "").replace("-", "").replace(" ", "")


_BY_FOLDED: t.Mapping[str, str] = {_folded(tier): tier for tier in TIERS}


def read_tier(value: object) -> str | None:
    """The one spelling of a tier given by name or by a known number; None when it is unknown."""
    if isinstance(value, int) or (isinstance(value, str) and value.strip().isdecimal()):
        return TIER_NUMBERS.get(int(value))
    return _BY_FOLDED.get(_folded(value)) if isinstance(value, str) else None


def canonical(grants: t.Iterable[Grant]) -> AccessList:
    """The grants in their one order."""
    return tuple(sorted(grants, key=lambda grant: (grant.path_id, str(grant.location or ""))))


def distinct(grants: t.Iterable[Grant]) -> AccessList:
    """The canonical list; OptionError when a path is there twice, since the server keeps one entry for each."""
    listed = canonical(grants)
    for earlier, later in zip(listed, listed[1:]):
        if (earlier.path_id, earlier.location) == (later.path_id, later.location):
            path = later.path_id or str(later.location)
            raise OptionError(f"access_list: path {path} is there twice; keep one entry for each path")
    return listed


def path_names_of(access_list: AccessList) -> set[PathName]:
    """The paths of a list that are still names, not ids."""
    return {grant.location for grant in access_list if grant.location}


def located(access_list: AccessList, ids: t.Mapping[PathName, str]) -> AccessList:
    """The list with the ids of the locations that were found; OptionError when two of them are the same path."""

    def with_id(grant: Grant) -> Grant:
        found = grant.location and ids.get(grant.location)
        return replace(grant, path_id=found, location=None) if found else grant

    return distinct(map(with_id, access_list))


def describe(grant: Grant) -> dict[str, t.Any]:
    """A grant in the words of the option O(access_list), without what it does not have."""
    path = {"path": str(grant.location)} if grant.location else {"path_id": grant.path_id}
    shown: dict[str, t.Any] = {**path, "access_tier": grant.access_tier}
    fence = _geo_fence(grant, ("tile_x", "tile_y", "max_zoom"))
    if fence:
        shown["geo_fence"] = fence
    if grant.property_fence is not None:
        shown["property_fence"] = list(grant.property_fence)
    return shown


def _geo_fence(grant: Grant, names: tuple[str, str, str]) -> dict[str, t.Any]:
    """The geographical limits of a grant, empty without any. names: what the column, the row and the finest zoom are called."""
    tile_x, tile_y, max_zoom = names
    fence: dict[str, t.Any] = {}
    if grant.tiles is not None:
        fence["tiles"] = [{tile_x: tile.tile_x, tile_y: tile.tile_y, "zoom": tile.zoom} for tile in grant.tiles]
    if grant.max_zoom is not None:
        fence[max_zoom] = grant.max_zoom
    return fence


@functools.lru_cache(maxsize=1024)
def spec_of(access_list: AccessList, scope: str) -> str:
    """The six characters that stand for an access list and a scope in the marker."""
    value = {"access_list": [describe(grant) for grant in canonical(access_list)], "scope": scope}
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()[:6]


def to_api(grant: Grant, spelling: t.Mapping[str, str]) -> dict[str, t.Any]:
    """A grant as the create call takes it; spelling maps tiers to what this server calls them."""
    access: dict[str, t.Any] = {"accessTier": spelling.get(grant.access_tier, grant.access_tier)}
    fence = _geo_fence(grant, ("tileX", "tileY", "maxZoom"))
    if fence:
        access["geoFence"] = fence
    if grant.property_fence is not None:
        access["propertyFence"] = list(grant.property_fence)
    return {"pathId": grant.path_id, "access": access}


def from_api(value: object) -> AccessList | None:
    """What a listed token says of its access, in any of the shapes it may have; None when that can't be read."""
    if not isinstance(value, list):
        return None
    grants = [_read_grant(entry) for entry in value]
    return None if None in grants else canonical(t.cast("list[Grant]", grants))


def _read_grant(entry: object) -> Grant | None:
    if not isinstance(entry, dict):
        return None
    path = entry.get("path")
    path_id = entry.get("pathId") or (path.get("id") if isinstance(path, dict) else path)
    access: dict[str, t.Any] = entry["access"] if isinstance(entry.get("access"), dict) else entry
    tier = read_tier(access.get("accessTier")) or read_tier(access.get("accessLevel"))
    if not isinstance(path_id, str) or tier is None:
        return None
    try:
        tiles, max_zoom = _read_fence(access.get("geoFence") or {})
        names = access.get("propertyFence")
        return Grant(path_id.lower(), tier, tiles, max_zoom, None if names is None else tuple(sorted(map(str, names))))
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _read_fence(fence: dict[str, t.Any]) -> tuple[tuple[Tile, ...] | None, int | None]:
    tiles, max_zoom = fence.get("tiles"), fence.get("maxZoom")
    read = None if not tiles else tuple(sorted({Tile(int(x["tileX"]), int(x["tileY"]), int(x["zoom"])) for x in tiles}))
    return read, None if max_zoom is None else int(max_zoom)
