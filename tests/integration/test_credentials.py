# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where credentials and other options come from, and what wins."""

from __future__ import annotations

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.ellipsis.drive.tests.emulator import (
    ORGANIZATION,
    ORGANIZATION_ID,
    OTHER_PASSWORD,
    OTHER_USER,
    OTHER_USER_TOKEN,
    PASSWORD,
    PATHS,
    USER,
    USER_TOKEN,
    Emulator,
)
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller

# Shows whose account a task was in.
INFO = """
    - name: info
      ellipsis.drive.ellipsis_access_token_info: {options}
      {keyword}
      register: r
    - keep: {{whose: "{{{{ r.access_tokens | map(attribute='description') }}}}"}}
"""
GROUP = "group/ellipsis.drive.ellipsis"


@pytest.fixture(autouse=True)
def accounts(emulator: Emulator, controller: Controller) -> None:
    """A token in every account, and a file with a login for the other one."""
    for account in (USER, OTHER_USER, ORGANIZATION):
        emulator.seed_tokens(1, description=account, account=account)
    (controller.folder / "token").write_text(f"{OTHER_USER_TOKEN}\n")


@pytest.mark.parametrize(
    ("options", "keyword", "defaults", "variables", "environment"),
    [
        pytest.param(f"{{api_token: {OTHER_USER_TOKEN}}}", "", {"api_token": USER_TOKEN}, {}, {}, id="option"),
        pytest.param("", "", {"api_token": OTHER_USER_TOKEN}, {"ellipsis_api_token": USER_TOKEN}, {}, id="defaults"),
        pytest.param(
            *("", f"environment: {{ELLIPSIS_API_TOKEN: {USER_TOKEN}}}", {}),
            *({"ellipsis_api_token": "{{ nested }}", "nested": OTHER_USER_TOKEN}, {}),
            id="variable",
        ),
        pytest.param("", f"environment: {{ELLIPSIS_API_TOKEN: {OTHER_USER_TOKEN}}}", {}, {}, {}, id="task environment"),
        pytest.param("", "", {}, {}, {"ELLIPSIS_API_TOKEN": OTHER_USER_TOKEN}, id="process environment"),
        pytest.param("{api_token_file: token}", "", {}, {}, {}, id="file"),
        pytest.param("", "", {}, {"ellipsis_api_token_file": "token"}, {}, id="file by variable"),
        pytest.param(
            *("", "", {}, {}, {"ELLIPSIS_API_TOKEN": None, "ELLIPSIS_API_TOKEN_FILE": "token"}),
            id="file by environment",
        ),
        pytest.param(
            *("", "", {"username": OTHER_USER, "password": OTHER_PASSWORD}, {"ellipsis_api_token": USER_TOKEN}, {}),
            id="password over a token from elsewhere",
        ),
        pytest.param(
            *('{api_token: ""}', 'environment: {ELLIPSIS_API_TOKEN: ""}', {}, {"ellipsis_api_token": ""}),
            {"ELLIPSIS_API_TOKEN": OTHER_USER_TOKEN, "ELLIPSIS_USERNAME": "", "ELLIPSIS_ORGANIZATION_ID": ""},
            id="empty is unset",
        ),
    ],
)
def test_the_nearest_credential_wins(
    controller: Controller,
    options: str,
    keyword: str,
    defaults: dict[str, str],
    variables: dict[str, str],
    environment: dict[str, str | None],
) -> None:
    play = {"module_defaults": {GROUP: defaults}, "vars": variables}
    run = controller.run(INFO.format(options=options, keyword=keyword), play=play, environment=environment)
    assert run.value("whose") == [OTHER_USER]


def test_a_password_is_sent_once_for_a_loop(controller: Controller) -> None:
    run = controller.run(
        """
        - ellipsis.drive.ellipsis_access_token_info: {owner: "{{ item }}"}
          loop: [a, b, c]
        - keep: {loop: 1}
        - ellipsis.drive.ellipsis_access_token_info: {organization_id: "{{ organization }}"}
          register: r
        - keep: {organization: "{{ r.access_tokens }}"}
        - name: one task
          ellipsis.drive.ellipsis_access_token_info: {username: somebody}
          ignore_errors: true
        - keep: {half: 1}
        """,
        play={"vars": {"organization": ORGANIZATION_ID}},
        environment={"ELLIPSIS_API_TOKEN": None, "ELLIPSIS_USERNAME": USER, "ELLIPSIS_PASSWORD": PASSWORD},
    )
    assert run.calls("loop") == {"login": 1, "list": 1}
    # The organization is entered with the login that is there.
    assert run.calls("organization") == {"login": 1, "list": 1}
    assert [token["description"] for token in run.value("organization")] == [ORGANIZATION]
    # Half a credential of the task is not completed from elsewhere.
    assert "username and password go together" in run.result("one task")["msg"]
    assert not run.calls("half")


def test_without_a_credential_nothing_is_asked(controller: Controller, emulator: Emulator) -> None:
    run = controller.run(
        INFO.format(options="", keyword="ignore_errors: true"), code=2, environment={"ELLIPSIS_API_TOKEN": ""}
    )
    assert run.result("info")["msg"].startswith("No credential: set api_token")
    assert not any(entry.path.startswith("/v3") for entry in emulator.journal)


def test_vaulted_and_unsafe_values_are_plain_ones(controller: Controller, emulator: Emulator) -> None:
    (controller.folder / "password").write_text("vault password\n")
    run = controller.run(
        f"""
        - name: create
          ellipsis.drive.ellipsis_access_token: &token
            api_token: {_vaulted(OTHER_USER_TOKEN)}
            description: {_vaulted("tile server")}
            access_list:
              - path_id: {_vaulted(PATHS["Private"])}
                access_tier: {_vaulted("view")}
            valid_for: {_vaulted("90d")}
          delegate_to: "{{{{ item }}}}"
          loop: [localhost, bastion]
          register: r
        - keep: {{create: "{{{{ r }}}}"}}
        - name: unsafe
          ellipsis.drive.ellipsis_access_token:
            <<: *token
            description: !unsafe "{{{{ not_a_variable }}}}"
          tags: [some]
          register: r
        - keep: {{unsafe: "{{{{ r }}}}"}}
        """,
        "--vault-password-file",
        "password",
    )
    results = run.value("create")["results"]
    assert [each["reason"] for each in results] == ["create", "none"]
    assert {each["access_token"]["description"] for each in results} == {"tile server"}
    assert run.value("unsafe")["access_token"]["description"] == "{{ not_a_variable }}"
    mine = [token for token in emulator.tokens if token.account == OTHER_USER]
    assert len(mine) == 3


def _vaulted(text: str) -> str:
    """As ansible-vault encrypt_string prints it, on one line."""
    secret = VaultSecret(b"vault password")
    encrypted = VaultLib([("default", secret)]).encrypt(text, secret).decode()
    return f'!vault "{encrypted}"'.replace("\n", "\\n")
