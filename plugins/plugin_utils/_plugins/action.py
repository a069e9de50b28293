# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base of the action plugins: they run the core of a module in the controller's own process.

Only C(delegate_to) another host sends the real module there. See docs/design.md, "Where code runs".
"""

from __future__ import annotations

import typing as t

from ansible import constants as C
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import (
    CREDENTIAL_FILES,
    INHERITED,
    connection_of,
    environment_name,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError, OptionError
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.handover import handing_over
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.option_sources import (
    PROCESS,
    OptionSources,
    fill,
    task_environment,
    variables,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.task_context import STORE_IS_HERE, Context
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.plain_values import plain
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.process import (
    account_for,
    accounts,
    writer_lock,
)
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.run_memory import Declarer, FileMemory
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.run_tokens import revoke_at_end
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.validation import validated
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.address import store_opener

display = Display()
revoke_at_end()
Values = dict[str, t.Any]
_ACTION_GROUP = "group/ellipsis.drive.ellipsis"
_OF_SETS = ("secrets", "superseded_secrets")
_LOST = (
    "The secret of a new token would be lost: register the result of this task, or keep secrets with store. Commands without a "
    "playbook can't register, so they need store."
)
_previous_call: tuple[str, Values] | None = None


class EllipsisAction(ActionBase):
    """Runs the core of a module in this process. Subclasses name the module, its options and its core."""

    module: str
    spec: Values
    core: staticmethod[..., Values]

    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: Values | None = None) -> Values:
        """The result of the module, censored when it holds a secret."""
        super().run(tmp, task_vars)
        del tmp
        params = plain(self._task.args)
        if self._would_lose_secrets(params):
            return {"failed": True, "msg": _LOST}
        sources = self._inherit(params, task_vars or {})
        if self._task.delegate_to and self._task.delegate_to not in C.LOCALHOST:
            return self._run_elsewhere(params, sources, task_vars or {})
        return self._run_here(params, sources, task_vars or {}, apply=not self._task.check_mode, finish=self._censored)

    def _run_here(
        self,
        params: Values,
        sources: OptionSources,
        task_vars: Values,
        *,
        apply: bool,
        finish: t.Callable[[Values], Values],
    ) -> Values:
        """Run the core in this process. finish: what the task makes of its result before new secrets count as handed over."""
        valid = params
        try:
            valid = validated(self.spec, params, self.module)
            connection = connection_of(valid)
            account = account_for(connection, lock_timeout=valid.get("lock_timeout", 0), holder=self._holder())
            if self._is_retry(params):
                account.forget()
            memory = FileMemory(connection, self._declarer(task_vars), apply=apply)
            opener = store_opener(self._loader, connection, lambda name: self._variable(name, task_vars))
            context = Context(account, apply, opener, display.display, memory)
            with handing_over(account):
                result = self.core(valid, context)
                if result.get("failures"):
                    result["msg"] = sources.of_requests(result["msg"], valid)
                return finish(result)
        except EllipsisError as exc:
            for account in accounts():
                account.forget()
            return {"failed": True, "msg": sources.tell(exc, valid)}

    def _run_elsewhere(self, params: Values, sources: OptionSources, task_vars: Values) -> Values:
        """Send the real module to the delegated host, under the lock of this controller."""
        before = self._task.no_log, self._play_context.no_log, self._task.environment
        # Connection plugins print what a module answers at -vvv unless they are told not to.
        self._task.no_log = self._play_context.no_log = True
        # And they make the environment a part of command lines; what became an option is of no use there.
        ours = {environment_name(option) for option in INHERITED}
        self._task.environment = [{name: value for name, value in self._environment().items() if name not in ours}]
        try:
            valid = validated(self.spec, params, self.module)
            if params.get("store"):
                raise OptionError(STORE_IS_HERE)
            for option, (becomes, read) in CREDENTIAL_FILES.items():
                if params.get(option):
                    params[becomes] = read(params.pop(option))
            url, owner, timeout = valid["api_url"].rstrip("/"), valid.get("owner"), valid.get("lock_timeout", 0)
            with writer_lock(url, owner or "", timeout=timeout, holder=self._holder()):
                result = t.cast(
                    Values, self._execute_module(module_name=self.module, module_args=params, task_vars=task_vars)
                )
        except EllipsisError as exc:
            return {"failed": True, "msg": sources.of_options(str(exc))}
        finally:
            self._task.no_log, self._play_context.no_log, self._task.environment = before
        if result.get("failed"):
            # The module knows who asked whom, but not where its options had been before.
            result["msg"] = sources.of_options(str(result.get("msg", "")))
        return self._censored(result)

    def _would_lose_secrets(self, params: Values) -> bool:
        """Whether the task keeps no secret: it has neither a store nor C(register), and wants a token.

        If there is a token already, it counts all the same, since the token will be renewed one day.
        """
        if "return_secret" not in self.spec or self._task.register or params.get("store") is not None:
            return False
        declared = params.get("tokens") or [] if "tokens" in self.spec else [params]
        return any(isinstance(each, dict) and each.get("state") != "absent" for each in declared)

    def _inherit(self, params: Values, task_vars: Values) -> OptionSources:
        """Fill connection options from variables, then from the task's environment, then from ours."""
        defaults = self._from_module_defaults(params)
        places = (
            variables(lambda name: self._variable(name, task_vars)),
            task_environment(plain(self._environment())),
            PROCESS,
        )
        return OptionSources({**defaults, **fill(params, places)})

    def _from_module_defaults(self, params: Values) -> dict[str, str]:
        """Ansible has merged them with the options of the task by now, so that equal values are taken for theirs."""
        merged: Values = {}
        for defaults in self._task.module_defaults or ():
            for name in (_ACTION_GROUP, self.module):
                merged.update(plain(self._templar.template(defaults.get(name) or {})))
        return {option: "module_defaults" for option, value in merged.items() if params.get(option) == value}

    def _environment(self) -> Values:
        environment: Values = {}
        self._compute_environment_string(environment)
        return environment

    def _variable(self, name: str, task_vars: Values) -> t.Any:
        return plain(self._templar.template(task_vars[name])) if name in task_vars else None

    def _holder(self) -> str:
        return f"task {self._task.get_name()!r}"

    def _declarer(self, task_vars: Values) -> Declarer:
        item = "an item of " if "ansible_loop_var" in task_vars else ""
        host = task_vars.get("inventory_hostname", "localhost")
        return Declarer(f"{item}{self._holder()} on {host}", self._task._uuid)  # noqa: SLF001 - the same for all hosts

    def _is_retry(self, params: Values) -> bool:
        """Whether this is another try of the same item of the same task (until, retries)."""
        global _previous_call
        call = (self._task.get_name(), params)
        again, _previous_call = call == _previous_call, call
        return again

    def _censored(self, result: Values) -> Values:
        """Hide a result with a secret from every callback; what is registered stays usable.

        Both are needed: before ansible-core 2.19 the first alone leaves the summary of a loop in clear.
        """
        if not result.get("secret") and not any(any((result.get(name) or {}).values()) for name in _OF_SETS):
            return result
        if not self._task.no_log:
            for line in _lines(result):
                display.display(line)
        result["_ansible_no_log"] = True
        self._task.no_log = True
        return result


def _lines(result: Values) -> t.Iterator[str]:
    """What may be said of a censored result."""
    if result.get("failed"):
        yield result["msg"]
    if "secrets" in result:
        yield ", ".join(
            f"{what} {len(result[what])}" for what in ("created", "retired", "pruned", "unchanged", "failures")
        )
        return
    token = result["access_token"]
    yield f"{token['description']}: {result['reason']} → {token['id']}, expires {token['expires_at'] or 'never'}"
