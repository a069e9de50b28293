# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmark's arithmetic, on made-up numbers."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ansible_collections.ellipsis.drive.tests.benchmark import rows
from ansible_collections.ellipsis.drive.tests.benchmark.figures import Figure, Sample, figures, targets
from ansible_collections.ellipsis.drive.tests.benchmark.rows import ROWS, Row
from ansible_collections.ellipsis.drive.tests.benchmark.table import aligned, table, verdicts

LIST_CALL = 0.02
# Beyond an empty play of 1 s: a little better than the targets ask.
BEYOND = {
    rows.ASSERT: 0.5,
    rows.UNCHANGED: 0.74 + 2 * LIST_CALL,
    rows.CREATE: 1.99 + 71 * LIST_CALL,
    rows.BARE_CREATE: 1.0,
    rows.URI_CREATE: 15 * (2.0 + 71 * LIST_CALL),
    rows.MANY_LOOKUPS: 1.99,
}


def measured(**slower: float) -> dict[str, Figure]:
    """Three samples of everything, one of them an outlier."""

    def taken(row: Row) -> Sequence[Sample]:
        baseline = 1.0 if row.beyond or row.name == rows.EMPTY_PLAY else 0.0
        baseline = 0.0 if row.beyond == rows.EMPTY_SCRIPT else baseline
        seconds = baseline + BEYOND.get(row.name, 0.0) + slower.get(row.name, 0.0)
        return [Sample(seconds + more, row.calls) for more in (0.0, 9.0, -0.25)]

    return figures(ROWS, {row.name: taken(row) for row in ROWS}, {rows.LATENCY_MS: LIST_CALL})


def test_a_figure_is_the_median_beyond_its_baseline() -> None:
    figure = measured()[rows.UNCHANGED]
    assert (figure.runs, figure.calls) == (3, {"list": 2})
    assert [figure.seconds, figure.least, figure.most] == pytest.approx([0.78, 0.53, 9.78])
    assert figure.without_listing == pytest.approx(0.74)


def test_targets_within_their_limits_are_reached() -> None:
    assert [target.text for target in targets(measured(), {"1": 1, "2": 1}) if not target.reached] == []


@pytest.mark.parametrize(
    ("slower", "missed"),
    [
        ({rows.UNCHANGED: 0.1}, ["loop of 50 tokens, unchanged, listing aside"]),
        (
            {rows.CREATE: 0.1},
            ["loop of 50 tokens, created, listing aside", "loop of 50 tokens, created: a loop of uri"],
        ),
        ({rows.URI_CREATE: -1.0}, ["loop of 50 tokens, created: a loop of uri"]),
        ({rows.MANY_LOOKUPS: 0.1}, ["1,000 lookups"]),
    ],
)
def test_what_is_slower_misses_its_target(slower: dict[str, float], missed: list[str]) -> None:
    found = [target.text for target in targets(measured(**slower), {"1": 1}) if not target.reached]
    assert len(found) == len(missed)
    assert all(text.startswith(start) for text, start in zip(found, missed, strict=True))


@pytest.mark.parametrize("decryptions", [{}, {"1": 1, "2": 2}])
def test_decryptions_are_counted_by_process(decryptions: dict[str, int]) -> None:
    found = [target.text for target in targets(measured(), decryptions) if not target.reached]
    assert found == ["lookups: one decryption per process"]


def test_columns_are_aligned() -> None:
    assert aligned([("a", "1"), ("bb", "22")]).splitlines() == ["a    1", "bb  22"]


def test_every_figure_and_every_target_is_a_line() -> None:
    found = measured()
    verdict = targets(found, {"1": 1})
    assert [line.split("  ")[0] for line in table(found.values()).splitlines()] == ["", *(row.name for row in ROWS)]
    assert [line.split()[0] for line in verdicts(verdict).splitlines()] == ["reached"] * len(verdict)


def test_every_row_has_its_baseline() -> None:
    names = [row.name for row in ROWS]
    assert len(names) == len(set(names))
    assert {row.beyond for row in ROWS} - {""} <= set(names)
