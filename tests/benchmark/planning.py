# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What deciding costs by itself: from the entries of a list to the plans, without network and without validation."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import requests

from ansible_collections.ellipsis.drive.plugins.module_utils._account.account import Account
from ansible_collections.ellipsis.drive.plugins.module_utils._account.converge import converge_all
from ansible_collections.ellipsis.drive.plugins.module_utils._account.secret_store import ExternalStore
from ansible_collections.ellipsis.drive.plugins.module_utils._account.workers import Workers
from ansible_collections.ellipsis.drive.plugins.module_utils._api.client import Client, Listing
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._api.sender import Sender
from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import Grant
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Desired
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Marker, Slot, encode
from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import read_token
from ansible_collections.ellipsis.drive.tests.emulator import PATHS

_NOW = 1_800_000_000
_LIFETIME = 90 * 86400
_GRANT = Grant(PATHS["Elevation"], "view")


class _Listed(Client):
    """A client whose answers are there already."""

    def __init__(self, entries: list[Mapping[str, Any]]) -> None:
        super().__init__(Sender(Connection("http://benchmark.invalid"), requests.Session()))
        self._entries = entries

    def list_tokens(self) -> Listing:
        return Listing(tuple(map(read_token, self._entries)), float(_NOW))

    def get_path(self, path_id: str) -> Mapping[str, Any]:
        return {"id": path_id, "type": "raster", "yourAccess": {"accessTier": "admin"}}


def cpu_seconds(tokens: int, generation: int) -> float:
    """Seconds of CPU to read a list and plan; a tenth has drifted. Each generation has other descriptions."""
    wanted = [
        Desired(Slot("benchmark", f"planning {generation} {number}"), (_GRANT,), lifetime=_LIFETIME)
        for number in range(tokens)
    ]
    client = _Listed([_entry(number, desired) for number, desired in enumerate(wanted)])
    start = time.process_time()
    outcomes = converge_all(wanted, Account(client, warn=print), ExternalStore({}), Workers(), apply=False)
    seconds = time.process_time() - start
    if sum(outcome.changed for outcome in outcomes) != tokens // 10:
        raise SystemExit("planning: the plans are not what they should be")
    return seconds


def _entry(number: int, desired: Desired) -> Mapping[str, Any]:
    lifetime = _LIFETIME - 86400 if number % 10 == 9 else _LIFETIME
    marker = Marker(desired.slot, desired.spec, _NOW, lifetime, f"{number:05d}")
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "description": encode(marker),
        "accessList": [{"pathId": _GRANT.path_id, "access": {"accessTier": "view"}}],
        "scope": "all",
        "creationDate": "2027-01-15T08:00:00.000Z",
        "expiryDate": "2027-04-15T08:00:00.000Z",
    }
