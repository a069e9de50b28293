# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is asking, and what that gives them on a path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .state import State, Token
from .tiers import covers, highest
from .tree import OAUTH_TOKEN, USER, Node
from .values import ApiError, Request

_OGC_TOKEN = re.compile(
    r"^/v3/ogc/[a-z]+/[^/]+/(?!collections(?:/|$))(?P<token>[^/]+)(?:/\d+/\d+/\d+|/collections(?:/.*)?)?/?$"
)


@dataclass(frozen=True)
class Caller:
    """`kind` is none, user, oauth, access or invalid; `carrier` is none, header, query or path."""

    kind: str
    carrier: str
    account: str | None = None
    token: Token | None = None


def bearer_of(request: Request) -> tuple[str, str | None]:
    scheme, _space, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret.strip():
        return "header", secret.strip()
    if request.method == "GET" and request.query.get("token"):
        return "query", request.query["token"]
    in_path = _OGC_TOKEN.match(request.path)
    return ("path", in_path["token"]) if in_path else ("none", None)


def identify(state: State, request: Request, now: float) -> Caller:
    carrier, secret = bearer_of(request)
    if secret is None:
        return Caller("none", carrier)
    if secret == OAUTH_TOKEN:
        return Caller("oauth", carrier, USER)
    login = state.logins.get(secret)
    if login is not None and (login.expires is None or login.expires > now):
        return Caller("user", carrier, login.account)
    token = state.tokens.get(state.by_secret.get(secret, ""))
    if token is not None and token.usable(now):
        return Caller("access", carrier, token.account, token)
    return Caller("invalid", carrier)


def account_of(caller: Caller, kinds: tuple[str, ...] = ("user",)) -> str:
    """The account of a caller of one of these kinds; anyone else is refused."""
    if caller.kind in ("none", "invalid"):
        raise ApiError(401, "Token is invalid or expired.")
    if caller.kind not in kinds or caller.account is None:
        raise ApiError(403, "Insufficient access: account holder only.")
    return caller.account


def own_tier(state: State, caller: Caller, node: Node) -> str:
    """What the caller was given on the node or on a folder above it, public access aside."""
    chain = state.chain(node)
    if caller.token is not None:
        ids = {link.id for link in chain}
        return highest([grant.tier for grant in caller.token.grants if grant.path_id in ids])
    if caller.account is None:
        return "none"
    if node.owner == caller.account:
        return "admin"
    return highest([link.shared[caller.account] for link in chain if caller.account in link.shared])


def public_tier(state: State, node: Node) -> str:
    return highest([link.public for link in state.chain(node)])


def tier_on(state: State, caller: Caller, node: Node) -> str:
    return highest([own_tier(state, caller, node), public_tier(state, node)])


def require(state: State, caller: Caller, node: Node, tier: str) -> None:
    if caller.kind == "invalid":
        raise ApiError(401, "Token is invalid or expired.")
    if not covers(tier_on(state, caller, node), tier):
        raise ApiError(403, "Insufficient access.")


def geo_fence_of(state: State, caller: Caller, node: Node) -> Mapping[str, Any] | None:
    grants = {} if caller.token is None else {grant.path_id: grant for grant in caller.token.grants}
    return next((grants[link.id].geo_fence for link in state.chain(node) if link.id in grants), None)


def property_fence_of(state: State, caller: Caller, node: Node) -> tuple[str, ...] | None:
    grants = {} if caller.token is None else {grant.path_id: grant for grant in caller.token.grants}
    return next((grants[link.id].property_fence for link in state.chain(node) if link.id in grants), None)


def fence_allows(fence: Mapping[str, Any] | None, zoom: int, x: int, y: int) -> bool:
    """A tile is allowed inside, and on the way down to, a fenced tile."""
    if fence is None:
        return True
    if zoom > fence.get("maxZoom", zoom):
        return False
    tiles = fence.get("tiles")
    return tiles is None or any(_overlaps(tile, zoom, x, y) for tile in tiles)


def _overlaps(tile: Mapping[str, int], zoom: int, x: int, y: int) -> bool:
    down, up = max(zoom - tile["zoom"], 0), max(tile["zoom"] - zoom, 0)
    return (x >> down, y >> down) == (tile["tileX"] >> up, tile["tileY"] >> up)
