# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where values came from, beside what went wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import environment_name
from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import (
    LoginRefused,
    TransportError,
    api_error,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError, OptionError
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.option_sources import (
    PROCESS,
    OptionSources,
    fill,
    task_environment,
    variables,
)

SECRET = "test-secret"
PARAMS: dict[str, Any] = {"api_url": "https://drive.example/v3", "api_token": SECRET}
FROM = {"api_url": "the variable ellipsis_api_url", "api_token": "the environment variable ELLIPSIS_API_TOKEN"}


@pytest.mark.parametrize(
    ("error", "params", "of", "text"),
    [
        (
            OptionError("api_url: 'x' is bad"),
            PARAMS,
            FROM,
            "api_url: 'x' is bad (api_url is from the variable ellipsis_api_url)",
        ),
        (OptionError("api_url: 'x' is bad"), PARAMS, {}, "api_url: 'x' is bad"),
        (
            OptionError("overlap: 'x' is bad"),
            PARAMS,
            {"overlap": "module_defaults"},
            "overlap: 'x' is bad (overlap is from module_defaults)",
        ),
        (OptionError("api_token_file: x"), PARAMS, FROM, "api_token_file: x"),
        (
            OptionError("store and held_id exclude each other"),
            PARAMS,
            {"held_id": "module_defaults", "store": "the variable ellipsis_store"},
            "store and held_id exclude each other (held_id is from module_defaults, store is from the variable ellipsis_store)",
        ),
        (
            api_error("GET", "/account", 401, "No."),
            PARAMS,
            FROM,
            (
                "GET /account answered 401: No. (on ctl1, api_url https://drive.example/v3 from the variable ellipsis_api_url, "
                "api_token from the environment variable ELLIPSIS_API_TOKEN)"
            ),
        ),
        (
            TransportError("GET https://drive.example/v3/account failed: refused"),
            {**PARAMS, "api_token": None, "username": "me", "password": SECRET},
            {"api_url": "the default"},
            (
                "GET https://drive.example/v3/account failed: refused (on ctl1, api_url https://drive.example/v3 from the "
                "default)"
            ),
        ),
        (
            LoginRefused("x"),
            {"api_url": "u", "api_token_file": "f"},
            {},
            "x (on ctl1, api_url u from the task, api_token_file from the task)",
        ),
        (EllipsisError("x"), PARAMS, FROM, "x"),
        (api_error("POST", "/account", 400, "No."), PARAMS, FROM, "POST /account answered 400: No."),
    ],
)
def test_told(error: EllipsisError, params: dict[str, Any], of: dict[str, str], text: str) -> None:
    told = OptionSources(of, host="ctl1").tell(error, params)
    assert told == text
    assert SECRET not in told


@pytest.mark.parametrize(
    ("given", "found", "of"),
    [
        ({"api_token": SECRET, "api_url": "u"}, {"ellipsis_api_token": "x", "ellipsis_api_url": "v"}, {}),
        ({}, {"ellipsis_api_token": "x"}, {"api_token": "the variable ellipsis_api_token", "api_url": "the default"}),
        (
            {},
            {"ELLIPSIS_API_TOKEN": "x", "ellipsis_api_url": ""},
            {"api_token": "the environment of the task, ELLIPSIS_API_TOKEN", "api_url": "the default"},
        ),
        (
            {},
            {"ellipsis_username": "x", "ELLIPSIS_PASSWORD": "y", "ELLIPSIS_API_URL": "u"},
            {"username": "the variable ellipsis_username", "api_url": "the environment of the task, ELLIPSIS_API_URL"},
        ),
    ],
)
def test_filled(
    given: dict[str, Any], found: dict[str, Any], of: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for option in ("api_token", "api_url", "username", "password"):
        monkeypatch.delenv(environment_name(option), raising=False)
    assert fill(dict(given), (variables(found.get), task_environment(found), PROCESS)) == of


def test_the_process_comes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELLIPSIS_API_URL", "https://drive.example/v3")
    params: dict[str, Any] = {"api_token": SECRET}
    assert fill(params, (PROCESS,)) == {"api_url": "the environment variable ELLIPSIS_API_URL"}
    assert params["api_url"] == "https://drive.example/v3"
