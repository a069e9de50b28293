# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a location is written and read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import normalise
from ansible_collections.ellipsis.drive.plugins.module_utils._model.path_names import ROOTS, PathName, parse_path_name

names = st.text(min_size=1).map(normalise)


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("myDrive", PathName("myDrive")),
        ("myDrive/", PathName("myDrive")),
        ("myDrive/Projects/Roads", PathName("myDrive", ("Projects", "Roads"))),
        ("myDrive/Projects/", PathName("myDrive", ("Projects",))),
        ("sharedWithMe/ a b ", PathName("sharedWithMe", (" a b ",))),
        (r"favorites/North\/South/x", PathName("favorites", ("North/South", "x"))),
        (r"myDrive/a\\/b", PathName("myDrive", ("a\\", "b"))),
        (r"myDrive/a\b\\c", PathName("myDrive", (r"a\b\c",))),
        ("myDrive/e\u0301", PathName("myDrive", ("\u00e9",))),
        ("myDrive/two\nlines", PathName("myDrive", ("two\nlines",))),
    ],
)
def test_read(text: str, location: PathName) -> None:
    assert parse_path_name("path", text) == location


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Projects/Roads", "does not begin with a root; begin with one of myDrive, sharedWithMe, favorites"),
        ("/myDrive/Projects", "does not begin with a root"),
        ("mydrive/Projects", "does not begin with a root"),
        ("trash/Projects", "does not begin with a root"),
        ("myDrive//Roads", "has an empty name"),
        ("myDrive/Roads//", "has an empty name"),
    ],
)
def test_refused(text: str, named: str) -> None:
    with pytest.raises(OptionError) as failure:
        parse_path_name("access_list[0].path", text)
    assert str(failure.value).startswith(f"access_list[0].path: {text!r} ")
    assert named in str(failure.value)


@given(st.sampled_from(ROOTS), st.lists(names), st.sampled_from(["", "folder", "pointCloud"]))
def test_written_and_read_back(root: str, parts: list[str], path_type: str) -> None:
    location = PathName(root, tuple(parts), path_type)
    assert parse_path_name("path", str(location), path_type) == location


@pytest.mark.parametrize(
    ("depth", "folder"),
    [(0, "myDrive"), (1, "myDrive/a"), (2, "myDrive/a/b"), (3, "myDrive/a/b/c"), (4, "myDrive/a/b/c")],
)
def test_the_folder_on_the_way(depth: int, folder: str) -> None:
    """It is any folder of these names: what the last name must be is said of that one alone."""
    assert PathName("myDrive", ("a", "b", "c"), "raster").up_to(depth) == parse_path_name("path", folder)


def test_paths_are_told_in_one_order() -> None:
    """By the root, then name by name, then by type."""
    paths = [
        PathName("favorites", ("z",)),
        PathName("myDrive"),
        PathName("myDrive", ("a", "c")),
        PathName("myDrive", ("a b",)),
        PathName("myDrive", ("b",)),
        PathName("myDrive", ("b",), "folder"),
        PathName("myDrive", ("b",), "raster"),
        PathName("sharedWithMe", ("a",)),
    ]
    assert sorted({*paths}) == paths
