# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The folders are layers: each imports from itself and from those named here, so nothing points back up."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
ROOT = "ansible_collections.ellipsis.drive.plugins"
CORE = ("module_utils._model", "module_utils._api", "module_utils._account", "module_utils._modules")
MAY_IMPORT = {
    **{layer: set(CORE[:number]) for number, layer in enumerate(CORE)},
    "plugin_utils._controller": set(CORE),
    "plugin_utils._stores": {*CORE, "plugin_utils._controller"},
    "plugin_utils._report": {"module_utils._model", "module_utils._api"},
    "plugin_utils._plugins": {*CORE, "plugin_utils._controller", "plugin_utils._stores"},
    "plugin_utils._rollout": {*CORE, "plugin_utils._controller", "plugin_utils._plugins"},
}
LAYERS = sorted(
    f"{kind}.{folder.name}" for kind in ("module_utils", "plugin_utils") for folder in (PLUGINS / kind).glob("_*")
)


def imported(file: Path) -> set[str]:
    """The layers of the collection that a file imports from."""
    package = file.relative_to(PLUGINS).parts[:-1]
    names = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = [ROOT, *package[: len(package) + 1 - node.level]] if node.level else []
            names.append(".".join([*base, node.module or ""]))
        elif isinstance(node, ast.Import):
            names.extend(each.name for each in node.names)
    ours = (name.removeprefix(f"{ROOT}.").split(".") for name in names if name.startswith(f"{ROOT}."))
    return {".".join(parts[:2]) for parts in ours}


def test_every_folder_is_a_layer() -> None:
    assert set(LAYERS) == set(MAY_IMPORT)


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_point_one_way(layer: str) -> None:
    for file in (PLUGINS / layer.replace(".", "/")).rglob("*.py"):
        assert imported(file) <= MAY_IMPORT[layer] | {layer}, file


def test_libraries_of_stores_are_imported_when_used() -> None:
    """Every task pays for what is imported with its plugin, and these take half a second."""
    files = [file for folder in ("action", "lookup") for file in sorted((PLUGINS / folder).glob("*.py"))]
    modules = [f"{ROOT}.{file.parent.name}.{file.stem}" for file in files]
    script = f"import sys, {', '.join(modules)}; print(*sorted({{'boto3', 'hvac'}} & set(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": os.environ["ANSIBLE_COLLECTIONS_PATH"]}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
