# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts, paths, tiles and OGC: who may see what."""

from __future__ import annotations

import struct
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import (
    GOOGLE_USER,
    OAUTH_TOKEN,
    ORGANIZATION_ID,
    OTHER_USER_TOKEN,
    PASSWORD,
    PATHS,
    PUBLIC_PATH,
    SHARED_VIEW_PATH,
    UNKNOWN_PATH,
    USER,
    USER_TOKEN,
    Emulator,
)
from ansible_collections.ellipsis.drive.tests.unit.emulator.caller import ROADS, TOKENS, Caller, read, wish

SURFACE = PATHS["Projects/Roads/Surface"]
MAP = {"service": "WMS", "request": "GetMap", "layers": SURFACE, "bbox": "0,0,1,1", "format": "image/png"}


def log_in(call: Caller, path: str = "/account/login", token: str | None = None, **body: Any) -> tuple[int, Any]:
    response = call("POST", path, body, token=token)
    return response.status, read(response)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"username": USER, "password": PASSWORD}, 200),
        ({"username": USER, "password": "mistyped"}, 401),
        ({"username": "nobody", "password": PASSWORD}, 401),
        ({"username": GOOGLE_USER, "password": "any"}, 400),
        ({"username": USER}, 400),
        ({"username": USER, "password": PASSWORD, "validFor": 0}, 400),
    ],
)
def test_login(call: Caller, body: dict[str, Any], status: int) -> None:
    found, answer = log_in(call, **body)
    assert found == status
    assert body.get("username") != GOOGLE_USER or answer["message"] == "No password configured."
    assert "password" not in body or body["password"] not in repr(call.emulator.journal)


def test_a_login_ends(call: Caller) -> None:
    _status, short = log_in(call, username=USER, password=PASSWORD, validFor=60)
    _status, day = log_in(call, username=USER, password=PASSWORD)
    call.emulator.advance(60)
    assert [call("GET", TOKENS, token=answer["token"]).status for answer in (short, day)] == [401, 200]
    call.emulator.advance(86400)
    assert call("GET", TOKENS, token=day["token"]).status == 401


def test_an_organization_has_tokens_of_its_own(call: Caller) -> None:
    path = "/organization/login"
    status, answer = log_in(call, path, USER_TOKEN, organizationId=ORGANIZATION_ID)
    assert status == 200
    assert call.create(token=answer["token"], **wish(PATHS["Team"])).status == 200
    assert call.listed() == []
    assert log_in(call, path, OTHER_USER_TOKEN, organizationId=ORGANIZATION_ID)[0] == 403
    assert log_in(call, path, USER_TOKEN, organizationId=UNKNOWN_PATH)[0] == 404


def test_account(call: Caller) -> None:
    assert read(call("GET", "/account"))["username"] == USER
    assert call("GET", "/account", token=OAUTH_TOKEN).status == 200
    assert call("GET", "/account", token=call.secret()).status == 403
    assert b"ellipsis" in call("GET", "", token=None).body


ACCESS: dict[str, tuple[str, int | None, int | None, int | None]] = {
    # path: the level of its user, of a token that views Projects/Roads, and of nobody; None is refused
    "the folder": (ROADS, 1000, 100, None),
    "a layer in it": (SURFACE, 1000, 100, None),
    "a layer two below": (PATHS["Projects/Roads/2026/Survey"], 1000, 100, None),
    "the folder above": (PATHS["Projects"], 1000, None, None),
    "elsewhere": (PATHS["Elevation"], 1000, None, None),
    "shared": (SHARED_VIEW_PATH, 100, None, None),
    "in a shared folder": (PATHS["Partner workspace/Parcels"], 550, None, None),
    "public": (PUBLIC_PATH, 1000, 100, 100),
    "in a public folder": (PATHS["Open data/Land cover"], 100, 100, 100),
    "foreign": (PATHS["Private/Plans"], None, None, None),
}


@pytest.mark.parametrize(("path", "user", "token", "nobody"), ACCESS.values(), ids=ACCESS)
def test_access(call: Caller, path: str, user: int | None, token: int | None, nobody: int | None) -> None:
    for bearer, level in ((USER_TOKEN, user), (OAUTH_TOKEN, user), (call.secret(), token), (None, nobody)):
        response = call("GET", f"/path/{path}", token=bearer)
        assert response.status == (403 if level is None else 200)
        assert level is None or read(response)["yourAccess"]["accessLevel"] == level
    assert call("GET", f"/path/{path}", token="wrong").status == 401


def test_ids_that_are_none(call: Caller) -> None:
    assert call("GET", f"/path/{UNKNOWN_PATH}").status == 404
    assert call("GET", "/path/nonsense").status == 400
    assert call("GET", "/nonsense").status == 404
    assert call("PUT", TOKENS).status == 405


def names(call: Caller, path: str, token: str | None = USER_TOKEN, **query: Any) -> list[tuple[str, str]]:
    response = call("GET", path, query=query, token=token)
    assert response.status == 200, response.body
    return [(node["type"], node["name"]) for node in read(response)["result"]]


def test_roots(call: Caller) -> None:
    kinds = ["folder", "raster", "vector", "file", "pointCloud", "bookmark"]
    mine = names(call, "/account/root/myDrive", type=kinds)
    assert ("folder", "Projects") in mine
    assert ("raster", "Old map") not in mine
    assert {kind for kind, _name in names(call, "/account/root/myDrive")} == {"raster", "vector"}
    assert names(call, "/account/root/trash", type=kinds) == [("raster", "Old map")]
    shared = [("raster", "Partner imagery"), ("folder", "Partner workspace")]
    assert names(call, "/account/root/sharedWithMe", type=kinds) == shared
    assert call("GET", "/account/root/elsewhere").status == 404
    assert call("GET", "/account/root/myDrive", token=call.secret()).status == 403


@pytest.mark.parametrize("spelling", ["folder/list", "list"])
def test_folders(call: Caller, spelling: str) -> None:
    path = f"/path/{PATHS['Projects']}/{spelling}"
    both = {("vector", "North/South"), ("vector", "Rivers"), ("folder", "Rivers"), ("folder", "Roads")}
    assert set(names(call, path, type=["folder", "vector"])) == both
    assert names(call, path) == [("vector", "North/South"), ("vector", "Rivers")]
    assert call("GET", f"/path/{SURFACE}/{spelling}").status == 400
    assert call("GET", path, query={"type": "folder"}).status == 400


def test_folder_pages(call: Caller, emulator: Emulator) -> None:
    ids = emulator.add_folder_tree([f"Big/Layer {number:03d}" for number in range(120)])
    found: list[str] = []
    start = None
    while True:
        answer = read(call("GET", f"/path/{ids['Big']}/folder/list", query={"pageStart": start}))
        found += [node["id"] for node in answer["result"]]
        start = answer["nextPageStart"]
        if start is None:
            break
    assert found == [ids[f"Big/Layer {number:03d}"] for number in range(120)]
    assert emulator.add_folder_tree(["Big/Layer 000"])["Big/Layer 000"] == found[0]


@pytest.mark.parametrize(
    ("location", "kind", "found"),
    [
        (["Roads"], "folder", ROADS),
        (["Roads", "2026", "Survey"], "raster", PATHS["Projects/Roads/2026/Survey"]),
        (["Rivers"], "folder", PATHS["Projects/Rivers"]),
        (["Rivers"], "vector", PATHS["Projects/Rivers#vector"]),
        (["North/South"], "vector", PATHS["Projects/North/South"]),
        (["Roads"], "raster", 404),
        (["roads"], "folder", 404),
        ([], "folder", 400),
        (["Roads"], "layer", 400),
    ],
)
def test_traverse(call: Caller, location: list[str], kind: str, found: str | int) -> None:
    path = f"/path/{PATHS['Projects']}/folder/traverse"
    response = call("GET", path, query={"location": location, "type": kind})
    assert response.status == found if isinstance(found, int) else read(response)["id"] == found


def test_search(call: Caller) -> None:
    assert set(names(call, "/path", text="riv", root=["myDrive"])) == {("vector", "Rivers"), ("folder", "Rivers")}
    assert ("raster", "Land cover") in names(call, "/path", text="land")
    assert {name for _kind, name in names(call, "/path", None)} == {"Open data", "Land cover", "Public map"}
    assert {name for _kind, name in names(call, "/path", call.secret(), root=["sharedWithMe"])} == {
        "Roads", "Surface", "Centrelines", "2026", "Survey",
    }  # fmt: skip


@pytest.mark.parametrize("carrier", ["header", "query", "path"])
@pytest.mark.parametrize("protocol", ["wms", "wmts", "wcs"])
def test_capabilities_by_every_way_to_carry_a_token(call: Caller, carrier: str, protocol: str) -> None:
    secret = call.secret(scope="ogc")
    path = f"/ogc/{protocol}/{SURFACE}" + (f"/{secret}" if carrier == "path" else "")
    query = {"request": "GetCapabilities", "token": secret if carrier == "query" else None}
    response = call("GET", path, query=query, token=secret if carrier == "header" else None)
    assert response.status == 200
    assert SURFACE in ET.fromstring(response.body.decode()).itertext() or protocol == "wcs"
    assert secret.encode() not in response.body
    assert call.emulator.journal[-1].carrier == carrier
    assert call("GET", f"/ogc/{protocol}/{SURFACE}", query=query | {"token": None}, token=None).status == 403
    assert call("GET", f"/ogc/{protocol}/{SURFACE}/wrong", query=query | {"token": None}, token=None).status == 401


def test_a_map_is_a_picture_of_the_size_asked(call: Caller) -> None:
    response = call("GET", f"/ogc/wms/{SURFACE}", query={**MAP, "width": "20", "height": "30"})
    assert response.headers["Content-Type"] == "image/png"
    assert struct.unpack(">II", response.body[16:24]) == (20, 30)
    other = PATHS["Elevation"]
    elsewhere = call("GET", f"/ogc/wms/{other}", query={**MAP, "layers": other, "width": "20", "height": "30"})
    assert elsewhere.body != response.body


@pytest.mark.parametrize("change", [{"width": "0"}, {"layers": "x"}, {"format": "image/jpeg"}, {"bbox": ""}])
def test_a_bad_map_is_refused(call: Caller, change: dict[str, str]) -> None:
    response = call("GET", f"/ogc/wms/{SURFACE}", query={**MAP, "width": "9", "height": "9", **change})
    assert (response.status, b"ServiceException" in response.body) == (400, True)


def test_protocols_want_layers_of_their_kind(call: Caller) -> None:
    query = {"request": "GetCapabilities"}
    assert call("GET", f"/ogc/wms/{ROADS}", query=query).status == 400
    assert call("GET", f"/ogc/wfs/{SURFACE}", query=query).status == 400
    assert call("GET", f"/ogc/wms/{SURFACE}", query={"request": "Dance"}).status == 400


def test_features_need_view_plus_and_mind_the_fence(call: Caller) -> None:
    layer = PATHS["Buildings"]
    query = {"request": "GetFeature"}
    viewer = call.secret(**wish(layer))
    fenced = call.secret(**wish(layer, "viewPlus", propertyFence=["height"]))
    assert call("GET", f"/ogc/wfs/{layer}", token=viewer, query=query).status == 403
    response = call("GET", f"/ogc/wfs/{layer}", token=fenced, query=query)
    assert [feature["properties"] for feature in read(response)["features"]] == [{"height": 12}]


@pytest.mark.parametrize(
    ("tile", "status"),
    [("6/33/21", 200), ("7/66/42", 200), ("5/16/10", 200), ("0/0/0", 200), ("6/34/21", 403), ("9/264/168", 403)],
)
def test_tiles_and_their_fence(call: Caller, tile: str, status: int) -> None:
    layer = PATHS["Elevation"]
    fence = {"tiles": [{"tileX": 33, "tileY": 21, "zoom": 6}], "maxZoom": 8}
    secret = call.secret(**wish(layer, geoFence=fence))
    paths = (f"/path/{layer}/raster/timestamp/{layer}/tile/{tile}", f"/ogc/xyz/{layer}/{tile}")
    assert [call("GET", path, token=secret).status for path in paths] == [status, status]
    assert call("GET", f"/ogc/xyz/{layer}/{secret}/{tile}", token=None).status == status
    zoom, column, row = tile.split("/")
    query = {"request": "GetTile", "tilematrix": zoom, "tilecol": column, "tilerow": row}
    assert call("GET", f"/ogc/wmts/{layer}", token=secret, query=query).status == status


def test_vector_tiles_are_empty(call: Caller) -> None:
    assert call("GET", f"/ogc/mvt/{PATHS['Buildings']}/1/0/0").status == 204
    assert call("GET", f"/ogc/mvt/{PATHS['Buildings']}/1/2/0").status == 400
