# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup: stored secrets without network, and tokens that are made when a template asks for them."""

from __future__ import annotations

import re
import time
from textwrap import dedent

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller

PLAIN = "store='tokens.yml', store_plaintext=true"
LOOKUP = "lookup('ellipsis.drive.ellipsis_access_token'"
ONCE = f"{LOOKUP}, 'smoke test', create=true, valid_for='1h', access_list=layers)"
LAYERS = {"layers": [{"path_id": "{{ rivers_id }}", "access_tier": "view"}]}
CREATE = """
- ellipsis.drive.ellipsis_access_token:
    description: "{{ item }}"
    access_list: "{{ layers }}"
    valid_for: "{{ lifetime | default('90d') }}"
    verify: none
    store: tokens.yml
    store_plaintext: true
  loop: [one, two]
"""


@pytest.fixture
def stored(controller: Controller, emulator: Emulator) -> Controller:
    """A controller whose store has two tokens. Both clocks agree, since a lookup has no other than the controller's."""
    emulator.advance(time.time() - emulator.clock.now())
    controller.run(CREATE, play={"vars": LAYERS})
    return controller


def test_fields_terms_and_defaults_need_no_network(stored: Controller, emulator: Emulator) -> None:
    emulator.clear_journal()
    run = stored.run(f"""
        - keep:
            one: "{{{{ {LOOKUP}, 'one', {PLAIN}) }}}}"
            both: "{{{{ query('ellipsis.drive.ellipsis_access_token', 'one', 'two', {PLAIN}) }}}}"
            id: "{{{{ {LOOKUP}, 'two', {PLAIN}, field='id') }}}}"
            fingerprint: "{{{{ {LOOKUP}, 'two', {PLAIN}, field='fingerprint') }}}}"
            fallback: "{{{{ {LOOKUP}, 'three', {PLAIN}, default='none') }}}}"
            ignored: "{{{{ {LOOKUP}, 'three', {PLAIN}, errors='ignore') | default('nothing', true) }}}}"
    """)
    one, two = (token.secret for token in emulator.tokens)
    assert run.value("one") == one
    assert run.value("both") == [one, two]
    assert run.value("id") == emulator.tokens[1].id
    assert run.value("fingerprint").startswith("sha256:")
    assert run.value("fallback") == "none"
    assert run.value("ignored") == "nothing"
    assert not emulator.journal


ERRORS = {
    "'three', " + PLAIN: "No secret of 'three' is in the store",
    "'one', " + PLAIN + ", owner='sales'": "of owner 'sales'",
    "'one'": "set store, or the variable ellipsis_store, or create=true",
    "'one', " + PLAIN + ", field='password'": "value of field must be one of",
    "'one', stor='tokens.yml'": "has no option stor",
    "'one', create=true, valid_for='25h', access_list=layers": "write at most 24h, or set store",
    "'one', create=true, valid_for='never', access_list=layers": "write at most 24h, or set store",
    "'one', create=true, access_list=layers, " + PLAIN: "valid_for: is missing",
}


def test_errors_say_what_to_do(stored: Controller, emulator: Emulator) -> None:
    emulator.clear_journal()
    tasks = "".join(
        f"""
        - name: case {number}
          ansible.builtin.debug: {{msg: "{{{{ {LOOKUP}, {arguments}) }}}}"}}
          ignore_errors: true
        """
        for number, arguments in enumerate(ERRORS)
    )
    run = stored.run(tasks, play={"vars": LAYERS})
    for number, words in enumerate(ERRORS.values()):
        assert words in run.result(f"case {number}")["msg"], run.result(f"case {number}")
    assert "description='three' and store=" in run.result("case 0")["msg"]
    assert not emulator.journal


@pytest.mark.once
def test_expiry_is_watched(stored: Controller, emulator: Emulator) -> None:
    stored.run(CREATE, "-e", "lifetime=2d", play={"vars": LAYERS})
    asked = f"""
        - keep: {{it: "{{{{ {LOOKUP}, 'one', {PLAIN}) }}}}"}}
    """
    assert "expires at" in stored.run(asked).text
    assert "expires at" not in stored.run(asked.replace("plaintext=true", "plaintext=true, warn_within='1d'")).text
    file = stored.folder / "tokens.yml"
    file.write_text(re.sub(r"expires_at: '\d{4}", "expires_at: '2020", file.read_text()))
    assert "has expired at" in stored.run(asked, code=2).text


def test_what_is_made_for_one_run_is_no_business_of_another(controller: Controller, emulator: Emulator) -> None:
    """While one run uses its token, another one makes, uses and revokes its own. The end of a run is told in two ways."""
    asked = f"{LOOKUP}, 'smoke test', create=true, access_list=layers)"
    use = f"""
        - ansible.builtin.uri:
            url: "{{{{ lookup('env', 'ELLIPSIS_API_URL') }}}}/path/{{{{ rivers_id }}}}"
            headers: {{Authorization: "Bearer {{{{ {asked} }}}}"}}
          register: used
          no_log: true
        - keep: {{id: "{{{{ {asked[:-1]}, field='id') }}}}"}}
    """
    other = "- ansible.builtin.command: ansible-playbook -i inventory.ini playbook1.yml\n  args: {chdir: '{{ playbook_dir }}'}\n"
    alone = controller.run(use, play={"vars": LAYERS})
    [left] = emulator.tokens
    callbacks = "recorder,ellipsis.drive.run_only_tokens"
    run = controller.run(
        dedent(use) + other + dedent(use), play={"vars": LAYERS}, environment={"ANSIBLE_CALLBACKS_ENABLED": callbacks}
    )
    _left, first, _second = emulator.tokens
    assert alone.value("id") == left.id and run.value("id") == first.id
    assert {token.expires and token.expires - token.created for token in emulator.tokens} == {3600}
    info = "- ellipsis.drive.ellipsis_access_token_info:\n  register: r\n- keep: {info: '{{ r }}'}\n"
    told = controller.run(info + dedent(use), play={"vars": LAYERS})
    assert [token.revoked_at is None for token in emulator.tokens] == [True, False, False, False]
    [listed] = told.value("info")["access_tokens"]
    assert (listed["id"], listed["run_only"]) == (left.id, True)
    assert [each["finding"] for each in told.value("info")["findings"]] == ["run_only"]


def test_created_once_per_run_for_all_hosts_tasks_and_forks(controller: Controller, emulator: Emulator) -> None:
    tasks = "".join(f"- keep: {{t{number}: '{{{{ token }}}}'}}\n" for number in range(4))
    hosts = "alpha:beta:gamma:delta"
    run = controller.run(tasks, "--forks", "4", hosts=hosts, play={"vars": {**LAYERS, "token": f"{{{{ {ONCE} }}}}"}})
    assert [token.description.partition(" [")[0] for token in emulator.tokens] == ["smoke test"]
    values = {run.value(f"t{number}", host) for number in range(4) for host in hosts.split(":")}
    assert values == {emulator.tokens[0].secret}
    assert not list(controller.folder.glob("local_tmp/**/ellipsis-*"))


def test_created_from_names_hosts_loops_and_templates_beside_a_task_that_writes(
    controller: Controller, emulator: Emulator
) -> None:
    (controller.folder / "t.j2").write_text("{{ " + ONCE + " }}")
    run = controller.run(
        f"""
        - name: "length {{{{ {ONCE} | length }}}}"
          register: made
          ellipsis.drive.ellipsis_access_token:
            description: "beside {{{{ item | length }}}} {{{{ inventory_hostname }}}}"
            access_list: "{{{{ layers }}}}"
            valid_for: 1d
          loop: ["{{{{ {ONCE} }}}}", "x"]
          loop_control: {{label: hidden}}
          no_log: true
        - ansible.builtin.template: {{src: t.j2, dest: "{{{{ playbook_dir }}}}/{{{{ inventory_hostname }}}}.txt", mode: "0600"}}
          no_log: true
          vars: {{again: "{{{{ {ONCE} }}}}"}}
        """,
        "--forks", "4",
        hosts=f"{{{{ ['alpha', 'beta'] if ({ONCE}) else [] }}}}",
        play={"vars": LAYERS},
    )  # fmt: skip
    assert run.code == 0
    assert sum(token.description.startswith("smoke test ") for token in emulator.tokens) == 1
    secret = next(token.secret for token in emulator.tokens if token.description.startswith("smoke test "))
    assert (controller.folder / "alpha.txt").read_text() == secret


def test_created_with_a_store_is_idempotent_and_check_mode_makes_nothing(
    controller: Controller, emulator: Emulator
) -> None:
    asked = f"""
        - keep: {{it: "{{{{ {LOOKUP}, 'kept', create=true, valid_for='90d', access_list=layers, {PLAIN}) }}}}"}}
    """
    checked = controller.run(asked, "--check", play={"vars": LAYERS})
    assert checked.value("it").startswith("(the secret of 'kept'")
    assert not emulator.tokens
    first = controller.run(asked, play={"vars": LAYERS})
    second = controller.run(asked, play={"vars": LAYERS})
    assert first.value("it") == second.value("it") == emulator.tokens[0].secret
    assert len(emulator.tokens) == 1
    assert controller.run(asked, "--check", play={"vars": LAYERS}).value("it") == emulator.tokens[0].secret
