# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of paths: each is read once for a minute, and what can't be read says nothing."""

from __future__ import annotations

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._account.path_tree import Tree
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.plugins.module_utils._model.paths import PathView
from ansible_collections.ellipsis.drive.tests.emulator import PATHS, USER_TOKEN, Emulator, ManualClock
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
