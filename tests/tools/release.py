# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make ready what is published: `release.py VERSION [--dry-run]`.

Everything happens in a clone, so a failure leaves nothing behind. At the end the branch `release-VERSION` is brought
into this repository, and the tarball, its checksum, the message of the tag and the signature to `.venv/release/VERSION`.
A dry run does the same without the gate, and keeps nothing. Nothing is published, tagged or pushed.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSIONED = {"galaxy.yml": "version: {}", "plugins/module_utils/_modules/version.py": 'VERSION = "{}"'}
IDENTITY = ("user.name", "user.email")
TREE = Path(__file__).resolve().parents[2]
# As semver.org has it, without build metadata: Galaxy knows none.
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]+))?")


def git(*arguments: str, tree: Path) -> str:
    return subprocess.check_output(["git", *arguments], cwd=str(tree), text=True).strip()


def setting(tree: Path, name: str) -> str:
    """What git's configuration has, or an empty text."""
    command = ["git", "config", name]
    return subprocess.run(command, cwd=str(tree), stdout=subprocess.PIPE, text=True, check=False).stdout.strip()


def order(version: str) -> tuple[int, int, int, bool, str]:
    """What versions are compared by; a candidate comes before its release."""
    found = VERSION.fullmatch(version)
    if found is None:
        raise SystemExit(f"VERSION: {version!r} is not a semantic version; write one like 1.0.0")
    major, minor, patch, candidate = found.groups()
    return int(major), int(minor), int(patch), candidate is None, candidate or ""


def version_of(galaxy: str) -> str:
    [found] = re.findall(r"^version: *(\S+)$", galaxy, re.MULTILINE)
    return str(found)


def check(tree: Path, version: str) -> None:
    """Refuse what can't become a release, before anything is done."""
    present = version_of((tree / "galaxy.yml").read_text())
    if order(version) <= order(present):
        raise SystemExit(f"VERSION: {version} is not newer than {present}, which galaxy.yml has; write a higher one")
    if git("status", "--porcelain", tree=tree):
        raise SystemExit("There are changes that are not committed; commit or stash them first")
    for name in IDENTITY:
        if not setting(tree, name):
            raise SystemExit(f"git's configuration has no {name}, which a commit needs; set it with git config")
    if git("branch", "--list", f"release-{version}", tree=tree):
        raise SystemExit(f"The branch release-{version} is there already; delete it first")
    if not list((tree / "changelogs" / "fragments").glob("*.yml")):
        raise SystemExit("changelogs/fragments: is empty, so nothing has changed since the last release")


def write_version(tree: Path, version: str) -> None:
    """In both places that have it."""
    for name, line in VERSIONED.items():
        file = tree / name
        text, found = re.subn(rf"^{line.format('.*')}$", line.format(version), file.read_text(), flags=re.MULTILINE)
        if found != 1:
            raise SystemExit(f"{name}: has no line {line.format('…')}")
        file.write_text(text)


def section(changelog: str, version: str) -> str:
    """What a changelog says of a version, without its heading."""
    # Markdown takes a dot after a digit for a list.
    heading = re.escape(version.replace(".", r"\."))
    found = re.search(rf"^## v{heading}\n(.*?)(?=^## v|\Z)", changelog, re.MULTILINE | re.DOTALL)
    if found is None:
        raise SystemExit(f"CHANGELOG.md: has no section of v{version}; was antsibull-changelog changed?")
    lines = (line for line in found[1].splitlines() if not line.startswith("<a id="))
    # Written for Markdown, read as plain text.
    text = re.sub(r"</?code>", "`", "\n".join(lines).strip())
    return re.sub(r"\\([^\w\s])", r"\1", text)


def commit(tree: Path, version: str) -> None:
    git("add", "--all", tree=tree)
    git("commit", "--quiet", "--message", f"Release {version}", tree=tree)


def build(tree: Path, version: str, target: Path) -> Path:
    """The tarball and its checksum."""
    command = ["ansible-galaxy", "collection", "build", "--output-path", str(target)]
    subprocess.run(command, cwd=str(tree), check=True, stdout=subprocess.DEVNULL)
    tarball = target / f"ellipsis-drive-{version}.tar.gz"
    digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
    (target / "SHA256SUMS").write_text(f"{digest}  {tarball.name}\n")
    return tarball


def sign(tarball: Path, key: str) -> None:
    """What `ansible-galaxy collection install --signature` checks: a detached signature of the manifest."""
    with tarfile.open(tarball) as archive:
        manifest = archive.extractfile("MANIFEST.json")
        content = manifest.read() if manifest else b""
    signature = tarball.with_name("MANIFEST.json.asc")
    command = ["gpg", "--batch", "--yes", "--armor", "--detach-sign", "--local-user", key, "--output", str(signature)]
    subprocess.run(command, input=content, check=True)


def prepare(clone: Path, version: str, target: Path) -> None:
    """The branch in a clone, and the files to publish in a folder."""
    git("checkout", "--quiet", "-b", f"release-{version}", tree=clone)
    write_version(clone, version)
    subprocess.run(["antsibull-changelog", "release", "--version", version], cwd=str(clone), check=True)
    (target / "TAG_MESSAGE").write_text(
        f"ellipsis.drive {version}\n\n{section((clone / 'CHANGELOG.md').read_text(), version)}\n"
    )
    commit(clone, version)
    tarball = build(clone, version, target)
    key = setting(TREE, "user.signingkey")
    if key:
        sign(tarball, key)
    print(f"signed by {key}" if key else "not signed: git's configuration has no user.signingkey")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Make ready what is published.")
    parser.add_argument("version", metavar="VERSION")
    parser.add_argument("--dry-run", action="store_true", help="leave out the gate and keep nothing")
    return parser.parse_args()


def main() -> int:
    chosen = arguments()
    version = chosen.version
    check(TREE, version)
    if not chosen.dry_run:
        subprocess.run(["make", "--no-print-directory", "test"], cwd=str(TREE), check=True)
    with tempfile.TemporaryDirectory(prefix="ellipsis-drive-") as folder:
        # antsibull-changelog asks ansible-doc for new plugins, which needs this layout.
        clone, ready = Path(folder) / "ansible_collections" / "ellipsis" / "drive", Path(folder) / "ready"
        ready.mkdir()
        git("clone", "--quiet", "--no-hardlinks", str(TREE), str(clone), tree=TREE)
        for name in IDENTITY:
            git("config", name, setting(TREE, name), tree=clone)
        prepare(clone, version, ready)
        print(f"\n{(ready / 'TAG_MESSAGE').read_text()}\n{(ready / 'SHA256SUMS').read_text()}")
        if chosen.dry_run:
            return 0
        target = TREE / ".venv" / "release" / version
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(ready, target)
        branch = f"release-{version}"
        git("fetch", "--quiet", str(clone), f"{branch}:{branch}", tree=TREE)
        print(f"The branch {branch} is here. Merge it, then: git tag --annotate --file {target}/TAG_MESSAGE {version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
