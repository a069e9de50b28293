# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names instead of ids: the same tokens, whatever the server's answers look like."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import OTHER_USER, PATHS, USER, VARIANTS, Emulator
from ansible_collections.ellipsis.drive.tests.emulator.tree import Node, stable_id
from ansible_collections.ellipsis.drive.tests.laws.harness import ROADS, Controller, Run, access, present, service

every_variant = pytest.mark.parametrize("variant", VARIANTS)


def named(path: str, path_type: str | None = None, tier: str = "view") -> dict[str, Any]:
    """An entry of the option access_list, as people write it."""
    return {"path": path, "access_tier": tier, **({"path_type": path_type} if path_type else {})}


def listings(run: Run) -> Counter[str]:
    """How often each folder was listed, by page."""
    found = [f"{each.path}?{each.query.get('pageStart', '')}" for each in run.sent("GET")]
    return Counter(each for each in found if re.search(r"/root/|/list\?", each))


@every_variant
def test_a_name_is_the_same_as_its_id(variant: str) -> None:
    controller = Controller(service(VARIANTS[variant]))
    made = controller.run(present(access_list=[named("myDrive/Projects/Roads")]))
    assert made.error is None
    assert made.result["access_token"]["access_list"] == [{"path_id": ROADS, "access_tier": "view"}]
    for entry in (access(ROADS), access(ROADS.upper()), named("myDrive/Projects/Roads", "folder")):
        assert not controller.run(present(access_list=[entry])).result["changed"]


@pytest.mark.parametrize(
    ("path", "path_type", "key"),
    [
        ("myDrive/Projects/Rivers", "folder", "Projects/Rivers"),
        ("myDrive/Projects/Rivers", "vector", "Projects/Rivers#vector"),
        ("myDrive/Projects/Rivers/Banks", None, "Projects/Rivers/Banks"),
        (r"myDrive/Projects/North\/South", None, "Projects/North/South"),
        ("myDrive/Report.pdf", None, "Report.pdf"),
        ("myDrive/Scan", "pointCloud", "Scan"),
        ("myDrive/City view", "bookmark", "City view"),
        ("sharedWithMe/Partner imagery", None, "Partner imagery"),
        ("sharedWithMe/Partner workspace/Parcels", None, "Partner workspace/Parcels"),
    ],
)
def test_every_kind_of_path(path: str, path_type: str | None, key: str) -> None:
    run = Controller(service()).run(present(access_list=[named(path, path_type)]))
    assert run.error is None
    assert run.result["access_token"]["access_list"][0]["path_id"] == PATHS[key]


@pytest.mark.parametrize(
    ("path", "path_type", "parts"),
    [
        (
            "myDrive/Projcts/Roads",
            None,
            ("'myDrive' has no folder named 'Projcts'", "the nearest", "'Projects'"),
        ),
        ("myDrive/Projects/Raods", None, ("'myDrive/Projects' has nothing named 'Raods'", "'Roads', 'Rivers'")),
        ("myDrive/projects", None, ("has nothing named 'projects'", "the nearest", "'Projects'")),
        ("myDrive/Elevation/x", None, ("'myDrive' has no folder named 'Elevation', but a raster",)),
        ("myDrive/Elevation", "vector", ("has no vector named 'Elevation', but a raster",)),
        ("myDrive/Projects/North/South", None, ("'myDrive/Projects' has no folder named 'North'",)),
        ("favorites/x", None, ("'favorites' has nothing named 'x', and nothing else",)),
        ("myDrive/Old map", None, ("has nothing named 'Old map'",)),
    ],
)
def test_a_path_that_is_not_there(path: str, path_type: str | None, parts: tuple[str, ...]) -> None:
    options = present(access_list=[named(path, path_type)])
    controller = Controller(service())
    run = controller.run(options)
    assert not run.after and not run.sent("POST")
    for part in (f"access_list: path {path!r} does not exist: ", *parts):
        assert part in str(run.error)

    check = controller.run(options, apply=False)
    assert check.error is None
    assert (check.result["changed"], check.result["reason"]) == (True, "create")
    assert [f"path {path!r} does not exist" in warning for warning in check.warnings] == [True]
    assert check.result["diff"]["after"]["access_list"] == [{"path": path, "access_tier": "view"}]


@pytest.mark.parametrize("apply", [True, False])
def test_a_name_that_leads_to_several_paths(apply: bool) -> None:
    run = Controller(service()).run(present(access_list=[named("myDrive/Projects/Rivers")]), apply=apply)
    candidates = f"folder {PATHS['Projects/Rivers']}, vector {PATHS['Projects/Rivers#vector']}"
    assert f"leads to 2 paths: {candidates}; say which with path_type" in str(run.error)


def test_everything_wrong_is_said_at_once() -> None:
    entries = [named("myDrive/Nowhere"), named("myDrive/Projects/Rivers"), named("myDrive/Nothing")]
    error = str(Controller(service()).run(present(access_list=entries)).error)
    assert all(name in error for name in ("'myDrive/Nowhere'", "'myDrive/Projects/Rivers'", "'myDrive/Nothing'"))


def test_two_names_for_one_path() -> None:
    entries = [named("myDrive/Projects/Roads"), access(ROADS)]
    run = Controller(service()).run(present(access_list=entries))
    assert f"access_list: path {ROADS} is there twice" in str(run.error)


def test_twins_of_one_name_and_type() -> None:
    emulator = service()
    ids = emulator.add_folder_tree(["Twins/A"])
    other = Node(stable_id("twin"), "Twins", "folder", USER)
    emulator.add_path(other)
    emulator.add_path(Node(stable_id("in the twin"), "B", "raster", USER, other.id))
    made = Controller(emulator).run(present(access_list=[named("myDrive/Twins/A"), named("myDrive/Twins/B")]))
    found = [each["path_id"] for each in made.result["access_token"]["access_list"]]
    assert found == sorted([ids["Twins/A"], stable_id("in the twin")])
    error = _refused(emulator, named("myDrive/Twins"))
    assert "leads to 2 paths" in error and other.id in error and "path_id in place of path" in error


@every_variant
def test_all_pages_once_and_folders_in_between(variant: str) -> None:
    emulator = service(VARIANTS[variant])
    ids = emulator.add_folder_tree([f"Customers/{number:03d}/Data" for number in range(120)])
    paths = [f"myDrive/Customers/{number:03d}" for number in range(0, 120, 7)]
    run = Controller(emulator).run(
        present(access_list=[named(path) for path in [*paths, "myDrive/Customers/119/Data"]])
    )
    assert run.error is None
    assert set(listings(run).values()) == {1}
    assert len(listings(run)) == 1 + 3 + 1, "the drive, the customers, and customer 119"
    assert {each["path_id"] for each in run.result["access_token"]["access_list"]} == {
        *(ids[path.removeprefix("myDrive/")] for path in paths),
        ids["Customers/119/Data"],
    }


def test_a_renamed_folder_is_no_drift_and_a_successor_is() -> None:
    emulator = service()
    controller = Controller(emulator)
    ids = emulator.add_folder_tree(["Old", "Next"], kind="folder")
    controller.run(present(access_list=[named("myDrive/Old")]))
    assert not controller.run(present(access_list=[access(ids["Old"])])).result["changed"]
    again = controller.run(present(access_list=[named("myDrive/Next")]))
    assert (again.result["reason"], again.result["changes"]) == ("drift", ["access_list"])


def _refused(emulator: Emulator, *entries: dict[str, Any]) -> str:
    run = Controller(emulator).run(present(access_list=list(entries)))
    assert not run.sent("POST") and not run.created
    return str(run.error)


@every_variant
def test_what_the_account_can_not_give_is_said_before_anything_is_written(variant: str) -> None:
    emulator = service(VARIANTS[variant])
    private, shared = PATHS["Private"], PATHS["Partner imagery"]
    error = _refused(
        emulator,
        access(private),
        access(shared, "edit"),
        access(ROADS, property_fence=["name"]),
        access(PATHS["Elevation"], geo_fence={"max_zoom": 3}),
    )
    for part in (
        f"path {private} does not exist",
        f"path {shared} ('Partner imagery', a raster) gives this account",
        ROADS,
    ):
        assert part in error
    assert PATHS["Elevation"] not in error
    assert OTHER_USER not in error


def test_check_mode_says_it_too() -> None:
    options = present(access_list=[access(PATHS["Partner imagery"], "edit")])
    controller = Controller(service())
    assert str(controller.run(options).error) == str(controller.run(options, apply=False).error) != "None"
