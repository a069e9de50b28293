# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a path says about itself and about the access of whoever asks. Source: the API page "get path", clients."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .access_list import TIER_NUMBERS, read_tier
from .marker import normalise

# fullView is left out: its rank is not documented.
_ORDER = ("none", "view", "viewPlus", "share", "edit", "editPlus", "admin")
_NUMBERS: t.Mapping[str, int] = {"none": 0, **{tier: number for number, tier in TIER_NUMBERS.items()}}
# Tiers without a known number; they rank above all tiers with one.
_ABOVE = frozenset(_ORDER) - frozenset(_NUMBERS)


@dataclass(frozen=True)
class PathView:
    """A path as one caller sees it. tier, level: the caller's access by name and by number, None where not said."""

    id: str = ""
    name: str = ""
    type: str | None = None
    tier: str | None = None
    level: int | None = None
    public: bool = False
    trashed: bool = False

    @property
    def known_tier(self) -> str | None:
        """The access by name, where it is said by name or by a number that is known."""
        return self.tier or next((tier for tier, number in _NUMBERS.items() if number == self.level), None)


def read_path(body: object) -> PathView:
    """The answer of GET /path/{pathId} or an entry of a folder, read tolerantly."""
    if not isinstance(body, dict):
        return PathView()
    access, kind = _mapping(body.get("yourAccess")), _text(body.get("type"))
    level = access.get("accessLevel")
    return PathView(
        _text(body.get("id")).lower(),
        normalise(_text(body.get("name"))),
        kind or None,
        read_tier(access.get("accessTier")) or ("none" if access.get("accessTier") == "none" else None),
        level if isinstance(level, int) and not isinstance(level, bool) else None,
        any(_gives_access(body.get(key)) for key in ("publicAccess", "inheritedPublicAccess")),
        body.get("trashed") is True,
    )


def compare(asked: str, view: PathView) -> int | None:
    """Whether the access is less (-1), as (0) or more (1) than the tier that was asked; None where that can't be told.

    Numbers are ordered, but only few of them are known to be the number of a tier.
    """
    if view.tier in _ORDER and asked in _ORDER:
        return _sign(_ORDER.index(view.tier) - _ORDER.index(asked))
    if view.level is not None and asked in _NUMBERS:
        return _sign(view.level - _NUMBERS[asked])
    if view.level is not None and asked in _ABOVE and view.level <= max(_NUMBERS.values()):
        return -1
    return None


def _sign(difference: int) -> int:
    return (difference > 0) - (difference < 0)


def _mapping(value: object) -> dict[str, t.Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _gives_access(value: object) -> bool:
    access = _mapping(value)
    return bool(access.get("accessLevel")) or access.get("accessTier") not in (None, "none")
