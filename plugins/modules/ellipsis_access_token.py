#!/usr/bin/python
# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create, find again, replace and revoke one access token."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ellipsis_access_token
short_description: Manage an access token of Ellipsis Drive
version_added: 1.0.0
author:
  - ellipsis.drive contributors (@ellipsis-drive)
description:
  - Gives an integration an access token of its own, limited to some paths, to a tier on each of them and in time, and
    replaces it before it expires or when it should be a different one.
  - A token can't be changed, and its secret is shown only once, when it is created. So a token is found again by what this
    module wrote into its description on the server, and a different one is made when anything else is wanted.
  - Nothing is revoked before its replacement exists. The replaced token lives on for O(overlap), so that consumers have
    time to take the new one; a later run revokes it.
  - Tokens that were not made by this module, or that belong to another O(owner), are never touched, except when they are
    named by O(token_id).
  - The secret of a new token is in the O(store), or else in the result. A task with O(state=present) that has neither a store nor
    the keyword C(register) would lose it, and is refused.
  - A task that is ended before its result is there (by the keyword C(timeout), Ctrl-C, SIGTERM or an exception) revokes the
    token that it has just made, and puts the O(store) back. Nothing can do so after SIGKILL or a power failure. With O(store)
    or O(held_id) the next run then revokes what was lost and makes a new token. Without them it can't know that the secret
    was lost, takes the token for held and returns no secret; O(regenerate=always) replaces it. The same goes for a registered
    secret that is lost with the run.
  - With C(delegate_to) another host, the module there notices that the task was ended when it gets a signal or finds its
    connection closed. Where the connection outlives the task, what was made is lost as after SIGKILL.
  - Two tasks, items or hosts of one run that want different tokens for the same O(description) and O(owner) would replace each
    other's. The second one is refused before it writes anything.
extends_documentation_fragment:
  - ellipsis.drive._attributes
  - ellipsis.drive._connection
  - ellipsis.drive._access_token
  - ellipsis.drive._access_token.verify
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
      - Not with O(regenerate=always). A token that is due for renewal, or one whose O(overlap) has passed, is a change too.
options:
  state:
    description:
      - V(present) makes sure that there is a token as described by the other options.
      - V(absent) revokes all live tokens with this O(description) and O(owner), or the one token with this O(token_id).
    type: str
    choices: [present, absent]
    default: present
  description:
    description:
      - What the token is for. Together with O(owner) this is the name by which it is found again.
      - One line of at most 50 characters. On the server it is followed by a marker.
      - Needed for O(state=present).
    type: str
  token_id:
    description:
      - Id of one token to revoke, whoever made it. Goes with O(state=absent) only.
      - With O(store), when it is the token in use, the one that it replaced is in use again if it still lives there. So a new
        token that turns out to be no good is taken back within its O(overlap).
    type: str
  store:
    description:
      - Where the secrets are kept. A path is a file on the controller, YAML variables encrypted by Ansible Vault with the vault
        ids of the run. Relative paths start at the playbook. Its directory must exist.
      - V(hashi_vault://MOUNT/PATH) is a KV mount of version 2 of HashiCorp Vault or OpenBao, and
        V(aws_secretsmanager://PREFIX) is AWS Secrets Manager. There each token is a secret of its own, and controllers that
        share the store take turns. They need the Python libraries C(hvac) and C(boto3) on the controller, and the address and
        login from where these have them. The guide C(docs/stores.md) has policies and what else there is to know.
      - A file is an ordinary vaulted variables file. C(ansible-vault view) and C(vars_files) work with it, and everything in it
        outside of the variable C(ellipsis_access_tokens) is left as it is.
      - Every write replaces the file, so what is mounted into a container must be its directory and not the file alone. For the
        same reason a symbolic link is refused; name the file that it leads to.
      - With a store the secret is not in the result, and the token in use is the one whose secret is in the store. If that
        one is gone, a new token is made.
      - Before a token is created the store records that it will be, so that a run that is killed at any point is healed by
        the next one.
      - The secret of a replaced token stays in the entry of its replacement, as C(previous), until it is revoked.
      - Excludes O(held_id). Does not go with C(delegate_to) another host.
    type: str
  replaces:
    description:
      - What this token takes over from. The tokens that are named live on for O(overlap) after the new one is stored and tried, and
        are listed in RV(superseded); the first run after that revokes them. What is gone already is no difference.
      - When the entry of an earlier description in the O(store) has no token left, it is removed.
      - If this token was made longer than O(overlap) ago, they are revoked at once.
    type: list
    elements: dict
    default: []
    suboptions:
      description:
        description: An earlier O(description). All its tokens that this collection made are meant.
        type: str
      owner:
        description: The O(owner) of that, if it was another one.
        type: str
      token_id:
        description: Id of one token, whoever made it. Excludes the others.
        type: str
  held_id:
    description:
      - Id of the token whose secret you hold, for people who keep secrets in a place of their own.
      - A live token that is not the held one is no use to you, so a new one is made; an empty value says that you hold none.
      - Without this option and without O(store) it is assumed that you have the secret of the newest token.
    type: str
seealso:
  - module: ellipsis.drive.ellipsis_access_token_info
  - name: Access tokens
    description: The API that this module uses.
    link: https://docs.ellipsis-drive.com/developers/api-v3/account/access-tokens
"""

EXAMPLES = r"""
- name: Give the tile server read access to the roads for 90 days
  ellipsis.drive.ellipsis_access_token:
    description: tile server
    access_list:
      - path_id: "{{ roads_id }}"
        access_tier: view
    valid_for: 90d
  register: tile_server

- name: Put the secret where it is needed when there is a new one
  ansible.builtin.copy:
    content: "ELLIPSIS_TOKEN={{ tile_server.secret }}\n"
    dest: "{{ config_dir }}/tile-server.env"
    mode: "0600"
  no_log: true
  when: tile_server.secret is defined

- name: Keep the secret in a vaulted file of variables
  ellipsis.drive.ellipsis_access_token:
    description: map proxy
    access_list:
      - path: myDrive/Projects/Roads
        access_tier: viewPlus
    valid_for: 90d
    store: "{{ config_dir }}/tokens.yml"

- name: Let a customer see a few properties of one area through OGC clients, for a week
  ellipsis.drive.ellipsis_access_token:
    description: customer Jansen
    owner: sales
    access_list:
      - path_id: "{{ rivers_id }}"
        access_tier: viewPlus
        geo_fence:
          tiles:
            - {tile_x: 33, tile_y: 21, zoom: 6}
          max_zoom: 14
        property_fence: [name, width]
    scope: ogc
    valid_for: 7d
    renew_within: 1d
    overlap: 2h
    store: "{{ config_dir }}/tokens.yml"

- name: Replace a leaked token and revoke it at once
  ellipsis.drive.ellipsis_access_token:
    description: tile server
    access_list:
      - path_id: "{{ roads_id }}"
        access_tier: view
    valid_for: 90d
    regenerate: always
    overlap: 0
  register: replacement

- name: Keep the secret in a place of your own, and create the token only when it is not there
  ellipsis.drive.ellipsis_access_token:
    description: nightly import
    access_list:
      - path_id: "{{ roads_id }}"
        access_tier: edit+
    valid_for: 30d
    held_id: "{{ my_stored_id | default('') }}"
  register: nightly_import

- name: Revoke what the customer had
  ellipsis.drive.ellipsis_access_token:
    description: customer Jansen
    owner: sales
    state: absent

- name: Give the token another name, and take over from one that was made by hand
  ellipsis.drive.ellipsis_access_token:
    description: roads of the tile server
    access_list:
      - path_id: "{{ roads_id }}"
        access_tier: view
    valid_for: 90d
    store: "{{ config_dir }}/tokens.yml"
    replaces:
      - description: old tile server
      - token_id: 5b0c3d2e-6a8f-4f5e-9d1c-2b7a90c1e4f8

- name: Revoke one token by its id, whoever made it
  ellipsis.drive.ellipsis_access_token:
    token_id: "{{ nightly_import.access_token.id }}"
    state: absent
"""

RETURN = r"""
reason:
  description:
    - Why something was done, or V(none).
    - V(create) there was no live token; V(drift) it differs in RV(changes); V(renew) it is about to expire;
      V(secret_missing) it is not the one whose secret is held; V(forced) O(regenerate=always); V(retire) only replaced tokens
      were revoked; V(removed) O(state=absent).
  returned: success
  type: str
  sample: create
changes:
  description: The options whose value the token in use does not have.
  returned: success
  type: list
  elements: str
  sample: [access_list]
access_token:
  description:
    - The token in use now. What is not known yet in check mode is V(null).
    - V(null) as a whole when O(state=absent), except for a token that was revoked by its O(token_id).
  returned: success
  type: dict
  contains:
    id:
      description: Its id.
      type: str
      sample: 5b0c3d2e-6a8f-4f5e-9d1c-2b7a90c1e4f8
    description:
      description: As in O(description), without the marker.
      type: str
    owner:
      description: As in O(owner).
      type: str
    access_list:
      description: As in O(access_list), in canonical order and spelling. V(null) if it differs and the server does not list it.
      type: list
      elements: dict
    scope:
      description: As in O(scope).
      type: str
    created_at:
      description: When it was created, by the server's clock (ISO 8601, UTC).
      type: str
      sample: "2026-11-24T09:30:00Z"
    expires_at:
      description: When it expires (ISO 8601, UTC). V(null) for never.
      type: str
      sample: "2027-02-22T09:30:00Z"
    valid_for:
      description: The lifetime it was made with, as in O(valid_for).
      type: str
      sample: 90d
    managed:
      description: Whether this collection made it.
      type: bool
    fingerprint:
      description: The start of the SHA-256 hash of its secret. V(null) if the secret is not known.
      type: str
      sample: sha256:9f86d081884c
secret:
  description:
    - The secret of the token that was just created. The key is absent when none was created, so that using it fails.
    - With O(store) it is only returned if O(return_secret=true), and then also when it was created earlier.
    - V(null) in check mode.
    - The result of the task is not shown when it holds a secret. Tasks that use it need C(no_log) themselves.
  returned: when a token was created without O(store), or when O(return_secret=true)
  type: str
backup_file:
  description: The copy of the O(store) that was made before it was changed.
  returned: when there is one
  type: str
superseded:
  description: Replaced tokens that live on for O(overlap), those of O(replaces) included.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Its id.
      type: str
    created_at:
      description: When it was created, by the server's clock.
      type: str
    expires_at:
      description: When it expires by itself. V(null) for never.
      type: str
    retire_at:
      description:
        - From when on a run revokes it. V(null) in check mode if the new token does not exist yet.
        - V(null) for a token newer than the one with O(held_id) too, which nobody holds. It may go with the next change.
      type: str
renew_at:
  description: From when on a run replaces the token. V(null) for never and where it is not known yet.
  returned: success
  type: str
  sample: "2027-01-23T09:30:00Z"
lost_race:
  description:
    - Whether another controller created the same token at the same moment and came first. RV(access_token) is then the
      other one, and its secret is there. With O(return_secret=true) and a O(store) that both use, its secret is returned.
  returned: success
  type: bool
verified:
  description: What the new token was tried on, see O(verify). Empty if there was nothing to try.
  returned: success
  type: list
  elements: dict
  contains:
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
  sample: {list: 3, create: 1, delete: 0, verify: 1, path: 1}
"""

from ansible_collections.ellipsis.drive.plugins.module_utils._modules.access_token import SPEC, run
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.run import run_module


def main() -> None:
    """Hand over to the core."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
