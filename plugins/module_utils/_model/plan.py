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

from .access_list import AccessList, spec_of
from .durations import A_THIRD, Margin
from .errors import Refused
from .marker import Slot
from .tokens import Generation, ListedToken, format_date

# A token is never renewed this soon after it was made, whatever the server does to lifetimes: no renewal can loop.
YOUNGEST_RENEWAL = 600
# Reported expiries are rounded; a lifetime is only called shortened when more than this share of it is missing.
_ROUNDING = 0.01
# A slot never has more live tokens than this. A change that would make one more is refused: what was promised to the
# replaced ones is kept, and nothing piles up unseen.
MOST_ALIVE = 10
SCOPES = ("all", "ogc")


@dataclass(frozen=True)
class Desired:
    """What a task wants for a slot. lifetime, overlap, verify_timeout: seconds (lifetime 0 is never)."""

    slot: Slot
    access_list: AccessList = ()
    scope: str = "all"
    lifetime: int = 0
    renew_within: Margin = A_THIRD
    overlap: int = 3600
    regenerate: str = "drift"
    present: bool = True
    take_over: bool = False
    verify: str = "none"
    verify_timeout: int = 30

    @property
    def spec(self) -> str:
        """The characters of the marker that stand for the access list and the scope."""
        return spec_of(self.access_list, self.scope)


@dataclass(frozen=True)
class Held:
    """Which generation's secret is held. pending: nonces we recorded before a creation whose secret we then lost.

    tracked is false when nobody told us. replaced: ids that we held before. exclusive names the holder when it is our own
    store, which alone may mint.
    """

    tracked: bool = False
    id: str | None = None
    pending: frozenset[str] = frozenset()
    exclusive: str = ""
    replaced: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Mint:
    """Create a token, keep its secret, prove that it works."""


@dataclass(frozen=True)
class Delete:
    """Revoke one live token. why: superseded, unheld or removed."""

    token_id: str
    why: str


@dataclass(frozen=True)
class Forget:
    """Remove what our store has of the slot."""


Step = t.Union[Mint, Delete, Forget]


@dataclass(frozen=True)
class Superseded:
    """A generation that lives on for the overlap. since: when it was replaced, epoch seconds.

    None is not known yet: it is replaced by the token that the plan makes, or nobody holds it.
    """

    generation: Generation
    since: float | None = None


@dataclass(frozen=True)
class SlotState:
    """A slot in terms that a fresh read can confirm: no ids, dates or fingerprints."""

    status: str = "absent"
    spec: str | None = None
    lifetime: int | None = None
    superseded: int = 0


@dataclass(frozen=True)
class Plan:
    """Steps in the order in which they are safe, and why. current is the generation in use before them."""

    desired: Desired
    reason: str
    steps: tuple[Step, ...]
    current: Generation | None
    superseded: tuple[Superseded, ...]
    changes: tuple[str, ...]
    before: SlotState
    after: SlotState

    @property
    def mints(self) -> bool:
        """Whether a token is created."""
        return any(isinstance(step, Mint) for step in self.steps)


def renew_at(generation: Generation, margin: Margin) -> float | None:
    """When a generation becomes due for renewal; None when it never expires."""
    marker = generation.marker
    if generation.expires_at is None:
        return None
    actual = generation.expires_at - marker.created
    seconds = margin.of(actual)
    if marker.lifetime == 0 or actual < marker.lifetime * (1 - _ROUNDING):
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


def plan(desired: Desired, generations: t.Sequence[Generation], held: Held, now: float) -> Plan:
    """The plan for a slot. generations: all live tokens of the slot, oldest first. now: the server's time.

    Raises Refused when the task does not allow what would be needed.
    """
    if not desired.present:
        return _removal(desired, generations, held)
    # Whatever is listed is live, whatever its dates seem to say: our reading of a date must not make tokens for ever.
    live = tuple(generations)
    in_use = _in_use(live, held)
    _refuse_other_holder(desired, live, in_use, held)
    reason, changes = _reason(desired, live, in_use, now)
    stays = reason == "none"
    steps, superseded = _steps(desired, live, in_use, stays=stays, held=held, now=now)
    before = SlotState(_STATUS[reason], superseded=len(live))
    if in_use:
        before = _state(in_use, _STATUS[reason], len(live) - 1)
    if reason == "none" and steps:
        reason = "retire"
    after = SlotState("live", desired.spec, desired.lifetime, len(superseded))
    if in_use and stays:
        after = _state(in_use, "live", len(superseded))
    return Plan(desired, reason, steps, in_use, superseded, changes, before, after)


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


def _in_use(live: t.Sequence[Generation], held: Held) -> Generation | None:
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


def _refuse_other_holder(desired: Desired, live: t.Sequence[Generation], in_use: Generation | None, held: Held) -> None:
    """One slot has one holder: two stores would replace each other's tokens for ever.

    Whatever is newer than the token in our store, and not of a creation of ours, was made by somebody else.
    """
    newer = (each for each in live if in_use is None or each.order > in_use.order)
    foreign = [each for each in newer if each.marker.nonce not in held.pending and each.id not in held.replaced]
    if held.exclusive and foreign and not desired.take_over:
        raise Refused(
            f"Token {foreign[-1].id} of {desired.slot.description!r} (owner {desired.slot.owner}) is live and its secret "
            f"is not in {held.exclusive}; another store or controller seems to hold it. Point store there, use another "
            "owner, or set take_over=true."
        )


def _steps(
    desired: Desired,
    live: t.Sequence[Generation],
    in_use: Generation | None,
    *,
    stays: bool,
    held: Held,
    now: float,
) -> tuple[tuple[Step, ...], tuple[Superseded, ...]]:
    """What to do in which order, and the other generations that live on."""
    others = [each for each in live if not (stays and each is in_use)]
    lost = [each for each in others if each is not in_use and each.marker.nonce in held.pending]
    kept = tuple(
        _living_on(desired, [each for each in live if each not in lost], in_use, stays=stays, held=held, now=now)
    )
    living = {each.generation.id for each in kept}
    early = [Delete(each.id, "unheld") for each in lost]
    retired = [Delete(each.id, "superseded") for each in others if each not in lost and each.id not in living]
    if stays:
        return (*early, *retired), kept
    _refuse_too_many(desired, kept)
    return (*early, Mint(), *retired), kept


def _living_on(
    desired: Desired,
    live: t.Sequence[Generation],
    in_use: Generation | None,
    *,
    stays: bool,
    held: Held,
    now: float,
) -> t.Iterator[Superseded]:
    """The generations beside the current one whose overlap is not over."""
    for each in live:
        nobodys = _is_nobodys(each, in_use, held)
        if each is in_use if stays else nobodys:
            continue
        since = _replaced_at(each, live, in_use, held, stays=stays)
        # A creation may lie in the future of a clock that steps back, and without overlap that must not matter.
        if desired.overlap > 0 and (since is None or now < since + desired.overlap):
            yield Superseded(each, None if nobodys else since)


def _is_nobodys(generation: Generation, in_use: Generation | None, held: Held) -> bool:
    """Whether O(held_id) says that a newer generation is of no use to anybody."""
    newer = in_use is not None and generation.order > in_use.order
    return newer and held.tracked and not held.exclusive


def _replaced_at(
    generation: Generation, live: t.Sequence[Generation], in_use: Generation | None, held: Held, *, stays: bool
) -> float | None:
    """When a generation was replaced; None when that is by the token that is about to be made.

    It was replaced by the next one that was in use. A store knows which ones were.
    """
    if in_use is not None and generation.order >= in_use.order:
        return generation.marker.created if stays else None
    later = (each for each in live if each.order > generation.order)
    used = (each for each in later if each is in_use or not held.exclusive or each.id in held.replaced)
    replacement = next(used, None)
    return replacement.marker.created if replacement else None


def _refuse_too_many(desired: Desired, kept: t.Sequence[Superseded]) -> None:
    if len(kept) < MOST_ALIVE:
        return
    first = min((each.since for each in kept if each.since), default=None)
    after = f"after {format_date(first + desired.overlap)}" if first else "later"
    raise Refused(
        f"{desired.slot.description!r} (owner {desired.slot.owner}) has {len(kept)} tokens that were replaced and live on for "
        f"their overlap, and more than {MOST_ALIVE} tokens of it may not live at once; nothing was changed. Run again {after}, "
        "or shorten overlap."
    )


def _removal(desired: Desired, generations: t.Sequence[Generation], held: Held) -> Plan:
    """Every live token of the slot goes, whatever the overlap, and then what our store has of it."""
    steps: list[Step] = [Delete(each.id, "removed") for each in generations]
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
    steps: tuple[Step, ...] = (Delete(token.id, "removed"),) if token else ()
    if held:
        steps += (Forget(),)
    before = SlotState("live" if token else "expired" if held else "absent")
    return Plan(desired, "removed" if steps else "none", steps, None, (), (), before, SlotState())
