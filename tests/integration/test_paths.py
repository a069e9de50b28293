# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paths by name, and ellipsis_path_info, in real playbooks."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import PATHS, Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller, Run

GRANT = {"path": "myDrive/Projects/Roads", "access_tier": "view"}


def look(controller: Controller, *arguments: str, **options: Any) -> Run:
    task = {"name": "look", "ellipsis.drive.ellipsis_path_info": options, "ignore_errors": True}
    return controller.run(json.dumps([task]), *arguments)


def test_a_path_and_all_that_lies_in_it(controller: Controller, emulator: Emulator) -> None:
    result = look(controller, path="myDrive/Projects", children=True, recurse=True).result("look")
    assert result["path"] == {
        "id": PATHS["Projects"],
        "name": "Projects",
        "type": "folder",
        "path": "myDrive/Projects",
        "access_tier": "admin",
        "access_level": 1000,
    }
    below = {each["path"]: each for each in result["children"]}
    assert (
        list(below)
        == [
            r"myDrive/Projects/North\/South",
            "myDrive/Projects/Rivers",
            "myDrive/Projects/Rivers",
            "myDrive/Projects/Rivers/Banks",
            "myDrive/Projects/Roads",
            "myDrive/Projects/Roads/2026",
            "myDrive/Projects/Roads/2026/Survey",
            "myDrive/Projects/Roads/Centrelines",
            "myDrive/Projects/Roads/Surface",
        ]
        or len(below) == len(result["children"]) - 1
    )
    survey = below["myDrive/Projects/Roads/2026/Survey"]
    assert (survey["location"], survey["depth"]) == (["Roads", "2026", "Survey"], 3)
    assert (survey["id"], survey["parent_id"]) == (PATHS["Projects/Roads/2026/Survey"], PATHS["Projects/Roads/2026"])
    asked = Counter(entry.path for entry in emulator.journal)
    assert set(asked.values()) == {1}
    assert result["api_calls"] == {"path": len(emulator.journal)} == {"path": 6}
    assert not result["changed"]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"path": "myDrive/Projects/Roads"}, []),
        ({"path": "myDrive/Projects/Roads", "children": True}, ["2026", "Centrelines", "Surface"]),
        ({"path_id": PATHS["Projects/Roads"], "children": True, "types": ["folder"]}, ["2026"]),
        ({"path": "myDrive/Projects", "children": True, "recurse": True, "types": ["raster"]}, ["Survey", "Surface"]),
        (
            {"path": "myDrive/Projects/Roads", "children": True, "recurse": True, "max_depth": 1},
            ["2026", "Centrelines", "Surface"],
        ),
        ({"path": "sharedWithMe", "children": True}, ["Partner imagery", "Partner workspace"]),
    ],
)
def test_which_children(controller: Controller, options: dict[str, Any], names: list[str]) -> None:
    result = look(controller, **options).result("look")
    assert [each["name"] for each in result["children"]] == names


def test_the_own_access(controller: Controller) -> None:
    result = look(controller, path_id=PATHS["Partner imagery"].upper()).result("look")
    assert (result["path"]["id"], result["path"]["access_tier"]) == (PATHS["Partner imagery"], "view")
    assert result["path"]["path"] is None


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({}, "Either path_id or path is needed"),
        ({"path": "myDrive", "path_id": PATHS["Scan"]}, "set one of them"),
        ({"path_id": PATHS["Scan"], "path_type": "raster"}, "path_type: goes with path only"),
        ({"path_id": "roads"}, "path_id: 'roads' is not an id"),
        ({"path": "Projects"}, "path: 'Projects' does not begin with a root"),
        ({"path": "myDrive", "recurse": True}, "recurse: goes with children=true only"),
        ({"path": "myDrive", "types": ["folder"]}, "types: goes with children=true only"),
        ({"path": "myDrive", "children": True, "max_depth": 2}, "max_depth: goes with recurse=true only"),
        ({"path": "myDrive", "children": True, "recurse": True, "max_depth": 0}, "max_depth: 0 is not possible"),
        ({"path": "myDrive/Scan", "children": True}, "'Scan' is a pointCloud, and only folders have children"),
        ({"path": "myDrive/Projects/Rivers"}, "leads to 2 paths"),
        ({"path_id": PATHS["Private"]}, "does not exist, or this account has no access to it"),
    ],
)
def test_bad_input(controller: Controller, options: dict[str, Any], named: str) -> None:
    result = look(controller, **options).result("look")
    assert named in result["msg"]


def test_a_path_that_is_not_there(controller: Controller) -> None:
    message = look(controller, path="myDrive/Project").result("look")["msg"]
    assert "the nearest" in message and "'Projects'" in message
    check = look(controller, "--check", path="myDrive/Project", children=True)
    assert check.result("look")["path"] is None
    assert check.result("look")["children"] == []
    assert "An earlier task may make it" in check.text


def test_each_folder_is_listed_once(controller: Controller, emulator: Emulator) -> None:
    """By the items of a loop, by a set, and by a lookup; elsewhere it works, too."""
    run = controller.run(
        """
        - name: loop
          ellipsis.drive.ellipsis_access_token:
            description: "token {{ item }}"
            access_list: [{path: "myDrive/Projects/{{ item }}", path_type: folder, access_tier: view}]
            valid_for: 90d
            verify: none
          loop: [Roads, Rivers]
          register: loop
        - keep: {looped: "{{ loop.results | map(attribute='api_calls') | map(attribute='path') }}"}
        - name: set
          ellipsis.drive.ellipsis_access_tokens:
            owner: set
            tokens:
              - {description: a, access_list: [{path: myDrive/Projects/Roads, access_tier: view}]}
              - {description: b, access_list: [{path: myDrive/Projects/Roads/Surface, access_tier: view}]}
              - {description: c, access_list: [{path: myDrive/Projects/Roads/Centrelines, access_tier: view}]}
            defaults: {valid_for: 1d, verify: none}
          register: set
        - keep: {set: "{{ set.api_calls.path }}"}
        - name: elsewhere
          ellipsis.drive.ellipsis_access_token:
            description: a
            owner: set
            access_list: [{path: myDrive/Projects/Roads, access_tier: view}]
            valid_for: 1d
          delegate_to: bastion
          register: elsewhere
        - keep: {elsewhere: "{{ elsewhere }}"}
        - name: look up
          keep: {secret: "{{ lookup('ellipsis.drive.ellipsis_access_token', 'once', create=true, valid_for='1h', access_list=roads) }}"}
          vars: {roads: [{path: myDrive/Projects/Roads, access_tier: view}]}
        """,
        "-vvvv",
    )
    assert run.value("looped") == [3, 1], "two folders and a path, then the other path"
    assert int(run.value("set")) == 3 + 3
    assert run.value("elsewhere")["changed"] is False
    assert run.value("secret") in emulator.secrets


def test_nothing_is_written_when_one_of_many_is_wrong(controller: Controller, emulator: Emulator) -> None:
    tokens = [
        {"description": "good", "access_list": [GRANT]},
        {"description": "bad", "access_list": [{"path_id": PATHS["Partner imagery"], "access_tier": "edit"}]},
        {"description": "worse", "access_list": [{"path_id": PATHS["Private"], "access_tier": "view"}]},
    ]
    options = {"tokens": tokens, "defaults": {"valid_for": "1d"}, "on_error": "continue"}
    task = {"name": "set", "ellipsis.drive.ellipsis_access_tokens": options, "ignore_errors": True, "register": "made"}
    message = controller.run(json.dumps([task])).result("set")["msg"]
    assert "'Partner imagery', a raster) gives this account view" in message and PATHS["Private"] in message
    assert "Nothing was written" in message and not emulator.tokens
