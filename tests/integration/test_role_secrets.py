# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Law 8 for the role access_tokens: the secret is in the delivered files and in the store, and nowhere else, whatever fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import Emulator, ManualClock, Variant
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller, Run
from ansible_collections.ellipsis.drive.tests.integration.role import Role, slot
from ansible_collections.ellipsis.drive.tests.integration.test_secrets_stay_secret import leaks, listen

FORMATS = ("raw", "env", "json", "yaml")
# Tasks of a user, for a check and for a place of their own.
CHECK = """
- name: Ask for the map
  ansible.builtin.uri:
    url: "{{ lookup('env', 'ELLIPSIS_API_URL') }}/{{ 'nothing' if bad_check | default('') == inventory_hostname else 'path/' ~ roads_id }}"
    headers: {Authorization: "Bearer {{ lookup('file', out ~ '/raw') }}"}
  no_log: true
"""
KEEP = """
- ansible.builtin.copy: {content: "{{ access_tokens_held | combine(access_tokens_to_keep) | to_json }}", dest: "{{ kept_file }}", mode: "0600"}
"""
FETCH = """
- ansible.builtin.set_fact: {access_tokens_held: "{{ lookup('file', kept_file) | from_json }}"}
  when: kept_file is file
"""


@pytest.fixture
def emulator(request: pytest.FixtureRequest) -> Emulator:
    return Emulator(Variant(leaks_secret=True), ManualClock(), seed=crc32(request.node.nodeid.encode()))


@pytest.mark.parametrize("place", ["store", "hosts", "outside"])
def test_no_secret_is_anywhere_else(controller: Controller, emulator: Emulator, place: str) -> None:
    role = Role(controller, emulator)
    (controller.folder / "templates").mkdir()
    (controller.folder / "templates" / "mine.j2").write_text(
        "{{ token }} {{ broken | mandatory if bad_template | default(false) }}\n"
    )
    mine = {"dest": "{{ out }}/mine", "format": "template", "src": "mine.j2", "notify": ["reload"]}
    # How a file is written, and by which programs, does not depend on who keeps the secrets.
    formats = FORMATS if place == "store" else ("raw", "json")
    files = [{"dest": f"{{{{ out }}}}/{name}", "format": name} for name in formats]
    role.variables["access_tokens"] = [
        slot("tile server", *files, mine),
        slot("of {{ inventory_hostname }}", {"dest": "{{ out }}/own", "format": "json"}),
    ]
    role.variables["access_tokens_check_tasks"] = role.tasks("check.yml", CHECK)
    if place != "store":
        del role.variables["access_tokens_store"]
    else:
        # In files of modules there is none either.
        controller.environment["ANSIBLE_PIPELINING"] = "False"
    if place == "outside":
        role.variables["kept_file"] = str(controller.folder / "config" / "secrets")
        for name, text in (("keep", KEEP), ("fetch", FETCH)):
            role.variables[f"access_tokens_{name}_tasks"] = role.tasks(f"{name}.yml", text)

    settled = role.variables

    def run(code: int = 0, **variables: Any) -> Run:
        handlers = [{"name": "reload", "ansible.builtin.command": "true"}]
        loud = ("-vvvv", "--diff", "-e", '{"access_tokens_rotate": ["*"]}')
        role.variables = settled | variables
        return role.run(*loud, code=code, handlers=handlers, environment=listen(controller), watch=place == "store")

    runs = [
        run(),
        run(bad_check="beta", code=2),
        run(bad_template=True, code=2),
        # What is replaced in the end does not depend on who keeps the secrets either.
        *([run()] if place == "store" else []),
    ]
    assert len(emulator.secrets) == 3 * len(runs)
    expected = {str(path.relative_to(controller.folder)) for path in role.out.rglob("*") if path.is_file()}
    expected |= {"config/secrets"} if place == "outside" else set()
    found = {where for each in runs for where, _secret in leaks(each, controller, emulator)}
    assert found == expected
    assert "beta failed at Ask for the map: Status code was 404" in runs[1].text
    assert any(Path(controller.folder / "junit").iterdir())
