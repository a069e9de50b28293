# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Twenty forks, loops and lookups make one login between them, and one renewal when it ends."""

from __future__ import annotations

from ansible_collections.ellipsis.drive.tests.emulator import GOOGLE_USER, ORGANIZATION_ID, PASSWORD, USER, Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller

FORKS = 20
BY_PASSWORD = {"ELLIPSIS_API_TOKEN": None, "ELLIPSIS_USERNAME": USER, "ELLIPSIS_PASSWORD": PASSWORD}
EVERYWHERE = ("--forks", str(FORKS), "-i", "".join(f"fork{number}," for number in range(FORKS)))
LOOKUP = (
    "lookup('ellipsis.drive.ellipsis_access_token', 'smoke test', create=true, valid_for='1h', "
    "access_list=[dict(path_id=roads_id, access_tier='view')])"
)
MODES = "stat -c '%a %F' $ANSIBLE_LOCAL_TEMP/ansible-local-*/ellipsis-* $ANSIBLE_LOCAL_TEMP/ansible-local-* | sort -u"


def test_one_login_for_a_run(controller: Controller, emulator: Emulator) -> None:
    emulator.fault(kind="slow", path="login", seconds=0.5, times=None)
    run = controller.run(
        f"""
        - ellipsis.drive.ellipsis_access_token_info:
        - keep: {{first: 1}}
          run_once: true
        - ellipsis.drive.ellipsis_access_token_info: {{owner: "{{{{ item }}}}"}}
          loop: [a, b]
          when: "{{{{ {LOOKUP} | length > 0 }}}}"
        - keep: {{second: "{{{{ query('pipe', modes) }}}}"}}
          run_once: true
        - ellipsis.drive.ellipsis_access_token_info: {{organization_id: {ORGANIZATION_ID}}}
        - keep: {{organization: 1}}
          run_once: true
        - emulator: {{advance: {{seconds: 3600}}}}
          run_once: true
        - ellipsis.drive.ellipsis_access_token_info:
        - keep: {{renewed: 1}}
          run_once: true
        - ellipsis.drive.ellipsis_access_token_info:
        - keep: {{renewed_before: 1}}
          run_once: true
        - ellipsis.drive.ellipsis_access_token_info: {{organization_id: {ORGANIZATION_ID}}}
        - keep: {{renewed_organization: 1}}
          run_once: true
        """,
        *EVERYWHERE,
        hosts="fork*",
        play={"vars": {"modes": MODES}},
        environment=BY_PASSWORD,
    )
    host = "fork0"
    assert run.calls("first", host) == {"login": 1, "list": FORKS}
    assert run.calls("second", host)["login"] == 0
    assert run.calls("organization", host) == {"login": 1, "list": FORKS}
    # Each fork may learn from a refusal of its own that the login has ended.
    assert run.calls("renewed", host)["login"] == 1
    assert FORKS < run.calls("renewed", host)["list"] <= 2 * FORKS
    assert run.calls("renewed_before", host) == {"list": FORKS}
    assert run.calls("renewed_organization", host)["login"] == 1
    assert run.value("second", host) == ["600 regular file\n700 directory"]
    assert not list((controller.folder / "local_tmp").rglob("*"))


def test_a_refused_password_is_sent_once_for_a_run(controller: Controller, emulator: Emulator) -> None:
    emulator.fault(kind="slow", path="login", seconds=0.5, times=None)
    run = controller.run(
        """
        - name: refused
          ellipsis.drive.ellipsis_access_token_info: {owner: "{{ item }}"}
          loop: [a, b]
          register: r
          until: r is success
          retries: 2
          delay: 0
          ignore_errors: true
        - keep: {refused: 1}
          run_once: true
        """,
        *EVERYWHERE,
        hosts="fork*",
        environment={**BY_PASSWORD, "ELLIPSIS_USERNAME": GOOGLE_USER},
    )
    assert run.calls("refused", "fork0") == {"login": 1}
    for number in range(FORKS):
        for item in run.items("refused", f"fork{number}"):
            assert (
                "answered 400: No password configured. The account has no password, as it was made through"
                in item["msg"]
            )
