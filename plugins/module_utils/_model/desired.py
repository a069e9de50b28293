# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task wants for a slot, and what is known of its secrets: what goes into a plan beside the listed tokens."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .access_list import AccessList, spec_of
from .durations import Margin
from .marker import Slot
from .tokens import Generation

SCOPES = ("all", "ogc")
_USUAL_MARGIN = Margin(share=0.33)
# What a slot takes over from: all tokens of another slot, or one token by its id, whoever made it.
Replaced = t.Union[Slot, str]


@dataclass(frozen=True)
class Predecessors:
    """What there is of what a slot replaces. live: its tokens. stale: slots that only our store still knows."""

    live: tuple[Generation, ...] = ()
    stale: tuple[Slot, ...] = ()


NO_PREDECESSORS = Predecessors()


@dataclass(frozen=True)
class Desired:
    """What a task wants for a slot, by default as the options are. lifetime, overlap, verify_timeout: seconds (lifetime 0 is never)."""

    slot: Slot
    access_list: AccessList = ()
    scope: str = "all"
    lifetime: int = 0
    renew_within: Margin = _USUAL_MARGIN
    overlap: int = 3600
    regenerate: str = "drift"
    present: bool = True
    take_over: bool = False
    verify: str = "none"
    verify_timeout: int = 30
    replaces: tuple[Replaced, ...] = ()

    @property
    def replaced_slots(self) -> tuple[Slot, ...]:
        """The slots among what it replaces."""
        return tuple(each for each in self.replaces if isinstance(each, Slot))

    @property
    def spec(self) -> str:
        """The characters of the marker that stand for the access list and the scope."""
        return spec_of(self.access_list, self.scope)


@dataclass(frozen=True)
class Held:
    """Which generation's secret is held. pending: nonces we recorded before a creation whose secret we then lost.

    tracked is false when nobody told us. replaced: ids that we held before. exclusive names the holder when it is our own
    store, which alone may create.
    """

    tracked: bool = False
    id: str | None = None
    pending: frozenset[str] = frozenset()
    exclusive: str = ""
    replaced: frozenset[str] = frozenset()
