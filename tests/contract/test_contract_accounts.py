# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging in, and finding paths."""

from __future__ import annotations

import pytest

from ansible_collections.ellipsis.drive.tests.contract.service import TOKENS, Service
from ansible_collections.ellipsis.drive.tests.emulator import (
    GOOGLE_USER,
    OAUTH_TOKEN,
    ORGANIZATION_ID,
    PASSWORD,
    PATHS,
    USER,
)

KINDS = ["folder", "raster", "vector", "file", "pointCloud", "bookmark"]


@pytest.mark.source("1 CLIENT qgis: the base answers a text with 'ellipsis'")
def test_ping(service: Service) -> None:
    answer = service.call("GET", "", token=None)
    assert answer.status_code == 200
    assert "ellipsis" in answer.text.lower()


@pytest.mark.source("4 DOC: GET /account is for the account holder")
def test_account(service: Service) -> None:
    assert service.call("GET", "/account").status_code == 200
    assert service.call("GET", "/account", token=None).status_code in (401, 403)


@pytest.mark.source("5.1 DOC-C: roots, pageSize at most 50; CLIENT: array of types as JSON")
@pytest.mark.parametrize("root", ["myDrive", "sharedWithMe"])
def test_roots(service: Service, root: str) -> None:
    answer = service.call("GET", f"/account/root/{root}", query={"type": KINDS, "pageSize": 50})
    assert answer.status_code == 200
    assert {"result", "nextPageStart"} <= set(answer.json())
    assert all({"id", "name", "type"} <= set(node) for node in answer.json()["result"])


@pytest.mark.source("5.4 CLIENT js-util fixture: id, name, type, yourAccess")
def test_a_path(service: Service) -> None:
    answer = service.call("GET", f"/path/{service.path_id}").json()
    assert answer["id"] == service.path_id
    assert answer["type"] in KINDS
    assert isinstance(answer["yourAccess"]["accessLevel"], int)


@pytest.mark.source("5.2 DOC-C: folder/list; CLIENT python: list")
def test_both_spellings_of_a_folder_list(service: Service) -> None:
    folders = service.call("GET", "/account/root/myDrive", query={"type": ["folder"]}).json()["result"]
    if not folders:
        pytest.skip("the account has no folder at its root")
    answers = [
        service.call("GET", f"/path/{folders[0]['id']}/{spelling}", query={"type": KINDS}).json()["result"]
        for spelling in ("folder/list", "list")
    ]
    assert [node["id"] for node in answers[0]] == [node["id"] for node in answers[1]]


@pytest.mark.source("5.5 DOC-C: search by words; root restricts")
def test_search(service: Service) -> None:
    name = service.call("GET", f"/path/{service.path_id}").json()["name"]
    query = {"text": name.split()[0], "root": ["myDrive", "sharedWithMe"], "type": KINDS}
    answer = service.call("GET", "/path", query=query)
    assert answer.status_code == 200
    assert {"result", "nextPageStart"} <= set(answer.json())


@pytest.mark.source("5.3 DOC-C: traverse; meaning of location INFERRED")
def test_traverse(emulated_service: Service) -> None:
    query = {"type": "raster", "location": ["Roads", "Surface"]}
    answer = emulated_service.call("GET", f"/path/{PATHS['Projects']}/folder/traverse", query=query)
    assert answer.json()["id"] == PATHS["Projects/Roads/Surface"]


@pytest.mark.source("3.2 DOC: login; validFor in seconds, a day by default")
def test_login(emulated_service: Service) -> None:
    body = {"username": USER, "password": PASSWORD, "validFor": 60}
    token = emulated_service.call("POST", "/account/login", body, token=None).json()["token"]
    assert emulated_service.call("GET", TOKENS, token=token).status_code == 200
    emulated_service.wait(60)
    assert emulated_service.call("GET", TOKENS, token=token).status_code == 401


@pytest.mark.source("3.2 CLIENT python, qgis: 400 'No password configured.'; status of a wrong password UNKNOWN")
def test_refused_logins(emulated_service: Service) -> None:
    google = {"username": GOOGLE_USER, "password": PASSWORD}
    answer = emulated_service.call("POST", "/account/login", google, token=None)
    assert (answer.status_code, "No password configured." in answer.text) == (400, True)
    wrong = {"username": USER, "password": "mistyped"}
    answer = emulated_service.call("POST", "/account/login", wrong, token=None)
    assert emulated_service.variant is not None
    assert answer.status_code == emulated_service.variant.login_refused


@pytest.mark.source("3.2 DOC: organization login")
def test_organization_login(emulated_service: Service) -> None:
    body = {"organizationId": ORGANIZATION_ID}
    token = emulated_service.call("POST", "/organization/login", body).json()["token"]
    emulated_service.new_token("of the user")
    assert emulated_service.call("GET", TOKENS, token=token).json()["result"] == []


@pytest.mark.source("3.1 INFERRED: an OAuth token manages no tokens")
def test_an_oauth_token_manages_no_tokens(emulated_service: Service) -> None:
    assert emulated_service.call("GET", TOKENS, token=OAUTH_TOKEN).status_code == 403
    assert emulated_service.call("GET", "/account/root/myDrive", token=OAUTH_TOKEN).status_code == 200
