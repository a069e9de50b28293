# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the words and the status of a refusal are taken for."""

from __future__ import annotations

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._api.hints import creation_hint, is_page, kind_hint


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("<HTML>", True),
        ("<!DOCTYPE x>", True),
        ("<p>", False),
        ("", False),
        # Where a page begins is looked for in the first 1,000 characters.
        (" " * 995 + "<html>", True),
        (" " * 996 + "<html>", False),
    ],
    ids=["html", "doctype", "other", "nothing", "late", "too late"],
)
def test_what_a_page_is(text: str, *, page: bool) -> None:
    assert is_page(text) is page


@pytest.mark.parametrize(
    ("token", "status", "words"),
    [
        (None, 401, "The login worked, but its account may not manage access tokens"),
        (None, 403, "The login worked, but its account may not manage access tokens"),
        (
            "epat_test",
            401,
            "api_token is an access token, since it starts with epat_. Managing access tokens needs a login",
        ),
        (
            "epat_test",
            403,
            "api_token is an access token, since it starts with epat_. Managing access tokens needs a login",
        ),
        ("test", 401, "api_token is unknown here or has ended: login tokens live for a day unless more was asked for"),
        ("test", 403, "api_token is known but not of the right kind: an OAuth token is refused like this. Managing"),
        ("test", 400, "api_token is known but not of the right kind"),
        ("test", 402, "api_token is known but not of the right kind"),
    ],
)
def test_kinds_of_credentials(token: str | None, status: int, words: str) -> None:
    assert kind_hint(token, status).startswith(words)


@pytest.mark.parametrize("status", [400, 402, 403, 404, 409])
def test_only_a_403_is_about_paths(status: int) -> None:
    """Where the words say nothing."""
    hint = creation_hint(60, status, "No")
    assert hint == (
        "The account needs at least access_tier itself on every path of access_list" if status == 403 else ""
    )
