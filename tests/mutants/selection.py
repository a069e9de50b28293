# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tests can notice a change: those that run the changed line, else all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

# A test is about a file if this much of what it runs is of that.
_ABOUT = 0.3


@dataclass(frozen=True)
class Seen:
    """A test as C(watch) saw it."""

    name: str
    seconds: float
    lines: Mapping[str, frozenset[int]]

    @property
    def function(self) -> str:
        """The test without its row."""
        return self.name.partition("[")[0]

    def share(self, file: str) -> float:
        """How much of what it runs is of a file, in tenths."""
        return round(len(self.lines.get(file, ())) / max(sum(map(len, self.lines.values())), 1), 1)


def read(files: Iterable[Path]) -> list[Seen]:
    """What C(watch) has written."""
    return [
        _seen(name, seconds, lines)
        for file in files
        for name, (seconds, lines) in json.loads(file.read_text(encoding="utf-8")).items()
    ]


def _seen(name: str, seconds: float, lines: list[tuple[str, int]]) -> Seen:
    of_file: dict[str, set[int]] = {}
    for file, line in lines:
        of_file.setdefault(file, set()).add(line)
    return Seen(name, seconds, {file: frozenset(numbers) for file, numbers in of_file.items()})


def able(tests: Iterable[Seen], file: str, lines: range) -> list[Seen]:
    """Those that can notice a change of these lines. Those that are about the file come first, quick ones before slow ones, and the
    first row of each test before the second of any.

    What runs when a module is imported is run by no test: then all are able, and those that are not about the file are alike.
    """
    every = sorted(tests, key=lambda test: (test.seconds, test.name))
    of_line = [test for test in every if not test.lines.get(file, frozenset()).isdisjoint(lines)]
    rows: dict[str, int] = {}
    order: list[tuple[float, int, float, Seen]] = []
    for test in of_line or every:
        rows[test.function] = rows.get(test.function, 0) + 1
        share = test.share(file)
        close = share if of_line or share >= _ABOUT else 0
        order.append((-close, rows[test.function], test.seconds, test))
    return [test for *_key, test in sorted(order, key=lambda each: each[:3])]


def by_budget(tests: list[Seen], seconds: float) -> tuple[list[Seen], list[Seen]]:
    """The first tests, for about as long as this, and the others."""
    spent = 0.0
    for number, test in enumerate(tests):
        spent += test.seconds
        if spent > seconds and number:
            return tests[:number], tests[number:]
    return tests, []
