#!/usr/bin/python
# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look at folders and layers."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ellipsis_path_info
short_description: Find a folder or layer of Ellipsis Drive and what lies in it
version_added: 1.0.0
author:
  - ellipsis.drive contributors (@ellipsis-drive)
description:
  - Tells the id, the type and the account's own access of a folder, layer, file or bookmark, and lists what lies in a folder.
  - Tokens do not need it, since their O(ellipsis.drive.ellipsis_access_token#module:access_list) takes names, too. It is for
    playbooks that make one token for each folder in a folder.
extends_documentation_fragment:
  - ellipsis.drive._attributes
  - ellipsis.drive._attributes.info_module
  - ellipsis.drive._connection
options:
  path_id:
    description:
      - Id of a folder, layer, file or bookmark.
      - Excludes O(path); one of them is needed.
    type: str
  path:
    description:
      - Where it lies, as a root and names, for instance V(myDrive/Projects/Roads). A root by itself is possible.
      - The roots are V(myDrive), V(sharedWithMe) and V(favorites). A V(/) inside of a name is written V(\\/), and a backslash
        before a slash or another backslash is doubled.
      - It is an error when there is no such path, with the names that come nearest. In check mode that is a warning and RV(path)
        is V(null), since an earlier task may be about to make it.
    type: str
  path_type:
    description: What it is, needed when a folder and a layer have the same name.
    type: str
    choices: [folder, raster, vector, file, pointCloud, bookmark]
  children:
    description: Whether to list what lies in the folder, too.
    type: bool
    default: false
  recurse:
    description: Whether to list also what lies in the folders in it. Goes with O(children=true).
    type: bool
    default: false
  max_depth:
    description: How many levels to list, V(1) being what lies directly in the folder. Goes with O(recurse=true).
    type: int
  types:
    description: Which types to return as RV(children). Goes with O(children=true).
    type: list
    elements: str
    choices: [folder, raster, vector, file, pointCloud, bookmark]
seealso:
  - module: ellipsis.drive.ellipsis_access_token
  - module: ellipsis.drive.ellipsis_access_tokens
"""

EXAMPLES = r"""
- name: Look up a folder
  ellipsis.drive.ellipsis_path_info:
    path: myDrive/Projects/Roads
  register: roads

- name: List all vector layers below it
  ellipsis.drive.ellipsis_path_info:
    path_id: "{{ roads.path.id }}"
    children: true
    recurse: true
    types: [vector]
  register: layers

- name: List the folders in a folder
  ellipsis.drive.ellipsis_path_info:
    path: myDrive/Projects
    children: true
    types: [folder]
  register: projects

- name: Make a token for each of them
  ellipsis.drive.ellipsis_access_token:
    description: "project {{ item.name }}"
    access_list:
      - path_id: "{{ item.id }}"
        access_tier: view
    valid_for: 90d
    store: "{{ config_dir }}/tokens.yml"
  loop: "{{ projects.children }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
path:
  description: The path that was asked for. V(null) in check mode when it is not there.
  returned: success
  type: dict
  contains:
    id:
      description: Its id. V(null) for a root.
      type: str
      sample: 55bd98ac-a80b-59d4-88d8-4da7e7828ab6
    name:
      description: Its name.
      type: str
      sample: Roads
    type:
      description: Its type, V(root) for a root.
      type: str
      sample: folder
    path:
      description: Where it lies, as in O(path). V(null) where it was asked for by its id.
      type: str
      sample: myDrive/Projects/Roads
    access_tier:
      description: The account's own access. V(null) where the server does not tell.
      type: str
      sample: admin
    access_level:
      description: The same as the server's number. V(null) where the server does not tell.
      type: int
children:
  description: What lies in it, with the same keys and some more, ordered by their names. Empty without O(children=true).
  returned: success
  type: list
  elements: dict
  contains:
    location:
      description: The names that lead there from the path that was asked for.
      type: list
      elements: str
      sample: [2026, Survey]
    depth:
      description: How many levels below it is.
      type: int
      sample: 2
    parent_id:
      description: The folder that it lies in. V(null) for a root.
      type: str
api_calls:
  description: How many requests this task made, by kind.
  returned: success
  type: dict
  sample: {path: 3}
"""

from ansible_collections.ellipsis.drive.plugins.module_utils._modules.path_info import SPEC, run
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.run import run_module


def main() -> None:
    """Hand over to the core."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
