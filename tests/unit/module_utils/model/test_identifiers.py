# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be an id, what can be a token, and how a text of the server is quoted (law 16)."""

from __future__ import annotations

import re

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import Refused
from ansible_collections.ellipsis.drive.plugins.module_utils._model.identifiers import (
    address_part,
    check_ids,
    is_bearer,
    is_id,
    shortened,
)

ID, OTHER_ID = "0123abcd-4567-89ef-0123-456789abcdef", "1123abcd-4567-89ef-0123-456789abcdef"


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        (ID, True),
        (ID.upper(), True),
        (ID[1:], False),
        (ID[:-1], False),
        ("0" + ID, False),
        (ID + "0", False),
        (ID + "\n", False),
        (" " + ID, False),
        (ID.replace("-", ""), False),
        (ID.replace("a", "g"), False),
        ("", False),
        (None, False),
        (7, False),
        ([ID], False),
    ],
)
def test_an_id_is_a_uuid(text: object, possible: bool) -> None:
    assert is_id(text) is possible


def test_only_an_id_goes_into_an_address() -> None:
    assert address_part(ID) == ID
    assert address_part(ID.upper()) == ID.upper()
    with pytest.raises(Refused) as caught:
        address_part("../../path")
    assert str(caught.value) == (
        "'../../path' is not a UUID, as every id of the API is, so no request is made with it."
    )


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("!", True),
        ("~", True),
        ("eyJ.x-_~+/=", True),
        ("x" * 8192, True),
        ("x" * 8193, False),
        ("", False),
        (" ", False),
        ("a b", False),
        ("a\n", False),
        ("\x7f", False),
        ("é", False),
        (None, False),
        (7, False),
        (b"a", False),
    ],
    ids=lambda value: ascii(value)[:12],
)
def test_a_token_is_one_line_of_ascii_without_spaces(text: object, possible: bool) -> None:
    assert is_bearer(text) is possible


@pytest.mark.parametrize("token_ids", [[], [ID], [ID, OTHER_ID, ID.upper()]])
def test_tokens_with_ids_may_be_revoked(token_ids: list[str]) -> None:
    check_ids("'tiles'", token_ids)


@pytest.mark.parametrize(
    ("token_ids", "named"),
    [(["x"], "x"), ([ID, "x"], "x"), (["x", ID], "x"), (["y", "x", "x"], "x"), ([ID, "9" * 61], "9" * 60 + "…")],
)
def test_one_that_is_no_id_is_named_before_anything_is_revoked(token_ids: list[str], named: str) -> None:
    """Of several the first one in their order, so that it is the same one on every run."""
    words = (
        f"'tiles' would revoke a token that the server lists with the id {named!r}. That is not a UUID, as every id of the API "
        "is, so no request is made with it; revoke that token in the web application. Nothing was written."
    )
    with pytest.raises(Refused, match=f"^{re.escape(words)}$"):
        check_ids("'tiles'", token_ids)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", "''"),
        ("a\nb", r"'a\nb'"),
        ("a" * 59, "'" + "a" * 59 + "'"),
        ("a" * 60, "'" + "a" * 60 + "'"),
        ("a" * 61, "'" + "a" * 60 + "…'"),
        ("a" * 60 + "b" * 60, "'" + "a" * 60 + "…'"),
    ],
    ids=lambda text: f"{text[:4]!a} {len(text)}",
)
def test_a_text_of_the_server_is_quoted(text: str, quoted: str) -> None:
    assert shortened(text) == quoted
