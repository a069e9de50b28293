# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of tokens and of what keeps their secrets, for whichever modules and lookups have them."""

from __future__ import annotations


class ModuleDocFragment:
    # What a token is, and when it is replaced.
    DOCUMENTATION = r"""
options:
  access_list:
    description:
      - What the token gives access to. Needed to make a token. The order does not matter.
    type: list
    elements: dict
    suboptions:
      path_id:
        description:
          - Id of a folder, layer, file or bookmark. Access to a folder applies to everything in it.
          - Excludes O(access_list[].path); one of them is needed.
        type: str
      path:
        description:
          - The same by names, for instance V(myDrive/Projects/Roads). It begins with a root, which is V(myDrive),
            V(sharedWithMe) or V(favorites). A V(/) inside of a name is written V(\\/).
          - The token is for what is found there now and stays so when it is renamed or moved. When something else has taken
            the name, that is a difference.
          - It is an error when there is no such path, with the names that come nearest, or when there are several. In check
            mode a missing path is a warning, since an earlier task may be about to make it.
        type: str
      path_type:
        description: What lies at O(access_list[].path), needed when a folder and a layer have the same name.
        type: str
        choices: [folder, raster, vector, file, pointCloud, bookmark]
      access_tier:
        description:
          - How much access. One of V(view), V(viewPlus), V(share), V(edit), V(fullView), V(editPlus) and V(admin).
          - V(view) shows visualisations, V(viewPlus) gives the data, V(edit) changes data, V(editPlus) makes and moves layers.
          - The spellings V(view+), V(edit+), V(view_plus) and the like are understood too.
          - The account needs at least this tier on the path itself. That is looked up before anything is written.
        type: str
        required: true
      geo_fence:
        description: Limits the access to an area, to a resolution, or to both. Raster and vector layers only.
        type: dict
        suboptions:
          tiles:
            description: The area, as Web Mercator tiles. The order does not matter.
            type: list
            elements: dict
            suboptions:
              tile_x:
                description: Column, from V(0) to 2^zoom - 1.
                type: int
                required: true
              tile_y:
                description: Row, from V(0) to 2^zoom - 1.
                type: int
                required: true
              zoom:
                description: Zoom level, V(0) to V(30).
                type: int
                required: true
          max_zoom:
            description: The finest zoom level that may be read, V(0) to V(30).
            type: int
      property_fence:
        description: Names of the only properties that may be read. Vector layers only. The order does not matter.
        type: list
        elements: str
  scope:
    description:
      - V(ogc) limits the token to the OGC protocols (WMS, WFS and so on), V(all) does not.
    type: str
    choices: [all, ogc]
    default: all
  valid_for:
    description:
      - How long a new token lives, as a duration such as V(90d) or V(12h), or V(never) for one that never expires.
      - The units of durations are V(w), V(d), V(h), V(m) and V(s). A number without a unit is refused, except for V(0).
      - Needed to make a token, so that a token that never expires is always somebody's decision.
      - That time has passed is not a difference; another value of this option is.
    type: str
  renew_within:
    description:
      - A token with less than this left to live is replaced. A duration, or a percentage of its lifetime.
      - When the server gives tokens a shorter life than O(valid_for), it is at most a third of that.
    type: str
    default: 33%
  overlap:
    description:
      - How long a replaced token lives on, counted from the creation of the one that replaced it. It is revoked by the first
        run after that, or at once if this is V(0). Later changes do not shorten that time, so several may live on.
      - No more than 10 tokens with this description and O(owner) live at once. A change that would need one more is refused.
    type: str
    default: 1h
  regenerate:
    description:
      - What to do when there is a token but it does not have the wanted O(access_list), O(scope) or O(valid_for).
      - V(drift) replaces it, V(never) keeps it, V(fail) fails without a change.
      - V(always) replaces the token on every run, different or not. With O(overlap=0) that is the answer to a leaked secret.
      - One run of Ansible replaces it once. Other tasks, hosts, items and lookups of the run that ask for V(always) get the same
        token, and its secret.
    type: str
    choices: [never, fail, drift, always]
    default: drift
"""

    # How tokens are tried.
    VERIFY = r"""
options:
  verify:
    description:
      - Whether a new token is used before the one that it replaces may be revoked. If that fails, the new token is revoked
        and the earlier one stays.
      - V(basic) the token must reach its first path. If it turns out to have more or less access than was asked, there is a
        warning.
      - V(strict) it must reach every path with no less than the tier that was asked, and with no more as far as that can be
        told, and the account's list of tokens must be refused to it.
      - Tokens with O(scope=ogc) are tried on the OGC service of a layer. On other paths that is not possible.
    type: str
    choices: [none, basic, strict]
    default: basic
  verify_timeout:
    description: Seconds for which a new token may be refused before that counts, since servers need time to know it.
    type: int
    default: 30
"""

    # How a store is read.
    STORE = r"""
options:
  store_vault_id:
    description:
      - Vault id to encrypt the O(store) with. If not set it is the one that the file has, else C(vault_encrypt_identity) of
        the configuration, else the only one of the run.
    type: str
  store_plaintext:
    description:
      - Allow a O(store) in plain text, readable by its owner only. Without this option a run without a vault secret fails
        before it creates anything.
      - A file that is encrypted stays encrypted.
    type: bool
    default: false
"""

    # How a store and an account are written.
    WRITE = r"""
options:
  take_over:
    description:
      - Whether to replace a live token whose secret is not in the O(store). Such a token was probably made with another
        store, whose owner would make a new one in turn; therefore it is an error if this is V(false).
    type: bool
    default: false
  backup:
    description:
      - Whether to keep a copy of the O(store) before it is changed.
    type: bool
    default: false
  lock_timeout:
    description:
      - Seconds to wait for other tasks on this controller that write tokens of the same O(owner).
    type: int
    default: 300
"""

    # What a task sets for all its tokens.
    TASK = r"""
options:
  owner:
    description:
      - Who manages the token. Different playbooks on one account don't touch each other's tokens when they have different
        owners.
      - One to 12 of V(a-z), V(0-9) and V(-).
    type: str
    default: default
  return_secret:
    description:
      - Whether to return secrets although there is a O(store).
    type: bool
    default: false
"""
