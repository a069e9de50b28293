#!/usr/bin/python
# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List access tokens, never their secrets."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ellipsis_access_token_info
short_description: List the access tokens of an Ellipsis Drive account
version_added: 1.0.0
author:
  - ellipsis.drive contributors (@ellipsis-drive)
description:
  - Lists all live access tokens of the account, or those that pass every filter that is set. Expired and revoked tokens are
    not listed by the server.
  - Secrets are never returned, even if the server should list them.
extends_documentation_fragment:
  - ellipsis.drive._attributes
  - ellipsis.drive._attributes.info_module
  - ellipsis.drive._connection
  - ellipsis.drive._access_token.store
  - ellipsis.drive._access_token.verify
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
  fingerprint:
    description:
      - Only the token whose secret has this fingerprint and is in the O(store). That tells which token a leaked secret is of.
      - The fingerprint is V(sha256:) and the first 12 digits of the SHA-256 hash of the secret. More digits do no harm.
    type: str
  path_id:
    description:
      - Only tokens that name this path in their access list.
      - Tokens whose access the server does not tell are left out, with a warning.
    type: str
  expires_within:
    description: Only tokens that expire within this time, a duration such as V(30d).
    type: str
  warn_within:
    description: A token that expires within this time is a finding. A duration such as V(7d).
    type: str
    default: 7d
  overdue_after:
    description: A replaced token that is still live this long after its replacement was made is a finding.
    type: str
    default: 2d
  check_paths:
    description:
      - Whether to look for the paths of the tokens, which costs a request for each of them.
      - Only then are their names in RV(paths), and V(path_missing), and V(too_wide) for access to everything in the drive,
        found.
    type: bool
    default: false
  store:
    description:
      - Where the secrets of the tokens are, see
        O(ellipsis.drive.ellipsis_access_token#module:store). Tokens whose secret is not in it are a finding.
    type: str
  verify:
    description:
      - Whether to try the tokens whose secrets are in the O(store), see
        O(ellipsis.drive.ellipsis_access_token#module:verify).
    type: str
    choices: [none, basic, strict]
    default: none
  fail_on:
    description: Findings with which the task fails. For gates in continuous integration.
    type: list
    elements: str
    default: []
    choices:
      - never_expires
      - expires_soon
      - duplicate
      - unmanaged
      - marker_broken
      - differs_from_marker
      - superseded_overdue
      - too_wide
      - path_missing
      - secret_missing
      - verify_failed
      - run_only
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

- name: Fail when something will expire soon or its secret is lost
  ellipsis.drive.ellipsis_access_token_info:
    owner: default
    store: "{{ config_dir }}/tokens.yml"
    warn_within: 14d
    fail_on: [expires_soon, secret_missing]

- name: Find out which token a leaked secret is of
  ellipsis.drive.ellipsis_access_token_info:
    fingerprint: sha256:9f86d081884c # echo -n SECRET | sha256sum
    store: "{{ config_dir }}/tokens.yml"
  register: leaked

- name: Prove that a stored token works
  ellipsis.drive.ellipsis_access_token_info:
    description: tile server
    store: "{{ config_dir }}/tokens.yml"
    verify: strict
    fail_on: [verify_failed]
"""

RETURN = r"""
listed_at:
  description: When the tokens were listed, by the server's clock (ISO 8601, UTC).
  returned: success
  type: str
  sample: "2026-11-24T09:30:00Z"
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
    run_only:
      description: Whether it was made for one run of Ansible and ends by itself.
      type: bool
    fingerprint:
      description:
        - The start of the SHA-256 hash of its secret, where the O(store) has that. V(null) elsewhere, since the server does not
          tell secrets.
      type: str
account:
  description: Whose tokens these are, as far as the options tell.
  returned: success
  type: dict
  contains:
    api_url:
      description: The address that was asked.
      type: str
    username:
      description: As in O(username). V(null) with a login token.
      type: str
    organization_id:
      description: As in O(organization_id).
      type: str
    owner:
      description: The filter O(owner).
      type: str
paths:
  description: By id, the names of the paths that tokens are for. Empty without O(check_paths).
  returned: success
  type: dict
  sample: {55bd98ac-a80b-59d4-88d8-4da7e7828ab6: Roads}
findings:
  description: What deserves attention among the returned tokens.
  returned: success
  type: list
  elements: dict
  contains:
    finding:
      description:
        - V(never_expires), V(expires_soon), V(unmanaged), V(marker_broken), V(path_missing) and V(secret_missing) are what they say.
        - V(duplicate) there are more live tokens with this description than there should be.
        - V(differs_from_marker) the server reports another access than the token was made with.
        - V(superseded_overdue) it was replaced long ago and is still live.
        - V(too_wide) it has the tier V(admin), or access to everything in the drive.
        - V(verify_failed) it did not do what it should when it was tried.
        - V(run_only) the lookup P(ellipsis.drive.ellipsis_access_token#lookup) made it for one run, without a store. It is not
          expected to last, so that its expiry is no finding.
      type: str
    severity:
      description: V(error), V(warning) or V(info).
      type: str
    token_id:
      description: Id of the token.
      type: str
    description:
      description: Description of the token.
      type: str
    message:
      description: A sentence about it.
      type: str
summary:
  description: How many tokens are returned and how many findings of each kind there are.
  returned: success
  type: dict
  sample: {tokens: 12, expires_soon: 1, unmanaged: 3}
verified:
  description: What stored tokens were tried on, see O(verify).
  returned: success
  type: list
  elements: dict
  contains:
    token_id:
      description: Id of the token.
      type: str
    what:
      description: V(path), the name of an OGC service, or V(account).
      type: str
    path_id:
      description: The path. V(null) for the account.
      type: str
    result:
      description: V(ok), V(refused), V(missing), V(narrower), V(wider), or V(unproven) if it could not be tried.
      type: str
    status:
      description: The status of the answer.
      type: int
    access_tier:
      description: The access that the token had, where the server tells.
      type: str
api_calls:
  description: How many requests this task made, by kind.
  returned: success
  type: dict
  sample: {list: 1, verify: 0, path: 0}
"""

from ansible_collections.ellipsis.drive.plugins.module_utils._modules.access_token_info import SPEC, run
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.run import run_module


def main() -> None:
    """Hand over to the core."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
