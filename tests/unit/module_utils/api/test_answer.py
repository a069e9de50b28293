# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of an answer: JSON that no program can choke on, text, and dates."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NoReturn

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._api import answer
from ansible_collections.ellipsis.drive.plugins.module_utils._api.answer import Answer, http_date, read_json


@pytest.fixture(autouse=True)
def zone() -> Iterator[None]:
    """The zone of the process is as it was before."""
    yield
    time.tzset()


@pytest.mark.parametrize(
    "body",
    [
        *(b"[" * depth + b"]" * depth for depth in (102, 1000, 100_000)),
        *(b'{"a":' * depth + b"1" + b"}" * depth for depth in (102, 100_000)),
        b"1" * 41,
        b"-" + b"1" * 40,
        b"9" * 1_000_000,
        b'{"a": NaN}',
        b"-Infinity",
        b"",
        b"\xff",
        b'{"a": 1} x',
    ],
    ids=lambda body: body[:6] + str(len(body)).encode(),
)
def test_what_no_program_should_read(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"nested more than 100|is not JSON"):
        read_json(body)


def test_what_it_should() -> None:
    assert read_json(b"[" * 101 + b"]" * 101)
    assert read_json(b'{"a":' * 101 + b"1" + b"}" * 101)
    assert read_json(b"1" * 40) == int("1" * 40) and read_json(b"-" + b"1" * 39) == -int("1" * 39)
    assert read_json(b'{"a": [1, 2.5, null, "\\u00e9"]}') == {"a": [1, 2.5, None, "é"]}


def test_text_and_date() -> None:
    said = Answer("GET", "/x", 200, {"Date": "Fri, 15 Jan 2027 08:00:00 GMT"}, b'"\xc3\xa9\xff"')
    assert (said.text, said.date) == ('"é\N{REPLACEMENT CHARACTER}"', 1800000000.0)
    assert Answer("GET", "/x", 200, {}, b"").date is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Fri, 15 Jan 2027 08:00:00 GMT", 1800000000.0),
        ("15 Jan 2027 09:00:00 +0100", 1800000000.0),
        ("", None),
        (" ", None),
        ("yesterday", None),
        ("Fri, 32 Jan 2027 08:00:00 GMT", None),
        ("Fri, 15 Jan 99999 08:00:00 GMT", None),
        ("Fri, 15 Jan 99999999999999999999 08:00:00 GMT", None),
        ("Fri, 15 Jan 2027 08:00:00 +9999999999999999999", None),
        # What HTTP allows, too: without a zone, which means UTC.
        ("Fri Jan 15 08:00:00 2027", 1800000000.0),
        ("Friday, 15-Jan-27 08:00:00 GMT", 1800000000.0),
        ("Fri, 15 Jan 2027 08:00:00 -0000", 1800000000.0),
    ],
)
def test_dates(text: str, seconds: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the controller is."""
    for zone in ("UTC", "NZST-12"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert http_date(text) == seconds


@pytest.mark.parametrize("error", [TypeError, ValueError, IndexError, OverflowError])
def test_what_python_says_of_a_date_that_is_none(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of these come from versions that hosts have, but no test."""

    def refuse(_text: str) -> NoReturn:
        raise error

    monkeypatch.setattr(answer, "parsedate_to_datetime", refuse)
    assert http_date("Fri, 15 Jan 2027 08:00:00 GMT") is None
