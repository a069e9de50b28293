# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where tokens stand on the timeline."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ellipsis.drive.plugins.plugin_utils._report.timeline import (
    BAND_WIDTH,
    BANDS,
    DAY,
    RADIUS,
    Band,
    height,
    timeline,
)

lives = st.lists(st.none() | st.floats(-DAY, 5000 * DAY) | st.sampled_from([0.0, DAY, 30 * DAY]), max_size=400)


def bands(*lefts: float | None) -> tuple[Band[int], ...]:
    return timeline(enumerate(lefts))


@pytest.mark.parametrize(
    ("left", "name"),
    [
        (-5.0, "within a day"),
        (0.0, "within a day"),
        (1.0 * DAY, "within a day"),
        (1.1 * DAY, "within a week"),
        (30.0 * DAY, "within 30 days"),
        (89.0 * DAY, "within 90 days"),
        (364.0 * DAY, "within a year"),
        (36500.0 * DAY, "later"),
        (None, "never"),
    ],
)
def test_bands(left: float | None, name: str) -> None:
    assert [band.name for band in bands(left) if band.dots] == [name]


@given(lives)
def test_every_token_has_a_place_of_its_own_in_its_band(lefts: list[float | None]) -> None:
    found = bands(*lefts)
    assert [band.name for band in found] == [name for name, _end in BANDS]
    assert sorted(dot.item for band in found for dot in band.dots) == list(range(len(lefts)))
    places = [(dot.x, dot.y) for band in found for dot in band.dots]
    assert len(set(places)) == len(places)
    for band in found:
        assert all(band.x + RADIUS <= dot.x <= band.x + BAND_WIDTH - RADIUS and dot.y > 0 for dot in band.dots)
    assert height(found) <= 200


def test_later_ones_stand_further_right_and_the_first_lowest() -> None:
    week = bands(2.0 * DAY, 6.9 * DAY, 2.0 * DAY)[1].dots
    assert week[0].x == week[2].x < week[1].x
    assert week[0].y < week[2].y


def test_a_full_column_overflows_into_the_nearest() -> None:
    dots = bands(*[10.0 * DAY] * 40)[2].dots
    columns = sorted({dot.x for dot in dots})
    assert len(columns) == 3
    assert columns[1] == dots[0].x
