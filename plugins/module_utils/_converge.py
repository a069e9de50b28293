# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is wanted to what was done: decide, and where asked to, carry it out."""

from __future__ import annotations

from dataclasses import dataclass

from ._account import Account
from ._creation import Creation
from ._errors import EllipsisError
from ._keeper import Keeper, Minted
from ._plan import Delete, Desired, Forget, Plan, plan, plan_revocation
from ._tokens import Generation, ListedToken, generations_of, unmanaged_namesakes
from ._verify import NotProven, Probe, Prober, failures, sentence


@dataclass(frozen=True)
class Outcome:
    """A plan and, unless it was only made, what came of it. current: the generation in use now, where there is one."""

    plan: Plan
    current: Generation | None
    minted: Minted | None = None
    lost_race: bool = False
    probes: tuple[Probe, ...] = ()
    namesakes: tuple[ListedToken, ...] = ()

    @property
    def changed(self) -> bool:
        """A lost race changed nothing: the token of the other controller is the one that was wanted."""
        return bool(self.plan.steps) and not self.lost_race


def converge(desired: Desired, account: Account, keeper: Keeper, *, apply: bool) -> Outcome:
    """Bring a slot to what is wanted, or only say what that would take."""
    decided = _decide(desired, account, keeper)
    if not apply or not decided.steps:
        current = None if decided.mints or not desired.present else decided.current
        return Outcome(decided, current, namesakes=unmanaged_namesakes(desired.slot, account.tokens()))
    account.begin_writing(desired.slot.owner)
    decided = _decide(desired, account, keeper)
    namesakes = unmanaged_namesakes(desired.slot, account.tokens())
    return _carry_out(decided, account, keeper, namesakes)


def revoke(desired: Desired, token_id: str, account: Account, *, apply: bool) -> tuple[Plan, ListedToken | None]:
    """Revoke one token by its id, whoever made it."""
    token = next((each for each in account.tokens() if each.id == token_id), None)
    decided = plan_revocation(desired, token)
    if apply and token:
        account.delete(token.id)
    return decided, token


def _decide(desired: Desired, account: Account, keeper: Keeper) -> Plan:
    live = generations_of(desired.slot, account.tokens())
    return plan(desired, live, keeper.held(desired.slot), account.now())


def _carry_out(decided: Plan, account: Account, keeper: Keeper, namesakes: tuple[ListedToken, ...]) -> Outcome:
    """The steps in the plan's order. Nothing is retired after a step that failed or lost."""
    desired, minted, current = decided.desired, None, decided.current
    probes: tuple[Probe, ...] = ()
    for step in decided.steps:
        if isinstance(step, Delete):
            account.delete(step.token_id)
            continue
        if isinstance(step, Forget):
            keeper.forget(desired.slot)
            continue
        known = generations_of(desired.slot, account.tokens())
        minted, current = Creation(account, keeper, desired, known).run()
        if minted is None:
            return Outcome(decided, current, lost_race=True, namesakes=namesakes)
        _keep(minted, account, keeper)
        probes = _prove(minted, desired, account, keeper)
    return Outcome(decided, current if desired.present else None, minted, namesakes=namesakes, probes=probes)


def _keep(minted: Minted, account: Account, keeper: Keeper) -> None:
    """Keep the secret, or revoke the token: one whose secret is lost is no use to anybody."""
    slot, token_id = minted.generation.marker.slot, minted.generation.id
    try:
        keeper.keep(slot, minted)
    except EllipsisError as exc:
        try:
            account.delete(token_id)
        except EllipsisError as also:
            raise EllipsisError(
                f"{exc} The new token {token_id} could not be revoked ({also}); the next run does it."
            ) from None
        raise EllipsisError(f"{exc} The new token was revoked again and the earlier one stays.") from None


def _prove(minted: Minted, desired: Desired, account: Account, keeper: Keeper) -> tuple[Probe, ...]:
    """Use the new token; one that does not do what it should is revoked, and what was there before stays."""
    slot, token_id = desired.slot, minted.generation.id
    prober = Prober(account.client, minted.secret, timeout=desired.verify_timeout)
    probes = prober.run(desired.access_list, desired.scope, desired.verify)
    failed = failures(probes, desired.verify)
    for probe in probes:
        if probe.result != "ok" and not failed:
            account.warn(f"The new token of {slot.description!r} {sentence(probe)}.")
    if failed:
        keeper.put_back(slot)
        account.delete(token_id)
        found = " and ".join(sentence(probe) for probe in failed)
        raise NotProven(
            f"The new token of {slot.description!r} {found}; it was revoked again and the earlier one stays."
        )
    return probes
