# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made of each use of a token, in which words, and how long a refusal is doubted."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._account.verification import (
    LEVELS,
    Probe,
    Prober,
    _judge,
    _refusal,
    failures,
    sentence,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import Grant
from ansible_collections.ellipsis.drive.plugins.module_utils._model.paths import PathView
from ansible_collections.ellipsis.drive.tests.emulator import PATHS, USER_TOKEN, Emulator, ManualClock
from ansible_collections.ellipsis.drive.tests.unit.module_utils.clients import open_client

ROADS = PATHS["Projects/Roads"]


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (None, "unproven"), (199, "unproven"), (200, None), (299, None), (300, "unproven"), (400, "unproven"),
        (401, "refused"), (403, "refused"), (404, "missing"), (500, "unproven"),
    ],
)  # fmt: skip
def test_what_a_status_says(status: int | None, found: str | None) -> None:
    assert _refusal(status) == found


@pytest.mark.parametrize(
    ("tier", "public", "found"),
    [
        ("view", False, "narrower"), ("edit", False, "ok"), ("admin", False, "wider"), (None, False, "ok"),
        ("view", True, "narrower"), ("edit", True, "ok"), ("admin", True, "ok"),
    ],
)  # fmt: skip
def test_what_is_seen_against_what_was_asked(tier: str | None, public: bool, found: str) -> None:
    assert _judge("edit", PathView(tier=tier, public=public)) == found


# By result: the levels at which it is fatal, and the words for a path and for the account.
RESULTS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "ok": ((), "works at path x", "works at the list of access tokens"),
    "unproven": ((), "could not be tried at path x", "could not be tried at the list of access tokens"),
    "refused": (
        ("basic", "strict"), "is refused at path x (401)", "is refused at the list of access tokens (401)",
    ),
    "missing": (("strict",), "does not find path x (401)", "does not find the list of access tokens (401)"),
    "narrower": (
        ("strict",), "has less access to path x than asked", "has less access to the list of access tokens than asked",
    ),
    "wider": (
        ("strict",), "has more access to path x than asked", "has more access to the list of access tokens than asked",
    ),
}  # fmt: skip


@pytest.mark.parametrize("result", RESULTS)
def test_what_is_fatal_and_in_which_words(result: str) -> None:
    fatal, of_path, of_account = RESULTS[result]
    path, account = Probe("path", "x", result, 401), Probe("account", None, result, 401)
    for level in LEVELS:
        assert failures([path, account], level) == ((path, account) if level in fatal else ())
    assert (sentence(path), sentence(account)) == (of_path, of_account)


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (None, ("wider", 200)),
        ({"kind": "status", "status": 401}, ("ok", 401)),
        ({"kind": "status", "status": 403}, ("ok", 403)),
        ({"kind": "status", "status": 500}, ("unproven", 500)),
        ({"kind": "redirect"}, ("unproven", None)),
    ],
    ids=str,
)
def test_the_list_of_tokens_is_not_for_it(fault: dict[str, Any] | None, found: tuple[str, int | None]) -> None:
    emulator = Emulator(clock=ManualClock())
    if fault:
        emulator.fault(path="accessToken", times=None, **fault)
    [probe] = Prober(open_client(emulator), USER_TOKEN, timeout=0).run((), "all", "strict")
    assert (probe.what, probe.path_id, probe.result, probe.status) == ("account", None, *found)


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize(("timeout", "waited"), [(0, 0), (1.5, 2), (2, 2)])
def test_a_refusal_counts_when_it_lasts(status: int, timeout: float, waited: int) -> None:
    """Once a second, until the time is over."""
    emulator = Emulator(clock=ManualClock())
    start = emulator.clock.now()
    emulator.fault(kind="status", status=status, path="/path/", times=None)
    client = open_client(emulator)
    [probe] = Prober(client, USER_TOKEN, timeout=timeout).run((Grant(ROADS, "view"),), "all", "basic")
    assert (probe.result, probe.status) == (_refusal(status), status)
    assert (client.calls["verify"], emulator.clock.now() - start) == (waited + 1, waited)


RASTER, VECTOR, FOLDER = PATHS["Elevation"], PATHS["Buildings"], PATHS["Projects"]
GRANTS = tuple(Grant(path_id, "view") for path_id in (RASTER, VECTOR, FOLDER))
WMS = "?service=WMS&request=GetCapabilities"
ACCOUNT = Probe("account", None, "ok", 403)


def use(scope: str, level: str, **fault: Any) -> tuple[list[Probe], list[str]]:
    """What a token is used for that has access to a layer of each kind and a folder, and what comes of it."""
    emulator = Emulator(clock=ManualClock())
    emulator.seed_tokens(1, paths=[each.path_id for each in GRANTS], scope=scope)
    [token] = emulator.tokens
    if fault:
        emulator.fault(times=None, **fault)
    client = open_client(emulator, api_token=USER_TOKEN)
    probes = Prober(client, token.secret, timeout=0).run(GRANTS, scope, level)
    used = [entry.url.removeprefix("/v3") for entry in emulator.journal if entry.authorization == "access"]
    return list(probes), used


@pytest.mark.parametrize(
    ("scope", "level", "probes", "used"),
    [
        ("all", "none", [], []),
        ("all", "basic", [Probe("path", RASTER, "ok", 200, "view")], [f"/path/{RASTER}"]),
        (
            "all",
            "strict",
            [*(Probe("path", each.path_id, "ok", 200, "view") for each in GRANTS), ACCOUNT],
            [*(f"/path/{each.path_id}" for each in GRANTS), "/account/security/accessToken?pageSize=1"],
        ),
        ("ogc", "none", [], []),
        ("ogc", "basic", [Probe("wms", RASTER, "ok", 200)], [f"/ogc/wms/{RASTER}{WMS}"]),
        (
            "ogc",
            "strict",
            [
                Probe("wms", RASTER, "ok", 200),
                Probe("wms", VECTOR, "ok", 200),
                Probe("ogc", FOLDER, "unproven"),
                ACCOUNT,
            ],
            [
                f"/ogc/wms/{RASTER}{WMS}",
                f"/ogc/wms/{VECTOR}{WMS}",
                "/account/security/accessToken?pageSize=1",
            ],
        ),
        # A server may tell of a scope that is not known here.
        ("other", "basic", [Probe("path", RASTER, "ok", 200, "view")], [f"/path/{RASTER}"]),
        ("processing", "basic", [Probe("path", RASTER, "ok", 200, "view")], [f"/path/{RASTER}"]),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_a_token_is_used_for(scope: str, level: str, probes: list[Probe], used: list[str]) -> None:
    assert use(scope, level) == (probes, used)


@pytest.mark.parametrize(
    ("scope", "fault", "probe"),
    [
        ("all", {"kind": "status", "status": 500, "path": "/path/"}, Probe("path", RASTER, "unproven", 500)),
        ("all", {"kind": "status", "status": 400, "path": "/path/"}, Probe("path", RASTER, "unproven", 400)),
        ("all", {"kind": "cut_after", "path": "/path/"}, Probe("path", RASTER, "unproven")),
        ("all", {"kind": "html", "path": "/path/"}, Probe("path", RASTER, "ok", 200)),
        ("ogc", {"kind": "status", "status": 401, "path": "/ogc/"}, Probe("wms", RASTER, "refused", 401)),
        ("ogc", {"kind": "status", "status": 404, "path": "/ogc/"}, Probe("wms", RASTER, "missing", 404)),
        ("ogc", {"kind": "status", "status": 500, "path": "/ogc/"}, Probe("wms", RASTER, "unproven", 500)),
        ("ogc", {"kind": "status", "status": 500, "path": "/path/"}, Probe("ogc", RASTER, "unproven")),
        ("ogc", {"kind": "html", "path": "/path/"}, Probe("ogc", RASTER, "unproven")),
    ],
    ids=str,
)
def test_what_can_not_be_told(scope: str, fault: dict[str, Any], probe: Probe) -> None:
    assert use(scope, "basic", **fault)[0] == [probe]
