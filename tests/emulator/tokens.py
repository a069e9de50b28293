# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""POST, GET and DELETE /account/security/accessToken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from hashlib import sha256
from typing import Any

from .access import account_of
from .call import Call, as_json, as_text, check_query, is_uuid, page
from .state import Grant, Token
from .tiers import LEVELS, spell
from .values import ApiError, Response
from .variant import DATE_KEYS, Variant
from .wishes import read_wish

PAGE_SIZE = 30


def create(call: Call) -> Response:
    account = account_of(call.caller)
    check_query(call.request, set())
    wish = read_wish(call)
    policy = call.policy
    token = call.state.issue(
        account=account,
        description=wish.description,
        scope=wish.scope,
        grants=wish.grants,
        created=call.now,
        lifetime=wish.lifetime,
        delays=(policy.replication_delay, policy.list_lag),
    )
    answer = {"token": token.secret}
    return as_json({"id": token.id, **answer} if call.variant.create_id else answer)


def listing(call: Call) -> Response:
    account = account_of(call.caller)
    check_query(call.request, {"pageSize", "pageStart"})
    keys: dict[str, Callable[[Token], Any]] = {
        "newest": lambda token: -token.serial,
        "oldest": lambda token: token.serial,
        "shuffled": lambda token: sha256(token.id.encode()).hexdigest(),
    }
    key, tokens = keys[call.variant.order], call.state.tokens.values()
    # They are in the order of their numbers already: an account may have a hundred thousand.
    ordered: dict[str, Iterable[Token]] = {"newest": reversed(tokens), "oldest": tokens}
    listed = ordered.get(call.variant.order) or sorted(tokens, key=key)
    chosen, following = page(
        call,
        f"tokens of {account}",
        entries=(token for token in listed if token.account == account and token.listed(call.now)),
        key=key,
        limit=PAGE_SIZE,
        cursor=call.variant.cursor,
    )
    answer: dict[str, Any] = {
        "result": [_entry(call, token) for token in chosen],
        "nextPageStart": following,
    }
    return as_json({**answer, "size": len(chosen)} if call.variant.lists_size else answer)


def revoke(call: Call) -> Response:
    account = account_of(call.caller)
    token_id = call.args["id"]
    if not is_uuid(token_id):
        raise ApiError(400, "The access token id is not a uuid.")
    token = call.state.tokens.get(token_id.lower())
    if token is None or token.account != account or not token.live(call.now):
        raise ApiError(call.variant.delete_unknown, "Access token not found.")
    call.state.revoke(token, call.now, call.policy.revocation_delay)
    answers = {"empty": Response(200), "json": as_json({}), "text": as_text("OK")}
    return answers[call.variant.delete_answer]


def _entry(call: Call, token: Token) -> dict[str, Any]:
    variant = call.variant
    entry: dict[str, Any] = {"id": token.id, "description": token.description}
    if variant.list_tier == "bare":
        return entry
    entry.update(_dates(variant, token))
    entry["accessList"] = [_listed_grant(call, grant) for grant in token.grants]
    if variant.lists_scope:
        entry["scope"] = token.scope
    if variant.leaks_secret:
        entry["token"] = token.secret
    return entry


def _dates(variant: Variant, token: Token) -> dict[str, Any]:
    keys = DATE_KEYS[variant.date_keys]
    if keys is None:
        return {}
    dates: dict[str, Any] = {keys[0]: date(token.created, variant.date_form)}
    if variant.never == "unlisted" or (token.expires is None and variant.never == "missing"):
        return dates
    dates[keys[1]] = None if token.expires is None else date(token.expires, variant.date_form)
    return dates


def date(epoch: float, form: str) -> str | int:
    if form == "seconds":
        return int(epoch)
    if form == "milliseconds":
        return int(epoch * 1000)
    moment = datetime.fromtimestamp(epoch, timezone.utc)
    if form == "sql":
        return moment.strftime("%Y-%m-%d %H:%M:%S.%f")
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _listed_grant(call: Call, grant: Grant) -> dict[str, Any]:
    variant = call.variant
    access: dict[str, Any] = {}
    if variant.list_tier in ("accessTier", "both"):
        access["accessTier"] = spell(grant.tier, variant.tiers_returned)
    if variant.list_tier in ("accessLevel", "both"):
        access["accessLevel"] = LEVELS[grant.tier]
    absent: dict[str, dict[str, Any]] = {
        "missing": {},
        "null": {"geoFence": None, "propertyFence": None},
        "object": {"geoFence": {}},
    }
    access.update(absent[variant.no_fence])
    if grant.geo_fence is not None:
        access["geoFence"] = dict(grant.geo_fence)
    if grant.property_fence is not None:
        access["propertyFence"] = list(grant.property_fence)
    if variant.list_path == "pathId":
        return {"pathId": grant.path_id, "access": access}
    return {"path": {"id": grant.path_id, "name": call.state.nodes[grant.path_id].name}, "access": access}
