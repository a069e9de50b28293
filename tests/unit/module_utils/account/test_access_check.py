# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known to go wrong before a token is made."""

from __future__ import annotations

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._account.access_check import check_access, complaint
from ansible_collections.ellipsis.drive.plugins.module_utils._account.path_tree import Tree
from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import Grant, Tile
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Desired
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import Refused
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Slot
from ansible_collections.ellipsis.drive.plugins.module_utils._model.path_names import parse_path_name
from ansible_collections.ellipsis.drive.plugins.module_utils._model.paths import PathView, read_path
from ansible_collections.ellipsis.drive.tests.emulator import PATHS, USER_TOKEN, Emulator, ManualClock
from ansible_collections.ellipsis.drive.tests.unit.module_utils.clients import open_client

ID = "00000000-0000-4000-8000-000000000001"


def view(kind: str | None = "vector", tier: str | None = None, level: int | None = None) -> PathView:
    return PathView(ID, "Roads", kind, tier, level)


NAMES = Grant(ID, "view", property_fence=("name",))
TILES = Grant(ID, "view", tiles=(Tile(0, 0, 1),))
ZOOM = Grant(ID, "view", max_zoom=3)


@pytest.mark.parametrize(
    ("grant", "seen", "named"),
    [
        (Grant(ID, "view"), None, "does not exist, or this account has no access to it; correct path_id"),
        (Grant(ID, "edit"), view(tier="view"), "gives this account view, so it can't give edit to a token; lower"),
        (Grant(ID, "view"), view(tier="none"), "gives this account none"),
        (Grant(ID, "viewPlus"), view(level=100), "gives this account access level 100, so it can't give viewPlus"),
        (Grant(ID, "admin"), view(level=200), "gives this account access level 200"),
        (NAMES, view("raster"), "('Roads', a raster) takes no property_fence"),
        (NAMES, view("folder"), "only vector layers have properties; leave it out"),
        (TILES, view("folder"), "takes no geo_fence, which is for raster and vector layers"),
        (ZOOM, view("bookmark"), "takes no geo_fence"),
        (Grant(ID, "view", max_zoom=0), view("folder"), "takes no geo_fence"),
    ],
)
def test_said(grant: Grant, seen: PathView | None, named: str) -> None:
    said = complaint(grant, seen)
    assert said and said.startswith(f"path {ID} ")
    assert named in said


@pytest.mark.parametrize(
    ("grant", "seen"),
    [
        (Grant(ID, "view"), view(tier="view")),
        (Grant(ID, "edit"), view(tier="admin")),
        (Grant(ID, "edit"), view(level=550)),
        (Grant(ID, "edit"), view(level=201)),
        (Grant(ID, "fullView"), view(tier="view")),
        (Grant(ID, "admin"), PathView()),
        (NAMES, view("vector")),
        (TILES, view("raster")),
        (TILES, view("vector")),
        (ZOOM, view("raster")),
        (NAMES, view(None)),
        (TILES, view(None)),
        (Grant(ID, "view"), view("folder")),
    ],
)
def test_nothing_known_against_it(grant: Grant, seen: PathView) -> None:
    assert complaint(grant, seen) is None


@pytest.mark.parametrize(
    ("seen", "path"),
    [(view(tier="view"), f"path {ID} ('Roads', a vector)"), (PathView(tier="view"), f"path {ID}")],
    ids=["with a name", "without"],
)
def test_the_whole_sentence(seen: PathView, path: str) -> None:
    words = "gives this account view, so it can't give edit to a token; lower access_tier, or get more access first."
    assert complaint(Grant(ID, "edit"), seen) == f"{path} {words}"


ROADS, ELEVATION, IMAGERY = (PATHS[key] for key in ("Projects/Roads", "Elevation", "Partner imagery"))
BY_NAME = Grant("", "view", location=parse_path_name("path", "myDrive/Not there yet"))


@pytest.mark.parametrize(
    ("lists", "looked_at", "problems"),
    [
        ([], 0, []),
        ([(BY_NAME,)], 0, []),
        ([(Grant(ROADS, "view"), Grant(ELEVATION, "view")), (Grant(ROADS, "edit"), BY_NAME)], 2, []),
        ([(Grant(ID, "view"),), (Grant(ID, "view"), Grant(ROADS, "view"))], 2, [(Grant(ID, "view"), None)]),
        (
            [(Grant(IMAGERY, "edit"), Grant(ID, "view")), (Grant(IMAGERY, "admin"),)],
            2,
            [
                (Grant(IMAGERY, "edit"), PathView(IMAGERY, "Partner imagery", "raster", "view")),
                (Grant(ID, "view"), None),
                (Grant(IMAGERY, "admin"), PathView(IMAGERY, "Partner imagery", "raster", "view")),
            ],
        ),
    ],
    ids=["nothing wanted", "a name without an id", "nothing wrong", "wrong twice", "several wrong"],
)
def test_all_problems_of_all_lists_at_once(
    lists: list[tuple[Grant, ...]], looked_at: int, problems: list[tuple[Grant, PathView | None]]
) -> None:
    """Each of them once, and each path is looked at once."""
    client = open_client(Emulator(clock=ManualClock()), api_token=USER_TOKEN)
    wanted = [Desired(Slot("default", f"token {number}"), grants) for number, grants in enumerate(lists)]
    if problems:
        with pytest.raises(Refused) as caught:
            check_access(wanted, Tree(client))
        sentences = " ".join(str(complaint(grant, seen)) for grant, seen in problems)
        assert str(caught.value) == f"access_list: {sentences} Nothing was written."
    else:
        check_access(wanted, Tree(client))
    assert client.calls["path"] == looked_at


@pytest.mark.parametrize(
    ("body", "known"),
    [
        ({"yourAccess": {"accessLevel": 100}}, "view"),
        ({"yourAccess": {"accessLevel": 0}}, "none"),
        ({"yourAccess": {"accessLevel": 550}}, None),
        ({"yourAccess": {"accessTier": "edit+", "accessLevel": 550}}, "editPlus"),
        ({"yourAccess": None}, None),
        ("text", None),
    ],
)
def test_own_access(body: object, known: str | None) -> None:
    assert read_path(body).known_tier == known


@pytest.mark.parametrize("key", ["publicAccess", "inheritedPublicAccess"])
@pytest.mark.parametrize(
    ("access", "public"),
    [
        ({"accessLevel": 100}, True),
        ({"accessTier": "view"}, True),
        ({"accessLevel": 0, "accessTier": "view"}, True),
        ({"accessLevel": 100, "accessTier": "none"}, True),
        ({"accessLevel": 0, "accessTier": "none"}, False),
        ({"accessLevel": 0}, False),
        ({}, False),
        (None, False),
        ("view", False),
    ],
)
def test_public_access(key: str, access: object, public: bool) -> None:
    assert read_path({key: access}).public is public


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        (None, PathView()),
        ({"id": ID.upper(), "name": "e\u0301", "type": "raster"}, PathView(ID, "é", "raster")),
        ({"id": 7, "name": None, "type": ""}, PathView()),
        ({"yourAccess": {"accessLevel": True}}, PathView()),
        ({"yourAccess": {"accessTier": "none", "accessLevel": 0}}, PathView(tier="none", level=0)),
        ({"trashed": True}, PathView(trashed=True)),
        ({"trashed": "no"}, PathView()),
    ],
)
def test_what_a_path_says(body: object, seen: PathView) -> None:
    assert read_path(body) == seen
