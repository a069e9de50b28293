# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Law 8: no secret is anywhere it should not be, on a server that even lists secrets.

Looked through: what is printed at -vvvv --diff, what callbacks are given, the log file, what the junit callback writes,
the fact cache, whatever is left in any folder of the controller, all command lines, and the addresses that were asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import (
    ORGANIZATION_ID,
    OTHER_USER,
    PASSWORD,
    PATHS,
    USER,
    USER_TOKEN,
    Emulator,
    ManualClock,
    Variant,
)
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller, Run

PLAY = {
    "module_defaults": {
        "ellipsis.drive.ellipsis_access_token": {
            "access_list": [{"path_id": PATHS["Projects/Roads"], "access_tier": "view"}],
            "valid_for": "90d",
        }
    }
}


@pytest.fixture
def emulator(request: pytest.FixtureRequest) -> Emulator:
    # Secrets of its own for each test: they run beside each other, and command lines are those of the whole machine.
    return Emulator(Variant(leaks_secret=True), ManualClock(), seed=crc32(request.node.nodeid.encode()))


def listen(controller: Controller) -> dict[str, str | None]:
    """Turns on everything of ansible-core that writes something down."""
    folder = controller.folder
    return {
        "ANSIBLE_CALLBACKS_ENABLED": "recorder,ansible.builtin.junit",
        "JUNIT_OUTPUT_DIR": str(folder / "junit"),
        "ANSIBLE_LOG_PATH": str(folder / "ansible.log"),
        "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(folder / "facts"),
    }


def watched(controller: Controller, tasks: str, *arguments: str, **more: str | None) -> Run:
    environment = {**listen(controller), **more}
    return controller.run(tasks, *("-vvvv", "--diff", *arguments), play=PLAY, environment=environment, watch=True)


def places(run: Run, controller: Controller, emulator: Emulator) -> Iterator[tuple[str, str]]:
    for path in controller.folder.rglob("*"):
        # What the test itself was handed is no leak.
        if path.is_file() and not path.name.startswith("kept") and path.name != "token":
            yield str(path.relative_to(controller.folder)), path.read_bytes().decode(errors="replace")
    yield "command lines", "\n".join(run.command_lines)
    yield "addresses", "\n".join(f"{entry.url} {entry.user_agent}" for entry in emulator.journal)


def leaks(run: Run, controller: Controller, emulator: Emulator) -> list[tuple[str, str]]:
    secrets = {*emulator.secrets, USER_TOKEN, PASSWORD}
    return [
        (place, secret)
        for place, text in places(run, controller, emulator)
        for secret in sorted(secrets)
        if secret in text
    ]


def test_the_search_finds_what_a_playbook_gives_away(controller: Controller, emulator: Emulator) -> None:
    run = watched(
        controller,
        """
        - ellipsis.drive.ellipsis_access_token: {description: tile server}
          register: r
        - ansible.builtin.set_fact: {token: "{{ r.secret }}", cacheable: true}
        - ansible.builtin.command: "true {{ r.secret }}"
        - ansible.builtin.uri:
            url: "{{ lookup('env', 'ELLIPSIS_API_URL') }}/path/{{ roads_id }}?token={{ r.secret }}"
        """,
    )
    found = {Path(place).parts[0] for place, _secret in leaks(run, controller, emulator)}
    assert found >= {"stdout1", "events1", "ansible.log", "facts", "addresses"}
    assert any((controller.folder / "junit").iterdir())


def test_here(controller: Controller, emulator: Emulator) -> None:
    emulator.seed_tokens(2, description="old")
    (controller.folder / "token").write_text(USER_TOKEN)
    run = watched(
        controller,
        """
        - name: single
          register: made
          ellipsis.drive.ellipsis_access_token: {description: single}
        - name: all created
          register: made
          ellipsis.drive.ellipsis_access_token: {description: "{{ item }}"}
          loop: [a, b]
        - name: mixed
          register: made
          ellipsis.drive.ellipsis_access_token: {description: "{{ item }}", api_token_file: token}
          loop: [single, c, a, "[ed1:"]
          ignore_errors: true
        - name: replaced
          ellipsis.drive.ellipsis_access_token: {description: single, regenerate: always, overlap: 0}
          register: r
          failed_when: true
          ignore_errors: true
        - name: tried again
          ellipsis.drive.ellipsis_access_token: {description: "{{ item }}"}
          loop: [e, a]
          register: again
          until: again.reason == 'none'
          retries: 1
          delay: 0
        - name: set
          register: made
          ellipsis.drive.ellipsis_access_tokens:
            tokens: [{description: a}, {description: d}]
            defaults:
              access_list: [{path_id: "{{ roads_id }}", access_tier: view}]
              valid_for: 90d
        - name: whole list
          ellipsis.drive.ellipsis_access_token_info:
        - ansible.builtin.set_fact: {something: else, cacheable: true}
        - keep: {secret: "{{ r.secret }}"}
        """,
    )
    assert run.value("secret") == emulator.secrets[6]
    assert leaks(run, controller, emulator) == []
    # What holds no secret is shown in full, and of what holds one the outcome is said.
    assert [item.get("reason", "") for item in run.items("mixed")] == ["none", "", "none", ""]
    assert any(event["event"] == "retry" for event in run.events)
    assert len(run.result("whole list")["access_tokens"]) == 8
    for description in ("single: create", "a: create", "c: create", "single: forced", "created 1"):
        assert description in run.text


def test_failures_after_a_creation(controller: Controller, emulator: Emulator) -> None:
    run = watched(
        controller,
        f"""
        - emulator: {{fault: {{kind: status, status: 500, method: GET, path: accessToken, skip: 1, times: 1}}}}
        - name: list fails
          register: made
          ellipsis.drive.ellipsis_access_token: {{description: list fails}}
          ignore_errors: true
        - emulator: {{clear_faults: {{}}, policy: {{granted_tier: view, replication_delay: 1000}}}}
        - name: proof fails
          register: made
          ellipsis.drive.ellipsis_access_token: {{description: proof fails, verify_timeout: 0}}
          ignore_errors: true
        - emulator:
            policy: {{replication_delay: 0}}
            fault: {{kind: status, status: 400, body: "{USER_TOKEN} may not do this", method: POST}}
        - name: server repeats the credential
          register: made
          ellipsis.drive.ellipsis_access_token: {{description: refused}}
          ignore_errors: true
        - emulator: {{fault: {{kind: cut_after, method: POST}}}}
        - name: answer lost
          register: made
          ellipsis.drive.ellipsis_access_token: {{description: lost}}
        - name: after that
          register: made
          ellipsis.drive.ellipsis_access_token: {{description: "{{{{ item }}}}"}}
          loop: [lost, list fails]
        """.replace(USER_TOKEN, "{{ lookup('env', 'ELLIPSIS_API_TOKEN') }}"),
    )
    assert len(emulator.secrets) == 5
    assert leaks(run, controller, emulator) == []
    assert "********" in run.result("server repeats the credential")["msg"]


def test_elsewhere(controller: Controller, emulator: Emulator) -> None:
    emulator.seed_tokens(1)
    emulator.fault(kind="slow", seconds=0.3, method="POST", times=None)
    run = watched(
        controller,
        """
        - name: single
          ellipsis.drive.ellipsis_access_token: {description: single}
          delegate_to: bastion
          register: r
        - name: mixed
          register: made
          ellipsis.drive.ellipsis_access_token: {description: "{{ item }}"}
          delegate_to: bastion
          loop: [single, a]
        - emulator: {fault: {kind: status, status: 500, method: GET, path: accessToken, skip: 2, times: 1}}
        - name: failing
          register: made
          ellipsis.drive.ellipsis_access_token: {description: failing}
          delegate_to: bastion
          ignore_errors: true
        - name: whole list
          ellipsis.drive.ellipsis_access_token_info:
          delegate_to: bastion
        - name: credential of the task
          ellipsis.drive.ellipsis_access_token_info:
          delegate_to: bastion
          environment:
            ELLIPSIS_API_TOKEN: "{{ lookup('env', 'TOKEN_OF_THE_TASK') }}"
            OTHER: variable
        - name: no words
          register: made
          ellipsis.drive.ellipsis_access_token: {description: nothing of this}
          no_log: true
        - keep: {secret: "{{ r.secret }}"}
        """,
        TOKEN_OF_THE_TASK=USER_TOKEN,
        ELLIPSIS_API_TOKEN=None,
        ELLIPSIS_USERNAME=USER,
        ELLIPSIS_PASSWORD=PASSWORD,
    )
    assert run.value("secret") in emulator.secrets
    assert "nothing of this" not in run.text
    assert "OTHER=variable" in run.text
    assert "was revoked again" in run.result("failing")["msg"]
    assert leaks(run, controller, emulator) == []
    assert [item.get("reason", "") for item in run.items("mixed")] == ["none", ""]


def test_logged_in(controller: Controller, emulator: Emulator) -> None:
    """Also what is shared by the processes of a run is gone after it."""
    run = watched(
        controller,
        f"""
        - name: as a user
          register: made
          ellipsis.drive.ellipsis_access_token: {{description: "{{{{ item }}}}"}}
          loop: [a, b]
        - name: as an organization
          ellipsis.drive.ellipsis_access_token_info: {{organization_id: {ORGANIZATION_ID}}}
        - emulator: {{advance: {{seconds: 3600}}}}
        - name: renewed
          ellipsis.drive.ellipsis_access_token_info: {{organization_id: {ORGANIZATION_ID}}}
        - emulator: {{fault: {{kind: status, status: 401, body: "{{{{ lookup('env', 'ELLIPSIS_PASSWORD') }}}} no", path: accessToken, times: 9}}}}
        - name: refused
          register: made
          ellipsis.drive.ellipsis_access_token: {{description: c}}
          ignore_errors: true
        - emulator:
            clear_faults: {{}}
            fault: {{kind: status, status: 401, body: "{{{{ lookup('env', 'ELLIPSIS_PASSWORD') }}}} no", path: login}}
        - name: refused login
          register: made
          ellipsis.drive.ellipsis_access_token:
            description: c
            username: {OTHER_USER}
            password: "{{{{ lookup('env', 'ELLIPSIS_PASSWORD') }}}}"
          ignore_errors: true
          loop: [1, 2]
        - name: looked up
          ansible.builtin.set_fact:
            looked_up: "{{{{ lookup('ellipsis.drive.ellipsis_access_token', 'a', create=true, valid_for='1h',
              access_list=[dict(path_id=roads_id, access_tier='view')]) | length }}}}"
          no_log: true
        """,
        ELLIPSIS_API_TOKEN=None,
        ELLIPSIS_USERNAME=USER,
        ELLIPSIS_PASSWORD=PASSWORD,
    )
    assert leaks(run, controller, emulator) == []
    assert "********" in run.result("refused")["msg"]
    assert "********" in run.items("refused login")[1]["msg"]


def test_stored(controller: Controller, emulator: Emulator) -> None:
    (controller.folder / "password").write_text("vault password\n")
    run = watched(
        controller,
        """
        - name: store
          ellipsis.drive.ellipsis_access_token: {description: single, store: config/tokens.yml}
        - name: stored and returned
          ellipsis.drive.ellipsis_access_token:
            description: "{{ item }}"
            store: config/tokens.yml
            return_secret: true
            backup: true
          loop: [single, other]
        - name: stored set
          ellipsis.drive.ellipsis_access_tokens:
            tokens: [{description: single}, {description: third}]
            defaults:
              access_list: [{path_id: "{{ roads_id }}", access_tier: view}]
              valid_for: 90d
            store: config/tokens.yml
        - name: audit
          ellipsis.drive.ellipsis_access_token_info: {store: config/tokens.yml, verify: strict}
        - name: used
          ansible.builtin.uri:
            url: "{{ lookup('env', 'ELLIPSIS_API_URL') }}/path/{{ roads_id }}"
            headers:
              Authorization: "Bearer {{ lookup('ellipsis.drive.ellipsis_access_token', 'single', store='config/tokens.yml') }}"
          no_log: true
        """,
        "--vault-password-file",
        "password",
    )
    assert leaks(run, controller, emulator) == []
    assert run.result("store")["reason"] == "create"
    assert run.result("stored set")["created"] == ["third"]
