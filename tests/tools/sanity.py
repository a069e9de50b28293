# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run `ansible-test sanity` of `.venv/ENVIRONMENT` in the current folder: `sanity.py ENVIRONMENT`. On the oldest, what can differ.

Say little when all is well, everything when not, and fail when nothing was tested.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

# What another ansible-core may say otherwise: how it reads documentation and argument specs, and what module_utils import from
# it. The style of the code and its files is judged by the newest alone, which also takes all the Pythons of hosts.
ON_OLDEST = ("ansible-doc", "compile", "import", "runtime-metadata", "validate-modules")
VENV = Path(__file__).resolve().parents[2] / ".venv"


def lay_pip(python: Path, home: Path) -> None:
    """Put the pip that this ansible-test wants, and get_pip.py, where it looks first; what is there already stays.

    It makes an environment for each test, and to install pip in each of them would take most of the time of that.
    """
    where = "import ansible_test; print(ansible_test.__path__[0])"
    package = Path(subprocess.check_output([str(python), "-c", where], text=True).strip())
    source = (package / "_internal" / "python_requirements.py").read_text()
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    # The others are of Pythons that are not supported.
    version, *_older = re.findall(r"\bpip='([0-9.]+)'", source)
    script = cache / f"get_pip_{version.replace('.', '_')}.py"
    if not script.exists():
        pip = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-deps", "--no-compile"]
        subprocess.run([*pip, "--target", str(cache / f"pip-{version}"), f"pip=={version}"], check=True)
        shutil.copyfile(Path(__file__).with_name("get_pip.py"), script)


def python_of(bin_folder: Path) -> str:
    """The version of an environment's own Python, such as 3.12."""
    say = "import sys; print('{}.{}'.format(*sys.version_info))"
    return subprocess.check_output([str(bin_folder / "python"), "-c", say], text=True).strip()


def main() -> int:
    name = sys.argv[1]
    bin_folder = VENV / name / "bin"
    # A home for each environment: two cores at work in one would build the same tool environments at once.
    home = VENV / "home" / name
    lay_pip(bin_folder / "python", home)
    path = os.pathsep.join([str(bin_folder), str(VENV / "pythons"), os.environ["PATH"]])
    chosen = [*(f"--test={test}" for test in ON_OLDEST), "--python", python_of(bin_folder)] if name == "oldest" else []
    run = subprocess.run(
        [str(bin_folder / "ansible-test"), "sanity", "--local", "--requirements", "--color", "no", *chosen],
        env={**os.environ, "HOME": str(home), "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    tested = len(re.findall(r"^Running sanity test", run.stdout, re.MULTILINE))
    nothing = "All targets skipped" in run.stdout or not tested
    if run.returncode or nothing:
        print(run.stdout, flush=True)
    else:
        missing = sorted(set(re.findall(r"on Python (\S+) because it could not be found", run.stdout)))
        print(f"no complaint from {tested} sanity tests; Pythons not found: {', '.join(missing) or 'none'}", flush=True)
    return run.returncode or nothing


if __name__ == "__main__":
    sys.exit(main())
