# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The core of the module ellipsis_access_token: from validated options to its result."""

from __future__ import annotations

import typing as t
from collections import Counter

from .._account.converge import converge, revoke
from .._account.lost_race import await_holders
from .._account.path_lookup import resolve_paths
from .._account.run_memory import declared
from .._account.secret_store import ExternalStore
from .._api.connection import CONNECTION_SPEC
from .._model.tokens import ListedToken
from .options import ACCESS_TOKEN_SPEC, desired_of
from .result import Result, outcome_result, revocation_result
from .task_context import Context, Params

SPEC: dict[str, t.Any] = {**CONNECTION_SPEC, **ACCESS_TOKEN_SPEC}


def run(params: Params, context: Context) -> Result:
    """Converge one slot, or revoke one token by its id. Raises EllipsisError with a sentence for the user."""
    desired, account = desired_of(params), context.account
    earlier = Counter(account.client.calls)
    if params["token_id"]:
        token_id = params["token_id"].strip().lower()
        plan, token = revoke(
            desired, token_id, account, context.secret_store(params, desired.slot), apply=context.apply
        )
        return revocation_result(plan, token, account.client.calls - earlier)
    secret_store = context.secret_store(params, desired.slot)
    (desired,) = resolve_paths([desired], account, apply=context.apply)
    with declared(context.memory, [desired]):
        outcome = converge(desired, account, secret_store, context.memory, apply=context.apply)
    for namesake in outcome.namesakes:
        account.warn(_namesake_warning(namesake))
    if params["return_secret"] and params["store"] is not None:
        await_holders([outcome], account, secret_store)
    returns_secret = params["return_secret"] or params["store"] is None
    return outcome_result(outcome, secret_store, account.client.calls - earlier, returns_secret=returns_secret)


def run_only(params: Params, context: Context) -> Result:
    """Create a run-only token, whatever other tokens live (law 13)."""
    account, secret_store = context.account, ExternalStore()
    earlier = Counter(account.client.calls)
    (desired,) = resolve_paths([desired_of(params, run_only=True)], account, apply=context.apply)
    outcome = converge(desired, account, secret_store, apply=context.apply)
    return outcome_result(outcome, secret_store, account.client.calls - earlier, returns_secret=True)


def _namesake_warning(token: ListedToken) -> str:
    return (
        f"Token {token.id} has the description {token.description!r} but was not made by this collection; it is left alone. "
        "Revoke it with state=absent and token_id if it is not needed."
    )
