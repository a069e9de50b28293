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

HERE = Path.cwd()
PROGRAMS = Path(sys.executable).parent
REPOSITORY = "https://github.com/ellipsis-drive/ansible-collection"
# In the order of the menu. What is not named here fails the build as a page in no menu.
GUIDES = {
    "Guides": ("start", "concepts", "recipes", "configs", "connection", "stores", "operations", "playbooks", "role"),
    "More": ("events", "awx", "benchmarks", "support", "security", "design", "changelog"),
}
# Pages that lie elsewhere in the repository.
ELSEWHERE = {"role": "roles/access_tokens/README.md", "security": "SECURITY.md", "changelog": "CHANGELOG.md"}
CONF = """
project = "ellipsis.drive"
copyright = "the ellipsis.drive contributors"
extensions = ["myst_parser", "sphinx_antsibull_ext"]
html_theme = "sphinx_ansible_theme"
html_title = "ellipsis.drive"
html_short_title = "ellipsis.drive"
html_show_sphinx = False
html_use_smartypants = False
html_theme_options = {"vcs_pageview_mode": "", "documentation_home_url": "index.html"}
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
"""


def adapted(text: str) -> str:
    """A page with links to other pages of the site instead of to the repository."""
    pages = {path: name for name, path in ELSEWHERE.items()}
    pages.update({f"docs/{name}.md": name for names in GUIDES.values() for name in names})
    for path, name in pages.items():
        text = re.sub(rf"{re.escape(REPOSITORY)}/blob/main/{re.escape(path)}(?=[)#\s])", f"{name}.md", text)
    return text


def lost_links(text: str) -> list[str]:
    """Links to files of the repository that are not there."""
    named = re.findall(rf"{re.escape(REPOSITORY)}/(?:blob|tree)/main/([^)#\s]+)", text)
    return [path for path in named if not (HERE / path).exists()]


def lay_out(source: Path) -> None:
    """The guides, the reference and the settings of Sphinx."""
    menus, lost = [], []
    for caption, names in GUIDES.items():
        present = []
        for name in names:
            page = HERE / ELSEWHERE.get(name, f"docs/{name}.md")
            if page.exists():
                text = page.read_text(encoding="utf-8")
                lost += [f"{page.relative_to(HERE)}: {path} is not in the repository" for path in lost_links(text)]
                (source / f"{name}.md").write_text(adapted(text), encoding="utf-8")
                present.append(name)
        menus.append("\n".join(["```{toctree}", f":caption: {caption}", ":maxdepth: 1", "", *present, "```"]))
    unlisted = {page.stem for page in (HERE / "docs").glob("*.md")} - {
        name for names in GUIDES.values() for name in names
    }
    lost += [f"docs/{name}.md: is in no menu, see GUIDES in tests/tools/site.py" for name in sorted(unlisted)]
    if lost:
        raise SystemExit("\n".join(lost))
    for picture in (HERE / "docs").glob("*.svg"):
        shutil.copy2(picture, source)
    reference = "```{toctree}\n:caption: Reference\n:maxdepth: 1\n\nreference/index\n```"
    readme = adapted((HERE / "README.md").read_text(encoding="utf-8"))
    (source / "index.md").write_text("\n\n".join([readme, menus[0], reference, *menus[1:]]) + "\n", encoding="utf-8")
    (source / "conf.py").write_text(CONF)


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
    with tempfile.TemporaryDirectory(prefix="ellipsis-drive-") as folder:
        source, pages = Path(folder) / "source", Path(folder) / "pages"
        reference = source / "reference"
        reference.mkdir(parents=True)
        options = ("--use-current", "--squash-hierarchy", "--fail-on-error", "--no-add-antsibull-docs-version")
        run("antsibull-docs", "collection", *options, "--dest-dir", str(reference), "ellipsis.drive")
        lay_out(source)
        run("sphinx-build", "-q", "-n", "-W", "--keep-going", "-b", "html", str(source), str(pages))
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(pages, target)
    print(f"{len(list(target.rglob('*.html')))} pages in {target}")


if __name__ == "__main__":
    main()
