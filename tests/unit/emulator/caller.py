# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls an emulator the short way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ansible_collections.ellipsis.drive.tests.emulator import PATHS, USER_TOKEN, Emulator, Request, Response

TOKENS = "/account/security/accessToken"
ROADS = PATHS["Projects/Roads"]


@dataclass(frozen=True)
class Caller:
    emulator: Emulator

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = USER_TOKEN,
        query: Mapping[str, Any] | None = None,
    ) -> Response:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        texts = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in (query or {}).items()
            if value is not None
        }
        url = f"/v3{path}?{urlencode(texts)}" if texts else f"/v3{path}"
        content = b"" if body is None else json.dumps(body).encode()
        return self.emulator.handle(Request.of(method, url, headers, content))

    def create(self, token: str = USER_TOKEN, **fields: Any) -> Response:
        return self("POST", TOKENS, {**wish(), **fields}, token=token)

    def secret(self, **fields: Any) -> str:
        response = self.create(**fields)
        assert response.status == 200, response
        secret: str = read(response)["token"]
        return secret

    def listed(self, **query: Any) -> list[dict[str, Any]]:
        """Every page, as a client has to read it."""
        found: list[dict[str, Any]] = []
        start: Any = None
        while True:
            answer = read(self("GET", TOKENS, query={**query, "pageStart": start}))
            found += answer["result"]
            start = answer["nextPageStart"]
            if start is None:
                return found


def wish(path: str = ROADS, tier: str = "view", **access: Any) -> dict[str, Any]:
    return {"description": "tiles", "accessList": [{"pathId": path, "access": {"accessTier": tier, **access}}]}


def read(response: Response) -> Any:
    return json.loads(response.body)
