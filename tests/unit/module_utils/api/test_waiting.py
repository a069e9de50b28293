# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Law: who waits hears after a few seconds, once, what is tried and for how long."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import ApiError, TransportError
from ansible_collections.ellipsis.drive.plugins.module_utils._api.retry import if_repeatable
from ansible_collections.ellipsis.drive.plugins.module_utils._api.sender import Sender
from ansible_collections.ellipsis.drive.plugins.module_utils._api.session import open_session
from ansible_collections.ellipsis.drive.tests.emulator import ManualClock
from ansible_collections.ellipsis.drive.tests.unit.module_utils.clients import Network

URL = "http://drive.invalid/v3"


@pytest.mark.parametrize(
    ("network", "options", "said_after", "line"),
    [
        (
            {},
            {},
            4,
            "Check api_url, and HTTPS_PROXY in the environment if a proxy leads there. Trying again for 56 more",
        ),
        ({}, {"timeout": 2}, 4.375, "Trying again for 56 more seconds (retry_time=60)."),
        ({}, {"timeout": 10, "retry_time": 5}, None, ""),
        ({}, {"retry_time": 0}, None, ""),
        ({"status": 503}, {}, 2.625, "GET /x answered 503. Trying again for 57 more seconds (retry_time=60)."),
        ({"status": 429, "Retry-After": "30"}, {}, 0, "GET /x answered 429. Trying again for 60 more seconds"),
        ({"status": 429, "Retry-After": "4"}, {"retry_time": 4}, None, ""),
        ({"status": 429, "Retry-After": "5"}, {"retry_time": 5}, 0, "Trying again for 5 more seconds (retry_time=5)."),
    ],
    ids=[
        "no connection",
        "short timeout",
        "one attempt",
        "no second attempt",
        "broken",
        "turned away",
        "soon",
        "later",
    ],
)
def test_who_waits_is_told(
    network: dict[str, Any], options: dict[str, Any], said_after: float | None, line: str
) -> None:
    clock, lines = ManualClock(0), []
    session = open_session("test")
    session.mount("http://", Network(clock, **network))
    sender = Sender(
        Connection(URL, **options),
        session,
        sleep=clock.sleep,
        monotonic=clock.now,
        jitter=lambda: 0.5,
        tell=lambda text: lines.append((clock.now(), text)),
    )
    with pytest.raises((ApiError, TransportError)):
        sender.send("GET", "/x", None, if_repeatable)
    assert [when for when, _text in lines] == ([] if said_after is None else [said_after])
    assert all(line in text for _when, text in lines)


@pytest.mark.parametrize(
    ("status", "headers", "retry_time", "waited", "attempts"),
    [
        (503, {}, 60, 47.625, 8),
        (503, {}, 3, 2.625, 4),
        (503, {}, 2, 1.125, 3),
        (503, {"Retry-After": "30"}, 60, 60, 3),
        (503, {"Retry-After": "30"}, 59, 30, 2),
        (503, {"Retry-After": "3600"}, 59, 0, 1),
        (429, {"Content-Type": "text/html", "Retry-After": "20"}, 45, 40, 3),
        (500, {}, 60, 0, 1),
    ],
)
def test_waits_end_with_the_retry_time(
    status: int, headers: dict[str, str], retry_time: int, waited: float, attempts: int
) -> None:
    """Together they are never longer, and nothing else is asked of a gateway that only says to come later."""
    clock = ManualClock(0)
    network = Network(clock, status, b"", **headers)
    session = open_session("test")
    session.mount("http://", network)
    connection = Connection(URL, retry_time=retry_time)
    sender = Sender(connection, session, sleep=clock.sleep, monotonic=clock.now, jitter=lambda: 0.5)
    with pytest.raises(ApiError, match=f"^GET /x answered {status}"):
        sender.send("GET", "/x", None, if_repeatable)
    assert clock.now() == waited
    assert network.asked == [f"{URL}/x"] * attempts


class Patient(Network):
    """Notes how long each attempt may take."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.timeouts: list[tuple[float, float]] = []

    def send(self, request: Any, stream: Any = False, timeout: Any = None, *args: Any, **more: Any) -> Any:
        self.timeouts.append(timeout)
        return super().send(request, stream, timeout, *args, **more)


@pytest.mark.parametrize(
    ("timeout", "retry_time", "timeouts"),
    [
        (10, 20, [(4, 10), (10, 10), (10, 10)]),
        (10, 10, [(4, 10), (10, 10)]),
        (10, 9, [(10, 10)]),
        (3, 6, [(3, 3), (3, 3)]),
    ],
)
def test_the_first_attempt_to_connect_is_short_if_there_is_time_for_another(
    timeout: int, retry_time: int, timeouts: list[tuple[int, int]]
) -> None:
    clock = ManualClock(0)
    network, session = Patient(clock), open_session("test")
    session.mount("http://", network)
    connection = Connection(URL, timeout=timeout, retry_time=retry_time)
    sender = Sender(connection, session, sleep=clock.sleep, monotonic=clock.now, jitter=lambda: 0.5)
    with pytest.raises(TransportError):
        sender.send("GET", "/x", None, if_repeatable)
    assert network.timeouts == timeouts


def test_who_waits_again_is_told_again() -> None:
    clock, lines = ManualClock(0), list[str]()
    network, session = Network(clock, 503, b"{}"), open_session("test")
    session.mount("http://", network)
    sender = Sender(
        Connection(URL), session, sleep=clock.sleep, monotonic=clock.now, jitter=lambda: 0.5, tell=lines.append
    )
    for status, told in ((503, 1), (503, 1), (200, 1), (503, 2)):
        network._status = status
        with suppress(ApiError):
            sender.send("GET", "/x", None, if_repeatable)
        assert len(lines) == told
