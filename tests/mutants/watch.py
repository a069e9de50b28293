# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plugin for pytest: write to C(WATCHED) which lines of the collection each passed test runs, and for how long it does.

Processes that a test forks belong to it. Lines that it runs in other programs, or that run when a module is imported, and so
outside of functions, are nobody's.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

_OURS = "/ellipsis/drive/"
# Python has it since 3.12, and the types are checked for 3.10.
_MONITORING: Any = getattr(sys, "monitoring", None)
_EVENTS, _TOOL = _MONITORING.events, _MONITORING.COVERAGE_ID


class Watch:
    """What has been run. seen: by the test that runs now. tests: seconds and lines of those that passed."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, int]] = set()
        self.tests: dict[str, tuple[float, list[tuple[str, int]]]] = {}
        self._process = os.getpid()
        # Open, since a process may be that of another user by then.
        self._of_children = os.open(f"{os.environ['WATCHED']}-children", os.O_RDWR | os.O_APPEND | os.O_CREAT)
        _MONITORING.use_tool_id(_TOOL, "mutants")
        _MONITORING.register_callback(_TOOL, _EVENTS.PY_START, self._function)
        _MONITORING.register_callback(_TOOL, _EVENTS.LINE, self._line)
        _MONITORING.set_events(_TOOL, _EVENTS.PY_START)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Each line is reported once for each test."""
        self.seen = set()
        _MONITORING.restart_events()
        start = time.perf_counter()
        result = yield
        self.seen |= self._seen_by_children()
        if item.nodeid in self.tests:
            self.tests[item.nodeid] = (time.perf_counter() - start, sorted(self.seen))
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Only what passes without a change can tell."""
        if report.when == "call" and report.passed:
            self.tests[report.nodeid] = (0, [])
        elif report.failed:
            self.tests.pop(report.nodeid, None)

    def pytest_sessionfinish(self) -> None:
        """Write it all, and watch no more."""
        _MONITORING.set_events(_TOOL, 0)
        _MONITORING.free_tool_id(_TOOL)
        Path(os.environ["WATCHED"]).write_text(json.dumps(self.tests), encoding="utf-8")

    def _function(self, code: CodeType, offset: int) -> Any:
        if f"{_OURS}plugins/" in code.co_filename and code.co_flags & inspect.CO_OPTIMIZED:
            _MONITORING.set_local_events(_TOOL, code, _EVENTS.LINE)
        return _MONITORING.DISABLE

    def _line(self, code: CodeType, number: int) -> Any:
        line = (code.co_filename.rpartition(_OURS)[2], number)
        if os.getpid() == self._process:
            self.seen.add(line)
        else:
            os.write(self._of_children, f"{json.dumps(line)}\n".encode())
        return _MONITORING.DISABLE

    def _seen_by_children(self) -> set[tuple[str, int]]:
        lines = os.pread(self._of_children, os.fstat(self._of_children).st_size, 0).splitlines()
        os.truncate(self._of_children, 0)
        return {(name, number) for name, number in map(json.loads, lines)}


def pytest_configure(config: pytest.Config) -> None:
    """Begin before the tests are collected."""
    config.pluginmanager.register(Watch())
