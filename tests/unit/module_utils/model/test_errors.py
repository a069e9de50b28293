# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts of servers and libraries are made fit for a message."""

from __future__ import annotations

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import (
    ApiError,
    Missing,
    Unauthorized,
    api_error,
    scrub,
)


@pytest.mark.parametrize(
    ("text", "secrets", "clean"),
    [
        ("", (), ""),
        ("No such path.", (), "No such path."),
        ("two\n  lines\t", (), "two lines"),
        ("token hunter2 is bad", ("hunter2",), "token ******** is bad"),
        ("hunter22 and hunter2", ("hunter2", "hunter22"), "******** and ********"),
        ("nothing to hide", ("",), "nothing to hide"),
        ("epat_abc123 is revoked", (), "******** is revoked"),
        ("Authorization: Bearer abc.def", (), "Authorization: ********"),
        ("authorization: bearer abc", (), "authorization: ********"),
        ('{"token": "epat_abc"}', (), '{"token": "********"}'),
        ("GET /x?token=abc&y=1", (), "GET /x?token=********&y=1"),
        ("GET /x?y=1&password=a b", (), "GET /x?y=1&password=******** b"),
        ("GET /x?y=1&Access_Token=abc", (), "GET /x?y=1&Access_Token=********"),
        ("a" * 300, (), "a" * 300),
        ("a" * 301, (), "a" * 300 + "…"),
        ("a" * 296 + " secret", ("secret",), "a" * 296 + " ***…"),
    ],
)
def test_scrub(text: str, secrets: tuple[str, ...], clean: str) -> None:
    assert scrub(text, secrets) == clean


@pytest.mark.parametrize(
    ("status", "kind"), [(400, ApiError), (401, Unauthorized), (403, Unauthorized), (404, Missing), (500, ApiError)]
)
def test_kind_of_a_status(status: int, kind: type[ApiError]) -> None:
    assert api_error("GET", "/x", status, "").__class__ is kind


def test_sentence() -> None:
    assert str(api_error("GET", "/x", 401, "Expired.", hint="Check api_token")) == (
        "GET /x answered 401: Expired.. Check api_token"
    )
    assert str(api_error("GET", "/x", 500, "")) == "GET /x answered 500"
