# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of paths: each is read once for a minute, and what can't be read says nothing."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import requests

from ansible_collections.ellipsis.drive.plugins.module_utils._account.path_tree import Tree
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.plugins.module_utils._model.paths import PathView
from ansible_collections.ellipsis.drive.tests.emulator import (
    PATHS,
    USER,
    USER_TOKEN,
    Emulator,
    EmulatorAdapter,
    ManualClock,
)
from ansible_collections.ellipsis.drive.tests.emulator.tree import Node, stable_id
from ansible_collections.ellipsis.drive.tests.unit.module_utils.clients import open_client

ROADS = PATHS["Projects/Roads"]


@pytest.mark.parametrize(
    ("status", "seen"),
    [
        *((status, None) for status in (400, 401, 403, 404)),
        *((status, PathView()) for status in (402, 405, 409, 429, 500, 503)),
    ],
)
def test_what_is_not_there_and_what_can_not_be_told(status: int, seen: PathView | None) -> None:
    emulator = Emulator(clock=ManualClock())
    emulator.fault(kind="status", status=status, path="/path/", times=None)
    assert Tree(open_client(emulator, api_token=USER_TOKEN)).views([ROADS]) == {ROADS: seen}


@pytest.mark.parametrize(("age", "read"), [(60, 1), (61, 2)])
def test_what_is_known_is_not_read_again_for_a_minute(age: float, read: int) -> None:
    emulator = Emulator(clock=ManualClock())
    client = open_client(emulator, api_token=USER_TOKEN)
    tree = Tree(client)
    for _question in range(2):
        views, folders = tree.views([ROADS, ROADS]), tree.folders(["myDrive"])
        assert [view.name for view in views.values() if view] == ["Roads"]
        assert "Projects" in folders["myDrive"].by_name
        emulator.advance(age)
    assert client.calls["path"] == 2 * read
    tree.forget()
    tree.views([ROADS])
    assert client.calls["path"] == 2 * read + 1


def test_a_folder_that_can_not_be_read_is_an_error() -> None:
    emulator = Emulator(clock=ManualClock())
    emulator.fault(kind="status", status=500, path="/account/root/", times=None)
    with pytest.raises(EllipsisError, match="answered 500"):
        Tree(open_client(emulator, api_token=USER_TOKEN)).folders(["myDrive", PATHS["Projects"]])


def test_what_lies_in_a_folder() -> None:
    """By name and in the order of the server, without what is in the trash or has no id."""
    emulator = Emulator(clock=ManualClock())
    [folder] = emulator.add_folder_tree(["Folder"], kind="folder").values()
    nodes = {
        name: Node(stable_id(name), name.partition("#")[0], "raster", USER, folder) for name in ("B#1", "A", "B#2")
    }
    nodes["T"] = Node(stable_id("T"), "T", "raster", USER, folder, trashed=True)
    nodes["odd"] = Node("17", "odd", "raster", USER, folder)
    for node in nodes.values():
        emulator.add_path(node)
    tree = Tree(open_client(emulator, api_token=USER_TOKEN))
    found = tree.folders([folder])[folder]
    assert {name: {view.id for view in views} for name, views in found.by_name.items()} == {
        "A": {nodes["A"].id},
        "B": {nodes["B#1"].id, nodes["B#2"].id},
    }
    assert sorted(view.name for view in found.children) == ["A", "B", "B"]


class Meeting(EmulatorAdapter):
    """Lets requests through when so many are there."""

    def __init__(self, emulator: Emulator, count: int) -> None:
        super().__init__(emulator)
        self._barrier, self.threads = threading.Barrier(count, timeout=10), set[int]()

    def send(self, request: requests.PreparedRequest, *arguments: Any, **more: Any) -> requests.Response:
        self._barrier.wait()
        self.threads.add(threading.get_ident())
        return super().send(request, *arguments, **more)


def many_folders(emulator: Emulator, count: int) -> list[str]:
    return list(emulator.add_folder_tree([f"Folder {number:02d}" for number in range(count)], kind="folder").values())


def test_eight_at_a_time_are_read() -> None:
    emulator = Emulator(clock=ManualClock())
    folders = many_folders(emulator, 32)
    client, meeting = open_client(emulator, api_token=USER_TOKEN), Meeting(emulator, 8)
    client.sender._session.mount("http://", meeting)
    assert set(Tree(client).folders(folders)) == set(folders)
    assert len(meeting.threads) == 8


def test_after_a_failure_no_more_are_read() -> None:
    """Than those that were begun before."""
    emulator = Emulator(clock=ManualClock())
    folders = many_folders(emulator, 32)
    emulator.fault(kind="status", status=400, method="GET", times=None)
    client = open_client(emulator, api_token=USER_TOKEN)
    with pytest.raises(EllipsisError, match="answered 400"):
        Tree(client).folders(folders)
    assert client.calls["path"] <= 8
