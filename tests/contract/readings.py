# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads from an answer how the service is at a point that its documentation leaves open."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from ansible_collections.ellipsis.drive.tests.emulator.variant import DATE_KEYS

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_SQL = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?")
_YEAR_3000 = 32_503_680_000


def tier_shape(entry: Mapping[str, Any]) -> str:
    if not entry.get("accessList"):
        return "bare"
    found = [name for name in ("accessTier", "accessLevel") if name in entry["accessList"][0].get("access", {})]
    return "both" if len(found) == 2 else "".join(found) or "neither"


def path_shape(entry: Mapping[str, Any]) -> str:
    return next((name for name in ("pathId", "path") if name in entry["accessList"][0]), "neither")


def date_keys(entry: Mapping[str, Any]) -> str:
    pairs = [(name, pair) for name, pair in DATE_KEYS.items() if pair is not None]
    return next((name for name, pair in pairs if pair[0] in entry), "none")


def created_and_expires(entry: Mapping[str, Any]) -> tuple[Any, Any]:
    pair = DATE_KEYS[date_keys(entry)]
    return (None, None) if pair is None else (entry.get(pair[0]), entry.get(pair[1]))


def date_form(value: Any) -> str:
    if isinstance(value, int):
        return "seconds" if value < _YEAR_3000 else "milliseconds"
    text = str(value)
    if _ISO.fullmatch(text):
        return "iso"
    return "sql" if _SQL.fullmatch(text) else f"like {text}"


def no_end(endless: Mapping[str, Any], ending: Mapping[str, Any]) -> str:
    """How a token without an end differs from one with."""
    pair = DATE_KEYS[date_keys(ending)]
    if pair is None or pair[1] not in ending:
        return "unlisted"
    if pair[1] not in endless:
        return "missing"
    return "null" if endless[pair[1]] is None else f"like {endless[pair[1]]}"


def spelling(tier: str) -> str:
    return {"viewPlus": "plus", "view+": "sign"}.get(tier, tier)


def no_fence(entry: Mapping[str, Any]) -> str:
    access = entry["accessList"][0]["access"]
    if "geoFence" not in access:
        return "missing"
    return "null" if access["geoFence"] is None else "object"


def accepted(plus: bool, sign: bool) -> str:
    return {(True, True): "both", (True, False): "plus", (False, True): "sign"}.get((plus, sign), "neither")


def error_form(response: requests.Response) -> str:
    try:
        answer = response.json()
    except ValueError:
        return "html" if response.text.lstrip().startswith("<") else "text"
    return "json" if isinstance(answer, dict) and "message" in answer else f"JSON {sorted(answer)}"


def body_form(response: requests.Response) -> str:
    if not response.content:
        return "empty"
    try:
        response.json()
    except ValueError:
        return "text"
    return "json"


def cursor_kind(cursor: Any) -> str:
    return {str: "uuid", int: "int", dict: "object"}.get(type(cursor), type(cursor).__name__)


def order(listed: Sequence[str], made: Sequence[str]) -> str:
    if list(listed) == list(made):
        return "oldest"
    return "newest" if list(listed) == list(made)[::-1] else "shuffled"
