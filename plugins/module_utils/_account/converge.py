# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is wanted to what was done: decide, and where asked to, carry it out. One slot is a batch of one."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, replace

from .._model.errors import EllipsisError, RolledBack
from .._model.identifiers import check_ids
from .._model.marker import Slot
from .._model.plan import Delete, Desired, Forget, Held, Mint, Plan, Predecessors, plan, plan_revocation
from .._model.tokens import Generation, ListedToken, as_generation, unmanaged_namesakes
from .access_check import check_access
from .account import Account
from .creation import Creations, Wanted
from .revocations import Revocations
from .run_memory import NO_MEMORY, Made, RunMemory
from .secret_store import KeptOrNot, Minted, SecretStore
from .verification import NotProven, Probe, Prober, failures, sentence
from .workers import Workers

ONE_BY_ONE = Workers()


@dataclass(frozen=True)
class Outcome:
    """A plan and, unless it was only made, what came of it.

    current: the generation in use now, where there is one. made: its secret, when it was made by an earlier task of this run.
    error: why the plan was not carried out to its end.
    """

    plan: Plan
    current: Generation | None = None
    minted: Minted | None = None
    lost_race: bool = False
    probes: tuple[Probe, ...] = ()
    namesakes: tuple[ListedToken, ...] = ()
    made: Made | None = None
    error: EllipsisError | None = None

    @property
    def slot(self) -> Slot:
        """The slot that it is about."""
        return self.plan.desired.slot

    @property
    def changed(self) -> bool:
        """A lost race changed nothing: the token of the other controller is the one that was wanted."""
        return bool(self.plan.steps) and not self.lost_race


def converge(
    desired: Desired, account: Account, secret_store: SecretStore, memory: RunMemory = NO_MEMORY, *, apply: bool
) -> Outcome:
    """Bring one slot to what is wanted, or only say what that would take."""
    outcome = converge_all([desired], account, secret_store, ONE_BY_ONE, memory, apply=apply)[0]
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
    """Bring every slot to what is wanted, in the order of the arguments. Everything is planned before the first write."""
    for desired in wanted:
        if desired.lifetime and desired.overlap > desired.lifetime:
            account.warn(
                f"{desired.slot.description!r}: overlap is longer than valid_for, so replaced tokens expire before it ends."
            )
    try:
        outcomes = _carry_out(wanted, account, secret_store, workers, memory, apply=apply)
    finally:
        secret_store.release()
    forced = [each.minted for each in outcomes if each.minted and each.plan.desired.regenerate == "always"]
    if forced:
        memory.remember(forced)
    again = {desired.slot for desired in wanted if desired.regenerate == "always"}
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
            repr(each.desired.slot.description), (step.token_id for step in each.steps if isinstance(step, Delete))
        )
    writing = [slot for each in plans if each.steps for slot in (each.desired.slot, *each.desired.replaced_slots)]
    if writing:
        secret_store.check(writing)
    check_access([each.desired for each in plans if each.mints], account.tree)
    namesakes = unmanaged_namesakes(account.tokens())
    batch = _Batch(plans, account, secret_store, workers)
    outcomes = batch.run() if apply else batch.outcomes()
    return [replace(each, namesakes=namesakes.get(each.slot.description, ())) for each in outcomes]


def _made_earlier(outcome: Outcome, memory: RunMemory) -> Made | None:
    made = memory.made(outcome.slot)
    return made if made and outcome.current and made.id == outcome.current.id else None


def _plans(
    wanted: t.Sequence[Desired], account: Account, secret_store: SecretStore, memory: RunMemory, *, apply: bool
) -> list[Plan]:
    """What to do. Before anything is written this process has to be the only writer since the list was read."""

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
    made = memory.made(desired.slot) if desired.regenerate == "always" else None
    if made and any(each.id == made.id for each in generations):
        # One replacement in one run: what an earlier task of it made is for this one, too.
        desired = replace(desired, regenerate="drift")
        held = held if held.exclusive else Held(tracked=True, id=made.id)
    return plan(desired, generations, held, account.now(), _predecessors(desired, account, secret_store))


def _predecessors(desired: Desired, account: Account, secret_store: SecretStore) -> Predecessors:
    """What there is of what a slot replaces, each token once."""
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


class _Batch:
    """Plans being carried out together, each in the order of its steps. A plan that failed goes no further."""

    def __init__(self, plans: t.Sequence[Plan], account: Account, secret_store: SecretStore, workers: Workers) -> None:
        self._account, self._secret_store, self._workers = account, secret_store, workers
        self._done = {each.desired.slot: _expected(each) for each in plans}
        self._revocations = Revocations(account, secret_store)
        # The list may be read again before the creations, and what is new in it then was not there for the plans.
        self._known = {slot: account.generations(slot) for slot in self._done}
        self._lost = {each.desired.slot: secret_store.held(each.desired.slot).pending for each in plans if each.mints}

    def outcomes(self) -> list[Outcome]:
        """As far as it got."""
        return list(self._done.values())

    def run(self) -> list[Outcome]:
        """Before creations, creations, what must only follow a creation that works."""
        minting = [each for each in self.outcomes() if each.plan.mints]
        with self._revocations:
            self._delete(_deletions(minting, before_mint=True))
            self._mint([each.plan.desired for each in minting if not self._done[each.slot].error])
            self._delete(_deletions(self._going_on(), before_mint=False))
        going_on = [each for each in self._going_on() if each.plan.steps]
        forgotten = [(each.slot, step) for each in going_on for step in each.plan.steps if isinstance(step, Forget)]
        gone = [step.replaced or slot for slot, step in forgotten]
        if gone:
            self._secret_store.forget(gone)
        return self.outcomes()

    def _going_on(self) -> list[Outcome]:
        """What neither failed nor lost."""
        return [each for each in self.outcomes() if not each.error and not each.lost_race]

    def _update(self, slot: Slot, **facts: t.Any) -> None:
        self._done[slot] = replace(self._done[slot], **facts)

    def _delete(self, deletions: t.Sequence[tuple[Slot, str]]) -> None:
        done = self._workers.map(lambda deletion: self._revocations.revoke(deletion[1]), deletions, "revoked")
        for (slot, token_id), answer in done:
            if not isinstance(answer, EllipsisError):
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
        known = [Wanted(desired, self._known[desired.slot], self._lost[desired.slot]) for desired in wanted]
        minted: list[Minted] = []
        for slot, made in Creations(self._account, self._secret_store, self._workers).run(known).items():
            if isinstance(made, Minted):
                minted.append(made)
            elif isinstance(made, Generation):
                self._update(slot, current=made, lost_race=True)
            else:
                self._update(slot, error=made)
        if not minted:
            return
        with self._put_back_when_ended(minted):
            kept = self._keep(minted)
            self._prove(kept)
        stay = (each for each in kept if self._secret_store.secret(each.slot) == each.secret)
        self._account.settle(each.generation.marker for each in stay)

    @contextlib.contextmanager
    def _put_back_when_ended(self, minted: t.Sequence[Minted]) -> t.Iterator[None]:
        """Who takes new tokens back revokes them, so their secrets must not stay in the store before that."""
        try:
            yield
        except BaseException:
            try:
                self._secret_store.put_back([each.slot for each in minted])
            except EllipsisError:
                # The store has secrets that work, so the tokens stay.
                self._account.settle(each.generation.marker for each in minted)
            raise

    def _keep(self, minted: t.Sequence[Minted]) -> list[Minted]:
        """Keep the secrets, or revoke the tokens: those whose secret is lost are no use to anybody. Which ones are kept."""
        failures = self._secret_store.keep(minted)
        kept = [each for each in minted if each.slot not in failures]
        for each in kept:
            self._update(each.slot, minted=each, current=each.generation)
        for each in minted:
            error = failures.get(each.slot)
            if isinstance(error, KeptOrNot):
                self._account.settle([each.generation.marker])
                self._update(each.slot, error=error)
            elif error:
                self._update(each.slot, error=self._take_back(each, str(error)))
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
            self._account.settle([minted.generation.marker])
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
