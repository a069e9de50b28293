# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task that a private instance does not allow fails with the option to change, and leaves nothing behind."""

from __future__ import annotations

from ansible_collections.ellipsis.drive.tests.emulator import OAUTH_TOKEN, PASSWORD, USER, Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller


def test_policies(controller: Controller, emulator: Emulator) -> None:
    emulator.set_policy(permanent_allowed=False, max_lifetime=86400, two_factor=True)
    run = controller.run(
        f"""
        - name: lifetimes
          ellipsis.drive.ellipsis_access_token:
            description: tiles
            access_list: [{{path_id: "{{{{ roads_id }}}}", access_tier: view}}]
            valid_for: "{{{{ item }}}}"
            store: tokens.yml
            store_plaintext: true
          loop: [never, 2d, 1d]
          ignore_errors: true
        - name: set
          ellipsis.drive.ellipsis_access_tokens:
            tokens: [{{description: a, valid_for: 3d}}, {{description: b, valid_for: 12h}}]
            defaults: {{access_list: [{{path_id: "{{{{ roads_id }}}}", access_tier: view}}]}}
            on_error: continue
          register: r
          ignore_errors: true
        - keep: {{failures: "{{{{ r.failures }}}}"}}
        - name: second factor
          ellipsis.drive.ellipsis_access_token_info: {{username: {USER}, password: {PASSWORD}}}
          ignore_errors: true
        - name: oauth
          ellipsis.drive.ellipsis_access_token_info: {{api_token: {OAUTH_TOKEN}}}
          ignore_errors: true
        """
    )
    items = run.items("lifetimes")
    assert "set valid_for to a duration such as 90d" in items[0]["msg"]
    assert (
        "This instance seems to allow shorter lives only; set valid_for to less than 172800 seconds" in items[1]["msg"]
    )
    assert items[2]["reason"] == "create"
    assert "set valid_for to less than 259200 seconds" in str(run.value("failures"))
    assert "requires a second factor, which a task can't give" in run.result("second factor")["msg"]
    assert "an OAuth token is refused like this" in run.result("oauth")["msg"]
    assert [token.description.partition(" [")[0] for token in emulator.tokens] == ["tiles", "b"]
