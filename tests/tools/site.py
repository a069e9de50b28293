# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the documentation site from the guides and the plugins: `site.py TARGET`, in a copy of the collection.

Nothing is fetched, and a warning fails. A link that names no page, no heading or no file of the repository is one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

HERE = Path.cwd()
PROGRAMS = Path(sys.executable).parent
REPOSITORY = "https://github.com/ellipsis-drive/ansible-collection"
# In the order of the menu. What is not named here fails the build as a page in no menu.
MENUS = {
    "Guides": ("start", "concepts", "recipes", "operations", "awx"),
    "Reference": ("reference/index", "playbooks", "role", "connection", "stores", "configs", "renaming", "events"),
    "Upgrading": ("upgrading", "support", "changelog"),
    "More": ("security", "design", "benchmarks", "certification"),
}
GUIDES = tuple(name for names in MENUS.values() for name in names if name != "reference/index")
# Pages that lie elsewhere in the repository.
ELSEWHERE = {"role": "roles/access_tokens/README.md", "security": "SECURITY.md", "changelog": "CHANGELOG.md"}
# Where a page's own heading says too little in a menu.
TITLES = {"reference/index": "Every option", "role": "The role access_tokens", "changelog": "Changelog"}
PICTURES = "https://raw.githubusercontent.com/ellipsis-drive/ansible-collection/main/docs/"
CONF = """
project = "ellipsis.drive"
copyright = "the ellipsis.drive contributors"
extensions = ["myst_parser", "sphinx_antsibull_ext"]
html_theme = "sphinx_ansible_theme"
html_title = "ellipsis.drive"
html_short_title = "ellipsis.drive"
html_show_sphinx = False
html_use_smartypants = False
html_theme_options = {"topbar_links": {"Repository": "@REPOSITORY@", "Issues": "@REPOSITORY@/issues"}}
html_show_sourcelink = False
html_static_path = ["own"]
html_css_files = ["own.css"]
highlight_language = "YAML+Jinja"
myst_heading_anchors = 3
nitpicky = True
# What stands in the documentation of Ansible.
nitpick_ignore_regex = [
    (r"std:ref", r"(action|callback|filter|lookup)_plugins|common_return_values|ansible_configuration_settings"),
    (r"std:ref", r"ansible_collections\\.(?!ellipsis\\.).*"),
    (r"std:envvar", r".*"),
]
suppress_warnings = ["myst.header"]
""".replace("@REPOSITORY@", REPOSITORY)
# The theme keeps each cell of a table on one line and lets long names run out of a narrow page.
CSS = """
.wy-table-responsive table td, .wy-table-responsive table th { white-space: normal; overflow-wrap: break-word; min-width: 5em }
.wy-table-responsive table code { white-space: normal; overflow-wrap: anywhere }
h1, h2, h3, .wy-breadcrumbs { overflow-wrap: anywhere }
img { display: block; max-width: 100%; height: auto }
"""


def path_of(name: str) -> str:
    return ELSEWHERE.get(name, f"docs/{name}.md")


def adapted(text: str) -> str:
    """A page with links to other pages of the site instead of to the repository, and commands in colour."""
    for name in GUIDES:
        text = re.sub(rf"{re.escape(REPOSITORY)}/blob/main/{re.escape(path_of(name))}(?=[)#\s])", f"{name}.md", text)
    return text.replace(PICTURES, "").replace("```console\n", "```sh\n")


def lost_links(text: str) -> list[str]:
    """Links to files of the repository that are not there."""
    named = re.findall(rf"{re.escape(REPOSITORY)}/(?:blob|tree)/main/([^)#\s]+)", text)
    named += [f"docs/{picture}" for picture in re.findall(rf"{re.escape(PICTURES)}([^)#\s]+)", text)]
    return [path for path in named if not (HERE / path).exists()]


def faults() -> list[str]:
    """Pages in no menu, and links that lead to no file."""
    unlisted = {page.stem for page in (HERE / "docs").glob("*.md")} - set(GUIDES)
    found = [f"docs/{name}.md: is in no menu, see MENUS in tests/tools/site.py" for name in sorted(unlisted)]
    for path in ("README.md", *map(path_of, GUIDES)):
        text = (HERE / path).read_text(encoding="utf-8")
        found += [f"{path}: {lost} is not in the repository" for lost in lost_links(text)]
    return found


def menu(caption: str, names: tuple[str, ...]) -> str:
    entries = [f"{TITLES[name]} <{name}>" if name in TITLES else name for name in names]
    return "\n".join(["```{toctree}", f":caption: {caption}", ":maxdepth: 1", "", *entries, "```"])


def lay_out(source: Path) -> None:
    """The guides, their pictures and the settings of Sphinx."""
    for name in GUIDES:
        text = (HERE / path_of(name)).read_text(encoding="utf-8")
        (source / f"{name}.md").write_text(adapted(text), encoding="utf-8")
    for picture in (HERE / "docs").glob("*.svg"):
        shutil.copy2(picture, source)
    readme = adapted((HERE / "README.md").read_text(encoding="utf-8"))
    menus = [menu(caption, names) for caption, names in MENUS.items()]
    (source / "index.md").write_text("\n\n".join([readme, *menus]) + "\n", encoding="utf-8")
    (source / "conf.py").write_text(CONF)
    (source / "own").mkdir()
    (source / "own" / "own.css").write_text(CSS)


def describe_role(index: Path) -> None:
    """antsibull-docs takes what a role does from the entry point main, and ours is described under another name."""
    specs = yaml.safe_load((HERE / "roles" / "access_tokens" / "meta" / "argument_specs.yml").read_text())
    [entry_point] = specs["argument_specs"].values()
    text = index.read_text(encoding="utf-8")
    index.write_text(re.sub(r"(#role>` --)$", rf"\1 {entry_point['short_description']}", text, flags=re.MULTILINE))


def run(*command: str) -> None:
    """Say nothing but what went wrong."""
    done = subprocess.run(
        [str(PROGRAMS / command[0]), *command[1:]],
        env={**os.environ, "PATH": os.pathsep.join([str(PROGRAMS), os.environ["PATH"]])},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stdout)


def main() -> None:
    target = Path(sys.argv[1])
    if faults():
        raise SystemExit("\n".join(faults()))
    with tempfile.TemporaryDirectory(prefix="ellipsis-drive-") as folder:
        source, pages = Path(folder) / "source", Path(folder) / "pages"
        reference = source / "reference"
        reference.mkdir(parents=True)
        options = ("--use-current", "--squash-hierarchy", "--fail-on-error", "--no-add-antsibull-docs-version")
        run("antsibull-docs", "collection", *options, "--dest-dir", str(reference), "ellipsis.drive")
        describe_role(reference / "index.rst")
        lay_out(source)
        run("sphinx-build", "-q", "-n", "-W", "--keep-going", "-b", "html", str(source), str(pages))
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(pages, target)
    print(f"{len(list(target.rglob('*.html')))} pages in {target}")


if __name__ == "__main__":
    main()
