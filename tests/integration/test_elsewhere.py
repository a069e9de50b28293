# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""delegate_to another host runs the real module there; and what happens where requests is missing."""

from __future__ import annotations

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import PASSWORD, PATHS, USER, USER_TOKEN, Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller

pytestmark = pytest.mark.real_interpreter

PLAY = {
    "module_defaults": {
        "group/ellipsis.drive.ellipsis": {"timeout": 10},
        "ellipsis.drive.ellipsis_access_token": {
            "access_list": [{"path_id": PATHS["Projects/Roads"], "access_tier": "view"}],
            "valid_for": "90d",
        },
    }
}


def test_the_real_module_runs_on_the_other_host(controller: Controller, emulator: Emulator) -> None:
    run = controller.run(
        """
        - name: create
          ellipsis.drive.ellipsis_access_token: {description: tile server}
          delegate_to: bastion
          register: r
        - keep: {create: "{{ r }}"}
        - name: unchanged
          ellipsis.drive.ellipsis_access_token: {description: "{{ item }}"}
          delegate_to: bastion
          loop: [tile server, map proxy]
          register: r
        - keep: {mixed: "{{ r }}"}
        - name: here
          ellipsis.drive.ellipsis_access_token: {description: tile server}
          delegate_to: localhost
          register: r
        - keep: {here: "{{ r }}"}
        - ellipsis.drive.ellipsis_access_tokens:
            tokens: "{{ tokens }}"
          vars:
            tokens:
              - {description: a, valid_for: never, access_list: [{path_id: "{{ roads_id }}", access_tier: view}]}
              - {description: b, valid_for: never, access_list: [{path_id: "{{ roads_id }}", access_tier: view}]}
          delegate_to: bastion
          register: r
        - keep: {set: "{{ r }}"}
        - name: store
          ellipsis.drive.ellipsis_access_token: {description: tile server, store: config/tokens.yml}
          delegate_to: bastion
          ignore_errors: true
        - keep: {store: 1}
        """,
        play=PLAY,
    )
    created = run.value("create")
    assert (created["reason"], created["secret"]) == ("create", emulator.secrets[0])
    assert created["access_token"]["id"] == emulator.tokens[0].id
    assert run.value("here")["reason"] == "none"
    results = run.value("mixed")["results"]
    assert [each["reason"] for each in results] == ["none", "create"]
    # A module starts anew for each item, so that each item lists.
    assert [each["api_calls"]["list"] for each in results] == [1, 3]
    assert [item.get("censored") is not None for item in run.items("unchanged")] == [False, True]
    assert list(run.value("set")["secrets"]) == ["a", "b"]
    assert "store: is opened on the controller" in run.result("store")["msg"]
    assert not run.calls("store")


def test_check_mode_is_kept_elsewhere(controller: Controller, emulator: Emulator) -> None:
    run = controller.run(
        """
        - name: create
          register: made
          ellipsis.drive.ellipsis_access_token: {description: tile server}
          delegate_to: bastion
        """,
        "--check",
        "--diff",
        play=PLAY,
    )
    assert run.result("create")["diff"]["after"]["state"] == "live"
    assert not emulator.tokens


def test_credentials_reach_the_other_host(controller: Controller) -> None:
    (controller.folder / "token").write_text(USER_TOKEN)
    run = controller.run(
        """
        - ellipsis.drive.ellipsis_access_token_info:
          delegate_to: bastion
          register: r
        - keep: {process: "{{ r.access_tokens }}"}
        - ellipsis.drive.ellipsis_access_token_info: {api_token_file: token}
          delegate_to: bastion
          register: r
        - keep: {file: "{{ r.access_tokens }}"}
        - ellipsis.drive.ellipsis_access_token_info: {api_token: "{{ token }}"}
          delegate_to: bastion
          environment: {ELLIPSIS_USERNAME: nobody}
          register: r
        - keep: {option: "{{ r.access_tokens }}"}
        - ellipsis.drive.ellipsis_access_token_info:
          delegate_to: bastion
          environment: {ELLIPSIS_API_TOKEN: "{{ token }}"}
          register: r
          until: r.attempts | default(0) > 1
          retries: 1
          delay: 0
          ignore_errors: true
        - keep: {environment: "{{ r.access_tokens }}"}
        """,
        play={"vars": {"token": USER_TOKEN}},
        environment={"ELLIPSIS_API_TOKEN": None, "ELLIPSIS_USERNAME": USER, "ELLIPSIS_PASSWORD": PASSWORD},
    )
    assert run.calls("process") == {"login": 1, "list": 1}
    assert run.calls("environment") == {"list": 2}
    assert run.calls("file") == run.calls("option") == {"list": 1}


def test_requests_is_asked_for_where_it_is_missing(controller: Controller, emulator: Emulator) -> None:
    blocker = controller.folder / "blocker"
    blocker.mkdir()
    (blocker / "sitecustomize.py").write_text("import sys\nsys.modules['requests'] = None\n")
    run = controller.run(
        """
        - name: here
          ellipsis.drive.ellipsis_access_token_info:
          ignore_errors: true
        - name: elsewhere
          ellipsis.drive.ellipsis_access_token_info:
          delegate_to: bastion
          ignore_errors: true
        - name: only elsewhere
          ellipsis.drive.ellipsis_access_token_info:
          delegate_to: bastion
          environment: {PYTHONPATH: ""}
        """,
        environment={"PYTHONPATH": str(blocker)},
    )
    assert run.result("here")["msg"].startswith("requests is missing for ")
    assert run.result("here")["msg"].endswith(" -m pip install requests'")
    assert "Failed to import the required Python library (requests)" in run.result("elsewhere")["msg"]
    assert run.result("only elsewhere")["access_tokens"] == []
    assert len(emulator.journal) == 1
