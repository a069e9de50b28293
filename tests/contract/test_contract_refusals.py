# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service is believed to refuse."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ellipsis.drive.tests.contract.service import TOKENS, Service
from ansible_collections.ellipsis.drive.tests.emulator import PUBLIC_PATH, SHARED_VIEW_PATH

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def _access(path: str, tier: str = "view") -> dict[str, Any]:
    return {"pathId": path, "access": {"accessTier": tier}}


REFUSED: dict[str, Any] = {
    "status of an unknown path": lambda path: {"accessList": [_access(UNKNOWN)]},
    "status of an unknown tier": lambda path: {"accessList": [_access(path, "write")]},
    "status of a description too long": lambda path: {"description": "x" * 101},
    "status of validFor 0": lambda path: {"validFor": 0},
    "status of a path twice": lambda path: {"accessList": [_access(path), _access(path)]},
}


@pytest.mark.source("2.1 SCHEMA: varchar(100), unique (token, path); 7: the tiers; the rest INFERRED, statuses UNKNOWN")
@pytest.mark.parametrize("point", REFUSED)
def test_a_wish_that_cannot_be_granted(service: Service, point: str) -> None:
    before = {token["id"] for page in service.pages() for token in page["result"]}
    fields = REFUSED[point](service.path_id)
    answer = service.create("refused", **fields)
    made = [token["id"] for page in service.pages() for token in page["result"] if token["id"] not in before]
    for token_id in made:
        service.call("DELETE", f"{TOKENS}/{token_id}")
    service.settle(point, answer.status_code)
    assert (answer.status_code >= 400, made) == (True, [])


@pytest.mark.source("6 CLIENT qgis: 401 for a bad token")
@pytest.mark.parametrize("path", [TOKENS, "/account"])
def test_a_wrong_token(service: Service, path: str) -> None:
    assert service.call("GET", path, token="wrong").status_code == 401


@pytest.mark.source("5.4: GET /path; 6 INFERRED: 404 for unknown ids")
def test_an_unknown_path(service: Service) -> None:
    assert service.call("GET", f"/path/{UNKNOWN}").status_code in (403, 404)


@pytest.mark.source("7 DOC-B: the creator needs the tier given; 4 DOC: public paths answer anyone")
def test_a_path_shared_for_viewing_gives_no_more(emulated_service: Service) -> None:
    shared = [_access(SHARED_VIEW_PATH)]
    assert emulated_service.create("shared", accessList=shared).status_code == 200
    assert emulated_service.create("shared", accessList=[_access(SHARED_VIEW_PATH, "admin")]).status_code == 403
    assert emulated_service.call("GET", f"/path/{PUBLIC_PATH}", token=None).status_code == 200
