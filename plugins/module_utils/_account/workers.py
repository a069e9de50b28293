# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls one function for many items, several at a time."""

from __future__ import annotations

import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .._model.errors import EllipsisError

Item = t.TypeVar("Item")
Answer = t.TypeVar("Answer")
# Work that is shorter than this needs no report, and no report comes sooner after another one.
_REPORT_SECONDS = 1.0


class NotDone(EllipsisError):
    """Not begun, because something else failed before."""


@dataclass(frozen=True)
class Workers:
    """How many at a time, whether a failure keeps the rest from being begun, and who hears of the progress."""

    concurrency: int = 1
    stop_on_error: bool = False
    report: t.Callable[[str], None] | None = None
    monotonic: t.Callable[[], float] = time.monotonic

    def map(
        self, work: t.Callable[[Item], Answer], items: t.Sequence[Item], what: str
    ) -> list[tuple[Item, Answer | EllipsisError]]:
        """Every item with its answer or its error, in order. what: the past participle for reports, such as created."""
        failed = threading.Event()
        progress = _Progress(self, what, len(items))

        def attempt(item: Item) -> Answer | EllipsisError:
            if failed.is_set() and self.stop_on_error:
                return NotDone("not begun, because something else failed before")
            try:
                answer = work(item)
            except EllipsisError as exc:
                failed.set()
                return exc
            progress.advance()
            return answer

        if self.concurrency == 1 or len(items) < 2:
            return [(item, attempt(item)) for item in items]
        with ThreadPoolExecutor(min(self.concurrency, len(items))) as pool:
            return list(zip(items, pool.map(attempt, items)))


class _Progress:
    def __init__(self, workers: Workers, what: str, total: int) -> None:
        self._workers, self._what, self._total = workers, what, total
        self._done, self._said, self._lock = 0, workers.monotonic(), threading.Lock()

    def advance(self) -> None:
        """One more is done; says so when there was nothing to read for a while."""
        with self._lock:
            self._done += 1
            now = self._workers.monotonic()
            if self._workers.report is None or now - self._said < _REPORT_SECONDS:
                return
            self._said = now
            self._workers.report(f"{self._what} {self._done}/{self._total}")
