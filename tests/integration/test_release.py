# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make release` in a copy of the repository, whose gate is a line that says nothing."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.ellipsis.drive.tests.tools.in_copy import copy
from ansible_collections.ellipsis.drive.tests.tools.release import TREE, VERSIONED, version_of

PRESENT = version_of((TREE / "galaxy.yml").read_text())


class Repository:
    """A copy with one commit, the tools of this environment, and a key of its own."""

    def __init__(self, folder: Path) -> None:
        self.tree, self.home = folder / "tree", folder / "home"
        for each in (self.tree, self.home):
            each.mkdir(mode=0o700)
        copy(self.tree)
        (self.tree / "Makefile").write_text("test:\n\t@echo the gate\n")
        # Right after a release there is no other.
        (self.tree / "changelogs" / "fragments" / "release.yml").write_text("minor_changes: [Something is new.]\n")
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self.environment = {
            **kept,
            "HOME": str(self.home),
            "GNUPGHOME": str(self.home),
            "PATH": path,
            "LC_ALL": "C.UTF-8",
        }
        for name in ("user.name", "user.email"):
            self.do("git", "config", name, "tester@example.com")
        self.do("git", "add", "--all")
        self.do("git", "commit", "-q", "-m", "All")

    def do(self, *command: str, code: int = 0) -> str:
        run = subprocess.run(command, cwd=self.tree, env=self.environment, text=True, capture_output=True, check=False)
        assert run.returncode == code, run.stdout + run.stderr
        return run.stdout + run.stderr

    def release(self, *arguments: str, code: int = 0) -> str:
        return self.do(sys.executable, str(self.tree / "tests" / "tools" / "release.py"), *arguments, code=code)

    @property
    def state(self) -> str:
        return self.do("git", "branch", "--list") + self.do("git", "status", "--porcelain", "--ignored")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return Repository(tmp_path_factory.mktemp("release"))


def test_a_dry_run_leaves_nothing_behind(repository: Repository) -> None:
    before = repository.state
    said = repository.release("7.0.0", "--dry-run")
    assert "ellipsis.drive 7.0.0\n" in said
    assert "ellipsis-drive-7.0.0.tar.gz" in said
    assert "the gate" not in said
    assert repository.state == before


def test_a_release_is_a_branch_and_signed_files(repository: Repository) -> None:
    key = "tester@example.com"
    repository.do("gpg", "--batch", "--passphrase", "", "--quick-generate-key", key, "ed25519", "sign", "never")
    repository.do("git", "config", "user.signingkey", key)
    said = repository.release("7.0.0")
    assert "the gate" in said
    for file, line in VERSIONED.items():
        assert line.format("7.0.0") in repository.do("git", "show", f"release-7.0.0:{file}").splitlines()
    assert "## v7\\.0\\.0\n" in repository.do("git", "show", "release-7.0.0:CHANGELOG.md")
    left = repository.do("git", "ls-tree", "--name-only", "release-7.0.0", "changelogs/fragments/")
    assert left == "changelogs/fragments/.keep\n"
    ready = repository.tree / ".venv" / "release" / "7.0.0"
    assert {path.name for path in ready.iterdir()} == {
        "MANIFEST.json.asc",
        "SHA256SUMS",
        "TAG_MESSAGE",
        "ellipsis-drive-7.0.0.tar.gz",
    }
    tarball = ready / "ellipsis-drive-7.0.0.tar.gz"
    assert (ready / "SHA256SUMS").read_text().split()[0] == hashlib.sha256(tarball.read_bytes()).hexdigest()
    manifest = subprocess.check_output(["tar", "-xzOf", str(tarball), "MANIFEST.json"])
    (ready / "MANIFEST.json").write_bytes(manifest)
    repository.do("gpg", "--verify", str(ready / "MANIFEST.json.asc"), str(ready / "MANIFEST.json"))


@pytest.mark.parametrize(
    ("version", "complaint"),
    [
        ("1", "is not a semantic version"),
        (PRESENT, f"is not newer than {PRESENT}"),
        ("7.0.0", "The branch release-7.0.0 is there already"),
    ],
)
def test_what_can_be_no_release_is_refused_before_anything_is_done(
    repository: Repository, version: str, complaint: str
) -> None:
    if version == "7.0.0":
        repository.do("git", "branch", "--force", "release-7.0.0")
    assert complaint in repository.release(version, code=1)


def test_changes_that_are_not_committed_are_refused(repository: Repository) -> None:
    (repository.tree / "README.md").write_text("mine\n")
    assert "changes that are not committed" in repository.release("8.0.0", code=1)
    repository.do("git", "checkout", "-q", "README.md")
