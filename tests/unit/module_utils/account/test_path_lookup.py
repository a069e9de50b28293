# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a path of names leads to, and in which words it is said that it leads nowhere or to several paths."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._account.path_lookup import (
    NoSuchPath,
    SeveralPaths,
    resolve,
    resolve_paths,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._account.path_tree import Tree
from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import Grant
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Desired
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Slot
from ansible_collections.ellipsis.drive.plugins.module_utils._model.path_names import PathName, parse_path_name
from ansible_collections.ellipsis.drive.plugins.module_utils._model.paths import PathView
from ansible_collections.ellipsis.drive.tests.emulator import PATHS, USER, USER_TOKEN, Emulator, ManualClock
from ansible_collections.ellipsis.drive.tests.emulator.tree import Node, stable_id
from ansible_collections.ellipsis.drive.tests.laws.harness import Controller
from ansible_collections.ellipsis.drive.tests.unit.module_utils.clients import open_client

TWINS = sorted(stable_id(f"twin {number}") for number in range(2))
IN_BOTH = sorted(stable_id(f"in both {number}") for number in range(2))
NAMESAKES: dict[str, str] = {kind: stable_id(f"namesake {kind}") for kind in ("vector", "bookmark", "raster")}


def name(text: str, path_type: str | None = None) -> PathName:
    return parse_path_name("path", text, path_type)


@pytest.fixture(name="emulator")
def fixture_emulator() -> Emulator:
    """With two folders of one name, and with three things of other types that share a name."""
    emulator = Emulator(clock=ManualClock())
    for twin in reversed(TWINS):
        emulator.add_path(Node(twin, "Twins", "folder", USER))
    for number, twin in enumerate(TWINS):
        emulator.add_path(Node(stable_id(f"only in {number}"), f"Only in {number}", "raster", USER, twin))
        emulator.add_path(Node(IN_BOTH[number], "In both", "vector", USER, twin))
    for kind, path_id in NAMESAKES.items():
        emulator.add_path(Node(path_id, "Same", kind, USER))
    return emulator


@pytest.mark.parametrize(
    ("path", "path_type", "path_id"),
    [
        ("myDrive/Projects", None, PATHS["Projects"]),
        ("myDrive/Projects/Roads/2026/Survey", None, PATHS["Projects/Roads/2026/Survey"]),
        ("myDrive/Projects/Rivers/Banks", None, PATHS["Projects/Rivers/Banks"]),
        ("myDrive/Projects/Rivers", "folder", PATHS["Projects/Rivers"]),
        ("myDrive/Projects/Rivers", "vector", PATHS["Projects/Rivers#vector"]),
        ("myDrive/Same", "bookmark", NAMESAKES["bookmark"]),
        ("myDrive/Twins/Only in 0", None, stable_id("only in 0")),
        ("myDrive/Twins/Only in 1", "raster", stable_id("only in 1")),
    ],
    ids=str,
)
def test_found(emulator: Emulator, path: str, path_type: str | None, path_id: str) -> None:
    """Only folders lead on, and all that have the name do."""
    wanted = name(path, path_type)
    found = resolve([wanted], Tree(open_client(emulator, api_token=USER_TOKEN)))[wanted]
    assert isinstance(found, PathView) and found.id == path_id


@pytest.mark.parametrize(
    ("path", "path_type", "words"),
    [
        ("myDrive/Projcts/Roads", None, "'myDrive' has no folder named 'Projcts', the nearest are 'Projects', 'Twins'"),
        ("myDrive/Projects/Dams", None, "'myDrive/Projects' has nothing named 'Dams', the nearest {three}"),
        ("myDrive/Projects/Dams", "vector", "'myDrive/Projects' has no vector named 'Dams', the nearest {two}"),
        ("myDrive/Elevation/x", None, "'myDrive' has no folder named 'Elevation', but a raster"),
        ("myDrive/Same", "folder", "'myDrive' has no folder named 'Same', but a bookmark and a raster and a vector"),
        ("myDrive/Projects/Rivers", "file", "'myDrive/Projects' has no file named 'Rivers', but a folder and a vector"),
        ("myDrive/Projects/Dams", "file", "'myDrive/Projects' has no file named 'Dams', and nothing else"),
        ("favorites/x", None, "'favorites' has nothing named 'x', and nothing else"),
    ],
    ids=str,
)
def test_no_such_path(emulator: Emulator, path: str, path_type: str | None, words: str) -> None:
    """Where the way breaks, and what there is instead, of the type that is wanted there."""
    wanted = name(path, path_type)
    found = resolve([wanted], Tree(open_client(emulator, api_token=USER_TOKEN)))[wanted]
    assert isinstance(found, NoSuchPath)
    expected = words.format(three="are 'Roads', 'Rivers', 'North/South'", two="are 'Rivers', 'North/South'")
    assert str(found) == f"path {path!r} does not exist: {expected}."


BY_TYPE = "say which with path_type (or path_id)."
BY_ID = "say which with path_id in place of path."


@pytest.mark.parametrize(
    ("path", "path_type", "words"),
    [
        (
            "myDrive/Projects/Rivers",
            None,
            f"2 paths: folder {PATHS['Projects/Rivers']}, vector {PATHS['Projects/Rivers#vector']}; {BY_TYPE}",
        ),
        (
            "myDrive/Same",
            None,
            f"3 paths: bookmark {NAMESAKES['bookmark']}, raster {NAMESAKES['raster']}, vector {NAMESAKES['vector']}; {BY_TYPE}",
        ),
        ("myDrive/Twins", None, f"2 paths: folder {TWINS[0]}, folder {TWINS[1]}; {BY_ID}"),
        ("myDrive/Twins", "folder", f"2 paths: folder {TWINS[0]}, folder {TWINS[1]}; {BY_ID}"),
        (
            "myDrive/Twins/In both",
            None,
            f"2 paths: vector {IN_BOTH[0]}, vector {IN_BOTH[1]}; {BY_ID}",
        ),
    ],
    ids=["two types", "three types", "twins", "twins by type", "in twins"],
)
def test_several_paths(emulator: Emulator, path: str, path_type: str | None, words: str) -> None:
    """Which ones, in an order of their own, and how to say which is meant."""
    wanted = name(path, path_type)
    found = resolve([wanted], Tree(open_client(emulator, api_token=USER_TOKEN)))[wanted]
    assert isinstance(found, SeveralPaths)
    assert str(found) == f"path {path!r} leads to {words}"


def test_each_folder_is_listed_once_for_all_names(emulator: Emulator) -> None:
    paths = ["Projects", "Projects/Roads", "Projects/Rivers/Banks", "Projects/Roads/2026", "Nowhere/at all"]
    client = open_client(emulator, api_token=USER_TOKEN)
    found = resolve([name(f"myDrive/{path}") for path in paths], Tree(client))
    assert sum(isinstance(each, PathView) for each in found.values()) == 4
    assert client.calls == {"path": 4}, "the drive, the projects, the roads and the rivers"
    assert resolve([], Tree(client)) == {}


ROADS, NOWHERE, NOTHING = name("myDrive/Projects/Roads"), name("myDrive/Nowhere"), name("myDrive/Buildings/Nothing")
RIVERS = name("myDrive/Projects/Rivers")


def desired(*locations: PathName) -> Desired:
    return Desired(Slot("default", "tiles"), tuple(Grant("", "view", location=each) for each in locations))


@pytest.mark.parametrize("apply", [True, False], ids=["run", "check mode"])
def test_names_become_ids(emulator: Emulator, apply: bool) -> None:
    account = Controller(emulator).account(pytest.fail)
    by_id = replace(desired(), access_list=(Grant(PATHS["Buildings"], "view"),))
    [first, second] = resolve_paths([desired(ROADS), by_id], account, apply=apply)
    assert first == replace(desired(), access_list=(Grant(PATHS["Projects/Roads"], "view"),))
    assert second == by_id


@pytest.mark.parametrize(
    ("apply", "wanted", "said", "warned"),
    [
        (True, (NOWHERE, ROADS, RIVERS, NOTHING), (NOTHING, NOWHERE, RIVERS), ()),
        (True, (NOWHERE,), (NOWHERE,), ()),
        (False, (NOWHERE, ROADS, RIVERS), (RIVERS,), ()),
        (False, (NOWHERE, ROADS, NOTHING), (), (NOTHING, NOWHERE)),
    ],
    ids=["all at once", "one", "several in check mode", "none in check mode"],
)
def test_what_leads_nowhere_fails_a_run_and_is_a_warning_in_check_mode(
    emulator: Emulator,
    apply: bool,
    wanted: tuple[PathName, ...],
    said: tuple[PathName, ...],
    warned: tuple[PathName, ...],
) -> None:
    """All names together, in their order. A name that leads to several paths fails both."""
    warnings: list[str] = []
    account = Controller(emulator).account(warnings.append)
    found = resolve(wanted, account.tree)
    if said:
        with pytest.raises(OptionError) as caught:
            resolve_paths([desired(*wanted)], account, apply=apply)
        assert str(caught.value) == f"access_list: {' '.join(str(found[each]) for each in said)}"
    else:
        [there] = resolve_paths([desired(*wanted)], account, apply=apply)
        assert {each.location for each in there.access_list if each.location} == set(warned)
        assert PATHS["Projects/Roads"] in {each.path_id for each in there.access_list}
    assert warnings == [
        f"access_list: {found[each]} An earlier task may make it; without that this task will fail." for each in warned
    ]
