# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of an answer: whether it is the API's, what is said of it, and what is masked in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import ApiError, NotTheApi, TransportError
from ansible_collections.ellipsis.drive.plugins.module_utils._api.sender import Sender, json_of
from ansible_collections.ellipsis.drive.plugins.module_utils._api.session import open_session
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.tests.emulator import ManualClock
from ansible_collections.ellipsis.drive.tests.unit.module_utils.clients import API, Network

HTML = {"Content-Type": "text/html"}


def never(_error: EllipsisError) -> bool:
    return False


def sender_of(network: Network, token: str = "test-login-token") -> Sender:
    session = open_session("test")
    session.mount("http://", network)
    return Sender(Connection(API, api_token=token), session)


def answering(status: int, body: bytes | dict[str, Any], **headers: str) -> Network:
    return Network(ManualClock(), status, body if isinstance(body, bytes) else json.dumps(body).encode(), **headers)


def refusal(status: int, body: bytes | dict[str, Any]) -> str:
    """What is said of an answer of the API, which is known already."""
    network = answering(200, {})
    sender = sender_of(network)
    sender.send("GET", "/known", None, never)
    network._status, network._body = status, body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(ApiError) as caught:
        sender.send("GET", "/x", None, never)
    assert caught.value.status == status
    return str(caught.value)


@pytest.mark.parametrize(("status", "good"), [(199, False), (200, True), (204, True), (299, True), (300, False)])
def test_which_answers_are_good(status: int, *, good: bool) -> None:
    if good:
        assert sender_of(answering(status, {})).send("GET", "/x", None, never).status == status
    else:
        assert refusal(status, {}).startswith(f"GET /x answered {status}")


@pytest.mark.parametrize(
    ("status", "asked"), [(400, 2), (428, 2), (429, 1), (430, 2), (499, 2), (500, 1), (501, 1), (503, 1)]
)
def test_after_which_answers_the_address_is_doubted(status: int, asked: int) -> None:
    """What is busy or broken can't tell."""
    network = answering(status, b"no")
    with pytest.raises(NotTheApi if asked > 1 else ApiError):
        sender_of(network).send("GET", "/x", None, never)
    assert network.asked == [f"{API}/x", API][:asked]


@pytest.mark.parametrize(("spaces", "is_api"), [(19_992, True), (19_993, False)])
def test_how_much_of_a_base_address_is_read(spaces: int, *, is_api: bool) -> None:
    sender = sender_of(answering(200, b" " * spaces + b"ellipsis"))
    if is_api:
        sender.doubt()
    else:
        with pytest.raises(NotTheApi):
            sender.doubt()


def test_how_many_words_of_a_stranger_are_said() -> None:
    with pytest.raises(NotTheApi) as caught:
        sender_of(answering(404, b"0123456789" * 11, **HTML)).send("GET", "/x", None, never)
    assert f"answered 404 (text/html): {'0123456789' * 10}. Set api_url" in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [b" " * 19_999 + b"xy", b"<html>" + b" " * 19_993 + b"xy", {"message": " " * 19_999 + "xy"}],
    ids=["text", "page", "message"],
)
def test_how_much_of_a_refusal_is_read(body: bytes | dict[str, Any]) -> None:
    assert refusal(500, body) == "GET /x answered 500: x"


@pytest.mark.parametrize(
    "body", [b"it is test-login-token", {"message": "it is test-login-token"}, ["it is test-login-token"]]
)
def test_no_secret_is_in_a_refusal(body: Any) -> None:
    assert "it is ********" in refusal(500, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        ("ab", "in ab", "in ********"),
        ("a\nabc abcd", "a abc abcd", "a abc ********"),
        ("täst1-test2", "st1-test2 t", "******** t"),
        ("a\nb", "a b", "a b"),
    ],
)
def test_a_secret_is_known_by_its_parts(secret: str, text: str, shown: str) -> None:
    """Those that are long enough: a server may write it in another way."""
    sender = sender_of(answering(500, text.encode()))
    sender.hide(secret)
    with pytest.raises(ApiError, match="answered 500") as caught:
        sender.send("GET", "/x", None, never)
    assert str(caught.value) == f"GET /x answered 500: {shown}".rstrip()


@pytest.mark.parametrize(
    ("token", "masked"),
    [
        ("a-token-of-19-chars", False),
        ("a-token-of--20-chars", True),
        # One that comes before the mask in the order of characters.
        ("!-token-of--20-chars", True),
        ("~-token-of--20-chars", True),
    ],
)
@pytest.mark.parametrize("told", ["first", "later", "after others"])
def test_what_is_long_enough_is_masked_in_what_is_read(token: str, told: str, *, masked: bool) -> None:
    text = f"it is {token}"
    sender = sender_of(answering(200, {"text": text}), *([token] if told == "first" else []))
    if told == "after others":
        sender.hide("another-token-of-25-chars")
    if told != "first":
        sender.hide(token)
    read = {method: json_of(sender.send(method, "/x", None, never))["text"] for method in ("GET", "POST", "DELETE")}
    assert read == {"GET": "it is ********" if masked else text, "POST": text, "DELETE": text}


def test_what_has_no_token_in_it_is_as_it_came() -> None:
    """Byte by byte, even where it begins like one."""
    network = answering(200, b'{"text": "test"}')
    sender = sender_of(network, "test-login-token-of-24")
    sender.send("GET", "/x", None, never)
    network._body = b'"test \xff"'
    assert sender.send("GET", "/x", None, never).body == network._body


def test_what_is_no_json_can_not_be_used() -> None:
    network = answering(200, {})
    sender = sender_of(network)
    assert json_of(sender.send("GET", "/x", None, never)) == {}
    network._body = b"no"
    with pytest.raises(
        TransportError, match=r"^GET /v3/x answered 200 but not in JSON that can be read: it is not JSON$"
    ):
        json_of(sender.send("GET", "/x", None, never))
