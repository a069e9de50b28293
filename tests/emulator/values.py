# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values that cross a door of the emulator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

JSON_TYPE = "application/json; charset=utf-8"
SECRET_KEYS = frozenset({"password", "secret", "token"})
HIDDEN = "(hidden)"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of(cls, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Request:
        """Both doors read a target with this, so that they cannot disagree."""
        parts = urlsplit(url)
        return cls(
            method=method.upper(),
            path=unquote(parts.path),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in headers.items()},
            body=body,
        )


@dataclass(frozen=True)
class Response:
    """An answer; `delay`, `cut_at` and `pace` are for the doors, which alone know how to wait and how to cut."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0
    cut_at: int | None = None
    pace: str = ""


@dataclass(frozen=True)
class JournalEntry:
    """One request that arrived. `url` is kept whole, so that a test can search it for secrets; the bodies hold none."""

    method: str
    path: str
    query: Mapping[str, str]
    url: str
    status: int | None
    at: float
    authorization: str
    carrier: str
    user_agent: str
    body: Any
    answer: Any


class ConnectionCut(Exception):
    """The connection ends without an answer."""


class ConnectionNeverMade(ConnectionCut):
    """The request does not reach the server."""


class ApiError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: HIDDEN if key in SECRET_KEYS else without_secrets(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return value
