# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same work with the vendor's own Python client, which sends one request at a time, each on a new connection."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys

from ansible_collections.ellipsis.drive.tests.contract.python_client import GEODATA, Placeholders


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("api_url")
    parser.add_argument("path_id")
    parser.add_argument("count", type=int)
    parser.add_argument(
        "--again", type=int, default=0, help="create so many of the first ones whether they are there or not"
    )
    parser.add_argument("--revoke", type=int, default=0, help="revoke so many of the last ones")
    arguments = parser.parse_args()
    sys.meta_path.append(Placeholders([name for name in GEODATA if importlib.util.find_spec(name) is None]))
    import ellipsis

    ellipsis.apiManager.baseUrl = arguments.api_url
    tokens, bearer = ellipsis.account.accessToken, os.environ["ELLIPSIS_API_TOKEN"]
    access = [{"pathId": arguments.path_id, "access": {"accessTier": "view"}}]
    wanted = [f"benchmark {number}" for number in range(arguments.count)]
    found = {token["description"]: token["id"] for token in tokens.get(bearer, listAll=True)["result"]}
    for description in [*(each for each in wanted if each not in found), *wanted[: arguments.again]]:
        tokens.create(description, access, bearer, validFor=7776000)
    for description in wanted[arguments.count - arguments.revoke :]:
        tokens.revoke(found[description], bearer)


if __name__ == "__main__":
    main()
