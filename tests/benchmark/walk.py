# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists a folder of the drive and the folders in it, some at a time. Run as a file, so that nothing else is imported."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from requests.adapters import HTTPAdapter

TYPES = json.dumps(["folder", "raster", "vector", "file", "pointCloud", "bookmark"])


def main() -> None:
    api_url, name, concurrency = sys.argv[1:]
    with requests.Session() as session, ThreadPoolExecutor(int(concurrency)) as pool:
        session.trust_env = False
        session.mount("http://", HTTPAdapter(pool_maxsize=int(concurrency)))
        session.headers["Authorization"] = f"Bearer {os.environ['ELLIPSIS_API_TOKEN']}"
        root = _list(session, f"{api_url}/account/root/myDrive")
        top = [path["id"] for path in root if path["name"] == name]
        folders = [path["id"] for path in _list(session, f"{api_url}/path/{top[0]}/folder/list")]
        list(pool.map(lambda folder: _list(session, f"{api_url}/path/{folder}/folder/list"), folders))


def _list(session: requests.Session, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query: dict[str, Any] = {"type": TYPES, "pageSize": 50}
    while True:
        page = session.get(url, params=query, timeout=20)
        page.raise_for_status()
        found += page.json()["result"]
        query["pageStart"] = page.json()["nextPageStart"]
        if query["pageStart"] is None:
            return found


if __name__ == "__main__":
    main()
