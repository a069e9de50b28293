# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One token from its creation to its end, with the real ansible-playbook."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.ellipsis.drive.tests.emulator import Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller

ROOT = Path(__file__).resolve().parents[2]


def test_a_token_is_made_found_replaced_retired_and_removed(controller: Controller, emulator: Emulator) -> None:
    first = controller.run("""
        - ellipsis.drive.ellipsis_access_token: &tiles
            description: tile server
            access_list: [{path_id: "{{ roads_id }}", access_tier: view}]
            valid_for: 90d
          register: r
        - keep: {created: "{{ r }}"}
        - ellipsis.drive.ellipsis_access_token: *tiles
          register: r
        - keep: {unchanged: "{{ r }}"}
    """)
    run = controller.run("""
        - ellipsis.drive.ellipsis_access_token: &tiles
            description: tile server
            access_list: [{path_id: "{{ roads_id | upper }}", access_tier: view_plus}]
            valid_for: 90d
          register: r
        - keep: {drifted: "{{ r }}"}
        - emulator: {advance: {seconds: 7200}}
        - ellipsis.drive.ellipsis_access_token: &more
            <<: *tiles
            access_list: [{path_id: "{{ roads_id }}", access_tier: viewPlus}]
          register: r
        - keep: {retired: "{{ r }}"}
        - emulator: {advance: {seconds: 6000000}}
        - ellipsis.drive.ellipsis_access_token: *more
          register: r
        - keep: {renewed: "{{ r }}"}
        - ellipsis.drive.ellipsis_access_token:
            <<: *more
            regenerate: always
            overlap: 0
          register: r
        - keep: {forced: "{{ r }}"}
        - ellipsis.drive.ellipsis_access_token: {description: tile server, state: absent}
          register: r
        - keep: {removed: "{{ r }}"}
        - ellipsis.drive.ellipsis_access_token: {description: tile server, state: absent}
          register: r
        - keep: {gone: "{{ r }}"}
    """)
    every = {**first.kept["localhost"], **run.kept["localhost"]}
    reasons = {name: (kept.value["changed"], kept.value["reason"]) for name, kept in every.items()}
    assert reasons == {
        "created": (True, "create"),
        "unchanged": (False, "none"),
        "drifted": (True, "drift"),
        "retired": (True, "retire"),
        "renewed": (True, "renew"),
        "forced": (True, "forced"),
        "removed": (True, "removed"),
        "gone": (False, "none"),
    }
    for name, kept in every.items():
        assert kept.calls["create"] == (name in ("created", "drifted", "renewed", "forced"))
        assert kept.value["api_calls"]["list"] == kept.calls["list"]
        assert ("secret" in kept.value) == bool(kept.calls["create"])
    assert first.calls("unchanged") == {"list": 1}
    assert run.calls("retired")["delete"] == 1
    assert run.calls("forced")["delete"] == 2
    assert run.value("drifted")["changes"] == ["access_list"]
    assert [each["id"] for each in run.value("drifted")["superseded"]] == [first.value("created")["access_token"]["id"]]
    secrets = [kept.value["secret"] for kept in every.values() if "secret" in kept.value]
    assert secrets == emulator.secrets
    assert all(token.revoked_at is not None for token in emulator.tokens)


STEPS = """
- ellipsis.drive.ellipsis_access_token: &tiles
    description: tile server
    access_list: [{path_id: "{{ roads_id }}", access_tier: view}]
    valid_for: 90d
    overlap: 0
    regenerate: "{{ regenerate | default('drift') }}"
    state: "{{ state | default('present') }}"
  name: one
  register: one
- ellipsis.drive.ellipsis_access_token:
    <<: *tiles
    description: map proxy
    valid_for: 30d
  name: two
  register: two
- keep: {one: "{{ one }}", two: "{{ two }}"}
"""


@pytest.mark.parametrize(
    ("before", "arguments"),
    [
        pytest.param("", [], id="create"),
        pytest.param("twice", [], id="none"),
        pytest.param("twice", ["-e", "regenerate=always"], id="forced"),
        pytest.param("twice", ["-e", "state=absent"], id="absent"),
    ],
)
def test_check_mode_tells_what_the_run_will_do(controller: Controller, before: str, arguments: list[str]) -> None:
    if before:
        controller.run(STEPS)
    predicted = controller.run(STEPS, *arguments, "--check", "--diff")
    done = controller.run(STEPS, *arguments, "--diff")
    for name in ("one", "two"):
        kept = predicted.kept["localhost"][name]
        assert {entry["method"] for entry in kept.journal} == {"GET"}
        told, did = kept.value, done.value(name)
        assert told.keys() == did.keys()
        for key in ("changed", "reason", "changes", "diff"):
            assert told[key] == did[key]
        assert told.get("secret") is None
    assert len(predicted.events) == len(done.events)


def test_the_difference_is_shown_where_there_is_no_secret(controller: Controller, emulator: Emulator) -> None:
    controller.run(STEPS)
    removed = controller.run(STEPS, "--diff", "-e", "state=absent")
    assert removed.result("one")["diff"]["after"] == {
        "description": "tile server",
        "owner": "default",
        "state": "absent",
    }
    assert '-    "access_list": [' in removed.stdout
    assert not any(token.id in line for token in emulator.tokens for line in removed.stdout.splitlines())


@pytest.mark.once
def test_others_are_left_alone(controller: Controller, emulator: Emulator) -> None:
    by_hand, other = emulator.seed_tokens(1, description="tile server"), emulator.seed_tokens(31)
    run = controller.run("""
        - register: made
          ellipsis.drive.ellipsis_access_token: &tiles
            description: tile server
            access_list: [{path_id: "{{ roads_id }}", access_tier: view}]
            valid_for: 90d
            owner: sales
        - register: made
          ellipsis.drive.ellipsis_access_token:
            <<: *tiles
            owner: support
            overlap: 0
            regenerate: "{{ item }}"
          loop: [drift, always]
        - ellipsis.drive.ellipsis_access_token: {description: tile server, owner: support, state: absent}
        - ellipsis.drive.ellipsis_access_token_info:
          register: all
        - keep: {all: "{{ all }}"}
    """)
    assert f"Token {by_hand[0]} has the description 'tile server' but was not made by this collection" in run.text
    live = {token["id"]: token["owner"] for token in run.value("all")["access_tokens"]}
    assert {token_id for token_id, owner in live.items() if owner is None} == {*by_hand, *other}
    assert [owner for owner in live.values() if owner] == ["sales"]
    assert len(live) == 33


@pytest.mark.once
def test_a_token_is_revoked_by_its_id_whoever_made_it(controller: Controller, emulator: Emulator) -> None:
    by_hand, other = emulator.seed_tokens(2)
    tasks = f"""
        - ellipsis.drive.ellipsis_access_token: {{token_id: {by_hand.upper()}, state: absent}}
          register: r
        - keep: {{first: "{{{{ r }}}}"}}
        - ellipsis.drive.ellipsis_access_token: {{token_id: {by_hand}, state: absent}}
          register: r
        - keep: {{second: "{{{{ r }}}}"}}
    """
    predicted, done = controller.run(tasks, "--check"), controller.run(tasks)
    assert [each.value("first")["reason"] for each in (predicted, done)] == ["removed"] * 2
    assert done.value("first")["access_token"]["id"] == by_hand
    assert (done.calls("first")["delete"], done.calls("second")["delete"]) == (1, 0)
    assert [token.id for token in emulator.tokens if token.revoked_at is None] == [other]


def test_a_file_in_a_vault_holds_the_secrets(controller: Controller, emulator: Emulator) -> None:
    (controller.folder / "password").write_text("vault password\n")
    vault = ("--vault-password-file", "password")
    tasks = """
        - ellipsis.drive.ellipsis_access_token:
            description: tile server
            access_list: [{path_id: "{{ roads_id }}", access_tier: view}]
            valid_for: 90d
            store: config/tokens.yml
          register: r
        - keep: {task: "{{ r }}"}
        - keep: {secret: "{{ lookup('ellipsis.drive.ellipsis_access_token', 'tile server', store='config/tokens.yml') }}"}
    """
    first, second = controller.run(tasks, *vault), controller.run(tasks, *vault)
    assert (first.value("task")["reason"], second.value("task")["reason"]) == ("create", "none")
    assert "secret" not in first.value("task")
    assert first.value("secret") == second.value("secret") == emulator.secrets[0]
    assert not first.calls("secret")
    assert (controller.config_dir / "tokens.yml").read_text().startswith("$ANSIBLE_VAULT;")


def test_the_controller_says_who_it_is(controller: Controller, emulator: Emulator) -> None:
    controller.run("""
        - ellipsis.drive.ellipsis_access_token_info:
        - ellipsis.drive.ellipsis_access_token_info:
          delegate_to: bastion
    """)
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    assert [entry.user_agent.split(" ")[0] for entry in emulator.journal] == [f"ellipsis.drive/{version}"] * 2
