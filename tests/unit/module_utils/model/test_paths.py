# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a path says about itself, in every form, and whether the access of the caller is enough."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import TIER_NUMBERS
from ansible_collections.ellipsis.drive.plugins.module_utils._model.paths import PathView, compare, read_path

TIERS = ("none", "view", "viewPlus", "share", "edit", "editPlus", "admin")


@pytest.mark.parametrize("asked", TIERS)
@pytest.mark.parametrize("tier", TIERS)
def test_tiers_by_name_are_in_order(tier: str, asked: str) -> None:
    place, wanted = TIERS.index(tier), TIERS.index(asked)
    assert compare(asked, PathView(tier=tier)) == (place > wanted) - (place < wanted)


NUMBERS = {"none": 0, **{tier: number for number, tier in TIER_NUMBERS.items()}}


@pytest.mark.parametrize("asked", NUMBERS)
@pytest.mark.parametrize("away", [-2, -1, 0, 1, 2])
def test_numbers_are_in_order_whether_they_have_a_name_or_not(asked: str, away: int) -> None:
    assert compare(asked, PathView(level=NUMBERS[asked] + away)) == (away > 0) - (away < 0)


@pytest.mark.parametrize("asked", sorted(set(TIERS) - NUMBERS.keys()))
def test_what_has_no_number_is_above_all_that_have_one(asked: str) -> None:
    highest = max(NUMBERS.values())
    assert [compare(asked, PathView(level=level)) for level in (-1, 0, 1, highest - 1, highest)] == [-1] * 5
    assert compare(asked, PathView(level=highest + 1)) is None


@pytest.mark.parametrize(
    ("asked", "view"), [("view", PathView()), ("fullView", PathView(tier="view")), ("view", PathView(tier="fullView"))]
)
def test_what_can_not_be_told(asked: str, view: PathView) -> None:
    assert compare(asked, view) is None


def test_a_name_counts_more_than_a_number() -> None:
    assert compare("edit", PathView(tier="edit", level=0)) == 0
    assert PathView(tier="edit", level=0).known_tier == "edit"
    assert [PathView(level=number).known_tier for number in NUMBERS.values()] == list(NUMBERS)
    assert PathView(level=-1).known_tier is None


@pytest.mark.parametrize(
    ("body", "view"),
    [
        (None, PathView()),
        ([], PathView()),
        ({}, PathView()),
        ({"id": 7, "name": None, "type": "", "yourAccess": "all"}, PathView()),
        ({"id": "ABC", "name": "e\u0301", "type": "raster"}, PathView("abc", "\u00e9", "raster")),
        ({"yourAccess": {"accessTier": "view+"}}, PathView(tier="viewPlus")),
        ({"yourAccess": {"accessTier": "none"}}, PathView(tier="none")),
        ({"yourAccess": {"accessTier": "of my own"}}, PathView()),
        ({"yourAccess": {"accessLevel": 0}}, PathView(level=0)),
        ({"yourAccess": {"accessLevel": True}}, PathView()),
        ({"yourAccess": {"accessLevel": "5"}}, PathView()),
        ({"trashed": True}, PathView(trashed=True)),
        ({"trashed": "yes"}, PathView()),
        ({"publicAccess": {"accessLevel": 1}}, PathView(public=True)),
        ({"publicAccess": {"accessLevel": 0}}, PathView()),
        ({"publicAccess": {"accessTier": "none"}}, PathView()),
        ({"publicAccess": {"accessTier": "view"}}, PathView(public=True)),
        ({"inheritedPublicAccess": {"accessTier": "view"}}, PathView(public=True)),
        ({"publicAccess": 5}, PathView()),
    ],
)
def test_read(body: Any, view: PathView) -> None:
    assert read_path(body) == view
