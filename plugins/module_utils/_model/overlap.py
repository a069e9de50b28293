# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which generations live on beside the current one for the overlap, and since when they are replaced. Pure, as the plan is."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .desired import Desired, Held
from .errors import Refused
from .tokens import Generation, format_date

# A slot never has more live tokens than this. A change that would make one more is refused, so that replaced ones live as
# long as results have said (law 14), and all their secrets fit into an entry of the store (law 24).
MOST_ALIVE = 10


@dataclass(frozen=True)
class Superseded:
    """A generation that lives on for the overlap. since: when it was replaced, epoch seconds.

    None is not known yet: it is replaced by the token that the plan makes, or nobody holds it.
    """

    generation: Generation
    since: float | None = None


@dataclass(frozen=True)
class Situation:
    """What is known of a slot. live: oldest first. stays: the current generation is not replaced. now: the server's time."""

    desired: Desired
    live: tuple[Generation, ...]
    held: Held
    current: Generation | None
    stays: bool
    now: float


def predecessors_living_on(slot: Situation, predecessors: t.Iterable[Generation]) -> t.Iterator[Superseded]:
    """What is replaced lives for the overlap after the first token of this slot that was current."""
    used = (each for each in slot.live if _was_used(each, slot))
    first = next(used, None) if slot.current else None
    for each in predecessors:
        since = max(first.marker.created, each.marker.created) if first else None
        if _lives_on(slot, since):
            yield Superseded(each, since)


def _lives_on(slot: Situation, since: float | None) -> bool:
    """Whether the overlap of a generation that was replaced at a time is not over. since: None is not replaced yet."""
    # A creation may lie in the future of a clock that steps back, and without overlap that must not matter.
    if not slot.desired.overlap:
        return False
    return since is None or slot.now < since + slot.desired.overlap


def _was_used(generation: Generation, slot: Situation) -> bool:
    """Whether consumers had it; a store knows."""
    return generation is slot.current or not slot.held.exclusive or generation.id in slot.held.replaced


def living_on(slot: Situation) -> t.Iterator[Superseded]:
    """The generations beside the current one whose overlap is not over."""
    for each in slot.live:
        nobodys = _is_nobodys(each, slot)
        if each is slot.current if slot.stays else nobodys:
            continue
        since = _replaced_at(each, slot)
        if _lives_on(slot, since):
            yield Superseded(each, None if nobodys else since)


def _is_nobodys(generation: Generation, slot: Situation) -> bool:
    """Whether O(held_id) says that a newer generation is of no use to anybody."""
    newer = slot.current is not None and generation.order > slot.current.order
    return newer and slot.held.tracked and not slot.held.exclusive


def _replaced_at(generation: Generation, slot: Situation) -> float | None:
    """When a generation was replaced; None when that is by the token that is about to be made.

    It was replaced by the next one that was current. A store knows which ones were.
    """
    if slot.current is not None and generation.order >= slot.current.order:
        return generation.marker.created if slot.stays else None
    later = (each for each in slot.live if each.order > generation.order)
    replacement = next((each for each in later if _was_used(each, slot)), None)
    return replacement.marker.created if replacement else None


def refuse_too_many(desired: Desired, kept: t.Sequence[Superseded]) -> None:
    """Raises Refused if one more token would be more than MOST_ALIVE (law 14). kept: those that live on."""
    if len(kept) < MOST_ALIVE:
        return
    first = min((each.since for each in kept if each.since), default=None)
    after = f"after {format_date(first + desired.overlap)}" if first else "later"
    raise Refused(
        f"{desired.slot.description!r} (owner {desired.slot.owner}) has {len(kept)} tokens that were replaced and live on for "
        f"their overlap, and more than {MOST_ALIVE} tokens of it may not live at once; nothing was changed. Run again {after}, "
        "or shorten overlap."
    )
