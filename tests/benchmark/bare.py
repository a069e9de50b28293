# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same work as a script: list, then create what is missing. Run as a file, so that nothing else is imported."""

from __future__ import annotations

import argparse
import os
from typing import Any

import requests


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("api_url")
    parser.add_argument("path_id")
    parser.add_argument("count", type=int)
    arguments = parser.parse_args()
    url = f"{arguments.api_url}/account/security/accessToken"
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {os.environ['ELLIPSIS_API_TOKEN']}"
        found: set[str] = set()
        query: dict[str, Any] = {"pageSize": 30}
        while True:
            page = session.get(url, params=query, timeout=20)
            page.raise_for_status()
            found.update(token["description"] for token in page.json()["result"])
            query["pageStart"] = page.json()["nextPageStart"]
            if query["pageStart"] is None:
                break
        for number in range(arguments.count):
            if f"benchmark {number}" in found:
                continue
            answer = session.post(
                url,
                json={
                    "description": f"benchmark {number}",
                    "accessList": [{"pathId": arguments.path_id, "access": {"accessTier": "view"}}],
                    "scope": "all",
                    "validFor": 7776000,
                },
                timeout=20,
            )
            answer.raise_for_status()


if __name__ == "__main__":
    main()
