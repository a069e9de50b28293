# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service a scenario talks to: an emulator, or the real one."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import requests

from ansible_collections.ellipsis.drive.tests.emulator import Emulator, Variant

TOKENS = "/account/security/accessToken"
# Whatever a broken run leaves behind is dead soon.
LIFETIME = 900

# The points the documentation leaves open, in the order they are told at the end of a live run.
POINTS = (
    "create answers an id",
    "keys of a listed token",
    "tier in the list",
    "path in the list",
    "keys of dates",
    "form of dates",
    "no end is shown as",
    "scope is listed",
    "secret is listed",
    "spelling returned",
    "spellings accepted",
    "fullView accepted",
    "no fence is shown as",
    "pageStart is",
    "order of the list",
    "size is listed",
    "form of errors",
    "answer to a revocation",
    "status of revoking twice",
    "seconds until a revoked token is refused",
    "seconds until a new token works",
    "status of an access token at the token calls",
    "status of GET /path with scope ogc",
    "status of WMS with scope ogc",
    "yourAccess names the tier",
    "Date header",
    "clock of the service less ours, seconds",
    "status of an unknown path",
    "status of an unknown tier",
    "status of a description too long",
    "status of validFor 0",
    "status of a path twice",
)


@dataclass(frozen=True)
class Created:
    id: str
    secret: str
    entry: Mapping[str, Any]


@dataclass
class Service:
    """`emulator` is None for the real service; `findings` gathers what a live run settles."""

    base_url: str
    session: requests.Session
    token: str
    path_id: str
    findings: dict[str, str]
    emulator: Emulator | None = None
    prefix: str = field(default_factory=lambda: f"contract test {uuid4().hex[:12]}")

    @property
    def variant(self) -> Variant | None:
        return None if self.emulator is None else self.emulator.variant

    def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = "", query: Any = None
    ) -> requests.Response:
        """With the credentials of the account, unless `token` says otherwise; None is without any."""
        bearer = self.token if token == "" else token
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        texts = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in (query or {}).items()
            if value is not None
        }
        return self.session.request(
            method, self.base_url + path, json=body, headers=headers, params=texts, timeout=60, allow_redirects=False
        )

    def create(self, name: str = "", tier: str = "view", access: Any = None, **fields: Any) -> requests.Response:
        entry = {"pathId": self.path_id, "access": {"accessTier": tier, **(access or {})}}
        body = {"description": f"{self.prefix} {name}", "accessList": [entry], "validFor": LIFETIME, **fields}
        return self.call("POST", TOKENS, {key: value for key, value in body.items() if value is not None})

    def new_token(self, name: str = "", **fields: Any) -> Created:
        """Creates, and finds what was created in the list, since the answer need not tell the id."""
        before = {token["id"] for token in self.mine()}
        response = self.create(name, **fields)
        assert response.status_code == 200, response.text
        (entry,) = (token for token in self.mine() if token["id"] not in before)
        return Created(entry["id"], response.json()["token"], entry)

    def pages(self, size: int | None = None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        start: Any = None
        while True:
            response = self.call("GET", TOKENS, query={"pageSize": size, "pageStart": start})
            assert response.status_code == 200, response.text
            found.append(response.json())
            start = found[-1]["nextPageStart"]
            if start is None:
                return found

    def mine(self) -> list[dict[str, Any]]:
        """The tokens of this scenario, in the order of the list; the account's others are none of its business."""
        listed = [token for page in self.pages() for token in page["result"]]
        return [token for token in listed if token["description"].startswith(self.prefix)]

    def clean(self) -> None:
        for token in self.mine():
            self.call("DELETE", f"{TOKENS}/{token['id']}")

    def wait(self, seconds: float) -> None:
        if self.emulator is None:
            time.sleep(seconds)
        else:
            self.emulator.advance(seconds)

    def now(self) -> float:
        return time.time() if self.emulator is None else self.emulator.clock.now()

    def settle(self, point: str, reading: object, field_name: str | None = None) -> None:
        """Writes down how the service is; of an emulator it is known, so that the reading itself is tested."""
        assert point in POINTS
        if self.variant is None:
            self.findings[point] = str(reading)
        elif field_name is not None:
            assert reading == getattr(self.variant, field_name), point
