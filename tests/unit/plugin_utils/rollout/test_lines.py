# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role says of tokens, as a table."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.lines import lines

Values = dict[str, Any]


def grant(tier: str, **more: Any) -> Values:
    return {"path_id": "roads", "access_tier": tier, **more}


RIVERS = {"path": "/Rivers", "access_tier": "view"}
FENCE = {"tiles": [{"tile_x": 0, "tile_y": 0, "zoom": 1}]}
# What changed, how it was and is, and what is said of that.
DIFFERENCES: dict[str, tuple[list[str], Values, Values, str]] = {
    "tier": (
        ["access_list"],
        {"access_list": [grant("view")]},
        {"access_list": [grant("edit")]},
        "access_tier view → edit",
    ),
    "tier of one of two": (
        ["access_list"],
        {"access_list": [grant("view"), RIVERS]},
        {"access_list": [grant("edit"), RIVERS]},
        "access_tier of roads view → edit",
    ),
    "tiers of both": (
        ["access_list"],
        {"access_list": [grant("view"), RIVERS]},
        {"access_list": [grant("edit"), {**RIVERS, "access_tier": "viewPlus"}]},
        "access_tier of roads view → edit, access_tier of /Rivers view → viewPlus",
    ),
    "fence": (
        ["access_list"],
        {"access_list": [grant("view")]},
        {"access_list": [grant("view", geo_fence=FENCE)]},
        "access_list",
    ),
    "path": (["access_list"], {"access_list": [grant("view")]}, {"access_list": [RIVERS]}, "access_list"),
    "one more": (["access_list"], {"access_list": [RIVERS]}, {"access_list": [RIVERS, grant("view")]}, "access_list"),
    "not listed": (
        ["access_list"],
        {"access_list": "not listed by the server"},
        {"access_list": [RIVERS]},
        "access_list",
    ),
    "scope and life": (
        ["scope", "valid_for"],
        {"scope": "all", "valid_for": "90d"},
        {"scope": "ogc", "valid_for": "30d"},
        "scope all → ogc, valid_for 90d → 30d",
    ),
    "life that nobody knows": (["valid_for"], {}, {"valid_for": "30d"}, "valid_for"),
}


def made(*changes: str, **more: Any) -> Values:
    token = {"id": "new", "expires_at": "2027-01-01T00:00:00Z", "reason": "drift", "changes": list(changes)}
    answer = {"access_tokens": {"tiles": token}, "created": ["tiles"], "retired": [], "failures": {}}
    return {**answer, "diff": {"before": {}, "after": {}}, **more}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_drift_says_what_differs(name: str) -> None:
    changes, before, after, words = DIFFERENCES[name]
    answer = made(*changes, diff={"before": {"tiles": before}, "after": {"tiles": after}})
    assert list(lines(answer)) == [f"tiles: drift ({words}) → new, expires 2027-01-01T00:00:00Z"]


def test_what_is_unchanged_or_failed_is_not_mentioned() -> None:
    assert list(lines(made(created=[]))) == []
    assert list(lines(made(failures={"tiles": "no"}))) == []
    assert list(lines({})) == []


def test_a_token_that_is_to_come_or_never_ends() -> None:
    token: Values = {"id": None, "expires_at": None, "reason": "create", "changes": []}
    assert list(lines(made(access_tokens={"tiles": token}))) == ["tiles: create → a new token"]
    assert list(lines(made(access_tokens={"tiles": {**token, "id": "new"}}))) == ["tiles: create → new, expires never"]
    assert list(lines(made(access_tokens={"tiles": token}, created=[], retired=["tiles"]))) == ["tiles: create"]
