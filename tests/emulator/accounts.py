# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging in, and what belongs to the account itself."""

from __future__ import annotations

from .access import account_of
from .call import Call, as_json, as_text, check_query, json_body, page, query_strings
from .paths import LAYER_TYPES, TYPES, by_name, described
from .tree import Account, Node
from .values import ApiError, Response
from .wishes import read_lifetime

ROOTS = ("myDrive", "sharedWithMe", "favorites", "trash")
DAY = 86400


def ping(call: Call) -> Response:
    return as_text("Welcome to the ellipsis drive api.")


def log_in(call: Call) -> Response:
    body = json_body(call.request, {"username", "password", "validFor"})
    username, password = body.get("username"), body.get("password")
    if not isinstance(username, str) or not isinstance(password, str):
        raise ApiError(400, "username and password are required.")
    lifetime = read_lifetime(body) or DAY
    account = call.state.accounts.get(username)
    if account is not None and account.password is None and not account.members:
        raise ApiError(400, "No password configured.")
    if account is None or account.password != password:
        raise ApiError(call.variant.login_refused, "Username or password is wrong.")
    if call.policy.two_factor:
        raise ApiError(call.policy.refusal, "Two factor authentication is required.")
    return as_json({"token": call.state.log_in(account.name, call.now + lifetime)})


def log_in_as_organization(call: Call) -> Response:
    member = account_of(call.caller)
    body = json_body(call.request, {"organizationId", "validFor"})
    lifetime = read_lifetime(body) or DAY
    found = [account for account in call.state.accounts.values() if account.members]
    organization = next((account for account in found if account.id == body.get("organizationId")), None)
    if organization is None:
        raise ApiError(404, "Organization not found.")
    if member not in organization.members:
        raise ApiError(403, "Insufficient access.")
    return as_json({"token": call.state.log_in(organization.name, call.now + lifetime)})


def info(call: Call) -> Response:
    check_query(call.request, set())
    account = call.state.accounts[account_of(call.caller, ("user", "oauth"))]
    return as_json({"id": account.id, "username": account.name, "organization": bool(account.members)})


def root(call: Call) -> Response:
    account = call.state.accounts[account_of(call.caller, ("user", "oauth"))]
    check_query(call.request, {"type", "pageSize", "pageStart"})
    name = call.args["root"]
    if name not in ROOTS:
        raise ApiError(404, "Root not found.")
    types = query_strings(call.request, "type", TYPES, LAYER_TYPES)
    nodes = [node for node in _in_root(call, name, account) if node.type in types]
    listing = f"root {name} of {account.name} {types}"
    chosen, following = page(call, listing, entries=sorted(nodes, key=by_name), key=by_name, limit=50)
    return as_json({"result": [described(call, node) for node in chosen], "nextPageStart": following})


def _in_root(call: Call, name: str, account: Account) -> list[Node]:
    mine = call.state.children(None, account.name)
    if name == "myDrive":
        return [node for node in mine if not node.trashed]
    if name == "trash":
        return [node for node in mine if node.trashed]
    if name == "favorites":
        return []
    return [node for node in call.state.nodes.values() if account.name in node.shared]
