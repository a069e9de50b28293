# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the body of a create call, as strictly as the documentation allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .access import require
from .call import Call, is_int, json_body, node_of
from .state import Grant
from .tiers import ACCEPTED
from .values import ApiError

MAX_DESCRIPTION = 100
MAX_LIFETIME = 2**31 - 1
_LAYERS = ("raster", "vector")


@dataclass(frozen=True)
class Wish:
    description: str
    scope: str
    lifetime: int | None
    grants: tuple[Grant, ...]


def read_wish(call: Call) -> Wish:
    body = json_body(call.request, {"description", "accessList", "validFor", "scope"})
    scope = body.get("scope", "all")
    if scope not in ("all", "ogc"):
        raise ApiError(400, "scope must be all or ogc.")
    return Wish(
        description=_description(body.get("description")),
        scope=scope,
        lifetime=_permitted(call, read_lifetime(body)),
        grants=_grants(call, body.get("accessList")),
    )


def read_lifetime(body: Mapping[str, Any]) -> int | None:
    if "validFor" not in body:
        return None
    value = body["validFor"]
    if not is_int(value) or not 1 <= value <= MAX_LIFETIME:
        raise ApiError(400, "validFor must be a positive integer.")
    return int(value)


def _permitted(call: Call, lifetime: int | None) -> int | None:
    policy = call.policy
    if lifetime is None and not policy.permanent_allowed:
        raise ApiError(policy.refusal, "Permanent access tokens are not allowed on this instance.")
    if policy.max_lifetime is None or (lifetime is not None and lifetime <= policy.max_lifetime):
        return lifetime
    if not policy.shortens:
        raise ApiError(policy.refusal, f"validFor must be at most {policy.max_lifetime} on this instance.")
    return policy.max_lifetime


def _description(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ApiError(400, "description is required.")
    if len(value.encode("utf-16-le", "surrogatepass")) // 2 > MAX_DESCRIPTION:
        raise ApiError(400, f"description must have at most {MAX_DESCRIPTION} characters.")
    return value


def _grants(call: Call, value: Any) -> tuple[Grant, ...]:
    if not isinstance(value, list) or not value:
        raise ApiError(400, "accessList is required.")
    grants = tuple(_grant(call, entry) for entry in value)
    if len({grant.path_id for grant in grants}) < len(grants):
        raise ApiError(400, "accessList holds the same pathId twice.")
    return grants


def _grant(call: Call, entry: Any) -> Grant:
    outer = _object(entry, {"pathId", "access"}, "accessList")
    access = _object(outer.get("access"), {"accessTier", "geoFence", "propertyFence"}, "access")
    tier = access.get("accessTier")
    accepted = ACCEPTED[call.variant.tiers_accepted]
    if not isinstance(tier, str) or tier not in accepted:
        raise ApiError(400, f"accessTier must be one of {', '.join(accepted)}.")
    if not isinstance(outer.get("pathId"), str):
        raise ApiError(400, "pathId is required.")
    node = node_of(call, outer["pathId"])
    geo_fence = _geo_fence(access["geoFence"], node.type) if "geoFence" in access else None
    property_fence = _property_fence(access["propertyFence"], node.type) if "propertyFence" in access else None
    require(call.state, call.caller, node, accepted[tier])
    return Grant(node.id, call.policy.granted_tier or accepted[tier], geo_fence, property_fence)


def _object(value: Any, allowed: set[str], name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ApiError(400, f"{name} must hold an object.")
    if unknown := sorted(set(value) - allowed):
        raise ApiError(400, f"Unknown parameter {', '.join(unknown)} in {name}.")
    return value


def _geo_fence(value: Any, kind: str) -> Mapping[str, Any] | None:
    fence = _object(value, {"tiles", "maxZoom"}, "geoFence")
    if kind not in _LAYERS:
        raise ApiError(400, "geoFence is for raster and vector layers only.")
    if "maxZoom" in fence and (not is_int(fence["maxZoom"]) or not 0 <= fence["maxZoom"] <= 30):
        raise ApiError(400, "maxZoom must be an integer from 0 to 30.")
    tiles = fence.get("tiles", [])
    if not isinstance(tiles, list) or not all(_is_tile(tile) for tile in tiles):
        raise ApiError(400, "tiles must be an array of objects with the integers tileX, tileY and zoom.")
    return fence or None


def _is_tile(tile: Any) -> bool:
    if not isinstance(tile, dict) or set(tile) != {"tileX", "tileY", "zoom"} or not all(map(is_int, tile.values())):
        return False
    zoom: int = tile["zoom"]
    return 0 <= zoom <= 30 and all(0 <= tile[name] < 2**zoom for name in ("tileX", "tileY"))


def _property_fence(value: Any, kind: str) -> tuple[str, ...]:
    if kind != "vector":
        raise ApiError(400, "propertyFence is for vector layers only.")
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise ApiError(400, "propertyFence must be an array of property names.")
    return tuple(value)
