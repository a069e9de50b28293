# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Durations, lifetimes and margins as people write them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ellipsis.drive.plugins.module_utils._model.durations import (
    LONGEST,
    Margin,
    format_duration,
    parse_duration,
    parse_lifetime,
    parse_margin,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError

SECONDS = [
    ("0", 0),
    ("90s", 90),
    ("5m", 300),
    ("12h", 43200),
    ("90d", 7776000),
    ("2w", 1209600),
    (" 1 d ", 86400),
    ("36500d", LONGEST),
]
NO_DURATION = ["", " ", "d", "-1", "-1d", "1.5h", "1 year", "1y", "1D", "1d2h", "never", "1e3", "36501d", "9" * 13, "½"]


@pytest.mark.parametrize(("text", "seconds"), SECONDS)
def test_duration(text: str, seconds: int) -> None:
    assert parse_duration("overlap", text) == seconds


@pytest.mark.parametrize("text", NO_DURATION)
def test_no_duration(text: str) -> None:
    with pytest.raises(OptionError) as caught:
        parse_duration("overlap", text)
    assert str(caught.value) == (
        f"overlap: {text!r} is not a duration of at most 100 years; write a number followed by w, d, h, m or s, such as "
        "90d or 12h"
    )


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("90", "90d for days or 90s for seconds"),
        (" 3600 ", "3600d for days or 1h for seconds"),
        ("36500", "36500d for days or 36500s for seconds"),
        ("36501", "36501s for seconds"),
        (str(LONGEST), "36500d for seconds"),
        (str(LONGEST + 1), "a duration of at most 100 years, such as 90d"),
    ],
)
@pytest.mark.parametrize(
    ("option", "parse", "more"),
    [("overlap", parse_duration, ""), ("renew_within", parse_margin, ""), ("valid_for", parse_lifetime, ", or never")],
)
def test_a_number_needs_a_unit(
    text: str, readings: str, option: str, parse: Callable[[str, str], object], more: str
) -> None:
    with pytest.raises(OptionError) as caught:
        parse(option, text)
    assert str(caught.value) == f"{option}: {text!r} has no unit; write {readings}{more}"


@pytest.mark.parametrize(("text", "seconds"), [*SECONDS[1:], ("never", 0), (" never ", 0)])
def test_lifetime(text: str, seconds: int) -> None:
    assert parse_lifetime("valid_for", text) == seconds


@pytest.mark.parametrize(
    ("text", "remedy"),
    [("0", "or never"), ("0d", "or never"), ("Never", "or never"), ("-5d", "or never"), ("nevermore", "or never")],
)
def test_no_lifetime(text: str, remedy: str) -> None:
    with pytest.raises(OptionError, match=rf"^valid_for: '{text}' .*{remedy}$"):
        parse_lifetime("valid_for", text)


@pytest.mark.parametrize(
    ("text", "margin", "of_a_day"),
    [
        ("33%", Margin(share=0.33), 28512),
        ("0%", Margin(share=0.0), 0),
        (" 99 % ", Margin(share=0.99), 85536),
        ("2h", Margin(seconds=7200), 7200),
        ("0", Margin(), 0),
    ],
)
def test_margin(text: str, margin: Margin, of_a_day: float) -> None:
    assert parse_margin("renew_within", text) == margin
    assert margin.of(86400) == pytest.approx(of_a_day)


@pytest.mark.parametrize("text", ["100%", "250%", "999%"])
def test_too_much_margin(text: str) -> None:
    with pytest.raises(OptionError, match=f"^renew_within: '{text}' would renew on every run; .*below 100"):
        parse_margin("renew_within", text)


@pytest.mark.parametrize("text", ["1000%", "-1%", "33.3%", "%", "never"])
def test_no_margin(text: str) -> None:
    with pytest.raises(OptionError, match=r"^renew_within: .* is not a duration"):
        parse_margin("renew_within", text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "never"), (7776000, "90d"), (86400, "1d"), (5400, "90m"), (7200, "2h"), (61, "61s"), (604800, "7d")],
)
def test_format(seconds: int, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(0, LONGEST))
def test_what_is_shown_can_be_written(seconds: int) -> None:
    assert parse_lifetime("valid_for", format_duration(seconds)) == seconds
