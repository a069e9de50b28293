# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The core of the module ellipsis_access_tokens: from validated options to its result."""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._account.account import Account
from .._account.apply import Outcome
from .._account.converge import converge_all
from .._account.lost_race import await_holders
from .._account.path_lookup import resolve_paths
from .._account.revocations import Revocations
from .._account.run_memory import declared
from .._account.secret_store import ExternalStore, SecretStore
from .._account.workers import NotDone, Workers
from .._api.connection import CONNECTION_SPEC
from .._model.desired import Desired, Held
from .._model.errors import EllipsisError, OptionError, RolledBack
from .._model.marker import Slot
from .._model.prune import Decision, decide, rules_of
from .options import ACCESS_TOKEN_SPEC, desired_of, held_of
from .result import Result, call_counts, set_result
from .task_context import Context, Params

_OF_THE_SET = (
    *("owner", "store", "store_vault_id", "store_plaintext", "take_over", "return_secret", "backup", "lock_timeout"),
)
_ITEM_SPEC = {option: spec for option, spec in ACCESS_TOKEN_SPEC.items() if option not in (*_OF_THE_SET, "token_id")}
_NOT_BY_DEFAULT = ("description", "held_id", "state", "replaces")
MOST_AT_A_TIME = 32
SPEC: dict[str, t.Any] = {
    **CONNECTION_SPEC,
    **{option: ACCESS_TOKEN_SPEC[option] for option in _OF_THE_SET},
    "tokens": {"type": "list", "elements": "dict", "no_log": False},
    "defaults": {"type": "dict", "default": {}},
    "concurrency": {"type": "int", "default": 8},
    "on_error": {"type": "str", "choices": ["stop", "continue"], "default": "stop"},
    "prune": {"type": "bool", "default": False},
    "prune_limit": {"type": "str"},
    "prune_min_age": {"type": "str", "default": "1h"},
    "prune_protect": {"type": "list", "elements": "str", "default": []},
    "allow_empty": {"type": "bool", "default": False},
}


def run(params: Params, context: Context) -> Result:
    """Converge a set of slots and, with prune, revoke the other tokens of the owner. Raises EllipsisError."""
    wanted, held = _wanted(params)
    workers = _workers(params, context)
    rules = rules_of(params) if _prunes(params) else None
    account = context.account
    secret_store: SecretStore = context.store(params) if params["store"] is not None else ExternalStore(held)
    earlier = Counter(account.client.calls)
    slots = {slot for desired in wanted for slot in (desired.slot, *desired.replaced_slots)}
    wanted = resolve_paths(wanted, account, apply=context.apply)
    if rules:
        if context.apply:
            account.prepare_writing(params["owner"])
        # Decided before anything is written, since it may refuse; decided again below, from what is live then.
        foreseen = decide(slots, account.all_generations(), params["owner"], rules, account.now())
        if any(decision.revoke for decision in foreseen):
            secret_store.check(token_ids={decision.generation.id for decision in foreseen if decision.revoke})
    with declared(context.memory, wanted):
        outcomes = converge_all(wanted, account, secret_store, workers, context.memory, apply=context.apply)
    failed = [outcome for outcome in outcomes if outcome.error]
    context.memory.withdraw([outcome.slot for outcome in failed])
    decisions: tuple[Decision, ...] = ()
    if rules and not failed:
        decisions = decide(slots, account.all_generations(), params["owner"], rules, account.now())
        if context.apply:
            _prune(decisions, account, secret_store, workers)
    if params["return_secret"] and params["store"] is not None:
        await_holders(outcomes, account, secret_store)
    returns_secrets = params["return_secret"] or params["store"] is None
    result = set_result(outcomes, decisions, secret_store, returns_secrets=returns_secrets)
    result["api_calls"] = call_counts(account.client.calls - earlier)
    if failed:
        result.update(failed=True, msg=_failure(outcomes))
    return result


def _wanted(params: Params) -> tuple[list[Desired], dict[Slot, Held]]:
    """What every entry asks for. All of them are read before anything is sent."""
    defaults = params["defaults"]
    unknown = sorted(set(defaults) - set(_ITEM_SPEC) | set(defaults) & set(_NOT_BY_DEFAULT))
    if unknown:
        raise OptionError(f"defaults: {', '.join(unknown)} can't be set for all tokens; say it for each of them")
    validator = ArgumentSpecValidator(_ITEM_SPEC)
    shared = {"owner": params["owner"], "take_over": params["take_over"], "token_id": None}
    wanted: dict[str, Desired] = {}
    held: dict[Slot, Held] = {}
    for number, entry in enumerate(params["tokens"] or ()):
        try:
            item = _item(validator, {**defaults, **entry})
            desired = desired_of({**item, **shared})
            held[desired.slot] = held_of(item)
        except OptionError as exc:
            raise OptionError(f"tokens[{number}]: {exc}") from None
        if desired.slot.description in wanted:
            raise OptionError(
                f"tokens[{number}]: description {desired.slot.description!r} is there twice; keep one of them"
            )
        wanted[desired.slot.description] = desired
    if params["store"] is not None and any(each.tracked for each in held.values()):
        raise OptionError("store and held_id exclude each other; with store it is known which tokens are held")
    return list(wanted.values()), held


def _item(validator: ArgumentSpecValidator, entry: Params) -> dict[str, t.Any]:
    outcome = validator.validate(entry)
    if outcome.error_messages:
        raise OptionError("; ".join(outcome.error_messages))
    return t.cast("dict[str, t.Any]", outcome.validated_parameters)


def _workers(params: Params, context: Context) -> Workers:
    if not 1 <= params["concurrency"] <= MOST_AT_A_TIME:
        raise OptionError(f"concurrency: {params['concurrency']} is not possible; write 1 to {MOST_AT_A_TIME}")
    return Workers(
        params["concurrency"], params["on_error"] == "stop", context.report, context.account.client.sender.monotonic
    )


def _prunes(params: Params) -> bool:
    """Whether to prune, and whether that is safe to ask for."""
    if not params["tokens"] and not (params["prune"] and params["allow_empty"]):
        raise OptionError(
            "tokens: is missing or empty; to revoke all tokens of an owner set prune=true and allow_empty=true"
        )
    if params["prune"] and params["owner"] == ACCESS_TOKEN_SPEC["owner"]["default"]:
        raise OptionError("owner: prune needs an owner of its own, since others may use 'default'; set owner")
    return bool(params["prune"])


def _prune(decisions: t.Iterable[Decision], account: Account, secret_store: SecretStore, workers: Workers) -> None:
    going = [decision.generation for decision in decisions if decision.revoke]
    if not going:
        return
    account.begin_writing(going[0].marker.slot.owner)
    with Revocations(account, secret_store) as revocations:
        answers = workers.map(lambda generation: revocations.revoke(generation.id), going, "pruned")
    errors = [str(answer) for _generation, answer in answers if isinstance(answer, EllipsisError)]
    if errors:
        raise EllipsisError(f"{len(errors)} of {len(going)} tokens could not be pruned: {errors[0]}")
    secret_store.forget(
        {generation.marker.slot for generation in going if not account.generations(generation.marker.slot)}
    )


def _failure(outcomes: t.Sequence[Outcome]) -> str:
    """One sentence with what was done, what was not, and what was undone."""
    names: dict[str, list[str]] = {"failed": [], "done": [], "not begun": [], "rolled back": []}
    reasons = []
    for outcome in outcomes:
        name, error = outcome.slot.description, outcome.error
        if isinstance(error, NotDone):
            names["not begun"].append(name)
        elif error is not None:
            names["rolled back" if isinstance(error, RolledBack) else "failed"].append(name)
            reasons.append(f"{name!r}: {error}")
        elif outcome.changed:
            names["done"].append(name)
    counts = "; ".join(f"{what}: {', '.join(each)}" for what, each in names.items() if each)
    return f"{len(reasons)} of {len(outcomes)} tokens failed. {' '.join(reasons)} ({counts})"
