# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the variables of a playbook, as a filter private to the playbooks."""

from __future__ import annotations

DOCUMENTATION = r"""
name: _playbook_variables
short_description: What is wrong with the variables of a playbook
version_added: 1.0.0
author:
  - the ellipsis.drive contributors (!UNKNOWN)
description:
  - This is a part of the playbooks of this collection. It may change or vanish at any time, so don't use it elsewhere.
positional: _input, playbook, words
options:
  _input:
    description: The names of all variables.
    type: list
    elements: str
    required: true
  playbook:
    description: The playbook that they were given to.
    type: str
    required: true
  words:
    description: What Ansible found in extra variables beside variables.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Look for misspelt variables
  ansible.builtin.debug:
    msg: "{{ query('ansible.builtin.varnames', '.') | ellipsis.drive._playbook_variables('audit') }}"
"""

RETURN = r"""
_value:
  description: A sentence for each mistake.
  type: list
  elements: str
"""

import typing as t

from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.plain_values import plain
from ansible_collections.ellipsis.drive.plugins.plugin_utils._plugins.playbook_variables import complaints


def _complaints(names: t.Iterable[str], playbook: str, words: str = "") -> t.Any:
    # Before 2.19 what looks like a template would be evaluated, and the words come from the command line.
    return wrap_var(complaints(plain(list(names)), plain(playbook), plain(words)))


class FilterModule:
    """See the documentation above."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filter by its name."""
        return {"_playbook_variables": _complaints}
