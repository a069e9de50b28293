# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an error says: the option and where its value came from, who asked, method and path, status, the server's words."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import PATHS, USER_TOKEN, Emulator, serve
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller, Run

WRONG = "test-token-that-nobody-knows"
HOST = socket.gethostname()
MODULE = "ellipsis.drive.ellipsis_access_token"
GRANT = {"path_id": PATHS["Projects/Roads"], "access_tier": "view"}
REFUSED = ("GET /account/security/accessToken answered 401: Token is invalid or expired.", f"(on {HOST}, api_url http")
LOOKUP = "{{ lookup('ellipsis.drive.ellipsis_access_token', 'x', create=true, valid_for='1h', access_list=roads) }}"


@dataclass(frozen=True)
class Case:
    """A task that fails: its options beside a good one, its other keywords, and what its error names."""

    named: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)
    keywords: dict[str, Any] = field(default_factory=dict)
    module: str = MODULE


CASES: dict[str, Case] = {
    "token of the task": Case((*REFUSED, "api_token from the task"), {"api_token": WRONG}),
    "token of module_defaults": Case(
        (*REFUSED, "api_token from module_defaults"), keywords={"module_defaults": {MODULE: {"api_token": WRONG}}}
    ),
    "token of the group": Case(
        (*REFUSED, "api_token from module_defaults"),
        keywords={"module_defaults": {"group/ellipsis.drive.ellipsis": {"api_token": WRONG}}},
    ),
    "token of a variable": Case(
        (*REFUSED, "api_token from the variable ellipsis_api_token"), keywords={"vars": {"ellipsis_api_token": WRONG}}
    ),
    "token of the task's environment": Case(
        (*REFUSED, "api_token from the environment of the task, ELLIPSIS_API_TOKEN"),
        keywords={"environment": {"ELLIPSIS_API_TOKEN": WRONG}},
    ),
    "token of a file": Case(
        (*REFUSED, "api_token_file from the variable ellipsis_api_token_file"),
        keywords={"vars": {"ellipsis_api_token_file": "token"}},
    ),
    "address of the process": Case((*REFUSED, "from the environment variable ELLIPSIS_API_URL"), {"api_token": WRONG}),
    "address of a variable": Case(
        ("api_url: 'drive' is not an address", "(api_url is from the variable ellipsis_api_url)"),
        keywords={"vars": {"ellipsis_api_url": "drive"}},
    ),
    "option of module_defaults": Case(
        ("overlap: 'soon' is not a duration", "(overlap is from module_defaults)"),
        keywords={"module_defaults": {MODULE: {"overlap": "soon"}}},
    ),
    "type of module_defaults": Case(
        ("timeout", "int", "(timeout is from module_defaults)"),
        keywords={"module_defaults": {MODULE: {"timeout": "soon"}}},
    ),
    "elsewhere": Case(
        (*REFUSED, "(api_token is from the variable ellipsis_api_token"),
        keywords={"vars": {"ellipsis_api_token": WRONG}, "delegate_to": "bastion"},
    ),
    "elsewhere, option": Case(
        ("overlap: 'soon'", "(overlap is from module_defaults)"),
        keywords={"module_defaults": {MODULE: {"overlap": "soon"}}, "delegate_to": "bastion"},
    ),
    "refused creation": Case(
        (
            "POST /account/security/accessToken answered 403: sorry",
            f"(on {HOST}, ",
            "api_token from the environment var",
        ),
        {"description": "refuse me"},
    ),
    "set": Case(
        (
            "1 of 1 tokens failed",
            "POST /account/security/accessToken answered 403: sorry",
            f"(on {HOST}, ",
            "api_token from",
        ),
        {"tokens": [{"description": "refuse me", "access_list": [GRANT], "valid_for": "1d"}]},
        module="ellipsis.drive.ellipsis_access_tokens",
    ),
    "path": Case(
        (f"(on {HOST}, ", "GET /account/root/myDrive answered 401"),
        {"path": "myDrive/x", "api_token": WRONG},
        module="ellipsis.drive.ellipsis_path_info",
    ),
    "lookup": Case(
        (*REFUSED, "api_token from the variable ellipsis_api_token"),
        {"msg": LOOKUP},
        {"vars": {"ellipsis_api_token": WRONG, "roads": [GRANT]}},
        module="ansible.builtin.debug",
    ),
}


def _task(name: str, case: Case) -> dict[str, Any]:
    good = {"description": "tile server", "access_list": [GRANT], "valid_for": "90d"} if case.module == MODULE else {}
    return {
        "name": name,
        case.module: {**good, **case.options},
        "ignore_errors": True,
        "register": "made",
        **case.keywords,
    }


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    emulator = Emulator()
    emulator.fault(method="POST", kind="status", status=403, body="sorry", times=None)
    folder: Path = tmp_path_factory.mktemp("errors")
    (folder / "token").write_text(WRONG)
    with serve(emulator) as api_url:
        yield Controller(folder, api_url).run(json.dumps([_task(name, case) for name, case in CASES.items()]))


@pytest.mark.parametrize("name", CASES)
def test_an_error_says_it(failed: Run, name: str) -> None:
    message = failed.result(name)["msg"]
    for part in CASES[name].named:
        assert part in message


def test_no_value_of_a_secret_is_said(failed: Run) -> None:
    """But for the task that has it among its arguments, which nothing can help."""
    messages = [event["result"]["msg"] for event in failed.events if "msg" in event.get("result", {})]
    assert messages
    assert not [message for message in messages if WRONG in message or USER_TOKEN in message]
