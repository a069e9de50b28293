# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options with which everything in this collection reaches the API."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api_url:
    description:
      - Base address of the API, with its version.
      - Private instances have addresses such as V(https://example.api.ellipsis-drive.com/v3).
      - When the first answer is none of the API, the address is asked what it is, and the error says so.
      - Taken from the variable C(ellipsis_api_url) or the environment variable E(ELLIPSIS_API_URL) if not set.
    type: str
    default: https://api.ellipsis-drive.com/v3
  api_token:
    description:
      - Login token of the account holder. Access tokens and OAuth tokens can't manage access tokens.
      - Taken from the variable C(ellipsis_api_token) or the environment variable E(ELLIPSIS_API_TOKEN) if the task has no
        credential at all.
      - Keep it in a vaulted variable or in the environment. What is written literally into a task is shown by some callback
        plugins, whatever this collection does.
    type: str
  api_token_file:
    description:
      - File on the controller that holds nothing but a login token.
      - Taken from the variable C(ellipsis_api_token_file) or the environment variable E(ELLIPSIS_API_TOKEN_FILE) if the
        task has no credential at all.
    type: path
  username:
    description:
      - Name to log in with, together with O(password).
      - There is one login for the whole run of Ansible, valid for an hour and renewed if the run takes longer. A task that is
        delegated to another host logs in there, for itself.
      - Taken from the variable C(ellipsis_username) or the environment variable E(ELLIPSIS_USERNAME) if the task has no
        credential at all.
    type: str
  password:
    description:
      - Password of O(username). It is sent once; when it is refused, nothing in the same run sends it again.
      - An account that needs a second factor can't log in like this; use O(api_token).
      - Accounts made through a Google login have no password until one is set in the web application.
      - Taken from the variable C(ellipsis_password) or the environment variable E(ELLIPSIS_PASSWORD) if the task has no
        credential at all.
    type: str
  organization_id:
    description:
      - Act as this organization instead of as the user, whose credential must belong to a member of it.
      - Taken from the variable C(ellipsis_organization_id) or the environment variable E(ELLIPSIS_ORGANIZATION_ID) if not
        set.
    type: str
  validate_certs:
    description:
      - Whether the TLS certificate of the server is verified.
      - Taken from the variable C(ellipsis_validate_certs) or the environment variable E(ELLIPSIS_VALIDATE_CERTS) if not set.
    type: bool
    default: true
  ca_path:
    description:
      - File of CA certificates to verify the server with, in place of the usual ones. Or a folder of them under the names that
        C(openssl rehash) makes.
      - E(REQUESTS_CA_BUNDLE) and E(CURL_CA_BUNDLE) are not used.
      - Taken from the variable C(ellipsis_ca_path) or the environment variable E(ELLIPSIS_CA_PATH) if not set.
    type: path
  allow_cleartext_login:
    description:
      - Whether to send the login to an address that begins with C(http://) and is not on this host. Everybody on the way can
        read it there, and the secrets of new tokens as well.
      - Without it such an O(api_url) is refused. Addresses of this host (C(localhost), C(127.0.0.1), C([::1])) never need it.
      - Taken from the variable C(ellipsis_allow_cleartext_login) or the environment variable
        E(ELLIPSIS_ALLOW_CLEARTEXT_LOGIN) if not set.
    type: bool
    default: false
  timeout:
    description:
      - Seconds in which the server, or a proxy, has to accept a connection, and seconds from the request to the end of its
        answer.
      - Of an answer at most 16 MiB are read, of a list at most 256 MiB and 5,000 pages, which is 150,000 tokens. What is longer
        fails with the address and the limit, and nothing is written.
    type: int
    default: 20
  retry_time:
    description:
      - Seconds for which a request that failed for a passing reason is tried again. After a few seconds a line says what is
        waited for, except on a host named by C(delegate_to), where modules have no output.
      - A name that does not exist, a refused port of the controller itself and a bad certificate are no passing reasons.
      - A creation is only sent again when it surely did not arrive.
    type: int
    default: 60
notes:
  - An empty value of a connection variable or environment variable counts as not set.
  - Proxies are taken from the environment of the controller (E(HTTPS_PROXY), E(HTTP_PROXY), E(NO_PROXY)). Nothing else is;
    C(.netrc) is never used, and redirects are never followed.
requirements:
  - requests (on the controller, or on the host named by C(delegate_to))
"""

    PLUGIN = r"""
options:
  api_url:
    vars:
      - name: ellipsis_api_url
    env:
      - name: ELLIPSIS_API_URL
  api_token:
    vars:
      - name: ellipsis_api_token
    env:
      - name: ELLIPSIS_API_TOKEN
  api_token_file:
    vars:
      - name: ellipsis_api_token_file
    env:
      - name: ELLIPSIS_API_TOKEN_FILE
  username:
    vars:
      - name: ellipsis_username
    env:
      - name: ELLIPSIS_USERNAME
  password:
    vars:
      - name: ellipsis_password
    env:
      - name: ELLIPSIS_PASSWORD
  organization_id:
    vars:
      - name: ellipsis_organization_id
    env:
      - name: ELLIPSIS_ORGANIZATION_ID
  validate_certs:
    vars:
      - name: ellipsis_validate_certs
    env:
      - name: ELLIPSIS_VALIDATE_CERTS
  ca_path:
    vars:
      - name: ellipsis_ca_path
    env:
      - name: ELLIPSIS_CA_PATH
  allow_cleartext_login:
    vars:
      - name: ellipsis_allow_cleartext_login
    env:
      - name: ELLIPSIS_ALLOW_CLEARTEXT_LOGIN
"""
