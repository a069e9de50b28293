#!/usr/bin/python
# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create, find again, replace and revoke a whole set of access tokens."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ellipsis_access_tokens
short_description: Manage a set of access tokens of Ellipsis Drive
version_added: 1.0.0
author:
  - ellipsis.drive contributors (@ellipsis-drive)
description:
  - Does for a list of tokens what M(ellipsis.drive.ellipsis_access_token) does for one, with one listing for all of them and
    with several requests at a time.
  - Every entry is validated and planned before anything is written. Then the store records what will be created, the tokens
    are created, kept and tried, and at last the replaced ones are revoked. A run that is killed at any point is healed by the
    next one, if there is a O(store). One that is ended otherwise takes its new tokens back, as
    M(ellipsis.drive.ellipsis_access_token) describes.
  - What succeeds stays when something else fails, and the failure says what was done and what was not.
extends_documentation_fragment:
  - ellipsis.drive._attributes
  - ellipsis.drive._connection
  - ellipsis.drive._access_token.store
  - ellipsis.drive._access_token.write
  - ellipsis.drive._access_token.task
attributes:
  diff_mode:
    support: full
    details:
      - The difference never shows a secret, an id or a date.
  idempotent:
    support: partial
    details:
      - As for M(ellipsis.drive.ellipsis_access_token). With O(prune=true), tokens that have become old enough are a change too.
options:
  tokens:
    description:
      - The tokens. Each entry takes the options O(ellipsis.drive.ellipsis_access_token#module:description) (always needed),
        C(state), C(access_list), C(scope), C(valid_for), C(renew_within), C(overlap), C(regenerate), C(replaces), C(held_id),
        C(verify) and C(verify_timeout) of M(ellipsis.drive.ellipsis_access_token), with the same meaning and the same defaults.
      - A description that is there twice is an error.
    type: list
    elements: dict
  defaults:
    description:
      - Options for all entries of O(tokens) that don't set them. C(description), C(state) and C(held_id) can't be set here.
    type: dict
    default: {}
  store:
    description: Where the secrets are kept, see O(ellipsis.drive.ellipsis_access_token#module:store).
    type: str
  concurrency:
    description: How many requests are made at a time, V(1) to V(32).
    type: int
    default: 8
  on_error:
    description:
      - Whether the first failure of a token keeps the others from being begun (V(stop)) or not (V(continue)). The task fails in
        both cases.
    type: str
    choices: [stop, continue]
    default: stop
  prune:
    description:
      - Whether to revoke the tokens of this O(owner) that are not in O(tokens). That is done last, and only when all else went
        well.
      - Needs an O(owner) other than V(default). Tokens of others, and those that this collection did not make, stay.
    type: bool
    default: false
  prune_limit:
    description:
      - The most that may be pruned, as a number or as a percentage of the tokens of this O(owner). If there is more to prune,
        the task fails before it writes anything.
      - If not set it is 30%, or three if the owner has fewer than ten tokens.
    type: str
  prune_min_age:
    description: Tokens younger than this are not pruned. A duration such as V(1h).
    type: str
    default: 1h
  prune_protect:
    description: Patterns such as V(customer *) of descriptions that are never pruned.
    type: list
    elements: str
    default: []
  allow_empty:
    description: Whether O(prune=true) may come with an empty or missing O(tokens), which revokes everything the owner has.
    type: bool
    default: false
seealso:
  - module: ellipsis.drive.ellipsis_access_token
  - module: ellipsis.drive.ellipsis_access_token_info
"""

EXAMPLES = r"""
- name: Give every integration its token
  ellipsis.drive.ellipsis_access_tokens:
    owner: platform
    store: "{{ config_dir }}/tokens.yml"
    defaults:
      valid_for: 90d
      scope: ogc
    tokens:
      - description: tile server of the platform
        access_list:
          - path_id: "{{ roads_id }}"
            access_tier: view
      - description: nightly export
        scope: all
        access_list:
          - path_id: "{{ rivers_id }}"
            access_tier: viewPlus
        valid_for: 7d
      - description: last year's viewer
        state: absent
  register: platform

- name: Show what happened
  ansible.builtin.debug:
    msg: "created {{ platform.created }}, unchanged {{ platform.unchanged }}"

- name: Keep only what is declared
  ellipsis.drive.ellipsis_access_tokens:
    owner: platform
    store: "{{ config_dir }}/tokens.yml"
    tokens:
      - description: tile server of the platform
        access_list:
          - path_id: "{{ roads_id }}"
            access_tier: view
        valid_for: 90d
        scope: ogc
    prune: true
    prune_min_age: 0s
    prune_protect: ["customer *"]
"""

RETURN = r"""
access_tokens:
  description:
    - By description, what RV(ellipsis.drive.ellipsis_access_token#module:access_token) says of one token, together with its
      reason, changes, superseded, renew_at, lost_race and verified.
  returned: when the options are valid
  type: dict
  sample:
    nightly export:
      id: 5b0c3d2e-6a8f-4f5e-9d1c-2b7a90c1e4f8
      reason: create
      expires_at: "2026-12-01T09:30:00Z"
secrets:
  description:
    - By description, the secrets of the tokens that were just created. V(null) in check mode.
    - With O(store) they are only returned if O(return_secret=true), and then also of those created earlier.
    - The result of the task is not shown when it holds a secret. Tasks that use it need C(no_log) themselves.
  returned: without O(store), or when O(return_secret=true)
  type: dict
superseded_secrets:
  description:
    - By id, the secrets of replaced tokens that live on, as far as the O(store) has them.
  returned: with RV(secrets)
  type: dict
created:
  description: Descriptions of the tokens that were created.
  returned: when the options are valid
  type: list
  elements: str
retired:
  description: Descriptions whose tokens were only revoked, since they were replaced earlier or because of C(state=absent).
  returned: when the options are valid
  type: list
  elements: str
pruned:
  description: Descriptions of the tokens that were pruned.
  returned: when the options are valid
  type: list
  elements: str
unchanged:
  description: Descriptions of the tokens that were as wanted.
  returned: when the options are valid
  type: list
  elements: str
failures:
  description: By description, why a token failed or was not begun.
  returned: when the options are valid
  type: dict
prune_decisions:
  description: The tokens that O(prune) looked at, and for each whether it goes and why.
  returned: when the options are valid
  type: list
  elements: dict
  contains:
    id:
      description: Its id.
      type: str
    description:
      description: Its description.
      type: str
    revoke:
      description: Whether it goes.
      type: bool
    reason:
      description: Why it goes, or why it stays.
      type: str
backup_file:
  description: The copy of the O(store) that was made before it was changed.
  returned: when there is one
  type: str
api_calls:
  description: How many requests this task made, by kind.
  returned: when the options are valid
  type: dict
  sample: {list: 3, create: 2, delete: 0, verify: 2, path: 2}
"""

from ansible_collections.ellipsis.drive.plugins.module_utils._modules.access_tokens import SPEC, run
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.run import run_module


def main() -> None:
    """Hand over to the core."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
