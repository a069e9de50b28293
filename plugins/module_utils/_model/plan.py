# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one decision of this collection: what to do about a slot. Pure: no clock, no network, no module.

plan() compares what is wanted with what is live and what is held, and answers with the steps and the state before and
after them. Check mode shows a plan, a run applies it, and so the two can't disagree. The rules are in docs/design.md.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from .desired import NO_PREDECESSORS, SCOPES, Desired, Held, Predecessors
from .durations import Margin
from .errors import Refused
from .marker import Slot
from .overlap import Situation, Superseded, living_on, predecessors_living_on, refuse_too_many
from .tokens import Generation, ListedToken

# A token is never renewed sooner than so many seconds after its creation, even if the server shortens lifetimes (law 7).
YOUNGEST_RENEWAL = 600
# Reported expiries are rounded; a lifetime is only called shortened when more than this share of it is missing.
_ROUNDING = 0.01


@dataclass(frozen=True)
class Create:
    """Create a token, keep its secret, prove that it works."""


@dataclass(frozen=True)
class Revoke:
    """Revoke one live token. why: superseded, unheld or removed."""

    token_id: str
    why: str


@dataclass(frozen=True)
class Forget:
    """Remove what our store has of the slot, or of another one that it replaces."""

    replaced: Slot | None = None


Step = t.Union[Create, Revoke, Forget]


@dataclass(frozen=True)
class SlotState:
    """A slot in terms that a fresh read can confirm: no ids, dates or fingerprints."""

    status: str = "absent"
    spec: str | None = None
    lifetime: int | None = None
    superseded: int = 0
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Steps in the order in which they are safe, and why. current: the current generation before them."""

    desired: Desired
    reason: str
    steps: tuple[Step, ...]
    current: Generation | None
    superseded: tuple[Superseded, ...]
    changes: tuple[str, ...]
    before: SlotState
    after: SlotState

    @property
    def creates(self) -> bool:
        """Whether a token is created."""
        return any(isinstance(step, Create) for step in self.steps)


def renew_at(generation: Generation, margin: Margin) -> float | None:
    """When a generation becomes due for renewal; None when it never expires."""
    marker = generation.marker
    if generation.expires_at is None:
        return None
    actual = generation.expires_at - marker.created
    seconds = margin.of(actual)
    if not marker.lifetime or actual < marker.lifetime * (1 - _ROUNDING):
        seconds = min(seconds, actual / 3)
    return max(generation.expires_at - seconds, marker.created + YOUNGEST_RENEWAL)


def _is_due(generation: Generation, margin: Margin, now: float) -> bool:
    due = renew_at(generation, margin)
    return due is not None and due <= now


def drift_of(desired: Desired, generation: Generation) -> tuple[str, ...]:
    """The options whose wanted value a generation does not have."""
    marker, changes = generation.marker, []
    if marker.spec != desired.spec:
        others = (replace(desired, scope=scope).spec for scope in SCOPES)
        changes.append("scope" if marker.spec in others else "access_list")
    if marker.lifetime != desired.lifetime:
        changes.append("valid_for")
    return tuple(changes)


def plan(
    desired: Desired,
    generations: t.Sequence[Generation],
    held: Held,
    now: float,
    predecessors: Predecessors = NO_PREDECESSORS,
) -> Plan:
    """The plan for a slot. generations: all live tokens of the slot, oldest first. now: the server's time.

    Raises Refused when the task does not allow what would be needed.
    """
    if not desired.present:
        return _removal(desired, generations, held)
    # All that is listed is live, even if its date has passed: a date that we misread must not make a token on every run (law 7).
    live = tuple(generations)
    current = _current(live, held)
    _refuse_other_holder(desired, live, current, held)
    reason, changes = _reason(desired, live, current, now)
    stays = reason == "none"
    slot = Situation(desired, live, held, current, stays, now)
    steps, superseded = _steps(slot)
    left = tuple(predecessors_living_on(slot, predecessors.live))
    leaving = {each.id for each in predecessors.live} - {each.generation.id for each in left}
    steps += tuple(Revoke(each.id, "superseded") for each in predecessors.live if each.id in leaving)
    steps += tuple(Forget(each) for each in predecessors.stale)
    before = SlotState(_STATUS[reason], superseded=len(live))
    if current:
        before = _state(current, _STATUS[reason], len(live) - 1)
    if reason == "none" and steps:
        reason = "retire"
    after = SlotState("live", desired.spec, desired.lifetime, len(superseded))
    if current and stays:
        after = _state(current, "live", len(superseded))
    before = replace(before, replaces=_names(predecessors.live))
    after = replace(after, replaces=_names([each.generation for each in left]))
    return Plan(desired, reason, steps, current, (*left, *superseded), changes, before, after)


def _names(predecessors: t.Iterable[Generation]) -> tuple[str, ...]:
    return tuple(each.marker.slot.description for each in predecessors)


_STATUS: t.Mapping[str, str] = {
    "none": "live",
    "create": "absent",
    "drift": "outdated",
    "renew": "due for renewal",
    "secret_missing": "secret not held",
    "forced": "to be replaced",
}


def _state(generation: Generation, status: str, superseded: int) -> SlotState:
    return SlotState(status, generation.marker.spec, generation.marker.lifetime, superseded)


def _current(live: t.Sequence[Generation], held: Held) -> Generation | None:
    """The generation that consumers have: the held one, or, where nobody tracks that, the newest."""
    if held.tracked:
        return next((each for each in live if each.id == held.id), None)
    return live[-1] if live else None


def _reason(
    desired: Desired, live: t.Sequence[Generation], current: Generation | None, now: float
) -> tuple[str, tuple[str, ...]]:
    if not live:
        return "create", ()
    if current is None:
        return "secret_missing", ()
    changes = drift_of(desired, current)
    if changes and desired.regenerate == "fail":
        raise Refused(
            f"Token {current.id} of {desired.slot.description!r} differs in {' and '.join(changes)} and regenerate is "
            "'fail'; correct the task, or allow a new token with regenerate=drift."
        )
    if desired.regenerate == "always":
        return "forced", changes
    if changes and desired.regenerate != "never":
        return "drift", changes
    return ("renew" if _is_due(current, desired.renew_within, now) else "none"), changes


def _refuse_other_holder(
    desired: Desired, live: t.Sequence[Generation], current: Generation | None, held: Held
) -> None:
    """One slot has one holder. Two stores would replace each other's tokens on every run (law 7).

    Whatever is newer than the token in our store, and not of a creation of ours, was made by somebody else.
    """
    newer = (each for each in live if current is None or each.order > current.order)
    foreign = [each for each in newer if each.marker.nonce not in held.pending and each.id not in held.replaced]
    if held.exclusive and foreign and not desired.take_over:
        raise Refused(
            f"Token {foreign[-1].id} of {desired.slot.description!r} (owner {desired.slot.owner}) is live and its secret "
            f"is not in {held.exclusive}; another store or controller seems to hold it. Point store there, use another "
            "owner, or set take_over=true."
        )


def _steps(slot: Situation) -> tuple[tuple[Step, ...], tuple[Superseded, ...]]:
    """What to do in which order, and the other generations that live on."""
    others = [each for each in slot.live if not (slot.stays and each is slot.current)]
    lost = [each for each in others if each is not slot.current and each.marker.nonce in slot.held.pending]
    kept = tuple(living_on(replace(slot, live=tuple(each for each in slot.live if each not in lost))))
    living = {each.generation.id for each in kept}
    early = [Revoke(each.id, "unheld") for each in lost]
    retired = [Revoke(each.id, "superseded") for each in others if each not in lost and each.id not in living]
    if slot.stays:
        return (*early, *retired), kept
    refuse_too_many(slot.desired, kept)
    return (*early, Create(), *retired), kept


def _removal(desired: Desired, generations: t.Sequence[Generation], held: Held) -> Plan:
    """Every live token of the slot goes, whatever the overlap, and then what our store has of it."""
    steps: list[Step] = [Revoke(each.id, "removed") for each in generations]
    kept = bool(held.exclusive and (held.id or held.pending))
    if kept:
        steps.append(Forget())
    newest = generations[-1] if generations else None
    before = SlotState("expired" if kept else "absent")
    if newest:
        before = _state(newest, "live", len(generations) - 1)
    return Plan(desired, "removed" if steps else "none", tuple(steps), newest, (), (), before, SlotState())


def plan_revocation(desired: Desired, token: ListedToken | None, *, held: bool) -> Plan:
    """One token by its id, whoever made it. Already gone is what was wanted. held: our store has its secret."""
    steps: tuple[Step, ...] = (Revoke(token.id, "removed"),) if token else ()
    if held:
        steps += (Forget(),)
    before = SlotState("live" if token else "expired" if held else "absent")
    return Plan(desired, "removed" if steps else "none", steps, None, (), (), before, SlotState())
