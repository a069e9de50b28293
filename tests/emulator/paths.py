# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GET /path and what lies below it, tiles excepted."""

from __future__ import annotations

from typing import Any

from .access import geo_fence_of, public_tier, require, tier_on
from .call import Call, as_json, check_query, node_of, page, query_json, query_strings
from .tiers import LEVELS, covers, highest, spell
from .tree import Node
from .values import ApiError, Response

TYPES = ("folder", "raster", "vector", "file", "pointCloud", "bookmark")
LAYER_TYPES = ("raster", "vector")
SEARCH_ROOTS = ("myDrive", "sharedWithMe", "trash", "favorites", "public")
_SEARCH = {"type", "root", "text", "userId", "hashtag", "active", "extent", "resolution", "date"}


def by_name(node: Node) -> tuple[str, str]:
    return node.name, node.id


def refuse_ogc_scope(call: Call) -> None:
    token = call.caller.token
    if token is not None and token.scope == "ogc" and not call.variant.ogc_reads_path:
        raise ApiError(403, "The scope of the token does not allow this action.")


def get(call: Call) -> Response:
    check_query(call.request, set())
    return as_json(described(call, _visible(call, call.args["id"])))


def children(call: Call) -> Response:
    check_query(call.request, {"type", "pageSize", "pageStart", "includeTrashed"})
    folder = _folder(call)
    types = query_strings(call.request, "type", TYPES, LAYER_TYPES)
    trashed = query_json(call.request, "includeTrashed", False) is True
    found = call.state.children(folder.id)
    nodes = [node for node in found if node.type in types and (trashed or not node.trashed)]
    chosen, following = page(
        call, f"folder {folder.id} {types}", entries=sorted(nodes, key=by_name), key=by_name, limit=50
    )
    return as_json({"result": [described(call, node) for node in chosen], "nextPageStart": following})


def traverse(call: Call) -> Response:
    check_query(call.request, {"type", "location"})
    node = _folder(call)
    kind = call.request.query.get("type")
    location = query_json(call.request, "location", None)
    if kind not in TYPES:
        raise ApiError(400, f"type must be one of {', '.join(TYPES)}.")
    if not isinstance(location, list) or not location or not all(isinstance(name, str) for name in location):
        raise ApiError(400, "location must be an array of strings.")
    for depth, name in enumerate(location):
        wanted = kind if depth == len(location) - 1 else "folder"
        here = [child for child in call.state.children(node.id) if (child.name, child.type) == (name, wanted)]
        if not here:
            raise ApiError(404, "Path not found.")
        node = here[0]
    return as_json(described(call, node))


def search(call: Call) -> Response:
    check_query(call.request, _SEARCH | {"pageSize", "pageStart"})
    if call.caller.kind == "invalid":
        raise ApiError(401, "Token is invalid or expired.")
    refuse_ogc_scope(call)
    types = query_strings(call.request, "type", TYPES, TYPES)
    roots = query_strings(call.request, "root", SEARCH_ROOTS, SEARCH_ROOTS)
    words = call.request.query.get("text", "").lower().split()
    nodes = [
        node
        for node in call.state.nodes.values()
        if node.type in types and _root_of(call, node) in roots and _says(node.name, words)
    ]
    listing = f"search {call.caller.account} {types} {roots} {words}"
    chosen, following = page(call, listing, entries=sorted(nodes, key=by_name), key=by_name, limit=100)
    return as_json({"result": [described(call, node) for node in chosen], "nextPageStart": following})


def described(call: Call, node: Node) -> dict[str, Any]:
    state, variant = call.state, call.variant
    tier = tier_on(state, call.caller, node)
    access: dict[str, Any] = {
        "accessLevel": LEVELS[tier],
        "processingUnits": 0,
        "geoFence": dict(geo_fence_of(state, call.caller, node) or {}),
    }
    if variant.path_tier:
        access["accessTier"] = spell(tier, variant.tiers_returned)
    owner = state.accounts[node.owner]
    inherited = highest([link.public for link in state.chain(node)[1:]])
    mine = node.owner == call.caller.account
    return {
        "id": node.id,
        "name": node.name,
        "type": node.type,
        "user": {"id": owner.id, "username": owner.name, "disabled": False},
        "driveLocation": {"root": "myDrive" if mine and node.parent is None else None, "path": None},
        "favorite": False,
        "yourAccess": access,
        "publicAccess": {"accessLevel": LEVELS[node.public], "processingUnits": 0, "hidden": False, "geoFence": {}},
        "inheritedPublicAccess": {"accessLevel": LEVELS[inherited], "processingUnits": 0},
        "trashed": node.trashed,
        "metadata": {"description": "", "properties": {}, "attribution": None},
        "hashtags": [],
    }


def _visible(call: Call, path_id: str) -> Node:
    node = node_of(call, path_id)
    require(call.state, call.caller, node, "view")
    refuse_ogc_scope(call)
    return node


def _folder(call: Call) -> Node:
    node = _visible(call, call.args["id"])
    if node.type != "folder":
        raise ApiError(400, "The path is not a folder.")
    return node


def _root_of(call: Call, node: Node) -> str | None:
    if node.owner == call.caller.account and call.caller.token is None:
        return "trash" if node.trashed else "myDrive"
    if covers(public_tier(call.state, node), "view"):
        return "public"
    return "sharedWithMe" if covers(tier_on(call.state, call.caller, node), "view") else None


def _says(name: str, words: list[str]) -> bool:
    own = name.lower().replace("/", " ").split()
    return all(any(mine.startswith(word) for mine in own) for word in words)
