# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The address of a path for other software."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ogc_url
short_description: The address of an Ellipsis Drive layer for other software
version_added: 1.0.0
author:
  - ellipsis.drive contributors (@ellipsis-drive)
description:
  - Makes the address under which a map server, a GIS or a browser reaches a layer.
  - Without O(token) the address holds no secret. Prefer that, and let the client send the token in the header
    C(Authorization), because addresses end up in logs, histories and error messages.
positional: _input
options:
  _input:
    description: Id of the layer, or with O(protocol=viewer) of a layer or bookmark.
    type: str
    required: true
  protocol:
    description:
      - What the address is for.
      - V(wms), V(wmts), V(wfs), V(wcs) and V(features) (OGC API Features) are the addresses of services. The client adds what it
        asks for.
      - V(xyz), V(tms) and V(mvt) (vector tiles) are templates with the placeholders C({z}), C({x}) and C({y}).
      - V(viewer) is a link for people, to the map in the web application.
    type: str
    choices: [wms, wmts, wfs, wcs, features, xyz, tms, mvt, viewer]
    required: true
  token:
    description:
      - Secret of an access token to put into the address.
      - Whoever sees the address can use the token. Give the task C(no_log), and the token few rights and a short life.
      - Leave it out for an address without a token. An empty value is an error.
    type: str
  token_in:
    description:
      - Where the O(token) goes. V(path) suits clients that add to the end of an address, V(query) is C(?token=).
      - If not set it is V(path), or V(query) with O(protocol=mvt) and O(protocol=viewer), which know nothing else.
    type: str
    choices: [path, query]
  api_url:
    description:
      - Base address of the API, with its version.
      - Taken from the variable C(ellipsis_api_url) or the environment variable E(ELLIPSIS_API_URL) if not set, and
        V(https://api.ellipsis-drive.com/v3) without those.
    type: str
  app_url:
    description:
      - Address of the web application, for O(protocol=viewer).
      - If not set it is O(api_url) with V(app) in place of V(api) in the name of the host.
    type: str
notes:
  - The vendor documents V(xyz) and V(tms) without an example. When a client gets no tiles, compare the address with the one that
    the web application shows under Integrate.
seealso:
  - plugin: ellipsis.drive.ellipsis_access_token
    plugin_type: lookup
  - module: ellipsis.drive.ellipsis_access_token
"""

EXAMPLES = r"""
- name: Point a client that sends the bearer header to a layer
  ansible.builtin.debug:
    msg: "{{ roads_id | ellipsis.drive.ogc_url('wms') }}"
    # https://api.ellipsis-drive.com/v3/ogc/wms/5b0c3d2e-6a8f-4f5e-9d1c-2b7a90c1e4f8

- name: Give a client that can't send headers an address with the token
  ansible.builtin.copy:
    content: |
      {{ roads_id | ellipsis.drive.ogc_url('wfs', token=secret) }}
    dest: "{{ config_dir }}/roads.url"
    mode: "0600"
  vars:
    secret: "{{ lookup('ellipsis.drive.ellipsis_access_token', 'map client', store=config_dir ~ '/tokens.yml') }}"
  no_log: true
  diff: false

- name: Template for vector tiles of a private instance
  ansible.builtin.debug:
    msg: "{{ roads_id | ellipsis.drive.ogc_url(protocol='mvt', api_url='https://example.api.ellipsis-drive.com/v3') }}"
    # https://example.api.ellipsis-drive.com/v3/ogc/mvt/5b0c3d2e-6a8f-4f5e-9d1c-2b7a90c1e4f8/{z}/{x}/{y}
"""

RETURN = r"""
_value:
  description: The address.
  type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError
from jinja2 import pass_context

from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import from_process, variable_name
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.plain_values import plain
from ansible_collections.ellipsis.drive.plugins.plugin_utils._plugins.ogc_url import ogc_url

if t.TYPE_CHECKING:
    from jinja2.runtime import Context


@pass_context
def _filter(
    context: Context,
    path_id: t.Any,
    protocol: t.Any,
    token: t.Any = None,
    token_in: t.Any = None,
    api_url: t.Any = None,
    app_url: t.Any = None,
) -> str:
    """Addresses follow the instance that everything else of this collection talks to."""
    # A token of one instance must not be handed to another one because an argument was forgotten.
    api_url = api_url or context.get(variable_name("api_url")) or from_process("api_url")
    try:
        return ogc_url(
            plain(path_id),
            plain(protocol),
            token=plain(token),
            token_in=plain(token_in),
            api_url=plain(api_url),
            app_url=plain(app_url),
        )
    except OptionError as exc:
        raise AnsibleFilterError(f"ogc_url: {exc}") from None


class FilterModule:
    """See the documentation above."""

    def filters(self) -> dict[str, t.Callable[..., str]]:
        """The filter by its name."""
        return {"ogc_url": _filter}
