# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of requests: their kinds, their words, and what is masked in them."""

from __future__ import annotations

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import (
    ApiError,
    Missing,
    Unauthorized,
    api_error,
    explained,
    hidden,
    scrub,
)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ApiError),
        (401, Unauthorized),
        (402, ApiError),
        (403, Unauthorized),
        (404, Missing),
        (405, ApiError),
        (500, ApiError),
    ],
)
def test_kinds_of_refusals(status: int, kind: type[ApiError]) -> None:
    error = api_error("GET", "/x", status, "No.", retry_after=7.0)
    assert type(error) is kind
    assert (error.method, error.path, error.status, error.text, error.retry_after) == ("GET", "/x", status, "No.", 7.0)
    # What is known of it stays known when it is explained.
    again = explained(error, "Ask")
    assert (type(again), str(again), again.retry_after) == (kind, f"GET /x answered {status}: No. Ask", 7.0)


@pytest.mark.parametrize(
    ("text", "hint", "words"),
    [
        ("", "", "GET /x answered 400"),
        ("No.", "", "GET /x answered 400: No."),
        ("No.", "Ask", "GET /x answered 400: No. Ask"),
        ("", "Ask", "GET /x answered 400. Ask"),
    ],
)
def test_words(text: str, hint: str, words: str) -> None:
    error = api_error("GET", "/x", 400, text)
    assert str(explained(error, hint)) == words
    assert (explained(error, hint) is error) == (not hint)


def test_the_longest_secret_is_masked_first() -> None:
    """Or the rest of it would be left of one that begins like a shorter one."""
    assert hidden("a test-1 and a test-1-more", ["test-1", "", "test-1-more"]) == "a ******** and a ********"
    assert hidden("a test-1 and a test-1-more", ["test-1-more", "test-1"]) == "a ******** and a ********"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("bad epat_test1 here", "bad ******** here"),
        ("xepat_test1", "xepat_test1"),
        ("Bearer  test.1-2, gone", "******** gone"),
        ("at https://x/v3?token=test&a=1", "at https://x/v3?token=********&a=1"),
        ("at https://x/v3?a=1&ACCESS_TOKEN=test", "at https://x/v3?a=1&ACCESS_TOKEN=********"),
        ("?password=test 'x'", "?password=******** 'x'"),
        ("the secret one", "the ******** one"),
        (" two\n lines\t", "two lines"),
        ("half \ud800 a pair", "half ? a pair"),
    ],
)
def test_what_is_fit_for_a_message(text: str, shown: str) -> None:
    assert scrub(text, ["secret"]) == shown


@pytest.mark.parametrize(("length", "shown"), [(299, 299), (300, 300), (301, 300)])
def test_a_message_has_300_characters_of_a_server(length: int, shown: int) -> None:
    text = ("0123456789" * 31)[:length]
    assert scrub(text) == text[:shown] + ("…" if shown < length else "")
