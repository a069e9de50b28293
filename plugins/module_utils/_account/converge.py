# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans what to do for slots and, unless in check mode, carries the plans out. One slot is a batch of one."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._model.desired import Desired, Held, Predecessors
from .._model.identifiers import check_ids
from .._model.plan import Plan, Revoke, plan, plan_revocation
from .._model.tokens import Generation, ListedToken, as_generation, unmanaged_namesakes
from .access_check import check_access
from .account import Account
from .apply import Batch, Outcome
from .revocations import Revocations
from .run_memory import NO_MEMORY, Made, RunMemory
from .secret_store import SecretStore
from .workers import Workers

ONE_BY_ONE = Workers()


def converge(
    desired: Desired, account: Account, secret_store: SecretStore, memory: RunMemory = NO_MEMORY, *, apply: bool
) -> Outcome:
    """Plan for one slot and, if apply is true, carry the plan out. Raises what went wrong as an EllipsisError."""
    [outcome] = converge_all([desired], account, secret_store, ONE_BY_ONE, memory, apply=apply)
    if outcome.error:
        raise outcome.error
    return outcome


def converge_all(
    wanted: t.Sequence[Desired],
    account: Account,
    secret_store: SecretStore,
    workers: Workers,
    memory: RunMemory = NO_MEMORY,
    *,
    apply: bool,
) -> list[Outcome]:
    """Plan for all slots and, if apply is true, carry the plans out. Everything is planned before the first write.

    Returns an outcome for each slot, in the order of wanted. A slot that failed has its error in the outcome.
    """
    for desired in wanted:
        if desired.lifetime and desired.overlap > desired.lifetime:
            account.warn(
                f"{desired.slot.description!r}: overlap is longer than valid_for, so replaced tokens expire before it ends."
            )
    try:
        outcomes = _carry_out(wanted, account, secret_store, workers, memory, apply=apply)
    finally:
        secret_store.release()
    forced = [each.new for each in outcomes if each.new and _is_always_new(each.plan.desired)]
    if forced:
        memory.remember(forced)
    again = {desired.slot for desired in wanted if _is_always_new(desired)}
    return [replace(each, made=_made_earlier(each, memory) if each.slot in again else None) for each in outcomes]


def _carry_out(
    wanted: t.Sequence[Desired],
    account: Account,
    secret_store: SecretStore,
    workers: Workers,
    memory: RunMemory,
    *,
    apply: bool,
) -> list[Outcome]:
    plans = _plans(wanted, account, secret_store, memory, apply=apply)
    for each in plans:
        check_ids(
            repr(each.desired.slot.description), (step.token_id for step in each.steps if isinstance(step, Revoke))
        )
    writing = [slot for each in plans if each.steps for slot in (each.desired.slot, *each.desired.replaced_slots)]
    if writing:
        secret_store.check(writing)
    check_access([each.desired for each in plans if each.creates], account.tree)
    namesakes = unmanaged_namesakes(account.tokens())
    batch = Batch(plans, account, secret_store, workers)
    outcomes = batch.run() if apply else batch.outcomes()
    return [replace(each, namesakes=namesakes.get(each.slot.description, ())) for each in outcomes]


def _is_always_new(desired: Desired) -> bool:
    return desired.regenerate == "always"


def _made_earlier(outcome: Outcome, memory: RunMemory) -> Made | None:
    made = memory.made(outcome.slot)
    return made if made and outcome.current and made.id == outcome.current.id else None


def _plans(
    wanted: t.Sequence[Desired], account: Account, secret_store: SecretStore, memory: RunMemory, *, apply: bool
) -> list[Plan]:
    """The plans. If any of them writes, they are made again until the list and the store were read as the only writer (laws 20, 26)."""

    def decide() -> list[Plan]:
        return [_decide(desired, account, secret_store, memory) for desired in wanted]

    # Runs do not wait for each other's own tokens.
    slots = {slot for desired in wanted for slot in (desired.slot, *desired.replaced_slots) if not slot.run_only}
    owners = sorted({slot.owner for slot in slots}) if apply else []
    for owner in owners:
        account.prepare_writing(owner)
    plans = decide()
    while apply and (writing := {each.desired.slot for each in plans if each.steps}):
        outdated = [account.begin_writing(owner) for owner in owners]
        if secret_store.claim(writing, {each.desired.slot for each in plans if each.creates}):
            account.forget_tokens()
        elif not any(outdated):
            break
        plans = decide()
    return plans


def revoke(
    desired: Desired, token_id: str, account: Account, secret_store: SecretStore, *, apply: bool
) -> tuple[Plan, ListedToken | None]:
    """Revoke one token by its id, whoever made it. A store that holds its secret holds the one before it again.

    Returns the plan, and the token as it was listed (None if it was gone already).
    """
    token, held = account.token(token_id), secret_store.holds(token_id)
    if held:
        secret_store.check(token_ids={token_id})
    if apply and (token or held):
        account.begin_writing(token.marker.slot.owner if token and token.marker else desired.slot.owner)
        secret_store.claim(())
        token, held = account.token(token_id), secret_store.holds(token_id)
        with Revocations(account, secret_store) as revocations:
            if token:
                revocations.revoke(token.id)
        if held and not token:
            secret_store.revoked({token_id})
    return plan_revocation(desired, token, held=held), token


def _decide(desired: Desired, account: Account, secret_store: SecretStore, memory: RunMemory) -> Plan:
    generations, held = account.generations(desired.slot), secret_store.held(desired.slot)
    made = memory.made(desired.slot) if _is_always_new(desired) else None
    if made and any(each.id == made.id for each in generations):
        # One replacement in one run (law 12): what an earlier task of it made is for this one, too.
        desired = replace(desired, regenerate="drift")
        held = held if held.exclusive else Held(tracked=True, id=made.id)
    return plan(desired, generations, held, account.now(), _predecessors(desired, account, secret_store))


def _predecessors(desired: Desired, account: Account, secret_store: SecretStore) -> Predecessors:
    """The live tokens that the option replaces names, each once, and the slots in it that only the store still knows."""
    found: dict[str, Generation] = {}
    stale = []
    for each in desired.replaces:
        if isinstance(each, str):
            token = account.token(each)
            live = [as_generation(token)] if token else []
        else:
            live = list(account.generations(each))
            if not live and secret_store.keeps(each):
                stale.append(each)
        found.update((one.id, one) for one in live if one.marker.slot != desired.slot)
    return Predecessors(tuple(found.values()), tuple(stale))
