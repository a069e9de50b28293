# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the vendor's own Python client, unmodified but for its base URL, and prints what it found.

The client imports half a gigabyte of geodata libraries that no call used here touches. Those that are not installed
are replaced by placeholders, before the client is imported.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import json
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

GEODATA = [
    "PIL",
    "dill",
    "fiona",
    "geopandas",
    "geopy",
    "imagecodecs",
    "imageio",
    "matplotlib",
    "numpy",
    "pandas",
    "pygltflib",
    "pyproj",
    "rasterio",
    "requests_toolbelt",
    "shapely",
    "skimage",
    "tifffile",
]


class Nothing:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Takes whatever the real thing takes."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class Placeholder(ModuleType):
    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing


class Placeholders(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, names: list[str]) -> None:
        self._names = names

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        absent = name.split(".", maxsplit=1)[0] in self._names
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if absent else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return Placeholder(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing in it."""


def main(base_url: str, username: str, password: str, path_id: str) -> None:
    sys.meta_path.append(Placeholders([name for name in GEODATA if importlib.util.find_spec(name) is None]))
    import ellipsis

    ellipsis.apiManager.baseUrl = base_url
    tokens = ellipsis.account.accessToken
    bearer = ellipsis.account.logIn(username, password, validFor=600)
    access = [{"pathId": path_id, "access": {"accessTier": "view"}}]
    created = tokens.create("made by the client", access, bearer, validFor=600)
    listed = tokens.get(bearer, listAll=True)["result"]
    (mine,) = (token["id"] for token in listed if token["description"] == "made by the client")
    seen = ellipsis.path.get(path_id, created["token"])
    tokens.revoke(mine, bearer)
    left = tokens.get(bearer, listAll=True)["result"]
    print(json.dumps({"listed": len(listed), "seen": seen["id"], "left": len(left), "id": mine}))


if __name__ == "__main__":
    main(*sys.argv[1:])
