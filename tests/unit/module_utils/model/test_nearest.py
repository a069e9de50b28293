# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._model.nearest import nearest


@pytest.mark.parametrize(
    ("name", "known", "cutoff", "said"),
    [
        ("Rods", ["roads"], 0.6, "the nearest is 'roads'"),
        ("ROADS", ["Roads", "Roads 2", "rivers"], 0.6, "the nearest are 'Roads', 'Roads 2'"),
        ("tiles", ["tile 1", "tile 2", "tile 3", "tile 4"], 0.6, "the nearest are 'tile 4', 'tile 3', 'tile 2'"),
        ("roads", ["xyz"], 0.6, ""),
        ("roads", ["xyz"], 0, "the nearest is 'xyz'"),
        ("roads", [], 0, ""),
    ],
)
def test_nearest(name: str, known: list[str], cutoff: float, said: str) -> None:
    assert nearest(name, known, cutoff) == said


@pytest.mark.parametrize(("known", "said"), [("abcxxx", ""), ("abcdxx", "the nearest is 'abcdxx'")])
def test_about_half_of_a_name_is_not_enough(known: str, said: str) -> None:
    """As long as nobody says how much alike they have to be."""
    assert nearest("abcdef", [known]) == said
