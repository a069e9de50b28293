# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a token can do once it exists."""

from __future__ import annotations

import pytest

from ansible_collections.ellipsis.drive.tests.contract.service import TOKENS, Service

CAPABILITIES = {"service": "WMS", "request": "GetCapabilities"}
PATIENCE = 10


def _seconds_until(service: Service, secret: str, status: int) -> int:
    for seconds in range(PATIENCE):
        if service.call("GET", f"/path/{service.path_id}", token=secret).status_code == status:
            return seconds
        service.wait(1)
    pytest.fail(f"no status {status} within {PATIENCE} seconds")


@pytest.mark.source(
    "4 CLIENT databricks-import: GET /path with an access token; 5.4: yourAccess; 9: revoking is immediate"
)
def test_a_token_works_until_it_is_revoked(service: Service) -> None:
    created = service.new_token("used")
    service.settle("seconds until a new token works", _seconds_until(service, created.secret, 200))
    answer = service.call("GET", f"/path/{service.path_id}", token=created.secret).json()
    assert answer["id"] == service.path_id
    assert answer["yourAccess"]["accessLevel"] >= 100
    service.settle("yourAccess names the tier", "accessTier" in answer["yourAccess"], "path_tier")
    service.call("DELETE", f"{TOKENS}/{created.id}")
    service.settle("seconds until a revoked token is refused", _seconds_until(service, created.secret, 401))


@pytest.mark.source("1 CLIENT python, js-util: ?token= in place of the header")
def test_a_token_in_the_query(service: Service) -> None:
    secret = service.new_token("query").secret
    _seconds_until(service, secret, 200)
    answer = service.call("GET", f"/path/{service.path_id}", token=None, query={"token": secret})
    assert answer.status_code == 200


@pytest.mark.source("1 CLIENT R: the scheme in lower case")
def test_the_scheme_is_case_insensitive(service: Service) -> None:
    headers = {"Authorization": f"bearer {service.token}"}
    assert service.session.get(service.base_url + TOKENS, headers=headers, timeout=60).status_code == 200


@pytest.mark.source("2.2 DOC-C: account holder only; 3.1 INFERRED: no access token")
def test_an_access_token_manages_no_tokens(service: Service) -> None:
    secret = service.new_token("nosy", tier="view").secret
    _seconds_until(service, secret, 200)
    answer = service.call("GET", TOKENS, token=secret)
    service.settle("status of an access token at the token calls", answer.status_code)
    assert answer.status_code in (401, 403)


@pytest.mark.source("4 DOC: OGC by header, query and path; INFERRED: scope ogc does not reach GET /path")
def test_reach_of_the_scope_ogc(service: Service) -> None:
    kind = service.call("GET", f"/path/{service.path_id}").json()["type"]
    if kind not in ("raster", "vector"):
        pytest.skip("OGC protocols need a layer, and the path to test with is none")
    secret = service.new_token("ogc", scope="ogc").secret
    wms = f"/ogc/wms/{service.path_id}"
    answer = service.call("GET", wms, token=secret, query=CAPABILITIES)
    service.settle("status of WMS with scope ogc", answer.status_code)
    assert answer.status_code == 200
    assert service.call("GET", wms, token=None, query={**CAPABILITIES, "token": secret}).status_code == 200
    assert service.call("GET", f"{wms}/{secret}", token=None, query=CAPABILITIES).status_code == 200
    path = service.call("GET", f"/path/{service.path_id}", token=secret)
    service.settle("status of GET /path with scope ogc", path.status_code)
    if service.variant is not None:
        assert (path.status_code == 200) is service.variant.ogc_reads_path


@pytest.mark.source("8 DOC: geoFence for raster and vector layers")
def test_a_geo_fence_is_taken_and_listed(service: Service) -> None:
    fence = {"tiles": [{"tileX": 33, "tileY": 21, "zoom": 6}], "maxZoom": 14}
    kind = service.call("GET", f"/path/{service.path_id}").json()["type"]
    if kind not in ("raster", "vector"):
        pytest.skip("a fence needs a layer, and the path to test with is none")
    entry = service.new_token("fenced", access={"geoFence": fence}).entry
    if "accessList" in entry:
        assert entry["accessList"][0]["access"]["geoFence"] == fence
