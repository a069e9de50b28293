# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the core of a module in a module process, with C(AnsibleModule). Used with C(delegate_to)."""

from __future__ import annotations

import contextlib
import sys
import typing as t

from ansible.module_utils.ansible_release import __version__ as core_version
from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._account.account import Account
from .._api.client import Client
from .._api.connection import CREDENTIALS, INHERITED, Connection, connection_of, environment_name, from_process, inherit
from .._api.login import Login, LoginCache, MemoryCache
from .._api.sender import Sender
from .._api.session import REQUESTS_IMPORT_ERROR, open_session
from .._model.errors import EllipsisError
from .handover import handing_over
from .option_sources import OptionSources
from .task_context import Context, Params
from .version import VERSION

USER_AGENT = f"ellipsis.drive/{VERSION} (Ansible collection; ansible-core {core_version})"
Core = t.Callable[[Params, Context], dict[str, t.Any]]


def open_client(
    connection: Connection,
    caches: t.Callable[..., LoginCache] = MemoryCache,
    tell: t.Callable[[str], None] = lambda _line: None,
) -> Client:
    """A client with an HTTP session of its own. caches: where logins are kept. tell: see Sender; a module has no output."""
    sender = Sender(connection, open_session(USER_AGENT, verified=connection.validate_certs), tell=tell)
    return Client(sender, Login(sender, caches))


def run_module(spec: dict[str, t.Any], run: Core) -> None:
    """Parse and validate, hand over, and end the module."""
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    if REQUESTS_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    inherit(module.params, from_process, CREDENTIALS)
    sources = _sources(module.params)
    try:
        connection = connection_of(module.params)
        module.no_log_values.update(connection.secrets)
        account = Account(open_client(connection), warn=module.warn)
        with handing_over(account):
            result = run(module.params, Context(account, apply=not module.check_mode))
            code = _answer(module, result, sources)
    except EllipsisError as exc:
        module.fail_json(msg=sources.tell(exc, module.params))
    raise SystemExit(code)


def _answer(module: AnsibleModule, result: dict[str, t.Any], sources: OptionSources) -> int:
    """Write the result, and fail where nobody reads it any more: the task on the controller was ended. The exit code."""
    failed = bool(result.get("failed"))
    with contextlib.suppress(SystemExit):
        if result.get("failures"):
            result["msg"] = sources.of_requests(result["msg"], module.params)
        if failed:
            module.fail_json(**result)
        module.exit_json(**result)
    sys.stdout.flush()
    return int(failed)


def _sources(params: Params) -> OptionSources:
    """AnsibleModule does not tell what it took from the environment."""
    inherited = (option for option in INHERITED if params[option] and str(params[option]) == from_process(option))
    return OptionSources({option: f"the environment variable {environment_name(option)}" for option in inherited})
