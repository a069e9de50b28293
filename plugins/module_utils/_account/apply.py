# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries plans out: creates tokens, keeps their secrets, tries them, revokes old ones; revokes a new one if that fails."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, replace

from .._model.desired import Desired
from .._model.errors import EllipsisError, RolledBack
from .._model.marker import Slot
from .._model.plan import Create, Forget, Plan, Revoke
from .._model.tokens import Generation, ListedToken
from .account import Account
from .creation import Creations, Wanted
from .revocations import Revocations
from .run_memory import Made
from .secret_store import KeptOrNot, NewToken, SecretStore
from .verification import NotProven, Probe, Prober, failures, sentence
from .workers import Workers


@dataclass(frozen=True)
class Outcome:
    """A plan and, unless it was only made, what came of it.

    current: the current generation afterwards, None where there is none. made: its secret, when it was made by an earlier task of this run.
    error: why the plan was not carried out to its end.
    """

    plan: Plan
    current: Generation | None = None
    new: NewToken | None = None
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


class Batch:
    """Carries out several plans together, each in the order of its steps. After a failure, a plan takes no further step."""

    def __init__(self, plans: t.Sequence[Plan], account: Account, secret_store: SecretStore, workers: Workers) -> None:
        self._account, self._secret_store, self._workers = account, secret_store, workers
        self._done = {each.desired.slot: _expected(each) for each in plans}
        self._revocations = Revocations(account, secret_store)
        # The list may be read again before the creations, and what is new in it then was not there for the plans.
        self._known = {slot: account.generations(slot) for slot in self._done}
        self._lost = {each.desired.slot: secret_store.held(each.desired.slot).pending for each in plans if each.creates}

    def outcomes(self) -> list[Outcome]:
        """The outcome of each plan so far."""
        return list(self._done.values())

    def run(self) -> list[Outcome]:
        """Carry out all plans: what goes before creations, the creations, and what only follows a creation that works."""
        creating = [each for each in self.outcomes() if each.plan.creates]
        with self._revocations:
            self._revoke(_to_revoke(creating, before_creation=True))
            self._create([each.plan.desired for each in creating if not self._done[each.slot].error])
            self._revoke(_to_revoke(self._going_on(), before_creation=False))
        going_on = self._going_on()
        gone = [step.replaced or each.slot for each in going_on for step in each.plan.steps if isinstance(step, Forget)]
        if gone:
            self._secret_store.forget(gone)
        return self.outcomes()

    def _going_on(self) -> list[Outcome]:
        """The outcomes that neither failed nor lost a race."""
        return [each for each in self.outcomes() if not each.error and not each.lost_race]

    def _update(self, slot: Slot, **facts: t.Any) -> None:
        self._done[slot] = replace(self._done[slot], **facts)

    def _revoke(self, tokens: t.Sequence[tuple[Slot, str]]) -> None:
        done = self._workers.map(lambda token: self._revocations.revoke(token[1]), tokens, "revoked")
        for (slot, token_id), answer in done:
            if not isinstance(answer, EllipsisError):
                continue
            if self._done[slot].new and self._secret_store.secret(slot) is None:
                # Failing would lose the new secret, which is only in the result (law 9).
                self._account.warn(
                    f"The replaced token {token_id} could not be revoked ({answer}); the next run does it."
                )
            else:
                self._update(slot, error=answer)

    def _create(self, wanted: t.Sequence[Desired]) -> None:
        if not wanted:
            return
        known = [Wanted(desired, self._known[desired.slot], self._lost[desired.slot]) for desired in wanted]
        new: list[NewToken] = []
        for slot, made in Creations(known, self._account, self._secret_store, self._workers).run().items():
            if isinstance(made, NewToken):
                new.append(made)
            elif isinstance(made, Generation):
                self._update(slot, current=made, lost_race=True)
            else:
                self._update(slot, error=made)
        if not new:
            return
        with self._put_back_when_ended(new):
            kept = self._keep(new)
            self._prove(kept)
        stay = (each for each in kept if self._secret_store.secret(each.slot) == each.secret)
        self._account.settle(each.generation.marker for each in stay)

    @contextlib.contextmanager
    def _put_back_when_ended(self, new: t.Sequence[NewToken]) -> t.Iterator[None]:
        """If the task ends here, put the earlier secrets back into the store before the new tokens are revoked (law 9)."""
        try:
            yield
        except BaseException:
            try:
                self._secret_store.put_back([each.slot for each in new])
            except EllipsisError:
                # The store still has the new secrets, and consumers may read them, so the tokens stay (law 9).
                self._account.settle(each.generation.marker for each in new)
            raise

    def _keep(self, new: t.Sequence[NewToken]) -> list[NewToken]:
        """Keep the secrets, and revoke the tokens whose secret could not be kept (law 25). Returns the ones that are kept."""
        failures = self._secret_store.keep(new)
        kept = [each for each in new if each.slot not in failures]
        for each in kept:
            self._update(each.slot, new=each, current=each.generation)
        for each in new:
            error = failures.get(each.slot)
            if isinstance(error, KeptOrNot):
                self._account.settle([each.generation.marker])
                self._update(each.slot, error=error)
            elif error:
                self._update(each.slot, error=self._take_back(each, str(error)))
        return kept

    def _prove(self, new: t.Sequence[NewToken]) -> None:
        """Try the new tokens. One that does not work is revoked, and the earlier secret is put back (law 25)."""
        proven = self._workers.map(self._probe, new, "verified")
        bad = [(each, answer) for each, answer in proven if isinstance(answer, EllipsisError)]
        for each, answer in proven:
            if not isinstance(answer, EllipsisError):
                self._update(each.slot, probes=answer)
        if bad:
            self._secret_store.put_back([each.slot for each, _error in bad])
        for each, error in bad:
            self._update(each.slot, error=self._take_back(each, str(error)), new=None, current=None)

    def _probe(self, new: NewToken) -> tuple[Probe, ...]:
        desired = self._done[new.slot].plan.desired
        prober = Prober(self._account.client, new.secret, timeout=desired.verify_timeout)
        probes = prober.run(desired.access_list, desired.scope, desired.verify)
        failed = failures(probes, desired.verify)
        if failed:
            found = " and ".join(sentence(probe) for probe in failed)
            raise NotProven(f"The new token of {new.slot.description!r} {found}.")
        for probe in probes:
            if probe.result != "ok":
                self._account.warn(f"The new token of {new.slot.description!r} {sentence(probe)}.")
        return probes

    def _take_back(self, new: NewToken, why: str) -> EllipsisError:
        """Revoke a new token that can't be used. Returns the error for the user: why, and what became of the token."""
        token_id = new.generation.id
        try:
            self._account.delete(token_id)
        except EllipsisError as exc:
            self._account.settle([new.generation.marker])
            return EllipsisError(f"{why} The new token {token_id} could not be revoked ({exc}); the next run does it.")
        return RolledBack(f"{why} The new token was revoked again and the earlier one stays.")


def _expected(decided: Plan) -> Outcome:
    """What a plan alone tells: the current generation stays so, unless another will be made or none is wanted."""
    stays = decided.desired.present and not decided.creates
    return Outcome(decided, decided.current if stays else None)


def _to_revoke(outcomes: t.Iterable[Outcome], *, before_creation: bool) -> list[tuple[Slot, str]]:
    """The tokens to revoke before or after the creation of each plan; all of them are after one that creates nothing."""
    chosen: list[tuple[Slot, str]] = []
    for each in outcomes:
        steps = each.plan.steps
        position = steps.index(Create()) if Create() in steps else 0
        part = steps[:position] if before_creation else steps[position:]
        chosen.extend((each.slot, step.token_id) for step in part if isinstance(step, Revoke))
    return chosen
