# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever comes in, a reader answers or raises an error of ours. The gate tries a few hundred inputs; a long search is

SOAK_EXAMPLES=20000 .venv/newest/bin/pytest -n 2 tests/soak --hypothesis-profile=default
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.ellipsis.drive.plugins.module_utils._api.answer import http_date, read_json
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import shown_address
from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import scrub
from ansible_collections.ellipsis.drive.plugins.module_utils._api.hints import readable
from ansible_collections.ellipsis.drive.plugins.module_utils._api.retry import asked_pause, pause
from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import from_api
from ansible_collections.ellipsis.drive.plugins.module_utils._model.durations import (
    parse_duration,
    parse_lifetime,
    parse_margin,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError, IncompleteListing
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import encode, parse
from ansible_collections.ellipsis.drive.plugins.module_utils._model.path_names import parse_path_name
from ansible_collections.ellipsis.drive.plugins.module_utils._model.paths import read_path
from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import by_slot, read_token
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.result import listed_token
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import entries_of
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.yaml_edit import read_key
from ansible_collections.ellipsis.drive.tests.emulator import PATHS, USER_TOKEN, Emulator, ManualClock
from ansible_collections.ellipsis.drive.tests.unit.module_utils.clients import open_client

EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "30"))
search = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
ROADS = PATHS["Projects/Roads"]
texts = st.text(max_size=60) | st.sampled_from(
    ["", "..", "epat_x", "\ud800", "tiles [ed1:default:aaaaaa:1:1:aaaaa]", "9" * 60]
)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)
KEYS = (
    *(
        "id",
        "description",
        "accessList",
        "scope",
        "creationDate",
        "createdAt",
        "expiryDate",
        "expires",
        "validFor",
        "token",
    ),
    *("name", "type", "yourAccess", "publicAccess", "trashed", "pathId", "path", "access", "accessTier", "accessLevel"),
    *("geoFence", "propertyFence", "tiles", "maxZoom", "tileX", "result", "nextPageStart", "message", "status"),
)
shaped = st.recursive(
    values,
    lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, max_size=6) | st.lists(inner, max_size=3),
    max_leaves=12,
)
bodies = st.binary(max_size=200) | st.builds(lambda value: json.dumps(value).encode(), shaped)


@search
@given(bodies)
def test_json(body: bytes) -> None:
    with suppress(ValueError):
        read_json(body)


@search
@given(shaped, shaped)
def test_a_listed_token(entry: Any, more: Any) -> None:
    entries = [entry, {"id": ROADS, **(more if isinstance(more, dict) else {"accessList": more, "expiryDate": more})}]
    for each in entries:
        with suppress(IncompleteListing):
            token = read_token(each)
            json.dumps(listed_token(token))
            by_slot([token])


@search
@given(shaped)
def test_a_path_and_an_access_list(body: Any) -> None:
    read_path(body)
    from_api(body if isinstance(body, list) else [body])


@search
@given(texts, texts, st.integers(1, 10**6), st.floats(0, 1, exclude_max=True))
def test_dates_and_pauses(date: str, retry_after: str, attempt: int, jitter: float) -> None:
    http_date(date)
    asked = asked_pause({"Retry-After": retry_after, "Date": date}, 0.0)
    assert 0 <= pause(attempt, asked, jitter) <= 60


@search
@given(texts, st.lists(texts, max_size=3))
def test_words(text: str, secrets: list[str]) -> None:
    assert len(scrub(readable(f"<html>{text}"), secrets)) <= 301
    assert len(shown_address(text)) <= 301


@search
@given(texts)
def test_a_marker(text: str) -> None:
    marker = parse(text)
    assert marker is None or encode(marker) == text


@search
@given(texts)
def test_options(text: str) -> None:
    for read in (parse_duration, parse_lifetime, parse_margin, parse_path_name):
        with suppress(EllipsisError):
            read("option", text)


@search
@given(shaped, texts)
def test_a_store(value: Any, text: str) -> None:
    for content in (value, {"tiles": value}, {text: {"id": text, "token": text, "owner": text, "api_url": text}}):
        with suppress(EllipsisError):
            entries_of(content)
    # A file is read as UTF-8, which has no halves of surrogate pairs.
    text = text.encode("utf-8", "replace").decode()
    for written in (text, f"ellipsis_access_tokens: {text}", f"ellipsis_access_tokens:\n  {text}: {text}\n"):
        with suppress(EllipsisError):
            read_key(written, "ellipsis_access_tokens")


@search
@given(bodies, st.sampled_from([200, 204, 302, 400, 401, 404, 429, 500, 503]), texts, texts)
def test_whatever_a_server_answers(body: bytes, status: int, date: str, kind: str) -> None:
    """A list of tokens or an error of ours, and no request that writes."""
    emulator = Emulator(clock=ManualClock())
    names = {"Date": date, "Content-Type": kind, "Retry-After": kind, "Location": kind}
    fits = {name: text for name, text in names.items() if text.isascii() and text.isprintable()}
    emulator.fault(kind="status", status=status, body=body.decode("latin-1"), headers=fits, times=None)
    client = open_client(emulator, api_token=USER_TOKEN, retry_time=1)
    for ask in (client.list_tokens, lambda: client.get_path(ROADS), lambda: list(client.list_folder("myDrive"))):
        with suppress(EllipsisError):
            ask()
    with suppress(EllipsisError):
        client.create_token("x", (), "all", 0)
    assert sum(entry.method == "DELETE" for entry in emulator.journal) <= 1
