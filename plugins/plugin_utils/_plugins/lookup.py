# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup ellipsis_access_token: a stored secret without network, or a token that is converged first."""

from __future__ import annotations

import contextlib
import time
import typing as t

from ansible.parsing.dataloader import DataLoader
from ansible.utils.display import Display

from ansible_collections.ellipsis.drive.plugins.module_utils._account.account import Account
from ansible_collections.ellipsis.drive.plugins.module_utils._account.run_memory import declared
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import (
    CONNECTION_SPEC,
    NoCredential,
    connection_of,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._model.durations import NEVER, parse_duration
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError, OptionError
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import normalise
from ansible_collections.ellipsis.drive.plugins.module_utils._model.nearest import nearest
from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import read_date
from ansible_collections.ellipsis.drive.plugins.module_utils._modules import access_token as _access_token
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.handover import handing_over
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.option_sources import (
    PROCESS,
    OptionSources,
    fill,
    variables,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.options import ACCESS_TOKEN_SPEC, desired_of
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.task_context import Context
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.plain_values import plain
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.process import lookup_account
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.run_memory import Declarer, FileMemory
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.run_tokens import once_per_run, revoke_at_end
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.validation import validated
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.address import Variable, open_store, store_opener
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import Entry
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store

Values = dict[str, t.Any]
FIELDS = ("secret", "id", "owner", "created_at", "expires_at", "valid_for", "fingerprint")
_NOT_OURS = ("state", "description", "token_id", "held_id", "return_secret", "replaces")
SPEC: Values = {
    **CONNECTION_SPEC,
    **{option: spec for option, spec in ACCESS_TOKEN_SPEC.items() if option not in _NOT_OURS},
    "owner": {"type": "str"},
    "field": {"type": "str", "choices": list(FIELDS), "default": "secret"},
    "default": {"type": "raw"},
    "create": {"type": "bool", "default": False},
    "warn_within": {"type": "str", "default": "7d"},
}
# What is not stored lives for one run; a token that lives much longer would pile up unseen.
_LONGEST_UNSTORED = 86400
DEFAULT_UNSTORED = "1h"
display = Display()
revoke_at_end()


def look_up(terms: t.Sequence[t.Any], options: Values, variable: Variable, loader: DataLoader) -> list[t.Any]:
    """The wanted field of every token named by a term. EllipsisError is for the user. variable: None where not set."""
    params = plain(options)
    of: dict[str, str] = {}
    if params.get("store") is None:
        params["store"] = plain(variable("ellipsis_store")) or None
        of["store"] = "the variable ellipsis_store"
    if params.get("create"):
        of.update(fill(params, (variables(lambda name: plain(variable(name))), PROCESS)))
    sources = OptionSources(of, itself="the lookup")
    valid = params
    try:
        valid = validated(SPEC, params, "The lookup ellipsis_access_token")
        find = _converged if valid["create"] else _stored
        return [find(normalise(str(plain(term))), valid, variable, loader)[valid["field"]] for term in terms]
    except NoCredential as exc:
        raise EllipsisError(
            f"{exc} of the ansible process; the keyword environment of a task does not reach lookups"
        ) from None
    except EllipsisError as exc:
        told = sources.tell(exc, valid) if params.get("create") else sources.of_options(str(exc))
        raise EllipsisError(told) from None


def _stored(description: str, params: Values, variable: Variable, loader: DataLoader) -> Values:
    """The fields of a stored token, without any request to the API. The controller's clock decides what has expired."""
    if params["store"] is None:
        raise OptionError(
            f"No store to look for {description!r} in; set store, or the variable ellipsis_store, or create=true"
        )
    store = open_store(params, loader, variable)
    entry = store.find(description)
    if entry is not None and params["owner"] not in (None, entry.slot.owner):
        entry = None
    if entry is None or entry.token is None:
        if params["default"] is not None:
            return dict.fromkeys(FIELDS, params["default"])
        raise EllipsisError(_missing(description, params["owner"], store))
    _watch_expiry(entry, parse_duration("warn_within", params["warn_within"]), store.address)
    return {
        **{field: getattr(entry, field, None) for field in FIELDS},
        "secret": entry.token,
        "owner": entry.slot.owner,
    }


def _missing(description: str, owner: str | None, store: Store) -> str:
    of = f" of owner {owner!r}" if owner else ""
    return (
        f"No secret of {description!r}{of} is in the store {store.address}{_nearest(description, owner, store)}. Create it with the "
        f"module ellipsis.drive.ellipsis_access_token, description={description!r} and store={store.address!r}, or look it up with "
        "create=true."
    )


def _nearest(description: str, owner: str | None, store: Store) -> str:
    """What may have been meant, another owner's included; nothing where a policy lets nobody list a shared store."""
    try:
        entries = {name: entry.slot.owner for name, entry in store.entries().items() if entry.token}
    except EllipsisError:
        return ""
    if description in entries and owner:
        return f"; there is one of owner {entries[description]!r}"
    near = nearest(description, entries)
    return f"; {near}" if near else ""


def _watch_expiry(entry: Entry, warn_within: int, store: str) -> None:
    expires = read_date(entry.expires_at)
    if expires is None:
        return
    remedy = "run the task that renews it"
    if expires <= time.time():
        raise EllipsisError(
            f"The token {entry.slot.description!r} in {store} has expired at {entry.expires_at}; {remedy}."
        )
    if expires <= time.time() + warn_within:
        display.warning(f"The token {entry.slot.description!r} in {store} expires at {entry.expires_at}; {remedy}.")


def _converged(description: str, params: Values, variable: Variable, loader: DataLoader) -> Values:
    """The fields of a token that was created or renewed if need be."""
    wanted = {**params, "description": description, "state": "present", "token_id": None, "return_secret": True}
    wanted["owner"] = params["owner"] or ACCESS_TOKEN_SPEC["owner"]["default"]
    wanted.update(held_id=None, replaces=[])
    apply = not variable("ansible_check_mode")
    declarer = Declarer(f"a lookup on {variable('inventory_hostname') or 'localhost'}")
    if params["store"] is None:
        return _of_this_run(wanted, apply, declarer)
    connection = connection_of(wanted)
    memory = FileMemory(connection, declarer, apply=apply)
    with (
        lookup_account(connection, lock_timeout=wanted["lock_timeout"], holder=description) as account,
        handing_over(account),
    ):
        context = Context(account, apply, store_opener(loader, connection, variable), memory=memory)
        return _facts(_access_token.run(wanted, context), description, apply)


def _of_this_run(wanted: Values, apply: bool, declarer: Declarer) -> Values:
    """The fields of a run-only token."""
    wanted["valid_for"] = wanted["valid_for"] or DEFAULT_UNSTORED
    desired = desired_of(wanted, run_only=True)
    if desired.lifetime == NEVER or desired.lifetime > _LONGEST_UNSTORED:
        raise OptionError(
            f"valid_for: {wanted['valid_for']!r} is too long for a token that is made anew on every run; write at most 24h, "
            "or set store"
        )
    connection = connection_of(wanted)

    @contextlib.contextmanager
    def make() -> t.Iterator[tuple[Values, Account]]:
        with (
            lookup_account(connection, lock_timeout=wanted["lock_timeout"], holder="this run") as account,
            handing_over(account),
        ):
            result = _access_token.run_only(wanted, Context(account, apply))
            yield _facts(result, wanted["description"], apply), account

    with declared(FileMemory(connection, declarer, apply=apply), [desired]):
        if apply:
            return once_per_run(connection, desired, make)
        with make() as (facts, _account):
            return facts


def _facts(result: Values, description: str, apply: bool) -> Values:
    secret = result.get("secret")
    if secret is None and apply:
        raise EllipsisError(
            f"{description!r} has a token but its secret is not known here ({result['reason']}); it may have been "
            "made by another controller at the same moment. Run again."
        )
    placeholder = f"(the secret of {description!r}, which is only created outside of check mode)"
    return {**{field: result["access_token"].get(field) for field in FIELDS}, "secret": secret or placeholder}
