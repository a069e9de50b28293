# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets in a store: kept, found again, never shown, and nothing lost when something goes wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.ellipsis.drive.tests.emulator import Emulator, Fault
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller, Run

TOKEN = """
    description: tile server
    access_list: [{path_id: "{{ rivers_id }}", access_tier: view}]
    valid_for: 90d
    store: tokens.yml
"""


@pytest.fixture
def vault(controller: Controller) -> tuple[str, ...]:
    """Arguments that give a run the vault id it needs."""
    (controller.folder / "vault").write_text("a test password")
    return ("--vault-id", f"team@{controller.folder / 'vault'}")


def task(extra: str = "", name: str = "token") -> str:
    lines = [line for line in (TOKEN + extra).splitlines() if line.strip()]
    return f"- name: {name}\n  ellipsis.drive.ellipsis_access_token:\n" + "\n".join(lines) + "\n  register: r\n"


def stored(controller: Controller) -> dict[str, dict[str, str]]:
    """What is in the store, read by ansible-vault."""
    command = [str(Path(sys.executable).with_name("ansible-vault")), "view", str(controller.folder / "tokens.yml")]
    password = ["--vault-id", f"team@{controller.folder / 'vault'}"]
    environment = controller.environment
    text = subprocess.run([*command, *password], env=environment, capture_output=True, text=True, check=True).stdout
    found: dict[str, dict[str, str]] = yaml.safe_load(text)["ellipsis_access_tokens"]
    return found


def test_a_secret_is_kept_found_again_and_forgotten(
    controller: Controller, emulator: Emulator, vault: tuple[str, ...]
) -> None:
    store = controller.folder / "tokens.yml"
    run = controller.run(task() + "- keep: {created: '{{ r }}'}", *vault, "-vvvv", "--diff")
    assert "secret" not in run.value("created")
    assert store.stat().st_mode & 0o777 == 0o600
    assert store.read_text().startswith("$ANSIBLE_VAULT;1.2;AES256;team\n")
    entry = stored(controller)["tile server"]
    assert entry["token"] == emulator.tokens[-1].secret
    assert entry["id"] == run.value("created")["access_token"]["id"]
    before = store.read_bytes()
    again = controller.run(task() + "- keep: {again: '{{ r }}'}", *vault)
    assert store.read_bytes() == before
    assert again.value("again")["reason"] == "none"
    assert again.value("again")["access_token"]["fingerprint"] == entry["fingerprint"]
    controller.run(
        "- ellipsis.drive.ellipsis_access_token: {description: tile server, state: absent, store: tokens.yml}", *vault
    )
    assert stored(controller) == {}
    assert not any(secret in run.stdout + run.stderr for secret in emulator.secrets)


def test_return_secret_gives_it_again(controller: Controller, emulator: Emulator, vault: tuple[str, ...]) -> None:
    controller.run(task(), *vault)
    run = controller.run(task("    return_secret: true\n") + "- keep: {r: '{{ r }}'}", *vault, "-vvvv")
    assert run.value("r")["secret"] == emulator.tokens[-1].secret
    assert not any(secret in run.stdout + run.stderr for secret in emulator.secrets)


@pytest.mark.once
def test_a_deleted_store_needs_take_over(controller: Controller, emulator: Emulator, vault: tuple[str, ...]) -> None:
    controller.run(task(), *vault)
    (controller.folder / "tokens.yml").unlink()
    run = controller.run(task(), *vault, code=2)
    assert "another store or controller seems to hold it" in run.text
    assert len(emulator.tokens) == 1
    taken = controller.run(task("    take_over: true\n") + "- keep: {r: '{{ r }}'}", *vault)
    assert taken.value("r")["reason"] == "secret_missing"
    assert stored(controller)["tile server"]["token"] == emulator.tokens[-1].secret


FAILURES = {
    "no vault secret": ((), "", "use --vault-id"),
    "no such directory": (None, "    store: nowhere/tokens.yml\n", "its directory does not exist"),
    "unknown vault id": (None, "    store_vault_id: nobody\n", "'nobody'"),
    "with held_id": (None, "    held_id: ''\n", "exclude each other"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures_come_before_there_is_a_token(
    name: str, controller: Controller, emulator: Emulator, vault: tuple[str, ...]
) -> None:
    arguments, extra, words = FAILURES[name]
    text = task(extra)
    if "store:" in extra:
        text = text.replace("    store: tokens.yml\n", "", 1)
    run = controller.run(text, *(vault if arguments is None else arguments), code=2)
    assert words in run.text
    assert not emulator.tokens


def test_wrong_password_and_foreign_file(controller: Controller, emulator: Emulator, vault: tuple[str, ...]) -> None:
    controller.run(task(), *vault)
    (controller.folder / "vault").write_text("another password")
    run = controller.run(task("    regenerate: always\n"), *vault, code=2)
    assert "can't be decrypted" in run.text
    (controller.folder / "tokens.yml").write_text("just: text\n")
    run = controller.run(task("    regenerate: always\n"), *vault, code=2)
    assert "is not encrypted" in run.text
    assert len(emulator.tokens) == 1


@pytest.mark.once
def test_a_token_that_does_not_work_is_revoked_and_the_earlier_one_stays(
    controller: Controller, emulator: Emulator, vault: tuple[str, ...]
) -> None:
    controller.run(task(), *vault)
    kept = stored(controller)["tile server"]
    emulator.faults.add(Fault("status", method="GET", path="/path/", status=403, skip=1, times=None))
    run = controller.run(task("    regenerate: always\n    verify_timeout: 0\n"), *vault, code=2)
    assert "it is refused" not in run.text
    assert "is refused at path" in run.text
    assert "revoked again and the earlier one stays" in run.text
    assert stored(controller)["tile server"]["token"] == kept["token"]
    assert [token.secret for token in emulator.tokens if token.live(emulator.clock.now())] == [kept["token"]]


@pytest.mark.once
def test_the_way_back(controller: Controller, emulator: Emulator, vault: tuple[str, ...]) -> None:
    run = controller.run(
        task()
        + task("    regenerate: always\n", "replaced")
        + """
- keep: {replaced: "{{ r }}"}
- ellipsis.drive.ellipsis_access_token: &revoke
    token_id: "{{ r.access_token.id }}"
    state: absent
    store: tokens.yml
  check_mode: true
- register: made
  ellipsis.drive.ellipsis_access_token: *revoke
- ellipsis.drive.ellipsis_access_token: *revoke
  register: again
- keep: {again: "{{ again }}"}
"""
        + task(name="after")
        + "- keep: {after: '{{ r }}'}",
        *vault,
    )
    old, new = emulator.tokens
    assert (old.revoked_at, new.revoked_at is None) == (None, False)
    assert run.value("again")["changed"] is False
    assert run.value("after")["reason"] == "none"
    entry = stored(controller)["tile server"]
    assert (entry["token"], "previous" in entry) == (old.secret, False)


@pytest.mark.once
def test_the_previous_secret_goes_with_its_token(
    controller: Controller, emulator: Emulator, vault: tuple[str, ...]
) -> None:
    controller.run(task() + task("    regenerate: always\n"), *vault)
    entry: dict[str, Any] = dict(stored(controller)["tile server"])
    assert entry["previous"]["token"] == emulator.tokens[0].secret
    controller.run(task("    overlap: 0\n"), *vault)
    assert "previous" not in stored(controller)["tile server"]
    revoke = "- ellipsis.drive.ellipsis_access_token: {token_id: ID, state: absent, store: tokens.yml}"
    controller.run(revoke.replace("ID", str(entry["id"])), *vault)
    assert stored(controller) == {}


def test_parallel_hosts_and_a_shared_store_make_one_token(
    controller: Controller, emulator: Emulator, vault: tuple[str, ...]
) -> None:
    run = controller.run(task(), *vault, "--forks", "5", hosts="all")
    assert len(emulator.tokens) == 1
    changed = [host for host in ("alpha", "beta", "gamma", "delta", "bastion", "localhost") if _changed(run, host)]
    assert len(changed) == 1


def _changed(run: Run, host: str) -> bool:
    return bool(run.result("token", host)["changed"])


def test_a_store_is_not_for_other_hosts(controller: Controller, emulator: Emulator, vault: tuple[str, ...]) -> None:
    run = controller.run(task().rstrip() + "\n  delegate_to: bastion\n", *vault, code=2)
    assert "does not go with delegate_to" in run.text
    assert not emulator.tokens
