# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many items, hosts and tries: each costs as few requests as it can, and none makes a twin."""

from __future__ import annotations

from ansible_collections.ellipsis.drive.tests.emulator import PATHS, Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import HOSTS, Controller

PLAY = {
    "module_defaults": {
        "ellipsis.drive.ellipsis_access_token": {
            "access_list": [{"path_id": PATHS["Projects/Roads"], "access_tier": "view"}],
            "valid_for": "90d",
            "verify": "none",
        }
    }
}


def test_all_items_of_a_loop_share_one_listing(controller: Controller, emulator: Emulator) -> None:
    emulator.seed_tokens(31)
    run = controller.run(
        """
        - name: create
          ellipsis.drive.ellipsis_access_token: {description: "{{ item }}"}
          loop: [a, b, c, a]
          register: r
        - keep: {create: "{{ r }}"}
        - name: unchanged
          ellipsis.drive.ellipsis_access_token: {description: "{{ item }}"}
          loop: [a, b, c, a, c, b]
          register: r
        - keep: {unchanged: "{{ r }}"}
        - name: mixed
          ellipsis.drive.ellipsis_access_token: {description: "{{ item }}"}
          loop: [d, a, e, c]
          register: r
        - keep: {mixed: "{{ r }}"}
        - name: absent
          ellipsis.drive.ellipsis_access_token: {description: "{{ item }}", state: absent}
          loop: [a, nobody, b, a]
          register: r
        - keep: {absent: "{{ r }}"}
    """,
        play=PLAY,
    )
    reasons = {name: [each["reason"] for each in run.value(name)["results"]] for name in run.kept["localhost"]}
    assert reasons == {
        "create": ["create", "create", "create", "none"],
        "unchanged": ["none"] * 6,
        "mixed": ["create", "none", "create", "none"],
        "absent": ["removed", "none", "removed", "none"],
    }
    # Two pages before the lock, two after it, two or more after each creation: nothing for an item that finds its token.
    assert run.calls("unchanged") == {"list": 2}
    assert run.calls("create") == {"list": 2 + 3 * 2, "create": 3, "use": 1}
    assert run.calls("mixed") == {"list": 2 + 2 * 2, "create": 2, "use": 1}
    assert run.calls("absent") == {"list": 2, "delete": 2}
    assert [item.get("censored") is not None for item in run.items("mixed")] == [True, False, True, False]
    assert [item["reason"] for item in run.items("unchanged")] == ["none"] * 6


def test_a_failed_item_makes_the_next_one_list_again(controller: Controller, emulator: Emulator) -> None:
    run = controller.run(
        """
        - emulator: {fault: {kind: status, status: 400, body: refused, method: POST, skip: 1}}
        - name: create
          ellipsis.drive.ellipsis_access_token: {description: "{{ item }}"}
          loop: [a, b, c, b]
          register: r
          ignore_errors: true
        - keep: {create: "{{ r }}"}
        - name: unchanged
          register: made
          ellipsis.drive.ellipsis_access_token: {description: "{{ item }}"}
          loop: [a, b, c]
        - keep: {unchanged: 1}
    """,
        play=PLAY,
    )
    results = run.value("create")["results"]
    assert [each.get("reason") for each in results] == ["create", None, "create", "create"]
    assert "POST /account/security/accessToken answered 400" in results[1]["msg"]
    # Once under the lock, after each of three creations, and once after the failure.
    assert run.calls("create") == {"list": 1 + 3 + 1, "create": 4, "use": 2}
    assert run.calls("unchanged") == {"list": 1}
    assert len(emulator.tokens) == 3


def test_another_try_lists_again(controller: Controller, emulator: Emulator) -> None:
    run = controller.run(
        """
        - ellipsis.drive.ellipsis_access_token_info:
          register: all
          until: all.api_calls.list == 0
          retries: 2
          delay: 0
          ignore_errors: true
        - keep: {info: "{{ all }}"}
        - ellipsis.drive.ellipsis_access_token:
            description: "{{ item }}"
          loop: [a, b]
          register: r
          until: r.reason == 'none'
          retries: 2
          delay: 0
        - keep: {token: "{{ r }}"}
    """,
        play=PLAY,
    )
    assert run.calls("info") == {"list": 3}
    assert [each["attempts"] for each in run.value("token")["results"]] == [2, 2]
    assert run.calls("token") == {"list": 1 + 2 * 2, "create": 2, "use": 2}
    assert len(emulator.tokens) == 2


def test_hosts_that_want_the_same_token_make_it_once(controller: Controller, emulator: Emulator) -> None:
    run = controller.run(
        """
        - name: same
          ellipsis.drive.ellipsis_access_token: {description: tile server}
          register: r
        - keep: {same: "{{ r }}"}
        - name: own
          register: made
          ellipsis.drive.ellipsis_access_token: {description: "for {{ inventory_hostname }}"}
        - name: once
          ellipsis.drive.ellipsis_access_token: {description: once}
          run_once: true
          register: r
        - keep: {once: "{{ r }}"}
        """,
        "--forks",
        "4",
        play=PLAY,
        hosts="alpha:beta:gamma:delta",
    )
    hosts = HOSTS[:4]
    same = [run.value("same", host) for host in hosts]
    assert sorted(each["reason"] for each in same) == ["create", "none", "none", "none"]
    assert len({each["access_token"]["id"] for each in same}) == 1
    once = [run.value("once", host) for host in hosts]
    assert len({each["secret"] for each in once}) == 1
    assert len(emulator.tokens) == 1 + len(hosts) + 1


def test_a_secret_is_of_use_in_a_later_task(controller: Controller, emulator: Emulator) -> None:
    controller.run(
        """
        - name: create
          ellipsis.drive.ellipsis_access_token: {description: tile server}
          register: r
        - name: use
          ansible.builtin.uri:
            url: "{{ lookup('env', 'ELLIPSIS_API_URL') }}/path/{{ roads_id }}"
            headers: {Authorization: "Bearer {{ r.secret }}"}
          no_log: true
        - name: not there
          ellipsis.drive.ellipsis_access_token: {description: tile server}
          register: again
        - ansible.builtin.debug: {msg: "{{ again.secret }}"}
          ignore_errors: true
          register: use
        - ansible.builtin.assert:
            that: [use is failed, again.secret is not defined]
    """,
        play=PLAY,
    )
    used = emulator.journal[-2]
    assert (used.path, used.status) == (f"/v3/path/{PATHS['Projects/Roads']}", 200)


def test_background_tasks_are_refused(controller: Controller, emulator: Emulator) -> None:
    run = controller.run(
        """
        - name: background
          register: made
          ellipsis.drive.ellipsis_access_token: {description: tile server}
          async: 10
          poll: 0
          ignore_errors: true
    """,
        play=PLAY,
    )
    assert "async" in run.result("background")["msg"]
    assert not emulator.journal
