# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a request goes out, by which certificates and for how long, and which answers are those of the API."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from ansible_collections.ellipsis.drive.plugins.module_utils._api.answer import Answer
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import TransportError
from ansible_collections.ellipsis.drive.plugins.module_utils._api.sender import Sender, is_usable
from ansible_collections.ellipsis.drive.plugins.module_utils._api.session import Bearer, open_session
from ansible_collections.ellipsis.drive.tests.emulator import ManualClock
from ansible_collections.ellipsis.drive.tests.unit.module_utils.clients import Network


class Noted(BaseAdapter):
    """Notes how a request was to be sent, and sends none."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []

    def send(self, request: Any, *_arguments: Any, **how: Any) -> Any:
        self.sent.append({"authorization": request.headers.get("Authorization"), **how})
        raise requests.exceptions.ConnectionError("cut")

    def close(self) -> None:
        pass


def sent(auth: Bearer | None = None, **options: Any) -> list[dict[str, Any]]:
    """All tries of one request."""
    network, session = Noted(), open_session("test")
    session.mount("https://", network)
    connection = Connection(api_url="https://drive.invalid/v3", api_token="test-login-token", **options)
    sender = Sender(connection, session, sleep=lambda _seconds: None, monotonic=lambda: 0.0)
    with pytest.raises(TransportError):
        sender.send("GET", "/x", auth, lambda _error: len(network.sent) < 2)
    return network.sent


@pytest.mark.parametrize(
    ("options", "verify"),
    [
        ({}, True),
        ({"ca_path": "/etc/ca.pem"}, "/etc/ca.pem"),
        ({"validate_certs": False}, False),
        ({"validate_certs": False, "ca_path": "/etc/ca.pem"}, False),
    ],
)
def test_certificates(options: dict[str, Any], verify: bool | str) -> None:
    assert [each["verify"] for each in sent(**options)] == [verify, verify]


@pytest.mark.parametrize(
    ("options", "timeouts"),
    [
        ({"timeout": 20}, [(4.0, 20), (20, 20)]),
        ({"timeout": 3}, [(3, 3), (3, 3)]),
        # There would be nobody to tell.
        ({"timeout": 20, "retry_time": 19}, [(20, 20), (20, 20)]),
        ({"timeout": 20, "retry_time": 20}, [(4.0, 20), (20, 20)]),
    ],
)
def test_the_first_try_gives_up_connecting_early(options: dict[str, Any], timeouts: list[tuple[float, float]]) -> None:
    assert [each["timeout"] for each in sent(**options)] == timeouts


def test_authorization() -> None:
    assert [each["authorization"] for each in sent()] == [None, None]
    assert sent(Bearer("test-access-token"))[0]["authorization"] == "Bearer test-access-token"


@pytest.mark.parametrize(("token", "shown"), [("test-login-token-of-20", False), ("short-test-token", True)])
def test_a_known_token_is_masked_in_answers(token: str, *, shown: bool) -> None:
    """Wherever a server has written it; what is shorter than any token may be a word."""
    session = open_session("test")
    session.mount("https://", Network(ManualClock(), 200, json.dumps({"text": f"it is {token}"}).encode()))
    sender = Sender(Connection(api_url="https://drive.invalid/v3", api_token=token), session)
    assert (token in sender.send("GET", "/x", None, lambda _error: False).text) is shown
    # The answer to a creation is what it is.
    assert token in sender.send("POST", "/x", None, lambda _error: False).text


@pytest.mark.parametrize(
    ("status", "body", "usable"),
    [
        (200, {}, True),
        (299, {}, True),
        (300, {}, False),
        (300, {"status": 300}, True),
        (400, {"status": 400}, True),
        (400, {"status": 401}, False),
        (400, {"status": 399}, False),
        (400, {}, False),
        (403, {"status": 403}, True),
        (406, {"status": 406}, True),
        (404, {"status": 404}, False),
        (405, {"status": 405}, False),
        (200, [], False),
        (200, "text", False),
    ],
)
def test_what_only_the_api_answers(status: int, body: Any, *, usable: bool) -> None:
    assert is_usable(Answer("GET", "/x", status, {}, json.dumps(body).encode())) is usable


def test_what_is_no_json_is_not_of_the_api() -> None:
    assert not is_usable(Answer("GET", "/x", 200, {}, b"<html>"))
