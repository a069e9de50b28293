# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks, items, hosts and lookups of one run know of each other."""

from __future__ import annotations

from ansible_collections.ellipsis.drive.tests.emulator import PATHS, Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import HOSTS, Controller

FOUR = HOSTS[:4]
ROADS = {"path_id": PATHS["Projects/Roads"], "access_tier": "view"}
PLAY = {
    "vars": {"roads": [ROADS]},
    "module_defaults": {
        f"ellipsis.drive.{module}": {"access_list": [ROADS], "valid_for": "90d", "verify": "none"}
        for module in ("ellipsis_access_token",)
    },
}
LOOKUP = (
    "lookup('ellipsis.drive.ellipsis_access_token', 'kept', create=true, valid_for='90d', access_list=roads, "
    "regenerate='always', store='tokens.yml', store_plaintext=true)"
)


def test_one_run_replaces_a_token_once(controller: Controller, emulator: Emulator) -> None:
    """For all hosts, items, tasks, forks and evaluations, and all get the same secret. The next run replaces it again."""
    tasks = f"""
        - name: hosts
          ellipsis.drive.ellipsis_access_token: {{description: tile server, regenerate: always}}
          register: r
        - keep: {{hosts: "{{{{ r }}}}"}}
        - name: items
          ellipsis.drive.ellipsis_access_token: {{description: tile server, regenerate: always, held_id: "{{{{ item }}}}"}}
          loop: ["", "{{{{ roads_id }}}}"]
          register: r
        - keep: {{items: "{{{{ r.results }}}}"}}
        - keep: {{one: "{{{{ {LOOKUP} }}}}", two: "{{{{ {LOOKUP} }}}}"}}
    """
    for number in (1, 2):
        run = controller.run(tasks, "--forks", "4", hosts=":".join(FOUR), play=PLAY)
        assert len(emulator.tokens) == 2 * number
        tiles, kept = (
            next(token for token in reversed(emulator.tokens) if name in token.description) for name in ("tile", "kept")
        )
        of_hosts = [run.value("hosts", host) for host in FOUR]
        assert sorted(each["reason"] for each in of_hosts) == [
            "create" if number == 1 else "forced",
            "none",
            "none",
            "none",
        ]
        everybody = [*of_hosts, *(item for host in FOUR for item in run.value("items", host))]
        assert {(each["access_token"]["id"], each["secret"]) for each in everybody} == {(tiles.id, tiles.secret)}
        assert {run.value(name, host) for name in ("one", "two") for host in FOUR} == {kept.secret}
        assert not any(secret in run.text for secret in emulator.secrets)
    assert not [token for token in emulator.tokens if token.revoked_at is not None]
    assert not list(controller.folder.glob("local_tmp/**/ellipsis-*"))


def test_two_declarations_of_one_slot_do_not_fight(controller: Controller, emulator: Emulator) -> None:
    run = controller.run(
        """
        - name: a tier for each
          ellipsis.drive.ellipsis_access_token:
            description: tile server
            access_list: [{path_id: "{{ roads_id }}", access_tier: "{{ 'edit' if inventory_hostname == 'beta' else 'view' }}"}]
          register: r
          ignore_errors: true
        - keep: {hosts: "{{ r }}"}
        - name: by items
          ellipsis.drive.ellipsis_access_token: {description: map proxy, valid_for: "{{ item }}"}
          loop: [90d, 60d, 90d]
          run_once: true
          register: r
          ignore_errors: true
        - keep: {items: "{{ r.results }}"}
        - name: in a set
          ellipsis.drive.ellipsis_access_tokens:
            tokens:
              - {description: new one, access_list: "{{ roads }}", valid_for: 90d}
              - {description: map proxy, access_list: "{{ roads }}", valid_for: 90d, scope: ogc}
          run_once: true
          register: r
          ignore_errors: true
        - keep: {set: "{{ r }}"}
        - name: there and not there
          ellipsis.drive.ellipsis_access_token:
            description: map proxy
            state: "{{ 'absent' if inventory_hostname == 'beta' else 'present' }}"
          register: r
          ignore_errors: true
        - keep: {state: "{{ r }}"}
        - name: not there any more
          ellipsis.drive.ellipsis_access_token: {description: map proxy, state: absent}
          register: removed
        - name: another one
          ellipsis.drive.ellipsis_access_token: {description: map proxy, scope: ogc}
          register: r
          run_once: true
        """,
        "--forks",
        "1",
        hosts="alpha:beta",
        play=PLAY,
    )
    assert run.value("hosts", "alpha")["reason"] == "create"
    assert run.value("hosts", "beta")["msg"].startswith(
        "'tile server' (owner default) is declared twice in this run, by task 'a tier for each' on alpha and by task 'a tier for each' "
        "on beta, and they differ in access_list"
    )
    items = run.value("items", "alpha")
    assert [each.get("reason") for each in items] == ["create", None, "none"]
    assert (
        "an item of task 'by items' on alpha" in items[1]["msg"]
        and "valid_for (90d there, 60d here)" in items[1]["msg"]
    )
    assert "scope (all there, ogc here)" in run.value("set", "alpha")["msg"]
    assert run.calls("set", "alpha") == {}
    assert "state (present there, absent here)" in run.value("state", "beta")["msg"]
    # One for each slot, and the last one after the other was revoked.
    assert [token.description.split(" [")[0] for token in emulator.tokens] == ["tile server", "map proxy", "map proxy"]
    assert [token.revoked_at is not None for token in emulator.tokens] == [False, True, False]
