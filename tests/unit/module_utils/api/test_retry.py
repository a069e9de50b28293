# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which failures may be repeated, and after how long."""

from __future__ import annotations

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import (
    NoServer,
    Oversized,
    Rejected,
    TransportError,
    Unsent,
    api_error,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._api.retry import (
    asked_pause,
    if_nothing_happened,
    if_repeatable,
    if_unsent,
    is_ambiguous,
    pause,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError, OptionError


def status(code: int) -> EllipsisError:
    return api_error("POST", "/x", code, "")


# repeatable (GET, DELETE), nothing happened (POST), unsent (password), ambiguous (POST)
@pytest.mark.parametrize(
    ("error", "answers"),
    [
        (Unsent("x"), (True, True, True, False)),
        (NoServer("x"), (False, False, False, False)),
        (Rejected("x"), (False, False, False, False)),
        (TransportError("x"), (True, False, False, True)),
        (Oversized("x"), (False, False, False, True)),
        (status(429), (True, True, False, False)),
        (status(428), (False, False, False, False)),
        (status(430), (False, False, False, False)),
        (status(499), (False, False, False, False)),
        (status(500), (False, False, False, True)),
        (status(501), (False, False, False, True)),
        (status(502), (True, False, False, True)),
        (status(503), (True, False, False, True)),
        (status(504), (True, False, False, True)),
        (status(505), (False, False, False, True)),
        (status(400), (False, False, False, False)),
        (status(401), (False, False, False, False)),
        (status(403), (False, False, False, False)),
        (status(404), (False, False, False, False)),
        (status(409), (False, False, False, False)),
        (OptionError("x"), (False, False, False, False)),
    ],
    ids=lambda value: str(value) if isinstance(value, EllipsisError) else "",
)
def test_kinds(error: EllipsisError, answers: tuple[bool, ...]) -> None:
    assert (if_repeatable(error), if_nothing_happened(error), if_unsent(error), is_ambiguous(error)) == answers


@pytest.mark.parametrize(
    ("attempt", "asked", "jitter", "seconds"),
    [
        (1, None, 0.0, 0.25),
        (1, None, 1.0, 0.5),
        (2, None, 1.0, 1.0),
        (5, None, 0.0, 4.0),
        (7, None, 1.0, 32.0),
        (8, None, 1.0, 60.0),
        (8, None, 0.0, 30.0),
        (50, None, 1.0, 60.0),
        (10_000, None, 1.0, 60.0),
        (1, 7.0, 0.0, 7.0),
        (1, 0.0, 0.0, 1.0),
        (1, 1.5, 0.0, 1.5),
        (1, 59.0, 0.0, 59.0),
        (1, 61.0, 0.0, 60.0),
        (1, -30.0, 0.0, 1.0),
        (1, 3600.0, 0.0, 60.0),
        (1, float("inf"), 0.0, 60.0),
    ],
)
def test_pause(attempt: int, asked: float | None, jitter: float, seconds: float) -> None:
    assert pause(attempt, asked, jitter) == seconds


DATE, LATER = "Fri, 15 Jan 2027 08:00:00 GMT", "Fri, 15 Jan 2027 08:00:09 GMT"
HERE = 1800000000.0  # 8:00:00 of that day


@pytest.mark.parametrize(
    ("retry_after", "date", "now", "seconds"),
    [
        (None, DATE, HERE, None),
        ("7", DATE, HERE, 7.0),
        (" 7 ", None, HERE, 7.0),
        ("9" * 5000, None, HERE, float("inf")),
        ("", DATE, HERE, None),
        ("-7", DATE, HERE, None),
        ("²", DATE, HERE, None),
        ("\N{ARABIC-INDIC DIGIT SEVEN}", DATE, HERE, None),
        ("1.5", DATE, HERE, None),
        ("soon", DATE, HERE, None),
        (LATER, DATE, HERE - 3600, 9.0),
        (DATE, LATER, HERE, -9.0),
        (LATER, None, HERE, 9.0),
        (LATER, "yesterday", HERE, 9.0),
        ("Fri, 15 Jan 2027 25:61:61 GMT", DATE, HERE, None),
    ],
)
def test_asked_pause(retry_after: str | None, date: str | None, now: float, seconds: float | None) -> None:
    headers = {"Retry-After": retry_after, "Date": date}
    assert asked_pause({name: value for name, value in headers.items() if value is not None}, now) == seconds
