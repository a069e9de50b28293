# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inside of AWX: jobs run with ansible-runner on this machine, without receptor and without a container.

What AWX gives a job (environment, files, arguments, credentials, inventory) is unchanged, but for /runner, which is the private folder.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from types import ModuleType
from typing import Any

OF_CONTAINERS = ("container_", "process_isolation", "only_transmit")


class NoReceptor:
    def simple_command(self, command: str) -> dict[str, Any]:
        return {"Advertisements": [], "KnownConnectionCosts": {}} if command == "status" else {}


def run_here(job: Any) -> Any:
    """In place of AWXReceptorJob.run."""
    import ansible_runner

    folder = job.runner_params["private_data_dir"]
    here = os.environ["AWX_RUN_FOLDER"]
    own = re.compile(r"(?<![\w/])/runner(?=[/:\s\"']|$)")
    params = {name: value for name, value in job.runner_params.items() if not name.startswith(OF_CONTAINERS)}
    path = f"{here}/ee/bin:/usr/local/bin:/usr/bin:/bin"
    fixed = {"HOME": f"{here}/eehome", "PATH": path, "PYTHONPATH": "", "VIRTUAL_ENV": "", "PYTHONWARNINGS": ""}
    params["envvars"] = {name: own.sub(folder, value) for name, value in params["envvars"].items()} | fixed
    arguments = Path(folder, "env", "cmdline")
    if arguments.exists():
        arguments.write_text(own.sub(folder, arguments.read_text()))
    callback = job.task.runner_callback
    handlers = {name: getattr(callback, name) for name in ("event_handler", "finished_callback", "status_handler")}
    return ansible_runner.interface.run(quiet=True, artifacts_handler=callback.artifacts_handler, **handlers, **params)


def install(receptor: ModuleType) -> None:
    """receptor: awx.main.tasks.receptor."""
    here: Any = receptor
    here.AWXReceptorJob.run = run_here
    here.get_receptor_ctl = lambda config_data=None: NoReceptor()
    here.worker_cleanup = lambda *args, **kwargs: None
