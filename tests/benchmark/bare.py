# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same work as a script: list, create what is missing, revoke. Run as a file, so that nothing else is imported."""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import requests
from requests.adapters import HTTPAdapter


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("api_url")
    parser.add_argument("path_id")
    parser.add_argument("count", type=int)
    parser.add_argument(
        "--again", type=int, default=0, help="create so many of the first ones whether they are there or not"
    )
    parser.add_argument("--revoke", type=int, default=0, help="revoke so many of the last ones")
    parser.add_argument("--concurrency", type=int, default=1)
    arguments = parser.parse_args()
    url = f"{arguments.api_url}/account/security/accessToken"
    wanted = [f"benchmark {number}" for number in range(arguments.count)]
    with requests.Session() as session, ThreadPoolExecutor(arguments.concurrency) as pool:
        session.trust_env = False
        session.mount("http://", HTTPAdapter(pool_maxsize=arguments.concurrency))
        session.headers["Authorization"] = f"Bearer {os.environ['ELLIPSIS_API_TOKEN']}"
        found = _found(session, url)
        missing = [description for description in wanted if description not in found] + wanted[: arguments.again]
        list(pool.map(partial(_create, session, url, arguments.path_id), missing))
        gone = [found[description] for description in wanted[arguments.count - arguments.revoke :]]
        list(pool.map(partial(_revoke, session, url), gone))


def _found(session: requests.Session, url: str) -> dict[str, str]:
    """The ids of all tokens by description."""
    found: dict[str, str] = {}
    query: dict[str, Any] = {"pageSize": 30}
    while True:
        page = session.get(url, params=query, timeout=20)
        page.raise_for_status()
        found.update((token["description"], token["id"]) for token in page.json()["result"])
        query["pageStart"] = page.json()["nextPageStart"]
        if query["pageStart"] is None:
            return found


def _create(session: requests.Session, url: str, path_id: str, description: str) -> str:
    body = {
        "description": description,
        "accessList": [{"pathId": path_id, "access": {"accessTier": "view"}}],
        "scope": "all",
        "validFor": 7776000,
    }
    answer = session.post(url, json=body, timeout=20)
    answer.raise_for_status()
    return str(answer.json()["token"])


def _revoke(session: requests.Session, url: str, token_id: str) -> None:
    session.delete(f"{url}/{token_id}", timeout=20).raise_for_status()


if __name__ == "__main__":
    main()
