# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is wanted to what was done: decide, and where asked to, carry it out. One slot is a batch of one."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from .._model.errors import EllipsisError, RolledBack
from .._model.marker import Slot
from .._model.plan import Delete, Desired, Forget, Mint, Plan, plan, plan_revocation
from .._model.tokens import Generation, ListedToken, unmanaged_namesakes
from .access_check import check_access
from .account import Account
from .creation import Creations, Wanted
from .secret_store import KeptOrNot, Minted, SecretStore
from .verification import NotProven, Probe, Prober, failures, sentence
from .workers import Workers

ONE_BY_ONE = Workers()


@dataclass(frozen=True)
class Outcome:
    """A plan and, unless it was only made, what came of it.

    current: the generation in use now, where there is one. error: why the plan was not carried out to its end.
    """

    plan: Plan
    current: Generation | None = None
    minted: Minted | None = None
    lost_race: bool = False
    probes: tuple[Probe, ...] = ()
    namesakes: tuple[ListedToken, ...] = ()
    error: EllipsisError | None = None

    @property
    def slot(self) -> Slot:
        """The slot that it is about."""
        return self.plan.desired.slot

    @property
    def changed(self) -> bool:
        """A lost race changed nothing: the token of the other controller is the one that was wanted."""
        return bool(self.plan.steps) and not self.lost_race


def converge(desired: Desired, account: Account, secret_store: SecretStore, *, apply: bool) -> Outcome:
    """Bring one slot to what is wanted, or only say what that would take."""
    outcome = converge_all([desired], account, secret_store, ONE_BY_ONE, apply=apply)[0]
    if outcome.error:
        raise outcome.error
    return outcome


def converge_all(
    wanted: t.Sequence[Desired], account: Account, secret_store: SecretStore, workers: Workers, *, apply: bool
) -> list[Outcome]:
    """Bring every slot to what is wanted, in the order of the arguments. Everything is planned before the first write."""
    for desired in wanted:
        if desired.lifetime and desired.overlap > desired.lifetime:
            account.warn(
                f"{desired.slot.description!r}: overlap is longer than valid_for, so replaced tokens expire before it ends."
            )
    try:
        plans = _plans(wanted, account, secret_store, apply=apply)
        check_access([each.desired for each in plans if each.mints], account.tree)
        namesakes = unmanaged_namesakes(account.tokens())
        batch = _Batch(plans, account, secret_store, workers)
        outcomes = batch.run() if apply else batch.outcomes()
        return [replace(each, namesakes=namesakes.get(each.slot.description, ())) for each in outcomes]
    finally:
        secret_store.release()


def _plans(wanted: t.Sequence[Desired], account: Account, secret_store: SecretStore, *, apply: bool) -> list[Plan]:
    """What to do. Before anything is written this process has to be the only writer since the list was read."""

    def decide() -> list[Plan]:
        return [_decide(desired, account, secret_store) for desired in wanted]

    owners = sorted({desired.slot.owner for desired in wanted}) if apply else []
    for owner in owners:
        account.prepare_writing(owner)
    plans = decide()
    claimed: set[Slot] = set()
    while apply and (writing := {each.desired.slot for each in plans if each.steps} - claimed):
        claimed |= writing
        outdated = [account.begin_writing(owner) for owner in owners]
        if secret_store.claim(writing):
            account.forget_tokens()
        elif not any(outdated):
            break
        plans = decide()
    return plans


def revoke(
    desired: Desired, token_id: str, account: Account, secret_store: SecretStore, *, apply: bool
) -> tuple[Plan, ListedToken | None]:
    """Revoke one token by its id, whoever made it; a secret store that holds it takes the one before it back."""
    token, held = account.token(token_id), secret_store.holds(token_id)
    if apply and (token or held):
        account.begin_writing(token.marker.slot.owner if token and token.marker else desired.slot.owner)
        secret_store.claim(())
        token, held = account.token(token_id), secret_store.holds(token_id)
        if token:
            account.delete(token.id)
        if held:
            secret_store.revoked({token_id})
    return plan_revocation(desired, token, held=held), token


def _decide(desired: Desired, account: Account, secret_store: SecretStore) -> Plan:
    return plan(desired, account.generations(desired.slot), secret_store.held(desired.slot), account.now())


class _Batch:
    """Plans being carried out together, each in the order of its steps. A plan that failed goes no further."""

    def __init__(self, plans: t.Sequence[Plan], account: Account, secret_store: SecretStore, workers: Workers) -> None:
        self._account, self._secret_store, self._workers = account, secret_store, workers
        self._done = {each.desired.slot: _expected(each) for each in plans}
        self._revoked: set[str] = set()
        # The list may be read again before the creations, and what is new in it then was not there for the plans.
        self._known = {slot: account.generations(slot) for slot in self._done}

    def outcomes(self) -> list[Outcome]:
        """As far as it got."""
        return list(self._done.values())

    def run(self) -> list[Outcome]:
        """Before creations, creations, what must only follow a creation that works."""
        minting = [each for each in self.outcomes() if each.plan.mints]
        self._delete(_deletions(minting, before_mint=True))
        self._mint([each.plan.desired for each in minting if not self._done[each.slot].error])
        self._delete(_deletions(self._going_on(), before_mint=False))
        if self._revoked:
            self._secret_store.revoked(self._revoked)
        gone = [each.slot for each in self._going_on() if Forget() in each.plan.steps]
        if gone:
            self._secret_store.forget(gone)
        return self.outcomes()

    def _going_on(self) -> list[Outcome]:
        """What neither failed nor lost."""
        return [each for each in self.outcomes() if not each.error and not each.lost_race]

    def _update(self, slot: Slot, **facts: t.Any) -> None:
        self._done[slot] = replace(self._done[slot], **facts)

    def _delete(self, deletions: t.Sequence[tuple[Slot, str]]) -> None:
        done = self._workers.map(lambda item: self._account.delete(item[1]), deletions, "revoked")
        for (slot, token_id), answer in done:
            if not isinstance(answer, EllipsisError):
                self._revoked.add(token_id)
                continue
            if self._done[slot].minted and self._secret_store.secret(slot) is None:
                # Failing would lose the new secret, which is nowhere but in the result.
                self._account.warn(
                    f"The replaced token {token_id} could not be revoked ({answer}); the next run does it."
                )
            else:
                self._update(slot, error=answer)

    def _mint(self, wanted: t.Sequence[Desired]) -> None:
        if not wanted:
            return
        known = [Wanted(desired, self._known[desired.slot]) for desired in wanted]
        minted: list[Minted] = []
        for slot, made in Creations(self._account, self._secret_store, self._workers).run(known).items():
            if isinstance(made, Minted):
                minted.append(made)
            elif isinstance(made, Generation):
                self._update(slot, current=made, lost_race=True)
            else:
                self._update(slot, error=made)
        kept = self._keep(minted) if minted else []
        if kept:
            self._prove(kept)

    def _keep(self, minted: t.Sequence[Minted]) -> list[Minted]:
        """Keep the secrets, or revoke the tokens: those whose secret is lost are no use to anybody. Which ones are kept."""
        failures = self._secret_store.keep(minted)
        kept = [each for each in minted if each.slot not in failures]
        for each in kept:
            self._update(each.slot, minted=each, current=each.generation)
        for each in minted:
            error = failures.get(each.slot)
            if error:
                self._update(
                    each.slot, error=error if isinstance(error, KeptOrNot) else self._take_back(each, str(error))
                )
        return kept

    def _prove(self, minted: t.Sequence[Minted]) -> None:
        """Use the new tokens; one that does not do what it should is revoked, and what was there before stays."""
        proven = self._workers.map(self._probe, minted, "verified")
        bad = [(each, answer) for each, answer in proven if isinstance(answer, EllipsisError)]
        for each, answer in proven:
            if not isinstance(answer, EllipsisError):
                self._update(each.slot, probes=answer)
        if bad:
            self._secret_store.put_back([each.slot for each, _error in bad])
        for each, error in bad:
            self._update(each.slot, error=self._take_back(each, str(error)), minted=None, current=None)

    def _probe(self, minted: Minted) -> tuple[Probe, ...]:
        desired = self._done[minted.slot].plan.desired
        prober = Prober(self._account.client, minted.secret, timeout=desired.verify_timeout)
        probes = prober.run(desired.access_list, desired.scope, desired.verify)
        failed = failures(probes, desired.verify)
        if failed:
            found = " and ".join(sentence(probe) for probe in failed)
            raise NotProven(f"The new token of {minted.slot.description!r} {found}.")
        for probe in probes:
            if probe.result != "ok":
                self._account.warn(f"The new token of {minted.slot.description!r} {sentence(probe)}.")
        return probes

    def _take_back(self, minted: Minted, why: str) -> EllipsisError:
        """Revoke a new token that can't be used."""
        token_id = minted.generation.id
        try:
            self._account.delete(token_id)
        except EllipsisError as exc:
            return EllipsisError(f"{why} The new token {token_id} could not be revoked ({exc}); the next run does it.")
        return RolledBack(f"{why} The new token was revoked again and the earlier one stays.")


def _expected(decided: Plan) -> Outcome:
    """What a plan alone tells: the token in use is the present one, unless another will be made or none is wanted."""
    stays = decided.desired.present and not decided.mints
    return Outcome(decided, decided.current if stays else None)


def _deletions(outcomes: t.Iterable[Outcome], *, before_mint: bool) -> list[tuple[Slot, str]]:
    """The tokens to revoke before or after the creation of each plan; all of them are after one that creates nothing."""
    chosen: list[tuple[Slot, str]] = []
    for each in outcomes:
        steps = each.plan.steps
        position = steps.index(Mint()) if Mint() in steps else 0
        part = steps[:position] if before_mint else steps[position:]
        chosen.extend((each.slot, step.token_id) for step in part if isinstance(step, Delete))
    return chosen
