# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of the role that one host takes: look at its files, write them, and note what failed on it."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import typing as t
from pathlib import Path

from ansible import constants as C
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader
from ansible.utils.display import Display
from ansible.utils.hashing import checksum_s

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.plain_values import plain
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout import rollout
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.declarations import is_present
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.formats import (
    FORMATS,
    TELLING,
    TEMPLATE,
    newest,
    told,
)
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.state import HOSTS, State, changing, current_state

Values = dict[str, t.Any]
_OCTAL = re.compile(r"[0-7]{3,4}")
display = Display()


class OneHost(ActionBase):
    """Takes one step on the host of the task."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: Values | None = None) -> Values:
        """The result of a step. No content of a file is in it."""
        super().run(tmp, task_vars)
        self._task_vars = task_vars or {}
        self._host = self._task_vars["inventory_hostname"]
        steps = {
            "look": self._look,
            "deliver": self._deliver,
            "failed": self._note_failure,
            "returned": self._note_return,
        }
        shell = self._connection._shell  # noqa: SLF001 - as every action plugin does
        try:
            result = self._result_of(steps[self._task.args["step"]])
            self._remove_tmp_path(shell.tmpdir)
        except AnsibleConnectionFailure:
            # Nothing can be removed there. Trying to would make ansible-core 2.16 call this a failure of the task.
            shell.tmpdir = None
            raise
        return result

    @staticmethod
    def _result_of(step: t.Callable[[], Values]) -> Values:
        try:
            return step()
        except EllipsisError as exc:
            return {"failed": True, "msg": str(exc)}

    def _look(self) -> Values:
        """Refuse what can't be written, before anything is made; where the hosts keep the secrets, take in what they hold."""
        state = current_state(self._task_vars)
        held: dict[str, Values] = {}
        for delivery in self._deliveries(state, None):
            found = self._stat(delivery["dest"])
            if (
                state.keeper == HOSTS
                and found["exists"]
                and delivery["format"] in TELLING
                and delivery["description"] not in held
            ):
                token = told(delivery, self._slurp(delivery["dest"]))
                held.update({delivery["description"]: token} if token else {})
        if held:
            with changing(self._task_vars) as state:
                state.held = newest([*state.held.items(), *held.items()])
        return {"changed": False}

    def _deliver(self) -> Values:
        """Write the files that differ, each with its owner and mode before its content."""
        state = current_state(self._task_vars)
        which = self._task.args.get("which", "current")
        files, notify = [], []
        for delivery in self._deliveries(state, which):
            changed = self._wrote(delivery, state.rolled[delivery["description"]], which)
            again = delivery["description"] in state.unfinished and not changed
            if changed or again:
                files.append({"dest": delivery["dest"], "description": delivery["description"]})
                notify.extend(plain(delivery.get("notify") or ()))
                self._say(delivery, again=again)
        # Each file has its own handlers, and only those of files that changed are due.
        self._task.notify = list(dict.fromkeys(notify))
        return {"changed": bool(files), "files": files}

    def _note_failure(self) -> Values:
        """What failed on this host, for the end of the rollout."""
        task, result = (plain(self._task_vars.get(f"ansible_failed_{what}")) or {} for what in ("task", "result"))
        with changing(self._task_vars) as state:
            failure = rollout.failure(task, result, {**state.earlier_batches, **state.rolled})
            undelivered = "which" in (task.get("args") or {}) or task.get("args", {}).get("step") == "deliver"
            state.failures[self._host] = {**failure, "undelivered": undelivered}
        return {"changed": False, "msg": f"{failure['step']} failed: {failure['msg']}"}

    def _note_return(self) -> Values:
        """This host has the earlier secrets again, and what reads them was told."""
        with changing(self._task_vars) as state:
            state.returned.append(self._host)
        return {"changed": False}

    def _deliveries(self, state: State, which: str | None) -> list[Values]:
        """The files of this host; which: only of slots that have a current or an earlier secret."""
        return [
            {**delivery, "description": slot["description"], "dest": self._remote_expand_user(delivery["dest"])}
            for slot in state.declared[self._host]
            if is_present(slot) and (which is None or state.rolled.get(slot["description"], {}).get(which))
            if which != "earlier" or slot["description"] in state.restore
            for delivery in slot["deliver"]
        ]

    def _wrote(self, delivery: Values, rolled: Values, which: str) -> bool:
        """Whether a file had to be changed. On the way back, one that can't be is no matter where the new secret never came."""
        try:
            return self._write(delivery, rolled[which])
        except AnsibleConnectionFailure:
            raise
        except (AnsibleError, EllipsisError):
            if which == "earlier" and not self._may_have(delivery, rolled["current"]):
                return False
            raise

    def _may_have(self, delivery: Values, token: Values) -> bool:
        """Whether a file has a secret, as far as can be told."""
        found = self._stat(delivery["dest"])
        try:
            return bool(found["exists"]) and found.get("checksum") == checksum_s(self._content(delivery, token))
        except AnsibleError:
            return True

    def _write(self, delivery: Values, token: Values) -> bool:
        """Whether anything had to be changed."""
        dest, content = delivery["dest"], self._content(delivery, token)
        found = self._stat(dest)
        attributes = {name: delivery[name] for name in ("owner", "group") if delivery.get(name)}
        attributes["mode"] = delivery.get("mode") or "0600"
        same_content = found["exists"] and found.get("checksum") == checksum_s(content)
        same_attributes = found["exists"] and _fits(attributes, found)
        if same_content and same_attributes:
            return False
        if self._task.check_mode:
            return True
        if not same_attributes:
            # An empty file first: at no moment is the secret more readable than it has to be.
            state = "file" if found["exists"] and not found.get("islnk") else "touch"
            self._module("file", {"path": dest, "state": state, "follow": False, **attributes})
        if not same_content:
            self._module(
                "copy",
                {
                    "src": self._transferred(content),
                    "dest": dest,
                    "follow": False,
                    "_original_basename": Path(dest).name,
                },
            )
        return True

    def _content(self, delivery: Values, token: Values) -> str:
        if delivery["format"] != TEMPLATE:
            return FORMATS[delivery["format"]].write(delivery, token)
        variables = {**self._task_vars, "token": token["secret"], "access_tokens_token": token}
        templar = self._templar.copy_with_new_env(available_variables=variables)
        lookup = lookup_loader.get("ansible.builtin.template", loader=self._loader, templar=templar)
        return str(lookup.run([delivery["src"]], variables=variables)[0])

    def _stat(self, dest: str) -> Values:
        found = t.cast(Values, self._execute_remote_stat(dest, all_vars=self._task_vars, follow=False, checksum=True))
        if found.get("isdir"):
            raise EllipsisError(f"dest: {dest} is a directory; name the file in it")
        return found

    def _slurp(self, path: str) -> str:
        return str(self._module("slurp", {"src": path}).get("content", ""))

    def _module(self, name: str, arguments: Values) -> Values:
        result = self._execute_module(f"ansible.legacy.{name}", arguments, task_vars=self._task_vars)
        if result.get("failed"):
            raise EllipsisError(str(result.get("msg")))
        return t.cast(Values, result)

    def _transferred(self, content: str) -> str:
        """The content in a private file on the host."""
        shell = self._connection._shell  # noqa: SLF001 - as every action plugin does
        if shell.tmpdir is None:
            self._make_tmp_path()
        local = Path(C.DEFAULT_LOCAL_TMP) / f"ellipsis-{secrets.token_hex(16)}"
        descriptor = os.open(local, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(content)
            remote = str(self._transfer_file(str(local), shell.join_path(shell.tmpdir, local.name)))
        finally:
            with contextlib.suppress(FileNotFoundError):
                local.unlink()
        self._fixup_perms2((shell.tmpdir, remote))
        return remote

    def _say(self, delivery: Values, *, again: bool) -> None:
        where, whose = f"{self._host}: {delivery['dest']}", repr(delivery["description"])
        if again:
            display.display(
                f"{where}: unchanged; its handlers run again, since the last rollout of {whose} did not end"
            )
        else:
            would = "would have" if self._task.check_mode else "has"
            earlier = "earlier " if self._task.args.get("which") == "earlier" else ""
            display.display(f"{where}: {would} the {earlier}secret of {whose}")


def _fits(attributes: Values, found: Values) -> bool:
    """Whether a file has what is asked for; what can't be compared here (a symbolic mode) is left to the module."""
    mode = str(attributes["mode"])
    if not _OCTAL.fullmatch(mode) or int(mode, 8) != int(found["mode"], 8):
        return False
    owner, group = (str(attributes.get(name, "")) for name in ("owner", "group"))
    return owner in ("", found.get("pw_name"), str(found.get("uid"))) and group in (
        "",
        found.get("gr_name"),
        str(found.get("gid")),
    )
