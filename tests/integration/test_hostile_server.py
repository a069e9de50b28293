# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task says of a server that sends too much, too slowly, or what it should not: one sentence, and no secret."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.ellipsis.drive.tests.emulator import Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import TOKENS, Controller

INFO, TOKEN = "ellipsis.drive.ellipsis_access_token_info", "ellipsis.drive.ellipsis_access_token"
LIST: dict[str, Any] = {"method": "GET", "path": "accessToken$", "times": None}
MADE: dict[str, Any] = {"method": "POST", "path": "accessToken$", "times": None}
NEW: dict[str, Any] = {
    "description": "new",
    "access_list": [{"path_id": "{{ roads_id }}", "access_tier": "view"}],
    "valid_for": "1d",
}
URL = "{url}/account/security/accessToken failed: "
# A half of a surrogate pair, which no terminal can show.
HALF = '{"result": [{"id": "5b0c3d2e-6a8f-4f5e-9d1c-2b7a90c1e4f8", "description": "\\ud800 x"}], "nextPageStart": null}'
# A fault, the task that meets it, and what the task says.
ROWS: dict[str, tuple[dict[str, Any], str, dict[str, Any], str]] = {
    "huge": ({**LIST, "kind": "huge", "size": 2**24}, INFO, {}, f"GET {URL}its answer is larger than 16,777,216 bytes"),
    "bomb": ({**LIST, "kind": "bomb", "size": 2**25}, INFO, {}, f"GET {URL}its answer is larger than 16,777,216 bytes"),
    "deep": ({**LIST, "kind": "garbage", "body": "[" * 100_000}, INFO, {}, "it is nested more than 100 levels deep"),
    "drip": (
        {**LIST, "kind": "drip"},
        INFO,
        {"timeout": 1, "retry_time": 0},
        f"GET {URL}timed out, its answer was not complete after 1 seconds. Raise timeout",
    ),
    "odd id": (
        {**LIST, "kind": "set", "values": {"id": "../../path/x?"}},
        TOKEN,
        {"description": "old", "state": "absent"},
        "'old' would revoke a token that the server lists with the id '../../path/x?'. That is not a UUID",
    ),
    "no bearer": (
        {**MADE, "kind": "set", "values": {"token": "{token}\nx"}},
        TOKEN,
        NEW,
        "answered with a token that is not one line of ASCII without spaces",
    ),
    "surrogates": ({**LIST, "kind": "garbage", "body": HALF}, INFO, {}, ""),
}


def _tasks() -> list[dict[str, Any]]:
    tasks: list[dict[str, Any]] = [{TOKEN: {**NEW, "description": "old"}, "register": "made"}]
    for name, (fault, module, options, _words) in ROWS.items():
        tasks.append({"emulator": {"clear_faults": {}, "fault": fault}})
        tasks.append({"name": name, module: options, "ignore_errors": True, "register": "result"})
    return tasks


def test_one_sentence_each(controller: Controller, emulator: Emulator) -> None:
    run = controller.run(json.dumps(_tasks()), "-vvv")
    for name, (_fault, _module, _options, words) in ROWS.items():
        result = run.result(name)
        assert words.replace("{url}", controller.api_url) in result.get("msg", ""), name
        assert "\n" not in result.get("msg", "") and "Traceback" not in str(result)
    (live,) = [token for token in emulator.tokens if token.live(emulator.clock.now())]
    assert live.description.startswith("old [")
    assert not [entry for entry in emulator.journal if entry.method == "DELETE" and not entry.path.startswith(TOKENS)]
    for secret in emulator.secrets:
        assert secret not in run.text and secret[5:30] not in run.text
