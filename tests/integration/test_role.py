# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role access_tokens when all goes well: created once, delivered, reloaded, checked, and only then retired."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from ansible_collections.ellipsis.drive.tests.emulator import Emulator
from ansible_collections.ellipsis.drive.tests.integration.moments import VARIABLE, Moments
from ansible_collections.ellipsis.drive.tests.integration.playbook import VARIABLES, Controller, Run
from ansible_collections.ellipsis.drive.tests.integration.role import ROLE, Role, slot, told


@pytest.fixture
def role(controller: Controller, emulator: Emulator) -> Role:
    return Role(controller, emulator)


PLUGINS = Path(__file__).parent / "plugins"
SETTLE = "Retire what was replaced"
HANDLERS = [
    {"name": "reload", "ansible.legacy.keep": {"reloaded": "yes"}},
    {"name": "restart", "ansible.legacy.keep": {"restarted": "yes"}},
]


def test_every_format_its_mode_and_its_handlers(role: Role) -> None:
    (role.controller.folder / "templates").mkdir()
    (role.controller.folder / "templates" / "my.j2").write_text("{{ token }} of {{ access_tokens_token.id }}\n")
    role.variables["access_tokens"] = [
        slot(
            "tile server",
            {"dest": "{{ out }}/raw", "format": "raw", "notify": ["reload"]},
            {"dest": "{{ out }}/env", "format": "env"},
            {"dest": "{{ out }}/named.env", "format": "env", "name": "TILES"},
            {"dest": "{{ out }}/json", "format": "json", "mode": "0640"},
            {"dest": "{{ out }}/yaml", "format": "yaml"},
            {"dest": "{{ out }}/own", "format": "template", "src": "my.j2", "notify": ["reload", "restart"]},
        )
    ]
    run = role.run(handlers=HANDLERS)
    [token] = role.emulator.tokens
    for host in ("alpha", "beta"):
        out = role.out / host
        assert (out / "raw").read_text() == token.secret
        assert f"ELLIPSIS_DRIVE_TOKEN={token.secret}\nELLIPSIS_DRIVE_TOKEN_ID={token.id}\n" in (out / "env").read_text()
        assert (out / "named.env").read_text().startswith(f"TILES={token.secret}\nTILES_ID={token.id}\n")
        assert (out / "own").read_text() == f"{token.secret} of {token.id}\n"
        content = json.loads((out / "json").read_text())
        assert content == yaml.safe_load((out / "yaml").read_text())
        assert (content["id"], content["token"], content["description"]) == (token.id, token.secret, "tile server")
        modes = {path.name: path.stat().st_mode & 0o777 for path in out.iterdir()}
        assert modes == {name: 0o640 if name == "json" else 0o600 for name in modes}
        assert set(run.kept[host]) == {"reloaded", "restarted"}

    (role.out / "beta" / "raw").unlink()
    again = role.run(handlers=HANDLERS)
    assert role.calls_of(again) == {"list": 1}
    assert {host: set(kept) for host, kept in again.kept.items()} == {"beta": {"reloaded"}}
    assert "alpha : ok" in again.text and "changed=0" in again.text.split("alpha : ok")[1].split("beta")[0]


def test_the_replaced_token_works_until_every_host_has_passed_its_check(role: Role) -> None:
    role.variables["access_tokens_check_tasks"] = role.tasks(
        "check.yml",
        """
- ansible.builtin.slurp: {src: "{{ out }}/token.json"}
  register: file
- ansible.builtin.uri:
    url: "{{ lookup('env', 'ELLIPSIS_API_URL') }}/path/{{ roads_id }}"
    headers: {Authorization: "Bearer {{ (file.content | b64decode | from_json).token }}"}
- ansible.legacy.keep: {live: "{{ (file.content | b64decode | from_json).id }}"}
""",
    )
    role.run()
    [first] = role.live
    run = role.rotate()
    old, new = role.emulator.tokens
    assert (old.id, role.live) == (first, [new.id])
    assert f"tile server: revoked {old.id}, replaced by {new.id}" in run.text
    assert {host: told(role.out, host)["id"] for host in ("alpha", "beta")} == {"alpha": new.id, "beta": new.id}
    assert {host: kept["live"].value for host, kept in run.kept.items()} == {"alpha": new.id, "beta": new.id}
    # The checks were the last but one, and the old token went after them.
    assert [entry.method for entry in role.emulator.journal if entry.method != "GET"] == ["DELETE"]


@pytest.mark.once
def test_hosts_may_have_tokens_of_their_own_and_share_others(role: Role) -> None:
    role.variables["access_tokens"] = [
        slot("shared", {"dest": "{{ out }}/token.json", "format": "json"}),
        slot("of {{ inventory_hostname }}", {"dest": "{{ out }}/own.json", "format": "json"}),
    ]
    role.run(hosts="alpha:beta:gamma")
    assert role.calls["create"] == 4 and role.calls["list"] <= 3
    assert len({told(role.out, host)["id"] for host in ("alpha", "beta", "gamma")}) == 1
    assert len({told(role.out, host, "own")["id"] for host in ("alpha", "beta", "gamma")}) == 3


def test_a_host_that_is_down_keeps_its_token(role: Role) -> None:
    role.run(hosts="alpha:beta:gamma")
    [first] = role.live
    run = role.rotate("-e", '{"down": "beta"}', hosts="alpha:beta:gamma", tasks=DOWN, code=4)
    assert len(role.live) == 2 and role.live[0] == first
    assert "replaced token of 'tile server' goes once its overlap of 1h has passed; not yet renewed: 'beta'" in run.text
    assert told(role.out, "beta")["id"] == first
    # It comes back before the overlap has passed, so it gets the new one, and nothing needs the old one any more.
    role.run(hosts="alpha:beta:gamma")
    assert role.live == [told(role.out, "beta")["id"]] != [first]
    assert [role.calls["create"], role.calls["delete"]] == [0, 1]


def test_a_host_that_is_lost_while_its_files_are_written(role: Role, tmp_path: Path) -> None:
    """It is missed and has not failed, so nobody goes back."""
    role.run()
    [first] = role.live
    moments = Moments(tmp_path)
    moments.expect("deliver beta 6", lose=True)
    role.controller.environment |= {
        "ANSIBLE_CONNECTION_PLUGINS": str(PLUGINS / "connection"),
        "ANSIBLE_CALLBACKS_ENABLED": "recorder,steps",
        VARIABLE: str(tmp_path),
    }
    role.variables["ansible_connection"] = "losable"
    run = role.rotate(code=4)
    assert moments.lost and "failed=0" in run.text and "unreachable=1" in run.text and "failed=1" not in run.text
    assert role.live == [first, told(role.out, "alpha")["id"]]


# A host without a place for the files of modules can't be reached.
DOWN = """
- ansible.builtin.import_role: {name: ellipsis.drive.access_tokens}
  vars:
    ansible_remote_tmp: "{{ '/dev/null/nowhere' if inventory_hostname == down | default('') else lookup('env', 'ANSIBLE_REMOTE_TEMP') }}"
    ansible_pipelining: false
"""


@pytest.mark.once
def test_when_the_overlap_has_passed_it_goes_all_the_same(role: Role) -> None:
    role.run()
    down = ("-e", '{"down": "beta"}')
    role.rotate(*down, tasks=DOWN, code=4)
    role.emulator.clock.advance(3601)
    role.run(*down, tasks=DOWN, code=4)
    assert role.live == [told(role.out, "alpha")["id"]]


def settled(run: Run) -> list[list[str]]:
    """What each batch of hosts has retired."""
    return [event["result"].get("retired", []) for event in run.events if event["task"].endswith(SETTLE)]


def test_batches_share_what_the_first_one_made(role: Role) -> None:
    own = slot("of {{ inventory_hostname }}", {"dest": "{{ out }}/own.json", "format": "json"})
    role.variables["access_tokens"].append(own)
    role.run(hosts="alpha:beta:gamma", serial=1)
    assert [role.calls["create"], role.calls["delete"]] == [4, 0]
    role.emulator.clock.advance(80 * 86400)
    run = role.run(hosts="alpha:beta:gamma", serial=1)
    assert [role.calls["create"], role.calls["delete"]] == [4, 4]
    # The last one retires what only earlier ones declare, too.
    assert [len(each) for each in settled(run)] == [0, 0, 4]
    held = {told(role.out, host, name)["id"] for host in ("alpha", "beta", "gamma") for name in ("token", "own")}
    assert held == set(role.live) and "not yet renewed" not in run.text


def test_a_run_with_limit_retires_nothing(role: Role) -> None:
    role.run()
    [first] = role.live
    role.rotate("--limit", "alpha")
    assert role.live == [first, told(role.out, "alpha")["id"]]
    assert told(role.out, "beta")["id"] == first
    role.run()
    assert role.live == [told(role.out, "beta")["id"]] != [first]


@pytest.mark.once
def test_without_retire_the_overlap_is_kept(role: Role) -> None:
    role.variables["access_tokens_retire"] = False
    role.run()
    role.rotate()
    assert len(role.live) == 2
    role.emulator.clock.advance(3601)
    role.run()
    assert role.live == [told(role.out, "alpha")["id"]]


def test_check_mode_says_what_would_change_and_changes_nothing(role: Role) -> None:
    first = role.run("--check", "--diff", handlers=HANDLERS)
    assert role.calls == {"list": 1, "use": 1}  # the path is looked at before it is promised
    assert not role.store.exists() and not list((role.out / "alpha").iterdir())
    changed = [event["task"].split(" : ")[-1] for event in first.events if event["result"].get("changed")]
    assert "tile server: create → a new token" in first.text
    assert "Create the tokens that are missing or due" in changed and "Write the files" in changed
    assert "alpha : ok" in first.text and "failed=0" in first.text
    role.run()
    before = role.store.read_bytes(), (role.out / "alpha" / "token.json").read_bytes()
    same = role.run("--check", "--diff")
    assert role.calls == {"list": 1} and "changed=0" in same.text
    role.variables["access_tokens"][0]["access_list"][0]["access_tier"] = "edit"
    drifting = role.run("--check", "--diff")
    assert "tile server: drift (access_tier view → edit) → a new token" in drifting.text
    assert role.calls == {"list": 1, "use": 1}
    assert before == (role.store.read_bytes(), (role.out / "alpha" / "token.json").read_bytes())


@pytest.mark.parametrize(
    ("arguments", "created"),
    [(["--tags", "tokens"], 1), (["--tags", "other"], 0), (["--skip-tags", "tokens"], 0), (["--skip-tags", "x"], 1)],
)
def test_tags_take_all_of_it_or_nothing(role: Role, arguments: list[str], created: int) -> None:
    role.variables["access_tokens_check_tasks"] = role.tasks("check.yml", "- ansible.legacy.keep: {checked: 'yes'}\n")
    run = role.run(*arguments, tasks=ROLE + "\n  tags: tokens")
    assert len(role.live) == created
    assert (role.out / "alpha" / "token.json").exists() == bool(created)
    assert len(run.kept) == 2 * created
    # The replaced one goes too, by tasks that are included.
    role.rotate(*arguments, tasks=ROLE + "\n  tags: tokens")
    assert len(role.live) == created


@pytest.mark.once
def test_a_slot_that_is_no_longer_wanted(role: Role) -> None:
    role.run()
    role.variables["access_tokens"][0]["state"] = "absent"
    role.run()
    assert role.live == [] and (role.out / "alpha" / "token.json").exists()


def test_what_a_host_did_in_an_earlier_play_is_no_sign(role: Role) -> None:
    """A host of a later batch has not been reached yet, though the role ran on it before."""
    role.run()
    own = {**role.variables, "access_tokens": [slot("other", {"dest": "{{ out }}/other.json", "format": "json"})]}
    plays = [
        {"hosts": "alpha:beta", "gather_facts": False, "vars": variables, "roles": ["ellipsis.drive.access_tokens"]}
        for variables in (
            {**VARIABLES, **own},
            {**VARIABLES, **role.variables, "access_tokens_rotate": ["tile server"]},
        )
    ]
    playbook = role.controller.folder / "plays.yml"
    playbook.write_text(json.dumps([plays[0], {**plays[1], "serial": 1}]))
    run = role.controller.run_file(playbook, "--vault-password-file", "password")
    assert [len(each) for each in settled(run)] == [0, 0, 1]
    assert set(role.live) == {told(role.out, "beta")["id"], told(role.out, "beta", "other")["id"]}
