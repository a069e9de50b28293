# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many items at a time: order, failures, and what is said meanwhile."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._account.workers import NotDone, Workers
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError


class Work:
    """Work that takes its time on a clock of its own, and fails at some items."""

    def __init__(self, seconds: float = 0.0, failing: frozenset[int] = frozenset()) -> None:
        self.seconds, self.failing, self.now = seconds, failing, 100.0

    def __call__(self, item: int) -> int:
        self.now += self.seconds
        if item in self.failing:
            raise EllipsisError(f"item {item}")
        return item * 10

    def clock(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("items", "seconds", "said"),
    [
        (500, 0.001, []),
        (3, 0.25, []),
        (1, 5.0, ["created 1/1"]),
        (10, 0.25, ["created 4/10", "created 8/10"]),
        (3, 1.0, ["created 1/3", "created 2/3", "created 3/3"]),
        (2, 60.0, ["created 1/2", "created 2/2"]),
        (0, 1.0, []),
    ],
)
def test_progress_is_said_once_a_second_and_short_work_says_nothing(
    items: int, seconds: float, said: list[str]
) -> None:
    work, lines = Work(seconds), list[str]()
    Workers(report=lines.append, monotonic=work.clock).map(work, range(items), "created")
    assert lines == said


def test_no_two_reports_within_a_second() -> None:
    work, times = Work(0.3), list[float]()
    Workers(report=lambda _line: times.append(work.now), monotonic=work.clock).map(work, range(500), "created")
    assert len(times) == 125
    assert all(later - earlier >= 1.0 for earlier, later in itertools.pairwise(times))


def test_nobody_needs_to_listen() -> None:
    work = Work(10.0)
    assert Workers(monotonic=work.clock).map(work, [1], "created") == [(1, 10)]


@pytest.mark.parametrize("concurrency", [1, 8])
def test_answers_and_errors_come_in_the_order_of_the_items(concurrency: int) -> None:
    done = Workers(concurrency).map(Work(failing=frozenset({7})), range(20), "created")
    assert [item for item, _answer in done] == list(range(20))
    assert [str(answer) for _item, answer in done if isinstance(answer, EllipsisError)] == ["item 7"]
    assert [answer for _item, answer in done if not isinstance(answer, EllipsisError)] == [
        item * 10 for item in range(20) if item != 7
    ]


def test_after_a_failure_nothing_is_begun_where_that_is_asked() -> None:
    done = Workers(stop_on_error=True).map(Work(failing=frozenset({1})), range(4), "created")
    assert [type(answer) for _item, answer in done] == [int, EllipsisError, NotDone, NotDone]


@pytest.mark.parametrize(
    ("concurrency", "items", "threads"), [(1, 3, False), (8, 1, False), (2, 2, True), (8, 3, True)]
)
def test_threads_are_for_several_items_at_a_time(concurrency: int, items: int, *, threads: bool) -> None:
    """What forks or asks for a password has to be in the thread of the task."""
    mine = threading.get_ident()
    done = Workers(concurrency).map(lambda _item: threading.get_ident(), range(items), "created")
    assert [answer != mine for _item, answer in done] == [threads] * items


def test_one_at_a_time_unless_more_is_asked_for() -> None:
    mine = threading.get_ident()
    assert Workers().map(lambda _item: threading.get_ident(), range(3), "created") == [(0, mine), (1, mine), (2, mine)]


class Told(list[int]):
    """Items that tell when all of them were asked for."""

    def __init__(self, count: int) -> None:
        super().__init__(range(count))
        self.all_asked_for = threading.Event()

    def __iter__(self) -> Iterator[int]:
        yield from super().__iter__()
        self.all_asked_for.set()


@pytest.mark.parametrize(("concurrency", "items", "threads"), [(2, 2, 2), (2, 3, 2), (3, 2, 2), (4, 9, 4)])
def test_no_more_at_a_time_than_asked_for(concurrency: int, items: int, threads: int) -> None:
    """And no fewer, where there is enough to do."""
    told = Told(items)

    def work(_item: int) -> int:
        told.all_asked_for.wait(10)
        return threading.get_ident()

    done = Workers(concurrency).map(work, told, "created")
    assert len({answer for _item, answer in done}) == threads


def test_what_is_not_begun_says_why() -> None:
    [_failed, (_item, rest)] = Workers(stop_on_error=True).map(Work(failing=frozenset({0})), range(2), "created")
    assert str(rest) == "not begun, because something else failed before"
