# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The findings about an account, to read and to file."""

from __future__ import annotations

DOCUMENTATION = r"""
name: token_report
short_description: Report on the access tokens of an Ellipsis Drive account
version_added: 1.0.0
author:
  - ellipsis.drive contributors (@ellipsis-drive)
description:
  - Makes a page, a table, JSON or metrics from what M(ellipsis.drive.ellipsis_access_token_info) returned.
  - No form holds a secret. What looks like one in a description is masked.
options:
  _input:
    description: The registered result of M(ellipsis.drive.ellipsis_access_token_info).
    type: dict
    required: true
  form:
    description:
      - V(html) is a page with a timeline of expiries and the findings. It has no scripts and loads nothing, so it can be
        mailed, and everything in it that comes from the server is escaped.
      - V(csv) is a table for spreadsheets, with a byte order mark. A text that a spreadsheet would take for a formula gets
        an apostrophe in front.
      - V(json) is for programs.
      - V(prom) is metrics in the text format of Prometheus, for the textfile collector of node_exporter. For each token of this
        collection there is when it expires, for the newest of each slot when it is due for renewal (with the default of
        O(ellipsis.drive.ellipsis_access_token#module:renew_within)), and for each slot how many of its tokens live.
    type: str
    choices: [html, csv, json, prom]
    required: true
  title:
    description: What the report is called.
    type: str
    default: Access tokens of Ellipsis Drive
positional: _input, form
seealso:
  - module: ellipsis.drive.ellipsis_access_token_info
"""

EXAMPLES = r"""
- name: Look at all tokens
  ellipsis.drive.ellipsis_access_token_info:
  register: all_tokens

# The template holds {{ all_tokens | ellipsis.drive.token_report('html', title='Our tokens') }}
- name: Count the lines of the table
  ansible.builtin.debug:
    msg: "{{ all_tokens | ellipsis.drive.token_report('csv') | split('\n') | length }} lines"
"""

RETURN = r"""
_value:
  description: The text of the report.
  type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.plain_values import plain
from ansible_collections.ellipsis.drive.plugins.plugin_utils._report.report import report

_TITLE = "Access tokens of Ellipsis Drive"


def _filter(audited: t.Any, form: t.Any, title: t.Any = _TITLE) -> str:
    try:
        return report(plain(audited), plain(form), plain(title))
    except OptionError as exc:
        raise AnsibleFilterError(f"token_report: {exc}") from None


class FilterModule:
    """See the documentation above."""

    def filters(self) -> dict[str, t.Callable[..., str]]:
        """The filter by its name."""
        return {"token_report": _filter}
