# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses for other software."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ellipsis.drive.plugins.filter.ogc_url import FilterModule
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._plugins.ogc_url import PROTOCOLS, SERVICES, TILES, ogc_url
from ansible_collections.ellipsis.drive.tests.emulator import PATHS, Emulator, Request
from ansible_collections.ellipsis.drive.tests.emulator.access import bearer_of

ID = "5b0c3d2e-6a8f-4f5e-9d1c-2b7a90c1e4f8"
API = "https://api.ellipsis-drive.com/v3"
PRIVATE = "https://example.api.ellipsis-drive.com/v3"
APP = "https://app.ellipsis-drive.com"

ADDRESSES: list[tuple[str, dict[str, Any], str]] = [
    ("wms", {}, f"{API}/ogc/wms/{ID}"),
    ("wms", {"token": "s"}, f"{API}/ogc/wms/{ID}/s"),
    ("wms", {"token": "s", "token_in": "query"}, f"{API}/ogc/wms/{ID}?token=s"),
    ("wms", {"token_in": "query"}, f"{API}/ogc/wms/{ID}"),
    ("wms", {"token": " s\n"}, f"{API}/ogc/wms/{ID}/s"),
    ("wms", {"token": "a/b ?&#%", "token_in": "path"}, f"{API}/ogc/wms/{ID}/a%2Fb%20%3F%26%23%25"),
    ("wms", {"token": "a/b ?&#%", "token_in": "query"}, f"{API}/ogc/wms/{ID}?token=a%2Fb%20%3F%26%23%25"),
    ("wmts", {"token": "s"}, f"{API}/ogc/wmts/{ID}/s"),
    ("wfs", {"token": "s"}, f"{API}/ogc/wfs/{ID}/s"),
    ("wcs", {"token": "s"}, f"{API}/ogc/wcs/{ID}/s"),
    ("features", {"token": "s"}, f"{API}/ogc/features/{ID}/s"),
    ("xyz", {}, f"{API}/ogc/xyz/{ID}/{{z}}/{{x}}/{{y}}"),
    ("xyz", {"token": "s"}, f"{API}/ogc/xyz/{ID}/s/{{z}}/{{x}}/{{y}}"),
    ("tms", {"token": "s", "token_in": "query"}, f"{API}/ogc/tms/{ID}/{{z}}/{{x}}/{{y}}?token=s"),
    ("mvt", {"token": "s"}, f"{API}/ogc/mvt/{ID}/{{z}}/{{x}}/{{y}}?token=s"),
    ("viewer", {}, f"{APP}/view?pathId={ID}"),
    ("viewer", {"token": "s"}, f"{APP}/view?pathId={ID}&token=s"),
    ("viewer", {"api_url": PRIVATE}, f"https://example.app.ellipsis-drive.com/view?pathId={ID}"),
    ("viewer", {"api_url": "https://gis.example/v3", "app_url": f"{APP}/"}, f"{APP}/view?pathId={ID}"),
    ("wfs", {"api_url": f"{PRIVATE}/"}, f"{PRIVATE}/ogc/wfs/{ID}"),
]
MISTAKES: list[tuple[Any, Any, dict[str, Any], str]] = [
    (None, "wms", {}, "path_id: 'None' is not the id of a path"),
    ("", "wms", {}, "path_id: '' is not the id"),
    ("Projects/Roads", "wms", {}, "path_id: 'Projects/Roads' is not the id of a path"),
    (ID + "/../..", "wms", {}, "is not the id of a path"),
    (ID, "wmss", {}, f"protocol: 'wmss' is not known; write one of {', '.join(PROTOCOLS)}"),
    (ID, ["wms"], {}, "is not known; write one of"),
    (ID, "wms", {"token_in": "header"}, "token_in: 'header' is not known; write one of path, query"),
    (ID, "mvt", {"token_in": "path"}, "token_in: path is not possible with mvt; write query"),
    (ID, "viewer", {"token_in": "path", "token": "s"}, "token_in: path is not possible with viewer; write query"),
    (ID, "wms", {"token": ""}, "token: it is empty or not a text; leave it out"),
    (ID, "wms", {"token": ["s"]}, "token: it is empty or not a text; leave it out"),
    (ID, "wms", {"api_url": "api.ellipsis-drive.com"}, "api_url: 'api.ellipsis-drive.com' is not a plain address"),
    (ID, "wms", {"api_url": "https://api.example/v3?x=1"}, "api_url: 'https://api.example/v3?…' is not a plain"),
    (ID, "wms", {"token": ".."}, "token: it is no token but a part of an address"),
    (
        ID,
        "wms",
        {"api_url": "https://me:pass@api.example/v3"},
        "api_url: 'https://…@api.example/v3' is not a plain address",
    ),
    (ID, "viewer", {"app_url": "nowhere"}, "app_url: 'nowhere' is not a plain address"),
    (ID, "viewer", {"api_url": "https://gis.example/v3"}, "app_url: it can't be told from the api_url"),
]


def _asked(address: str) -> Request:
    """What a server gets when a client fills in the placeholders."""
    return Request.of("GET", address.format(z=3, x=2, y=1), {})


@pytest.mark.parametrize(("protocol", "options", "address"), ADDRESSES)
def test_address(protocol: str, options: dict[str, Any], address: str) -> None:
    assert ogc_url(ID, protocol, **options) == address


@pytest.mark.parametrize(("path_id", "protocol", "options", "message"), MISTAKES)
def test_mistake(path_id: Any, protocol: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        ogc_url(path_id, protocol, **options)
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("option", ["path_id", "protocol", "token_in", "api_url", "app_url"])
def test_a_secret_in_the_wrong_place_is_not_shown(option: str) -> None:
    secret = "epat_" + "5ecre7" * 4
    given = {"path_id": ID, "protocol": "viewer", "token": secret, option: secret}
    with pytest.raises(OptionError) as caught:
        ogc_url(**given)
    assert secret not in str(caught.value) and option in str(caught.value)


@given(
    token=st.text(st.characters(blacklist_categories=("Cs", "Cc", "Z"), blacklist_characters="/"), min_size=1),
    protocol=st.sampled_from(SERVICES + TILES),
    place=st.sampled_from(("path", "query")),
)
def test_a_server_reads_the_token_that_was_put_in(token: str, protocol: str, place: str) -> None:
    place = "query" if protocol == "mvt" else place
    # A first part that names a resource can't be a token, and no real one does.
    address = ogc_url(ID, protocol, token=f"t{token}", token_in=place)
    assert address.isascii()
    assert bearer_of(_asked(address)) == (place, f"t{token}")


@pytest.mark.parametrize("place", ["path", "query", None])
@pytest.mark.parametrize("protocol", SERVICES + TILES)
def test_the_emulator_knows_every_address(protocol: str, place: str | None) -> None:
    layer = PATHS["Elevation" if protocol == "wcs" else "Buildings"]
    emulator = Emulator()
    emulator.seed_tokens(1, paths=[layer])
    [token] = emulator.secrets
    place = None if protocol == "mvt" else place
    address = ogc_url(layer, protocol, token=token, token_in=place, api_url="http://127.0.0.1/v3")
    if protocol in ("wms", "wmts", "wfs", "wcs"):
        address += ("&" if "?" in address else "?") + "service=x&request=GetCapabilities"
    if protocol == "features" and place != "query":
        address += "/collections"
    assert emulator.handle(_asked(address)).status in (200, 204)
    assert emulator.handle(_asked(address.replace(token, "nonsense"))).status == 401


@pytest.mark.parametrize(
    ("option", "variable", "environment", "address"),
    [
        ("https://a.example", "https://b.example", "https://c.example", "https://a.example"),
        (None, "https://b.example", "https://c.example", "https://b.example"),
        (None, None, "https://c.example", "https://c.example"),
        (None, "", "", API),
    ],
)
def test_where_the_api_url_comes_from(
    monkeypatch: pytest.MonkeyPatch, option: str | None, variable: str | None, environment: str, address: str
) -> None:
    monkeypatch.setenv("ELLIPSIS_API_URL", environment)
    found = FilterModule().filters()["ogc_url"]({"ellipsis_api_url": variable}, ID, "wms", api_url=option)
    assert found == f"{address}/ogc/wms/{ID}"


def test_a_mistake_is_an_error_of_the_filter() -> None:
    with pytest.raises(AnsibleFilterError, match=r"^ogc_url: protocol: 'ftp' is not known"):
        FilterModule().filters()["ogc_url"]({}, ID, "ftp")
