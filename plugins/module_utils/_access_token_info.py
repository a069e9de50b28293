# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module ellipsis_access_token_info without Ansible around it: options in, result out."""

from __future__ import annotations

import typing as t
from collections import Counter

from ._account import Account
from ._connection import CONNECTION_SPEC
from ._context import Context, Params
from ._duration import parse_duration
from ._marker import normalise
from ._options import uuid_of
from ._result import Result, listed_token
from ._tokens import ListedToken, actual_expiry

SPEC: dict[str, t.Any] = {
    **CONNECTION_SPEC,
    "token_id": {"type": "str"},
    "description": {"type": "str"},
    "owner": {"type": "str"},
    "managed": {"type": "bool"},
    "path_id": {"type": "str"},
    "expires_within": {"type": "str"},
}
Test = t.Callable[[ListedToken], bool]


def run(params: Params, context: Context) -> Result:
    """The live tokens that pass every filter. Nothing is ever written."""
    tests, account = _tests(params), context.account
    earlier = Counter(account.client.calls)
    tokens = account.tokens()
    if params["expires_within"] is not None:
        tests.append(_expires_by(account.now() + parse_duration("expires_within", params["expires_within"])))
    if params["path_id"] is not None:
        _warn_of_unreadable(tokens, account)
    found = sorted((token for token in tokens if all(test(token) for test in tests)), key=_order)
    calls = account.client.calls - earlier
    return {
        "changed": False,
        "access_tokens": [listed_token(token) for token in found],
        "api_calls": {"list": calls["list"]},
    }


def _tests(params: Params) -> list[Test]:
    """A test for each filter that is set, apart from the one that needs to know the time."""
    tests: list[Test] = []
    if params["expires_within"] is not None:
        parse_duration("expires_within", params["expires_within"])
    if params["token_id"] is not None:
        token_id = uuid_of("token_id", params["token_id"])
        tests.append(lambda token: token.id == token_id)
    if params["description"] is not None:
        description = normalise(params["description"])
        tests.append(lambda token: listed_token(token)["description"] == description)
    if params["owner"] is not None:
        tests.append(lambda token: token.marker is not None and token.marker.slot.owner == params["owner"])
    if params["managed"] is not None:
        tests.append(lambda token: (token.marker is not None) == params["managed"])
    if params["path_id"] is not None:
        path_id = uuid_of("path_id", params["path_id"])
        tests.append(lambda token: any(grant.path_id == path_id for grant in token.access_list or ()))
    return tests


def _expires_by(date: float) -> Test:
    def test(token: ListedToken) -> bool:
        expiry = actual_expiry(token.marker, token.expires_at) if token.marker else token.expires_at
        return expiry is not None and expiry <= date

    return test


def _warn_of_unreadable(tokens: t.Iterable[ListedToken], account: Account) -> None:
    unreadable = sum(token.access_list is None for token in tokens)
    if unreadable:
        account.warn(f"The server does not say what {unreadable} of the tokens may access; path_id leaves those out.")


def _order(token: ListedToken) -> tuple[str, float, str]:
    return (token.description, token.created_at or 0.0, token.id)
