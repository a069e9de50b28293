# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role access_tokens on controllers that keep nothing: secrets in OpenBao, in a credential of AWX, or on the hosts."""

from __future__ import annotations

import os
import re
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from jinja2 import Template

from ansible_collections.ellipsis.drive.tests.awx.api import Awx
from ansible_collections.ellipsis.drive.tests.awx.job import injected
from ansible_collections.ellipsis.drive.tests.double import serve
from ansible_collections.ellipsis.drive.tests.emulator import Emulator
from ansible_collections.ellipsis.drive.tests.integration.openbao import OpenBao
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller
from ansible_collections.ellipsis.drive.tests.integration.role import Role, slot, told

ROOT = Path(__file__).resolve().parents[2]
OTHERS = ROOT / ".venv" / "others"
JSON = {"dest": "{{ out }}/token.json", "format": "json"}
RAW = {"dest": "{{ out }}/raw", "format": "raw"}
CHECK = "- ansible.builtin.fail: {msg: no tile}\n  when: bad_check | default('') == inventory_hostname\n"


@pytest.fixture
def role(controller: Controller, emulator: Emulator) -> Role:
    role = Role(controller, emulator)
    del role.variables["access_tokens_store"]
    role.variables["access_tokens_check_tasks"] = role.tasks("check.yml", CHECK)
    return role


def kept_by(role: Role, name: str) -> None:
    """The files of tasks of an example."""
    assert OTHERS.exists(), "no collections of others here: see what tests/tools/other_collections.py says"
    role.controller.environment["ANSIBLE_COLLECTIONS_PATH"] += f"{os.pathsep}{OTHERS}"
    for what in ("fetch", "keep"):
        role.variables[f"access_tokens_{what}_tasks"] = str(ROOT / "examples" / name / f"{what}.yml")
    role.variables["access_tokens"] = [
        slot("tile server", RAW),
        slot("of {{ inventory_hostname }}", RAW | {"dest": "{{ out }}/own"}),
    ]


def raw(role: Role) -> dict[str, str]:
    return {host: (role.out / host / "raw").read_text() for host in ("alpha", "beta")}


@pytest.fixture
def shared(role: Role, bao: OpenBao, folder: str) -> str:
    """A store of many controllers, by one value."""
    role.variables["access_tokens_store"] = f"hashi_vault://secret/{folder}"
    role.variables["access_tokens"] = [
        slot("tile server", RAW),
        slot("of {{ inventory_hostname }}", RAW | {"dest": "{{ out }}/own"}),
    ]
    role.controller.environment.update(VAULT_ADDR=bao.url, VAULT_TOKEN=bao.admin.token)
    return folder


def credential_of_the_guide(bao: OpenBao, folder: str) -> dict[str, str]:
    """What AWX sets in the environment of a job, with the policy and the credential type as they stand in the guide."""
    text = (ROOT / "docs" / "awx.md").read_text()
    [policy] = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    [credential] = [each for each in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "injectors:" in each]
    bao.admin.sys.create_or_update_policy(folder, policy.replace("/tokens/", f"/{folder}/"))
    bao.admin.sys.enable_auth_method("approle", path="awx")
    approle = bao.admin.auth.approle
    approle.create_or_update_approle("awx", token_policies=[folder], token_ttl="10m", mount_point="awx")
    inputs = {
        "url": bao.url,
        "role_id": approle.read_role_id("awx", mount_point="awx")["data"]["role_id"],
        "secret_id": approle.generate_secret_id("awx", mount_point="awx")["data"]["secret_id"],
    }
    environment = yaml.safe_load(credential)["injectors"]["env"]
    made = {name: Template(value).render(inputs) for name, value in environment.items()}
    return {**made, "ANSIBLE_HASHI_VAULT_MOUNT_POINT": "awx"}


def test_a_store_of_many_controllers(role: Role, bao: OpenBao, shared: str) -> None:
    del role.controller.environment["VAULT_ADDR"], role.controller.environment["VAULT_TOKEN"]
    role.controller.environment.update(credential_of_the_guide(bao, shared))
    role.run("--check")
    assert role.calls["create"] == 0
    role.run()
    first = bao.read(f"{shared}/tile server")
    secrets = {token.id: token.secret for token in role.emulator.tokens}
    assert secrets[first["id"]] == first["token"] == raw(role)["alpha"]
    assert {bao.read(f"{shared}/of {host}")["id"] for host in ("alpha", "beta")} < set(role.live)
    role.run()
    assert role.calls == {"list": 1}

    # What fails is taken back, there too.
    role.variables["bad_check"] = "beta"
    run = role.rotate(code=2)
    assert bao.read(f"{shared}/tile server")["token"] == first["token"]
    assert set(raw(role).values()) == {first["token"]}
    assert not [secret for secret in (*role.emulator.secrets, bao.admin.token) if secret in run.stdout + run.stderr]


def test_a_store_that_gives_nothing_away_is_not_an_empty_one(role: Role, shared: str) -> None:
    del shared
    role.controller.environment.update(VAULT_TOKEN="bad")
    run = role.run(code=2)
    assert "the server answers 'permission denied'" in run.text
    assert role.calls["create"] == 0


def test_what_cannot_be_kept_is_revoked(role: Role) -> None:
    role.variables["access_tokens_keep_tasks"] = role.tasks("keep.yml", "- ansible.builtin.fail: {msg: disk full}\n")
    role.variables["access_tokens"] = [slot("tile server", RAW)]
    run = role.run(code=2)
    assert "disk full" in run.text
    assert role.live == [] and not list((role.out / "alpha").iterdir())


def test_what_cannot_be_kept_again_hides_no_reason(role: Role) -> None:
    """The tasks of the user run without their output: both reasons are said, and no secret."""
    keep = """
    - ansible.builtin.fail: {msg: "no room"}
      when: full is defined
    - ansible.builtin.copy:
        content: "{{ access_tokens_to_keep | to_json }}"
        dest: "{{ inventory_dir }}/kept.json"
        mode: "0600"
    """
    fetch = """
    - ansible.builtin.set_fact:
        access_tokens_held: "{{ lookup('file', inventory_dir ~ '/kept.json', errors='ignore') | default('{}', true) | from_json }}"
    """
    role.variables["access_tokens_keep_tasks"] = role.tasks("keep.yml", dedent(keep))
    role.variables["access_tokens_fetch_tasks"] = role.tasks("fetch.yml", dedent(fetch))
    role.variables["access_tokens"] = [slot("tile server", RAW)]
    role.run()
    first = role.live
    role.variables["full"] = True
    run = role.rotate(code=2)
    assert "could not be kept: ansible.builtin.fail failed: no room" in run.text
    assert "alpha failed at ansible.builtin.fail: no room" in run.text
    assert role.live == first
    assert not [secret for secret in role.emulator.secrets if secret in run.stdout + run.stderr]

    # What was not given to the run is not nobody's.
    del role.variables["full"]
    role.variables["access_tokens_fetch_tasks"] = role.tasks("fetch.yml", "- ansible.builtin.meta: noop\n")
    for arguments in (("--check",), ()):
        run = role.run(*arguments, code=2)
        assert "set no secret for tokens that are live: 'tile server'" in run.text
        assert role.live == first and not role.calls.keys() & {"create", "delete"}
    role.variables["access_tokens_take_over"] = True
    role.run()
    assert role.calls["create"] == 1


def fresh(role: Role) -> None:
    """A controller that has nothing of earlier runs."""
    for path in (role.controller.folder / "home").rglob("*"):
        if path.is_file():
            path.unlink()


def test_the_hosts_keep_them(role: Role) -> None:
    role.variables["access_tokens"] = [slot("tile server", JSON, RAW)]
    role.run(hosts="alpha:beta")
    [first] = role.live
    # A new host gets the secret from those that have it.
    fresh(role)
    role.run(hosts="alpha:beta:gamma")
    assert role.calls == {"list": 1}
    assert told(role.out, "gamma")["id"] == first
    # One that was away while the token was replaced has an older one.
    role.rotate("--limit", "alpha:beta", hosts="alpha:beta:gamma")
    assert told(role.out, "gamma")["id"] == first != told(role.out, "alpha")["id"]
    fresh(role)
    role.run(hosts="alpha:beta:gamma")
    assert [told(role.out, host)["id"] for host in ("alpha", "beta", "gamma")] == role.live * 3


def test_the_hosts_keep_the_earlier_ones_when_something_fails(role: Role) -> None:
    role.run()
    before = {host: told(role.out, host) for host in ("alpha", "beta")}
    role.variables["bad_check"] = "alpha"
    role.rotate(code=2)
    assert {host: told(role.out, host) for host in ("alpha", "beta")} == before
    assert role.live == [before["alpha"]["id"]]


def test_batches_of_hosts_that_keep_them(role: Role) -> None:
    """The second batch has older files than the first one was given."""
    role.run(hosts="alpha:beta:gamma", serial=1)
    assert role.calls["create"] == 1
    role.emulator.clock.advance(80 * 86400)
    role.run(hosts="alpha:beta:gamma", serial=1)
    assert [role.calls["create"], role.calls["delete"]] == [1, 1]
    assert [told(role.out, host)["id"] for host in ("alpha", "beta", "gamma")] == role.live * 3


FORMATS = {
    "alpha": JSON,
    "beta": {**JSON, "format": "yaml"},
    "gamma": {**JSON, "format": "env", "name": "TILES"},
}


def test_every_format_that_tells_the_id(role: Role) -> None:
    """Each host has a token of its own, in another format."""
    role.variables["formats"] = FORMATS
    role.variables["access_tokens"] = "{{ [own | combine({'deliver': [raw, formats[inventory_hostname]]})] }}"
    role.variables |= {"own": slot("of {{ inventory_hostname }}"), "raw": RAW}
    role.run(hosts="alpha:beta:gamma")
    fresh(role)
    run = role.run(hosts="alpha:beta:gamma")
    assert role.calls == {"list": 1} and run.text.count("changed=0") == len(FORMATS)
    for host in FORMATS:
        (role.out / host / "token.json").write_text("not as the role writes it")
    role.run(hosts="alpha:beta:gamma")
    assert role.calls["create"] == len(FORMATS)


def test_a_credential_of_awx(role: Role) -> None:
    """Each job is given what the credential held when it began."""
    kept_by(role, "awx_credential")
    role.variables["access_tokens_store"] = ""  # as an unanswered question of a survey
    awx = Awx(ROOT / "examples" / "awx", token="a token for AWX")
    with serve(awx) as address:
        role.controller.environment.update(CONTROLLER_HOST=address, CONTROLLER_OAUTH_TOKEN=awx.token)
        role.run()
        assert len(role.live) == 3
        _next_job(role, awx)
        role.run()
        assert role.calls == {"list": 1}

        # The second batch has to keep what the first one has kept, though its job was given what was there before.
        role.variables["bad_check"] = "beta"
        run = role.rotate(serial=1, code=2)
        _next_job(role, awx)
        del role.variables["bad_check"]
        role.run()
    assert role.calls["create"] == 0
    assert set(raw(role).values()) == {
        token.secret for token in role.emulator.tokens if token.id in role.live and "tile server" in token.description
    }
    assert not [secret for secret in role.emulator.secrets if secret in run.stdout + run.stderr]


def _next_job(role: Role, awx: Awx) -> None:
    """The environment that AWX makes of the credential."""
    kind = awx.objects("credential_types")["Ellipsis Drive tokens"]
    credential = awx.objects("credentials")["Ellipsis Drive tokens"]
    variables, _shown = injected(kind, credential["inputs"], role.controller.folder)
    role.controller.environment.update(variables)
