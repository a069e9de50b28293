# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say where the time of a gate went: every step, the tests that were skipped and why, the ten slowest, and the total.

It reads what step.py and pytest have left in `.venv/steps`. The last line is the one that CI reads.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

STEPS = Path(__file__).resolve().parents[2] / ".venv" / "steps"
SLOWEST = 10


@dataclass(frozen=True)
class Case:
    """A test as pytest reported it."""

    core: str
    name: str
    seconds: float
    outcome: str
    reason: str


def cases(path: Path) -> Iterator[Case]:
    """The tests of a JUnit file; an error while a test was prepared or cleaned up is a failure."""
    core = path.stem.rpartition("-")[2]
    for case in ET.parse(path).iter("testcase"):
        kinds = {child.tag: child.get("message", "") for child in case}
        outcome = next((kind for kind in ("failure", "error", "skipped") if kind in kinds), "passed")
        name = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
        yield Case(core, name, float(case.get("time", 0)), outcome, kinds.get(outcome, ""))


def shown_steps(steps: list[dict[str, Any]]) -> Iterator[str]:
    """A line for each step, in the order in which they began."""
    yield "== steps: seconds, of which at work on a core"
    for step in sorted(steps, key=lambda each: float(each["started"])):
        verdict = f"  failed ({step['code']})" if step["code"] else ""
        yield f"{step['seconds']:8.1f} {step['cpu']:8.1f}  {step['name']}{verdict}"
    if steps:
        first = min(step["started"] for step in steps)
        total = max(step["started"] + step["seconds"] for step in steps) - first
        yield f"{total:8.1f} {sum(step['cpu'] for step in steps):8.1f}  total"


def main() -> int:
    steps = [json.loads(path.read_text()) for path in STEPS.glob("*.json")]
    tests = [case for path in sorted(STEPS.glob("*.xml")) for case in cases(path)]
    lines = [f"== skipped on {case.core}: {case.name}: {case.reason}" for case in tests if case.outcome == "skipped"]
    lines += shown_steps(steps)
    lines.append(f"== the {SLOWEST} slowest tests")
    slowest = sorted(tests, key=lambda case: -case.seconds)[:SLOWEST]
    lines += [f"{case.seconds:8.1f}  {case.core} {case.name}" for case in slowest]
    failed = sum(case.outcome in ("failure", "error") for case in tests)
    lines += [f"== failed on {case.core}: {case.name}" for case in tests if case.outcome in ("failure", "error")]
    lines.append(f"{sum(case.outcome == 'passed' for case in tests)} passed, {failed} failed")
    print("\n".join(lines), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
