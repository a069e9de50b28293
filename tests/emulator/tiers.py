# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access tiers: their order, their numbers and their spellings."""

from __future__ import annotations

# Only 0, 100 and 200 are known of the real service; the others are ours, in the documented order.
LEVELS = {
    "none": 0,
    "view": 100,
    "viewPlus": 200,
    "share": 300,
    "edit": 400,
    "fullView": 500,
    "editPlus": 550,
    "admin": 1000,
}
_SIGN = {"viewPlus": "view+", "editPlus": "edit+"}
_FROM_SIGN = {sign: plus for plus, sign in _SIGN.items()}
# The generation of the documentation that writes view+ knows no fullView.
ACCEPTED = {
    "plus": {tier: tier for tier in LEVELS if tier != "none"},
    "sign": {_SIGN.get(tier, tier): tier for tier in LEVELS if tier not in ("none", "fullView")},
    "both": {**{tier: tier for tier in LEVELS if tier != "none"}, **_FROM_SIGN},
}


def spell(tier: str, style: str) -> str:
    return _SIGN.get(tier, tier) if style == "sign" else tier


def covers(held: str, asked: str) -> bool:
    return LEVELS[held] >= LEVELS[asked]


def highest(tiers: list[str]) -> str:
    return max(tiers, key=LEVELS.__getitem__, default="none")
