# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A secret for a config."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ellipsis_access_token
short_description: The secret of an access token of Ellipsis Drive
version_added: 1.0.0
author:
  - ellipsis.drive contributors (@ellipsis-drive)
description:
  - Returns the secret of an access token, or another fact about it, from the store in which
    M(ellipsis.drive.ellipsis_access_token) keeps it. That needs no network.
  - With O(create=true) the token is made sure of first, in the same way as by the module.
  - There is a warning when the token will expire within O(warn_within), and an error when it has expired.
extends_documentation_fragment:
  - ellipsis.drive._connection
  - ellipsis.drive._connection.plugin
  - ellipsis.drive._access_token
  - ellipsis.drive._access_token.verify
  - ellipsis.drive._access_token.store
  - ellipsis.drive._access_token.write
options:
  _terms:
    description: Descriptions of tokens.
    type: list
    elements: str
    required: true
  store:
    description:
      - Where the secrets are, see O(ellipsis.drive.ellipsis_access_token#module:store). Relative paths start at the playbook.
      - Needed unless O(create=true).
    type: str
    vars:
      - name: ellipsis_store
  field:
    description: What to return.
    type: str
    choices: [secret, id, owner, created_at, expires_at, valid_for, fingerprint]
    default: secret
  default:
    description: What to return when the store has no such token, in place of an error.
    type: raw
  warn_within:
    description: Warn when the token expires within this time. A duration such as V(7d).
    type: str
    default: 7d
  owner:
    description:
      - Only a token of this owner.
      - With O(create=true) it is V(default) if not set.
    type: str
  create:
    description:
      - Make sure of the token first, as M(ellipsis.drive.ellipsis_access_token) does with the same options.
      - Without O(store) the token is run-only. It is made once per run of Ansible, however many templates, hosts and forks ask for
        it, and no other run uses, replaces or revokes it. It is valid for one hour, or as O(valid_for) says, for 24 hours at most;
        a run that is longer gets a new one.
      - A run-only token is revoked at the end of the run when the callback P(ellipsis.drive.run_only_tokens#callback) is enabled, or
        when the playbook has a task with a module of this collection. Otherwise it lives until it expires, and so it does when
        the run is ended by SIGTERM or SIGKILL.
      - In check mode nothing is made, and where there is no secret yet, a text that says so is returned.
      - Templates are evaluated often and at surprising times. A task is the better place to make tokens.
    type: bool
    default: false
  valid_for:
    description:
      - How long a new token lives, see O(ellipsis.drive.ellipsis_access_token#module:valid_for). Needed for O(create=true) with
        O(store).
      - Without O(store) it is V(1h) if not set, and at most V(24h).
    type: str
notes:
  - Ansible does not hide what a lookup returns. Give tasks that use a secret C(no_log) and, where they write it to a file,
    C(diff=false) and a mode of V(0600).
  - The task keyword C(environment) does not reach lookups.
seealso:
  - module: ellipsis.drive.ellipsis_access_token
  - plugin: ellipsis.drive.run_only_tokens
    plugin_type: callback
"""

EXAMPLES = r"""
- name: Make a token and keep its secret
  ellipsis.drive.ellipsis_access_token:
    description: tile server
    access_list:
      - path_id: "{{ roads_id }}"
        access_tier: view
    valid_for: 90d
    store: "{{ config_dir }}/tokens.yml"

- name: Write it into a configuration, on this host or any other, today or next month
  ansible.builtin.copy:
    content: |
      ELLIPSIS_TOKEN={{ lookup('ellipsis.drive.ellipsis_access_token', 'tile server', store=config_dir ~ '/tokens.yml') }}
    dest: "{{ config_dir }}/tile-server.env"
    mode: "0600"
  no_log: true
  diff: false

- name: Show when it expires
  ansible.builtin.debug:
    msg: "{{ lookup('ellipsis.drive.ellipsis_access_token', 'tile server', field='expires_at', store=config_dir ~ '/tokens.yml') }}"

- name: Use a token that lives for this run only
  ansible.builtin.uri:
    url: "{{ api_url }}/path/{{ roads_id }}"
    headers:
      Authorization: "Bearer {{ lookup('ellipsis.drive.ellipsis_access_token', 'smoke test', create=true, access_list=roads) }}"
  vars:
    roads:
      - path_id: "{{ roads_id }}"
        access_tier: view
  no_log: true
"""

RETURN = r"""
_raw:
  description: The wanted field of each token.
  type: list
  elements: raw
"""

import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._plugins.lookup import look_up


class LookupModule(LookupBase):
    """See the documentation above."""

    def run(self, terms: list[t.Any], variables: dict[str, t.Any] | None = None, **kwargs: t.Any) -> list[t.Any]:
        """The wanted field of every term."""
        found = variables or {}

        def variable(name: str) -> t.Any:
            # Variables come as they were written, templates and all.
            return self._templar.template(found[name]) if name in found else None

        try:
            return look_up(terms, kwargs, variable, self._loader)
        except EllipsisError as exc:
            raise AnsibleLookupError(str(exc)) from None
