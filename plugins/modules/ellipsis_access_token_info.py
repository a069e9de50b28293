#!/usr/bin/python
# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List access tokens, never their secrets."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ellipsis_access_token_info
short_description: List the access tokens of an Ellipsis Drive account
version_added: 0.1.0
author:
  - the ellipsis.drive contributors (!UNKNOWN)
description:
  - Lists all live access tokens of the account, or those that pass every filter that is set. Expired and revoked tokens are
    not listed by the server.
  - Secrets are never returned, even if the server should list them.
extends_documentation_fragment:
  - ellipsis.drive._attributes
  - ellipsis.drive._attributes.info_module
  - ellipsis.drive._connection
options:
  token_id:
    description: Only the token with this id.
    type: str
  description:
    description: Only tokens with exactly this description, without the marker that this collection adds.
    type: str
  owner:
    description: Only tokens that this collection made for this owner.
    type: str
  managed:
    description: Only tokens that this collection made (V(true)), or only others (V(false)).
    type: bool
  path_id:
    description:
      - Only tokens that name this path in their access list.
      - Tokens whose access the server does not tell are left out, with a warning.
    type: str
  expires_within:
    description: Only tokens that expire within this time, a duration such as V(30d).
    type: str
seealso:
  - module: ellipsis.drive.ellipsis_access_token
"""

EXAMPLES = r"""
- name: List all tokens
  ellipsis.drive.ellipsis_access_token_info:
  register: all_tokens

- name: List what expires within a month
  ellipsis.drive.ellipsis_access_token_info:
    expires_within: 30d
    managed: true
  register: expiring

- name: Fail when something will expire soon
  ansible.builtin.assert:
    that: expiring.access_tokens | length == 0
    fail_msg: "Expiring: {{ expiring.access_tokens | map(attribute='description') | join(', ') }}"
"""

RETURN = r"""
access_tokens:
  description: The tokens, ordered by description and age. What the server does not tell is V(null).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Its id.
      type: str
      sample: 5b0c3d2e-6a8f-4f5e-9d1c-2b7a90c1e4f8
    description:
      description: What it is for, without the marker that this collection adds.
      type: str
    owner:
      description: Who manages it. V(null) if this collection did not make it.
      type: str
    access_list:
      description: What it may access, in the words of O(ellipsis.drive.ellipsis_access_token#module:access_list).
      type: list
      elements: dict
    scope:
      description: V(all) or V(ogc).
      type: str
    created_at:
      description: When it was created (ISO 8601, UTC).
      type: str
    expires_at:
      description: When it expires (ISO 8601, UTC). V(null) for never.
      type: str
    valid_for:
      description: The lifetime it was made with. V(null) if this collection did not make it.
      type: str
    managed:
      description: Whether this collection made it.
      type: bool
    fingerprint:
      description: V(null), since the server does not tell secrets.
      type: str
api_calls:
  description: How many requests this task made.
  returned: success
  type: dict
  sample: {list: 1}
"""

from ansible_collections.ellipsis.drive.plugins.module_utils._access_token_info import SPEC, run
from ansible_collections.ellipsis.drive.plugins.module_utils._module import run_module


def main() -> None:
    """Hand over to the core."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
