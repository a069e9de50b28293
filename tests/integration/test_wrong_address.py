# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A wrong api_url is told in words of the task, here and on another host."""

from __future__ import annotations

import socket

from ansible_collections.ellipsis.drive.tests.emulator import PASSWORD, USER, Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller


def test_wrong_addresses(controller: Controller, emulator: Emulator) -> None:
    host = controller.api_url.removesuffix("/v3")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = f"http://127.0.0.1:{listener.getsockname()[1]}/v3"
    run = controller.run(
        f"""
        - name: wrong
          ellipsis.drive.ellipsis_access_token_info: {{api_url: "{{{{ item }}}}", retry_time: 0}}
          loop: ["{host}", "{host}/v2", "{closed}", "https://no-such-host.invalid/v3", "{controller.api_url}/"]
          ignore_errors: true
        - name: elsewhere
          ellipsis.drive.ellipsis_access_token_info: {{api_url: "{host}"}}
          delegate_to: bastion
          ignore_errors: true
        - name: by password
          ellipsis.drive.ellipsis_access_token_info: {{api_url: "{host}/v2", username: {USER}, password: {PASSWORD}}}
          ignore_errors: true
        - name: looked up
          ansible.builtin.debug:
            msg: "{{{{ lookup('ellipsis.drive.ellipsis_access_token', 'a', create=true, valid_for='1h', api_url='{host}',
              access_list=[dict(path_id=roads_id, access_tier='view')]) }}}}"
          ignore_errors: true
        - keep: {{wrong: 1}}
        """
    )
    words = [
        f"The API of Ellipsis Drive is at {controller.api_url}. Set api_url to that",
        f"This does not look like an Ellipsis Drive API: GET {host}/v2 answered 404 (application/json): Not found. Set",
        "Connection refused. Check api_url",
        "Check the name in api_url, and the name service of this host",
    ]
    items = run.items("wrong")
    for text, item in zip(words, items, strict=False):
        assert text in item["msg"] and "Connection(" not in item["msg"]
    assert items[4]["access_tokens"] == []
    for task, text in {"elsewhere": words[0], "by password": words[1], "looked up": words[0]}.items():
        assert text in run.result(task)["msg"]
    # Whoever is at a wrong address is asked twice, and thrice where the version is missing.
    assert len(run.kept["localhost"]["wrong"].journal) == (3 + 2 + 1) + 3 + 2 + 3
