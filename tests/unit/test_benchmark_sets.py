# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmark of whole sets: its rows, its promises and its page, on made-up numbers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ansible_collections.ellipsis.drive.tests.benchmark import rows, sets, timed
from ansible_collections.ellipsis.drive.tests.benchmark.document import Facts, document, plot
from ansible_collections.ellipsis.drive.tests.benchmark.figures import Figure, Sample, Target, figures
from ansible_collections.ellipsis.drive.tests.benchmark.hosts import HOST_ROWS
from ansible_collections.ellipsis.drive.tests.benchmark.paths import PATH_ROWS
from ansible_collections.ellipsis.drive.tests.benchmark.planning import cpu_seconds
from ansible_collections.ellipsis.drive.tests.benchmark.plot import HEIGHT, WIDTH, Axes
from ansible_collections.ellipsis.drive.tests.benchmark.rows import ROWS, Play
from ansible_collections.ellipsis.drive.tests.benchmark.set_targets import set_targets
from ansible_collections.ellipsis.drive.tests.benchmark.sets import ROWS_BY_CELL, Cell

LIST_CALLS = {20: 0.02, 100: 0.1}
# Beyond an empty play of 1 s: just good enough.
BEYOND = {
    Cell(20, 300, "create", "thread pool").name: 1.0,
    # The list calls are 0.02 s of the bare pool and 0.22 s of the task; 0.1 and 1.1 s at 100 ms.
    Cell(20, 300, "create", "one task").name: 1.29,
    Cell(100, 300, "create", "thread pool").name: 4.0,
    Cell(100, 300, "create", "one task").name: 5.19,
    Cell(20, 1000, "10 % drift", "thread pool").name: 1.0,
    Cell(20, 1000, "10 % drift", "one task").name: 1.59,
    Cell(100, 1000, "10 % drift", "thread pool").name: 4.0,
    Cell(100, 1000, "10 % drift", "one task").name: 6.39,
    Cell(20, 1000, "unchanged", "thread pool").name: 1.0,
    Cell(20, 1000, "unchanged", "one task").name: 2.19,
    Cell(100, 1000, "unchanged", "thread pool").name: 4.0,
    Cell(100, 1000, "unchanged", "one task").name: 5.79,
    rows.SET_CREATE: 0.5,
    rows.URI_CREATE: 10.01,
}
MEMORY = {1000: 70.0, 5000: 140.0}
PLANNING = (0.9, 0.99, 1.2)


def measured(worse: Mapping[str, float] | None = None, latencies: tuple[int, ...] = (20, 100)) -> dict[str, Figure]:
    every = [
        *ROWS,
        *PATH_ROWS,
        *HOST_ROWS,
        *(row for cell, row in ROWS_BY_CELL.items() if cell.latency_ms in latencies),
    ]
    seconds = {**BEYOND, **(worse or {})}
    memory = {row.name: MEMORY.get(cell.tokens, 60.0) for cell, row in ROWS_BY_CELL.items()}
    samples = {}
    for row in every:
        baseline = 1.0 if rows.EMPTY_PLAY in (row.beyond, row.name) else 0.0
        samples[row.name] = [Sample(baseline + seconds.get(row.name, 0.0), row.calls, memory.get(row.name, 50.0))]
    return figures(every, samples, LIST_CALLS)


def missed(found: dict[str, Figure], planning: tuple[float, ...] = PLANNING) -> list[str]:
    return [target.text for target in set_targets(found, planning) if not target.reached]


def test_targets_within_their_limits_are_reached() -> None:
    targets = set_targets(measured(), PLANNING)
    assert [target.text for target in targets if not target.reached] == []
    assert len(targets) == 2 * 2 + 2 + 2 + 1 + 1 + 1


@pytest.mark.parametrize(
    ("worse", "start"),
    [
        ({Cell(20, 300, "create", "one task").name: 1.31}, "one task creates 300 tokens at 20 ms:"),
        ({Cell(20, 300, "create", "one task").name: 1.31}, "one task creates 300 tokens at 20 ms, listing aside"),
        ({Cell(100, 300, "create", "one task").name: 5.21}, "one task creates 300 tokens at 100 ms:"),
        ({Cell(20, 1000, "10 % drift", "one task").name: 1.61}, "one task replaces a tenth of 1,000 tokens at 20 ms"),
        ({Cell(100, 1000, "10 % drift", "one task").name: 6.41}, "one task replaces a tenth of 1,000 tokens at 100 ms"),
        ({Cell(20, 1000, "unchanged", "one task").name: 2.21}, "one task finds 1,000 tokens unchanged at 20 ms"),
        ({Cell(100, 1000, "unchanged", "one task").name: 5.81}, "one task finds 1,000 tokens unchanged at 100 ms"),
        ({rows.URI_CREATE: 9.9}, "one task creates 50 tokens: a loop of uri"),
    ],
)
def test_what_is_slower_misses_its_target(worse: dict[str, float], start: str) -> None:
    assert any(text.startswith(start) for text in missed(measured(worse)))


def test_memory_and_planning_have_their_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert missed(measured(), (0.5, 1.0, 1.1)) == ["planning 5,000 tokens: under 1 s of CPU"]
    monkeypatch.setitem(MEMORY, 5000, 141.0)
    (text,) = missed(measured())
    assert text.startswith("peak memory with 5,000 tokens")


def test_creation_is_told_with_listing_aside() -> None:
    told = [target.found for target in set_targets(measured(), PLANNING) if "300 tokens at 20 ms" in target.text]
    # 11 list calls of 20 ms against one.
    assert told == ["1.29 x", f"{(1.29 - 0.22) / (1.0 - 0.02):.2f} x"]


def test_what_was_not_measured_is_not_judged() -> None:
    found = {row.name: measured()[row.name] for row in ROWS}
    assert [target.text.split(":")[0] for target in set_targets(found, PLANNING)] == [
        "planning 5,000 tokens",
        "one task creates 50 tokens",
    ]


@pytest.mark.parametrize("way", ["one task", "thread pool"])
def test_every_size_and_action_is_measured_at_both_latencies(way: str) -> None:
    wanted = {Cell(at, tokens, action, way) for at in (20, 100) for tokens in sets.SIZES for action in sets.ACTIONS}
    assert sets.SIZES == (1, 30, 300, 1000, 5000)
    assert wanted <= set(ROWS_BY_CELL)


def test_each_action_finds_what_the_one_before_it_left() -> None:
    cells = list(ROWS_BY_CELL)
    for earlier, later in zip([None, *cells], cells, strict=False):
        fresh = ROWS_BY_CELL[later].fresh
        assert fresh == (later.action == "create")
        same = earlier and (earlier.latency_ms, earlier.tokens, earlier.way) == (
            *(later.latency_ms, later.tokens),
            later.way,
        )
        assert fresh or (same and earlier and ROWS_BY_CELL[earlier].most_rounds == ROWS_BY_CELL[later].most_rounds)


@pytest.mark.parametrize(
    ("tokens", "action", "way", "calls"),
    [
        (300, "create", "one task", {"list": 1 + 10, "create": 300, "path": 1}),
        (1000, "unchanged", "one task", {"list": 34}),
        (300, "10 % drift", "one task", {"list": 10 + 11, "create": 30, "path": 1}),
        (300, "prune 10 %", "one task", {"list": 11, "delete": 30}),
        (300, "create", "thread pool", {"list": 1, "create": 300}),
        (300, "10 % drift", "thread pool", {"list": 10, "create": 30}),
        (300, "prune 10 %", "client", {"list": 11, "delete": 30}),
        (30, "create", "loop", {"list": 1 + 30, "create": 30, "path": 1}),
        (30, "10 % drift", "loop", {"list": 1 + 3 * 2, "create": 3, "path": 1}),
        (30, "prune 10 %", "loop", {"list": 2, "delete": 3}),
        (1, "prune 10 %", "loop", {"list": 1, "delete": 2}),
    ],
)
def test_calls(tokens: int, action: str, way: str, calls: dict[str, int]) -> None:
    assert ROWS_BY_CELL[Cell(20, tokens, action, way)].calls == calls


def test_what_has_drifted_stays_so_when_others_are_pruned() -> None:
    def declared(action: str) -> list[str]:
        play = ROWS_BY_CELL[Cell(20, 30, action, "one task")].what
        assert isinstance(play, Play)
        return [entry.get("valid_for", "") for entry in play.variables["tokens"]]

    assert declared("unchanged") == [""] * 30
    assert declared("10 % drift") == ["91d"] * 3 + [""] * 27
    assert declared("prune 10 %") == ["91d"] * 3 + [""] * 24


FACTS = Facts("2.99", "3.99", 2, 0.1, 5, LIST_CALLS)


@pytest.mark.parametrize("latencies", [(20, 100), (20,)])
def test_the_page_has_a_line_for_everything_measured(latencies: tuple[int, ...]) -> None:
    page = document(
        FACTS, measured(latencies=latencies), [Target("fast", "1 s", True), Target("small", "2 MiB", False)]
    )
    tables = [line for line in page.splitlines() if line.startswith("|")]
    heads = 1 + len(latencies) + 3
    lines = 2 + len(latencies) * len(sets.SIZES) * len(sets.ACTIONS) + len(ROWS) + len(PATH_ROWS) + len(HOST_ROWS)
    assert len(tables) == 2 * heads + lines
    assert "| reached | fast | 1 s |" in tables
    assert "| **missed** | small | 2 MiB |" in tables
    assert [f"### At {each} ms" in page for each in (20, 100)] == [each in latencies for each in (20, 100)]


def test_the_plot_is_xml_with_a_line_for_each_way() -> None:
    root = ET.fromstring(plot(measured()))
    name = "{http://www.w3.org/2000/svg}"
    lines = {(cell.latency_ms, cell.action, cell.way) for cell in ROWS_BY_CELL}
    assert len(root.findall(f"./{name}g/{name}polyline")) == len(lines)
    assert len(root.findall(f"./{name}polyline")) == len(sets.WAYS)


@pytest.mark.parametrize("seconds", [-0.01, 0.0, 0.01, 1.0, 1000.0])
def test_points_stay_inside_their_panel(seconds: float) -> None:
    axes = Axes((1, 30, 5000), -2, 3)
    assert 0 <= axes.y(seconds) <= HEIGHT
    assert [axes.x(1), axes.x(5000)] == pytest.approx([0, WIDTH])


def test_planning_makes_the_plans_it_should() -> None:
    assert cpu_seconds(20, 0) >= 0


def test_a_command_is_timed(tmp_path: Path) -> None:
    report = tmp_path / "took.json"
    command = [sys.executable, "-I", timed.__file__, str(report), sys.executable, "-c", "raise SystemExit(3)"]
    assert subprocess.run(command, check=False, timeout=60).returncode == 3
    took = json.loads(report.read_text())
    assert took["seconds"] > 0
    assert took["memory"] > 1
