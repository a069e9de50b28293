# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input is named before any request, here and where a task is delegated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import PATHS, Emulator, serve
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller, Run

PATH = PATHS["Projects/Roads"]
GOOD: dict[str, Any] = {
    "description": "tile server",
    "access_list": [{"path_id": PATH, "access_tier": "view"}],
    "valid_for": "90d",
}


def grant(**fields: Any) -> dict[str, Any]:
    return {"access_list": [{"path_id": PATH, "access_tier": "view", **fields}]}


def tile(**fields: int) -> dict[str, Any]:
    return grant(geo_fence={"tiles": [{"tile_x": 0, "tile_y": 0, "zoom": 1, **fields}]})


# What differs from a good task (None: left out), and what the message has to name: option, value and remedy.
TABLE: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "unknown tier": (grant(access_tier="viewer"), ("access_list[0].access_tier", "'viewer'", "view, viewPlus")),
    "unknown number": (grant(access_tier=150), ("access_list[0].access_tier", "'150'", "use one of")),
    "path twice": (
        {"access_list": [{"path_id": path, "access_tier": "view"} for path in (PATH, PATH.upper())]},
        ("access_list", PATH, "keep one entry"),
    ),
    "long description": ({"description": "x" * 51}, ("description", "x" * 51, "at most 50 characters")),
    "description of two lines": ({"description": "tile\nserver"}, ("description", "one line")),
    "marker in the description": ({"description": "a [ed1:"}, ("description", "'a [ed1:'", "write one line")),
    "no description": ({"description": None}, ("description", "is missing or empty")),
    "bad duration": ({"valid_for": "3 months"}, ("valid_for", "'3 months'", "90d or 12h, or never")),
    "no time": ({"valid_for": "0"}, ("valid_for", "'0'", "90d, or never")),
    "no unit": ({"valid_for": 90}, ("valid_for", "'90' has no unit", "write 90d for days or 90s for seconds")),
    "bad overlap": ({"overlap": "-1h"}, ("overlap", "'-1h'", "90d or 12h")),
    "long margin": ({"renew_within": "90d"}, ("renew_within", "'90d'", "valid_for (90d)", "write a shorter")),
    "no valid_for": ({"valid_for": None}, ("valid_for", "is missing", "90d, or never")),
    "no access list": ({"access_list": []}, ("access_list", "is missing or empty")),
    "empty property fence": (grant(property_fence=[]), ("access_list[0].property_fence", "is empty", "leave it out")),
    "no UUID": (grant(path_id="roads"), ("access_list[0].path_id", "'roads'", "write a UUID")),
    "tile outside": (tile(tile_x=2), ("access_list[0].geo_fence.tiles[0].tile_x", "2 is out of range", "0 to 1")),
    "zoom outside": (tile(zoom=31), ("access_list[0].geo_fence.tiles[0].zoom", "31 is out of range", "0 to 30")),
    "empty tiles": (grant(geo_fence={"tiles": []}), ("access_list[0].geo_fence.tiles", "is empty", "leave it out")),
    "finest zoom outside": (grant(geo_fence={"max_zoom": -1}), ("access_list[0].geo_fence.max_zoom", "-1", "0 to 30")),
    "bad owner": ({"owner": "The sales team"}, ("owner", "'The sales team'", "1 to 12 of a-z, 0-9 and -")),
    "bad held id": ({"held_id": "none"}, ("held_id", "'none'", "write a UUID")),
    "two stores": ({"held_id": "", "store": "x.yml"}, ("store and held_id exclude each other",)),
    "token_id with present": ({"token_id": PATH}, ("token_id", "state=absent only", "use description")),
    "no UUID to revoke": (
        {"state": "absent", "description": None, "token_id": "17"},
        ("token_id", "'17'", "write a UUID"),
    ),
    "two ways to revoke": ({"state": "absent", "token_id": PATH}, ("token_id and description exclude each other",)),
    "nothing to revoke": ({"state": "absent", "description": None}, ("state=absent needs description, or token_id",)),
    "unknown state": ({"state": "gone"}, ("state", "gone", "present, absent")),
    "unknown option": ({"acces_list": []}, ("has no option", "acces_list", "access_list")),
    "unknown suboption": (grant(tier="view"), ("tier", "access_tier")),
    "no dictionary": ({"access_list": ["roads"]}, ("access_list",)),
    "bad address": ({"api_url": "drive.example"}, ("api_url", "'drive.example'", "write one like https://")),
    "bad timeout": ({"timeout": 0}, ("timeout", "0", "positive")),
    "bad CA path": ({"ca_path": "/no/such/file"}, ("ca_path", "/no/such/file", "name a file or folder")),
    "bad token": ({"api_token": "two words"}, ("api_token", "one line")),
    "bad token file": ({"api_token_file": "/no/such/file"}, ("api_token_file", "/no/such/file", "name a file")),
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, Emulator]]:
    emulator = Emulator()
    tasks = []
    for name, (difference, _named) in TABLE.items():
        options = {key: value for key, value in {**GOOD, **difference}.items() if value is not None}
        tasks.append({"name": name, "ellipsis.drive.ellipsis_access_token": options, "ignore_errors": True})
    with serve(emulator) as api_url:
        yield Controller(tmp_path_factory.mktemp("bad"), api_url).run(json.dumps(tasks)), emulator


@pytest.mark.parametrize("name", TABLE)
def test_a_message_names_option_value_and_remedy(refused: tuple[Run, Emulator], name: str) -> None:
    result = refused[0].result(name)
    for part in TABLE[name][1]:
        assert part in result["msg"]
    assert "\n" not in result["msg"]
    assert "Traceback" not in str(result)


def test_nothing_was_asked(refused: tuple[Run, Emulator]) -> None:
    assert refused[1].journal == []
    assert "Traceback" not in refused[0].stdout + refused[0].stderr


def test_bad_input_is_named_elsewhere_too(controller: Controller, emulator: Emulator) -> None:
    run = controller.run(
        """
        - name: delegated
          ellipsis.drive.ellipsis_access_token:
            description: tile server
            access_list: [{path_id: "{{ roads_id }}", access_tier: viewer}]
            valid_for: 90d
          delegate_to: bastion
          ignore_errors: true
        - name: filter
          ellipsis.drive.ellipsis_access_token_info: {path_id: roads, expires_within: soon}
          ignore_errors: true
        - name: set
          ellipsis.drive.ellipsis_access_tokens:
            tokens:
              - {description: good, access_list: [{path_id: "{{ roads_id }}", access_tier: view}], valid_for: 1d}
              - {description: bad, access_list: [{path_id: "{{ roads_id }}", access_tier: view}]}
          ignore_errors: true
        """
    )
    assert "access_list[0].access_tier: 'viewer' is not a tier" in run.result("delegated")["msg"]
    assert "path_id: 'roads' is not an id" in run.result("filter")["msg"]
    assert "valid_for: is missing" in run.result("set")["msg"]
    assert not emulator.journal
