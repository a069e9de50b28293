# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that the fork server starts is like one that a shell starts, and knows nothing of those before it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import Emulator, ManualClock, serve
from ansible_collections.ellipsis.drive.tests.integration.fork_server import Forked, ForkServer, fork_server
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller, Run
from ansible_collections.ellipsis.drive.tests.integration.role import ROLE, slot

# What a process can know of itself, told by a script that then changes as much of it as it can.
PROBE = """
import atexit, json, os, random, signal, sys, tempfile
ansible = [name for name in sys.modules if name.startswith(("ansible.constants", "ansible.plugins", "ansible_collections"))]
print(json.dumps({
    "environment": dict(os.environ), "arguments": sys.argv, "folder": os.getcwd(), "path": sys.path[0],
    "files": sorted(os.listdir("/proc/self/fd"))[:-1], "session": os.getsid(0) == os.getpid(), "name": __name__,
    "handlers": [str(signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP)],
    "mask": os.umask(0o077), "stdin": sys.stdin.read(), "ansible": ansible, "time": __import__("time").tzname[0],
}))
atexit.register(print, "the end")
os.environ["LEFT"] = "behind"
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(os.devnull)
sys.modules["ansible.constants"] = None
os.chdir("/")
"""


FORKED, AFRESH, MODULE = "forked", "afresh", "module"


@pytest.fixture
def probe(tmp_path: Path) -> Any:
    """How a script ended, and what it printed. way: AFRESH, like a shell starts it; FORKED; MODULE, like a host starts a module."""

    def run(text: str, *arguments: str, way: str = FORKED, **environment: str) -> tuple[int, str, str]:
        command = [str(tmp_path / "probe.py"), *arguments]
        Path(command[0]).write_text(text)
        variables = {"PATH": os.defpath, **environment}
        with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
            if way != FORKED:
                program = sys.executable if way == AFRESH else fork_server().interpreter(tmp_path)
                process: Forked | subprocess.Popen[bytes] = subprocess.Popen(
                    [program, *command],
                    cwd=tmp_path,
                    env=variables,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                )
            else:
                process = fork_server().start(command, cwd=tmp_path, env=variables, stdout=out, stderr=err)
            code = process.wait(30)
        return code, (tmp_path / "out").read_text(), (tmp_path / "err").read_text()

    return run


def test_nothing_leaks_from_one_run_into_the_next(probe: Any) -> None:
    code, first, errors = probe(PROBE, "one", "two words", LC_ALL="C.UTF-8", TZ="Etc/GMT-3")
    assert (code, errors) == (0, "")
    assert first.endswith("the end\n")
    told = json.loads(first.splitlines()[0])
    assert told["environment"] == {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "Etc/GMT-3"}
    assert (told["time"], told["ansible"], told["stdin"]) == ("+03", [], "")
    again = json.loads(probe(PROBE, "one", "two words", LC_ALL="C.UTF-8", TZ="Etc/GMT-3")[1].splitlines()[0])
    assert again == told
    for way in (AFRESH, MODULE):
        other = probe(PROBE, "one", "two words", way=way, LC_ALL="C.UTF-8", TZ="Etc/GMT-3")
        assert json.loads(other[1].splitlines()[0]) == told


@pytest.mark.parametrize(
    ("text", "ending"),
    {
        "sys.exit(3)": (3, ""),
        "sys.exit('no')": (1, "no\n"),
        "raise KeyError(1)": (1, "KeyError: 1\n"),
        "os.kill(os.getpid(), signal.SIGKILL)": (-signal.SIGKILL, ""),
        "os.kill(os.getpid(), signal.SIGTERM)": (-signal.SIGTERM, ""),
        "os.kill(os.getpid(), signal.SIGINT)": (-signal.SIGINT, "KeyboardInterrupt\n"),
    }.items(),
)
def test_a_run_ends_like_any_program(probe: Any, text: str, ending: tuple[int, str]) -> None:
    for way in (FORKED, AFRESH, MODULE):
        code, out, errors = probe(f"import os, signal, sys\nprint('said', end='')\n{text}\n", way=way)
        assert code == ending[0]
        assert errors.endswith(ending[1])
        assert out == ("" if "kill(" in text and "SIGINT" not in text else "said")


def test_the_interpreter_does_the_rest_like_python(tmp_path: Path) -> None:
    command = [fork_server().interpreter(tmp_path), "-c", "import sys; print(sys.version)"]
    assert subprocess.check_output(command, text=True).strip() == sys.version


def test_a_program_on_stdin_is_the_same(tmp_path: Path) -> None:
    """As a host starts a module with pipelining."""
    text = PROBE.replace('"path": sys.path[0]', '"path": sys.path[0], "file": globals().get("__file__")')
    (tmp_path / "program").write_text(text)
    answers = []
    for program in (sys.executable, fork_server().interpreter(tmp_path)):
        with (tmp_path / "program").open() as given:
            variables = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}
            said = subprocess.check_output(
                [program], stdin=given, text=True, cwd=tmp_path, env=variables, start_new_session=True
            )
        answers.append(said)
    assert answers[0] == answers[1]
    assert json.loads(answers[0].splitlines()[0])["arguments"] == [""]


WHERE = """
from importlib.util import find_spec
from ansible.module_utils.basic import AnsibleModule
names = ("ansible.constants", "ansible.plugins", "ansible.module_utils.basic", "ansible.module_utils.facts")
AnsibleModule({}).exit_json(found=[name for name in names if find_spec(name)])
"""


@pytest.mark.parametrize("pipelining", ["True", "False"])
def test_a_module_knows_of_no_controller(controller: Controller, pipelining: str) -> None:
    """It has what was sent with it, as on a host without ansible-core, though it is started where the controller is."""
    library = controller.folder / "library"
    library.mkdir()
    (library / "where.py").write_text(WHERE)
    controller.environment["ANSIBLE_PIPELINING"] = pipelining
    assert controller.run("- {name: where, where: }").result("where")["found"] == ["ansible.module_utils.basic"]


def test_random_numbers_are_of_each_run(probe: Any) -> None:
    text = "import random, secrets, uuid; print(random.random(), secrets.token_hex(), uuid.uuid4())"
    assert probe(text)[1] != probe(text)[1]


# How often the same is run: first by the server itself, then by one that has read this configuration, and again by that.
TIMES = 3


def test_plugins_are_those_of_each_run(controller: Controller) -> None:
    """A filter of one name, from another folder each time, and none in the end."""
    for word in ("first", "second"):
        folder = controller.folder / word
        folder.mkdir()
        (folder / "mark.py").write_text(
            f"class FilterModule:\n    def filters(self): return {{'mark': lambda _: '{word}'}}\n"
        )
        for _time in range(TIMES):
            run = controller.run(
                "- keep: {of: \"{{ '' | mark }}\"}", environment={"ANSIBLE_FILTER_PLUGINS": str(folder)}
            )
            assert run.value("of") == word
    for _time in range(TIMES):
        assert "mark" in controller.run("- keep: {of: \"{{ '' | mark }}\"}", code=2).text


SETTING = "- keep: {of: \"{{ lookup('ansible.builtin.config', 'INVENTORY_UNPARSED_IS_FAILED') }}\"}"


def test_settings_are_those_of_each_run(controller: Controller) -> None:
    """From the environment, from a file that is there from now on, and from one in the home."""
    for _time in range(TIMES):
        assert controller.run(SETTING).value("of") is False
        changed = {"ANSIBLE_INVENTORY_UNPARSED_FAILED": "true"}
        assert controller.run(SETTING, environment=changed).value("of") is True
    for file in ("ansible.cfg", "home/.ansible.cfg"):
        (controller.folder / file).write_text("[inventory]\nunparsed_is_failed = true\n")
        assert controller.run(SETTING).value("of") is True
        (controller.folder / file).unlink()
        assert controller.run(SETTING).value("of") is False


@pytest.mark.parametrize("where", ["", "{}/"])
def test_logs_are_those_of_each_run(controller: Controller, where: str) -> None:
    """Their paths start where the run does, and no run writes to a file that another has opened."""
    for number in range(TIMES):
        folder = controller.folder / str(number)
        folder.mkdir()
        playbook = folder / "play.yml"
        playbook.write_text("- {hosts: localhost, gather_facts: false, tasks: [{debug: {msg: said}}]}\n")
        log = where.format(controller.folder if where else "") + "log.txt"
        variables = {**controller.environment, "ANSIBLE_LOG_PATH": log}
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        with (folder / "out").open("w") as out:
            run = fork_server().start([program, str(playbook)], cwd=folder, env=variables, stdout=out, stderr=out)
            assert run.wait(60) == 0
        assert (folder / log).read_text().count('"msg": "said"') == (number + 1 if where else 1)
        assert "Traceback" not in (folder / "out").read_text()


TEMPORARY = """
from ansible import constants
class FilterModule:
    def filters(self): return {"temporary": lambda _: constants.DEFAULT_LOCAL_TMP}
"""


def test_temporary_directories_are_those_of_each_run(controller: Controller) -> None:
    folder = controller.folder / "filters"
    folder.mkdir()
    (folder / "temporary.py").write_text(TEMPORARY)
    controller.environment["ANSIBLE_FILTER_PLUGINS"] = str(folder)
    seen = {controller.run("- keep: {of: \"{{ '' | temporary }}\"}").value("of") for _time in range(TIMES)}
    assert len(seen) == TIMES
    assert not list((controller.folder / "local_tmp").iterdir())


def test_runs_at_the_same_time(controller: Controller) -> None:
    playbook = controller.folder / "slow.yml"
    playbook.write_text("- {hosts: localhost, gather_facts: false, tasks: [{ansible.builtin.pause: {seconds: 30}}]}\n")
    with open(os.devnull, "w") as nowhere:
        runs = [controller.start(["ansible-playbook", str(playbook)], nowhere, nowhere) for _number in range(2)]
        assert runs[0].pid != runs[1].pid
        assert [run.poll() for run in runs] == [None, None]
        for run in runs:
            os.killpg(run.pid, signal.SIGKILL)
        assert [run.wait(10) for run in runs] == [-signal.SIGKILL] * 2


TOKEN = """
- name: token
  ellipsis.drive.ellipsis_access_token:
    description: tile server
    access_list: [{path_id: "{{ roads_id }}", access_tier: view}]
    valid_for: 90d
    store: tokens.yml
"""
SET = """
- name: set
  ellipsis.drive.ellipsis_access_tokens:
    tokens:
      - {description: one, access_list: "{{ layers }}", valid_for: 90d}
      - {description: two, access_list: "{{ layers }}", valid_for: 90d}
    store: tokens.yml
"""
LOOKUP = "- keep: {it: \"{{ lookup('ellipsis.drive.ellipsis_access_token', 'tile server', store='tokens.yml') }}\"}\n"
LAYERS = {"layers": [{"path_id": "{{ rivers_id }}", "access_tier": "view"}]}
VAULT = ("--vault-password-file", "password")
DELIVER = slot("tile server", {"dest": "{{ playbook_dir }}/delivered", "format": "env"})
# Each is run both ways: tasks, arguments, exit code, keywords of the play.
RUNS: dict[str, tuple[str, tuple[str, ...], int, dict[str, Any]]] = {
    "main job": (TOKEN, VAULT, 0, {}),
    "everything said": (TOKEN, (*VAULT, "-vvvv", "--diff"), 0, {}),
    "check mode": (TOKEN, (*VAULT, "--check", "--diff"), 0, {}),
    "set": (SET, VAULT, 0, {"vars": LAYERS}),
    "lookup": (TOKEN + LOOKUP, VAULT, 0, {}),
    "no secret stored": (LOOKUP, VAULT, 2, {}),
    "wrong option": (TOKEN.replace("90d", "ninety"), VAULT, 2, {}),
    "no vault password": (TOKEN, (), 2, {}),
    "failing vault password": (TOKEN, ("--vault-password-file", "password.sh"), 1, {}),
    "delegated": (
        TOKEN.replace("store: tokens.yml", "held_id: ''") + "  delegate_to: bastion\n  register: result\n",
        (),
        0,
        {},
    ),
    "role": (ROLE, VAULT, 0, {"vars": {"access_tokens": [DELIVER], "access_tokens_store": "tokens.yml"}}),
}


def told(run: Run, controller: Controller) -> tuple[Any, ...]:
    """What a run said, without what differs from run to run."""

    def same(text: str) -> str:
        place = str(Path(controller.environment["HOME"]).parent)
        for old, new in ((place, "FOLDER"), (str(controller.folder), "FOLDER"), (controller.api_url, "API")):
            text = text.replace(old, new)
        text = re.sub(r"ansible-(local-|tmp-)?[-\w.]+", "TMP", text)
        text = re.sub(r"<\S+ object at \w+>|\b0x\w+", "OBJECT", text)
        text = re.sub(r"\bepat_\w+|sha256:\w+|\b[0-9a-f]{8}-[-0-9a-f]{27}\b", "VALUE", text)
        text = re.sub(r'"(start|end|delta)": "[^"]*"|\d{4}-\d\d-\d\d[T ][\d:.]+Z?|[\d.]+ ?s\b|pid \d+', "TIME", text)
        return re.sub(r"\bpython\S*|Python\S*|\[GCC[^]]*\]", "PYTHON", text)

    events = [
        (event["event"], event["task"], event["host"], same(json.dumps(event["result"], sort_keys=True)))
        for event in run.events
    ]
    return run.code, sorted(same(run.stdout).splitlines()), same("".join(run.stderr.split())), events


@pytest.mark.parametrize("name", RUNS)
def test_both_ways_say_the_same(name: str, tmp_path: Path) -> None:
    tasks, arguments, code, play = RUNS[name]
    answers = []
    # All of them have one configuration.
    forked = [False] * (TIMES if name == "main job" else 1)
    for number, afresh in enumerate((*forked, True)):
        folder = tmp_path / str(number)  # as long as the others, since messages are broken into lines
        folder.mkdir()
        with serve(Emulator(clock=ManualClock())) as api_url:
            controller = Controller(folder, api_url)
            controller.afresh = afresh
            (folder / "password").write_text("vault password\n")
            (folder / "password.sh").write_text("#!/bin/sh\necho no password today >&2\nexit 3\n")
            (folder / "password.sh").chmod(0o700)
            answers.append(told(controller.run(tasks, *arguments, play=play, code=code), controller))
        del controller  # the next one gets its place, and so the same configuration
    for answer in answers[:-1]:
        for one, other in zip(answer, answers[-1], strict=True):
            assert one == other


def test_documentation_both_ways(controller: Controller) -> None:
    texts = []
    for afresh in (False, True):
        controller.afresh = afresh
        out = controller.folder / f"documentation-{afresh}"
        with out.open("w") as file:
            run = controller.start(["ansible-doc", "-t", "module", "ellipsis.drive.ellipsis_access_token"], file, file)
            assert run.wait(60) == 0
        texts.append(out.read_text())
    assert texts[0] == texts[1]
    assert "overlap" in texts[0]


def test_the_server_ends_with_its_user() -> None:
    server = ForkServer()
    assert server.process.poll() is None
    server.close()
    assert server.process.wait(20) == 0
