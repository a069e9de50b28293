# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-builder, on this collection: what it finds that an execution environment needs, and the example for users."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
BUILDER = Path(sys.executable).with_name("ansible-builder")


def build(*arguments: str) -> str:
    done = subprocess.run([BUILDER, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_requests_is_found() -> None:
    found = yaml.safe_load(build("introspect", os.environ["ANSIBLE_COLLECTIONS_PATH"]))
    assert [each.split()[0] for each in found["python"]] == ["requests"]
    assert found["system"] == []


def test_the_example_becomes_a_build_context(tmp_path: Path) -> None:
    definition = ROOT / "examples" / "awx" / "execution-environment.yml"
    build("create", "-f", str(definition), "-c", str(tmp_path), "--output-filename", "Containerfile")
    wanted = yaml.safe_load((tmp_path / "_build" / "requirements.yml").read_text())
    assert wanted == {"collections": ["ellipsis.drive"]}
    assert "introspect.py introspect --write-bindep" in (tmp_path / "Containerfile").read_text()
