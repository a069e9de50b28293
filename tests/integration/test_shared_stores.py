# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One value for store, and several controllers keep their secrets together: on a real OpenBao."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hvac.exceptions import InvalidPath

from ansible_collections.ellipsis.drive.tests.emulator import Emulator, serve
from ansible_collections.ellipsis.drive.tests.integration.openbao import OpenBao, policy_of_the_guide
from ansible_collections.ellipsis.drive.tests.integration.playbook import VARIABLES, Controller
from ansible_collections.ellipsis.drive.tests.integration.role import Role, told

TOKEN = """
- name: Make
  ellipsis.drive.ellipsis_access_token:
    description: tile server
    access_list: [{path_id: "{{ roads_id }}", access_tier: view}]
    valid_for: 90d
    store: "{{ store }}"
  register: made
"""
LOOK_UP = """
- name: Look up
  keep:
    secret: "{{ lookup('ellipsis.drive.ellipsis_access_token', 'tile server', store=store) }}"
    made: "{{ made }}"
"""


def test_one_value(bao: OpenBao, folder: str, controller: Controller, emulator: Emulator) -> None:
    token = bao.token(policy_of_the_guide(folder))
    play = {"vars": {"store": f"hashi_vault://secret/{folder}"}}
    environment = bao.environment(token)
    checked = controller.run(TOKEN, "--check", play=play, environment=environment)
    assert checked.result("Make")["changed"]
    run = controller.run(TOKEN + LOOK_UP, "-vvvv", play=play, environment=environment)
    kept = bao.read(f"{folder}/tile server")
    live = {token.id: token.secret for token in emulator.tokens if token.live(emulator.clock.now())}
    assert live == {kept["id"]: kept["token"]}
    assert run.value("secret") == kept["token"]
    assert set(kept) == {
        *("id", "token", "created_at", "expires_at", "valid_for", "fingerprint", "owner", "api_url"),
    }
    assert kept["token"] not in run.text
    assert token not in run.text
    bao.write(f"{folder}/tile server", {**kept, "note": "of somebody else"})
    again = controller.run(TOKEN, play=play, environment=environment)
    assert not again.result("Make")["changed"]
    emulator.advance(80 * 86400)
    replaced = controller.run(TOKEN + LOOK_UP, play=play, environment=environment)
    assert replaced.result("Make")["changed"]
    now_kept = bao.read(f"{folder}/tile server")
    assert now_kept["token"] == replaced.value("secret") != kept["token"]
    assert now_kept["previous"]["token"] == kept["token"]
    assert now_kept["note"] == "of somebody else"
    controller.run(
        """
        - ellipsis.drive.ellipsis_access_token: {description: tile server, state: absent, store: "{{ store }}"}
        - ellipsis.drive.ellipsis_access_token: {description: tile server, state: absent, store: "{{ store }}"}
        """,
        play=play,
        environment=environment,
    )
    assert not [token for token in emulator.tokens if token.live(emulator.clock.now())]
    with pytest.raises(InvalidPath):
        bao.read(f"{folder}/tile server")


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "scheme": ("s3://bucket", {}, "store: s3:// is no kind of store; write the path of a file, or one of"),
    "place": ("hashi_vault://secret", {}, "names no place; write hashi_vault://MOUNT/PATH"),
    "mount": ("hashi_vault://nowhere/tokens", {}, "there is no such mount, or no policy that lets this login use it."),
    "version": ("hashi_vault://old/tokens", {}, "old is not a KV mount of version 2"),
    "address": (
        "hashi_vault://secret/x", {"ansible_hashi_vault_url": "http://127.0.0.1:9"}, "can't be reached at http://127.0.0.1:9"
    ),
    "token": ("hashi_vault://secret/x", {"ansible_hashi_vault_token": "bad"}, "the server answers 'permission denied'"),
    "method": (
        "hashi_vault://secret/x", {"ansible_hashi_vault_auth_method": "ldap"}, "'ldap' of Vault is not known; set"
    ),
    "role": (
        "hashi_vault://secret/x", {"ansible_hashi_vault_auth_method": "approle"},
        "needs ansible_hashi_vault_role_id, or ANSIBLE_HASHI_VAULT_ROLE_ID in the environment",
    ),
    "option": ("hashi_vault://secret/x", {"plaintext": True}, "store_plaintext: is for a store that is a file"),
}  # fmt: skip


WAYS = pytest.mark.parametrize("arguments", [(), ("--check",)], ids=["run", "check mode"])


@pytest.fixture
def old(bao: OpenBao) -> Iterator[OpenBao]:
    """With a mount of version 1."""
    bao.admin.sys.enable_secrets_engine("kv", "old", options={"version": "1"})
    yield bao
    bao.admin.sys.disable_secrets_engine("old")


@WAYS
def test_what_is_wrong_is_said_first(
    arguments: tuple[str, ...], old: OpenBao, controller: Controller, emulator: Emulator
) -> None:
    # Who is not there is asked again for some seconds, in the same way in both.
    rows = {name: row for name, row in WRONG.items() if name != "address" or not arguments}
    tasks = "".join(
        f"""
- name: Wrong {name}
  ellipsis.drive.ellipsis_access_token:
    description: tile server
    access_list: [{{path_id: "{{{{ roads_id }}}}", access_tier: view}}]
    valid_for: 90d
    store: {store}
    store_plaintext: "{{{{ plaintext | default(false) }}}}"
  vars: {variables}
  ignore_errors: true
"""
        for name, (store, variables, _said) in rows.items()
    )
    run = controller.run(tasks, *arguments, environment=old.environment())
    for name, (_store, _variables, said) in rows.items():
        result = run.result(f"Wrong {name}")
        assert said in result["msg"], result["msg"]
    assert not emulator.tokens


@WAYS
@pytest.mark.parametrize("name", ["scheme", "place", "mount", "version"])
def test_the_role_says_it_first(
    name: str, arguments: tuple[str, ...], old: OpenBao, controller: Controller, emulator: Emulator
) -> None:
    role = Role(controller, emulator)
    store, _variables, said = WRONG[name]
    role.variables["access_tokens_store"] = store
    run = role.run(*arguments, code=2, environment=old.environment())
    assert said in run.text
    assert not emulator.tokens
    assert not [file for folder in role.out.iterdir() for file in folder.iterdir()]


@pytest.mark.parametrize("retire", [True, False], ids=["retired", "overlap"])
def test_slices_make_one_token_but_take_their_hosts_for_all(
    retire: bool, bao: OpenBao, folder: str, controller: Controller, emulator: Emulator
) -> None:
    """A slice of a job of AWX is a run with an inventory of its own, and without a limit."""
    role = Role(controller, emulator)
    role.variables.update(access_tokens_store=f"hashi_vault://secret/{folder}", access_tokens_retire=retire)
    role.run(environment=bao.environment())
    [first] = role.live
    emulator.advance(80 * 86400)
    whole = controller.inventory.read_text()
    for host in ("alpha", "beta"):
        lines = [line for line in whole.splitlines(keepends=True) if line.startswith(("localhost ", f"{host} "))]
        controller.inventory.write_text("".join(lines))
        role.run(hosts="all:!localhost", environment=bao.environment())
        now = told(role.out, host)["id"]
        assert bao.read(f"{folder}/tile server")["id"] == now
        if host == "alpha":
            # What beta has is what the first slice revoked, unless it keeps the overlap.
            assert told(role.out, "beta")["id"] == first
            assert role.live == ([now] if retire else [first, now])
    assert [told(role.out, host)["id"] for host in ("alpha", "beta")] == [now, now]
    assert len(emulator.tokens) == 2


def test_several_controllers_create_one(bao: OpenBao, folder: str, tmp_path: Path, emulator: Emulator) -> None:
    """Separate homes: nothing but the store tells them of each other."""
    with serve(emulator) as api_url:
        processes = []
        for number in range(4):
            place = tmp_path / str(number)
            place.mkdir()
            controller = Controller(place, api_url)
            (place / "playbook.yml").write_text(
                f"""
- hosts: localhost
  gather_facts: false
  vars: {{store: "hashi_vault://secret/{folder}", roads_id: {VARIABLES["roads_id"]}}}
  tasks:
    - ellipsis.drive.ellipsis_access_token:
        description: tile server
        access_list: [{{path_id: "{{{{ roads_id }}}}", access_tier: view}}]
        valid_for: 90d
        store: "{{{{ store }}}}"
"""
            )
            environment = {**controller.environment, "VAULT_ADDR": bao.url, "VAULT_TOKEN": bao.admin.token}
            out = (place / "out").open("w")
            processes.append(
                (controller.start(["ansible-playbook", "playbook.yml"], out, out, environment), place / "out")
            )
        for process, out_file in processes:
            assert process.wait(120) == 0, out_file.read_text()
    assert len(emulator.tokens) == 1
    assert bao.read(f"{folder}/tile server")["id"] == emulator.tokens[0].id


def test_logins(bao: OpenBao, folder: str, controller: Controller) -> None:
    """An AppRole whose tokens live for a moment, and a file with a token."""
    bao.admin.sys.create_or_update_policy("tokens", policy_of_the_guide(folder))
    bao.admin.sys.enable_auth_method("approle")
    bao.admin.auth.approle.create_or_update_approle("tiles", token_policies=["tokens"], token_ttl="60s")
    login = {
        "ansible_hashi_vault_url": bao.url,
        "ansible_hashi_vault_auth_method": "approle",
        "ansible_hashi_vault_role_id": bao.admin.auth.approle.read_role_id("tiles")["data"]["role_id"],
        "ansible_hashi_vault_secret_id": bao.admin.auth.approle.generate_secret_id("tiles")["data"]["secret_id"],
    }
    store = {"store": f"hashi_vault://secret/{folder}"}
    run = controller.run(TOKEN + LOOK_UP, play={"vars": {**store, **login}})
    assert run.result("Make")["changed"]
    (controller.folder / "home" / ".vault-token").write_text(bao.token(policy_of_the_guide(folder)) + "\n")
    run = controller.run(TOKEN, play={"vars": store}, environment={"VAULT_ADDR": bao.url})
    assert not run.result("Make")["changed"]


def test_moving(bao: OpenBao, folder: str, controller: Controller) -> None:
    """From a file to an address, and the same playbook goes on with the other value."""
    options = {"vars": {"store": "tokens.yml", "ellipsis_store_plaintext": True}}
    task = TOKEN.replace('store: "{{ store }}"', "store: tokens.yml\n    store_plaintext: true")
    controller.run(task, play=options)
    address = f"hashi_vault://secret/{folder}"
    playbook = controller.folder / "move.yml"
    playbook.write_text("- import_playbook: ellipsis.drive.move_store\n")
    run = controller.run_file(
        playbook,
        *("-e", "ellipsis_move_store_from=tokens.yml", "-e", f"ellipsis_move_store_to={address}"),
        *("-e", "ellipsis_move_store_plaintext=true", "-e", "ellipsis_move_store_remove=true"),
        environment=bao.environment(),
    )
    moved = run.result("Copy, compare, and remove")
    assert (moved["copied"], moved["removed"]) == (["tile server"], ["tile server"])
    assert "tile server" not in (controller.folder / "tokens.yml").read_text()
    again = controller.run(TOKEN, play={"vars": {"store": address}}, environment=bao.environment())
    assert not again.result("Make")["changed"]
