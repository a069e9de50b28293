# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of the role as a task of each host has them, read in one process for all hosts."""

from __future__ import annotations

import functools
import typing as t
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.module_utils.common.yaml import yaml_load

from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.plain_values import plain

Values = dict[str, t.Any]

SPECIFICATION = Path(__file__).parents[3] / "roles" / "access_tokens" / "meta" / "argument_specs.yml"


@functools.cache
def role_options() -> Values:
    """The options of the role, as they are documented."""
    specification = yaml_load(SPECIFICATION.read_text(encoding="utf-8"))["argument_specs"]
    return t.cast(Values, specification["provision"]["options"])


def variables_of(host: str, task: t.Any, templar: t.Any, task_vars: Values) -> Values:
    """The evaluated variables whose names begin like those of the role. AnsibleError names the one that can't be evaluated.

    hostvars would not do: they know neither the variables of the role nor those of its task.
    """
    hostvars = task_vars["hostvars"]
    # ansible-core has no public way to the variables of another host in the scope of a task.
    manager, inventory = hostvars._variable_manager, hostvars._inventory  # noqa: SLF001 - see above
    variables = manager.get_vars(
        play=task._role._play,  # noqa: SLF001 - see above
        host=inventory.get_host(host),
        task=task,
        _hosts=task_vars["ansible_play_hosts"],
        _hosts_all=task_vars["ansible_play_hosts_all"],
    )
    own = templar.copy_with_new_env(available_variables=variables)
    names = [name for name in variables if name.startswith("access_tokens")]
    return {name: plain(_evaluated(own, name, variables[name])) for name in names}


def _evaluated(templar: t.Any, name: str, value: t.Any) -> t.Any:
    try:
        return templar.template(value)
    except AnsibleError as exc:
        raise AnsibleError(f"{name}: {exc}") from exc
