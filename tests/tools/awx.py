# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start a real AWX for tests on 127.0.0.1, from its source and without containers: `awx.py SOURCE`, `awx.py stop`.

SOURCE is a checkout of AWX of October 2024; it is copied to `.venv/awx`, with all else. Needs Python 3.11, PostgreSQL (12 or later),
redis-server and the package index. The first start takes some six minutes, half of it for the tables of the database.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from environments import TREE, interpreters

RUN = TREE / ".venv" / "awx"
PORT = 18052
HOME_COLLECTIONS = "eehome/.ansible/collections/ansible_collections"
URL = f"http://127.0.0.1:{PORT}"
PROGRAMS = ("web", "dispatcher", "callback", "redis")
# Later ones than these don't fit AWX of October 2024; for jobs neither does a later ansible-core.
PACKAGES = (
    "django-ansible-base==2024.12.4",
    "awx-plugins-core==0.0.1a5",
    "awx-plugins-interfaces==0.0.1a5",
    "ansible-runner",
)
BUILDERS = ("certifi==2024.8.30", "setuptools<70", "wheel", "setuptools_scm", "pbr")
LEFT_OUT = (
    "uwsgi",
    "maturin",
    "setuptools",
    "pip",
    "cython",
    "awx-plugins",
    "awx_plugins",
    "wheel",
    "pkgconfig",
)  # they need a compiler
# In one process, since each start of AWX's own program takes seconds; what is there already stays as it is.
PREPARE = b"""\
import os
from django.core.management import call_command
from awx.main.models import Instance, User

if not User.objects.filter(username="admin").exists():
    User.objects.create_superuser("admin", "admin@localhost", os.environ["AWX_PASSWORD"])

for name in ("setup_managed_credential_types", "create_preload_data", "register_default_execution_environments"):
    call_command(name)

call_command("provision_instance", "--hostname=awx-local", "--node_type=hybrid")
for queue in ("controlplane", "default"):
    call_command("register_queue", f"--queuename={queue}", "--instance_percent=100")

Instance.objects.me().local_health_check()
"""
SETTINGS = """\
RUN = {run!r}
SECRET_KEY = {key!r}
ALLOWED_HOSTS = ["*"]
CLUSTER_HOST_ID = "awx-local"
DATABASES = {{"default": {{"ATOMIC_REQUESTS": True, "ENGINE": "awx.main.db.profiled_pg", "NAME": "awx", "USER": "awx", "PASSWORD": "",
                         "HOST": RUN + "/sock", "PORT": "{port}"}}}}
BROKER_URL = "unix://" + RUN + "/sock/redis.sock"
CACHES = {{"default": {{"BACKEND": "awx.main.cache.AWXRedisCache", "LOCATION": BROKER_URL + "?db=1"}}}}
CHANNEL_LAYERS = {{"default": {{"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {{"hosts": [BROKER_URL]}}}}}}
PROJECTS_ROOT, JOBOUTPUT_ROOT, STATIC_ROOT = {projects!r}, RUN + "/job_status/", RUN + "/static"
AWX_ISOLATION_BASE_PATH = RUN + "/isolation"
METRICS_SUBSYSTEM_CONFIG = {{"server": {{"callback_receiver": {{"port": {port} + 1}}, "dispatcher": {{"port": {port} + 2}},
                                       "websockets": {{"port": {port} + 3}}}}}}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
LOGGING = {{"version": 1, "disable_existing_loggers": False}}
"""


def sh(*command: str, **options: object) -> None:
    subprocess.run(command, check=True, **options)  # type: ignore[call-overload]  # the options are those of subprocess


def install(source: Path) -> None:
    """AWX, and an ansible-core for its jobs. What is pinned and has to be compiled is left out."""
    if (RUN / "installed").exists():
        return
    shutil.copytree(str(source), str(RUN / "source"), ignore=shutil.ignore_patterns(".git"), dirs_exist_ok=True)
    (RUN / "source" / "VERSION").write_text("24.6.2.dev0\n")
    (RUN / "source" / "awx" / "devonly.py").unlink()  # what is there for development
    with (RUN / "source" / "awx" / "main" / "tasks" / "receptor.py").open("a") as receptor:
        receptor.write("\n\nimport sys\nimport local_jobs\n\nlocal_jobs.install(sys.modules[__name__])\n")
    python = interpreters()[3, 11]
    lines = (RUN / "source" / "requirements" / "requirements.txt").read_text().splitlines()
    pinned = [
        line for line in map(str.strip, lines) if line and line[0] != "#" and not line.lower().startswith(LEFT_OUT)
    ]
    (RUN / "requirements.txt").write_text("\n".join(pinned))
    for name, arguments in (
        ("venv", ["--no-deps", "-r", str(RUN / "requirements.txt"), *BUILDERS]),
        ("venv", ["--no-deps", *PACKAGES]),
        ("ee", ["ansible-core<2.17", "requests"]),
    ):
        if not (RUN / name).exists():
            sh(python, "-m", "venv", str(RUN / name))
        sh(str(RUN / name / "bin" / "pip"), "install", "-q", *arguments)
    (RUN / "installed").touch()


def lay_out() -> None:
    for name in ("conf", "sock", "job_status", "data", "isolation", HOME_COLLECTIONS):
        (RUN / name).mkdir(parents=True, exist_ok=True)
    settings = RUN / "conf" / "settings.py"
    if not settings.exists():
        # AWX finds no playbooks below a hidden folder, such as .venv.
        projects = tempfile.mkdtemp(prefix="awx-projects-")
        key = secrets.token_hex(24)
        settings.write_text(SETTINGS.format(run=str(RUN), projects=projects, key=key, port=PORT + 1))
    for folder in ("collections", "others"):
        for namespace in (TREE / ".venv" / folder / "ansible_collections").iterdir():
            link = RUN / HOME_COLLECTIONS / namespace.name
            if not link.is_symlink():
                link.symlink_to(namespace)


def start_database() -> None:
    """PostgreSQL and redis on sockets. PostgreSQL refuses to run as root."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    if os.getuid() == 0:
        for name in ("sock", "data"):
            shutil.chown(str(RUN / name), "nobody")
    prefix = ["su", "-s", "/bin/bash", "nobody", "-c"] if os.getuid() == 0 else ["bash", "-c"]
    data, socket = RUN / "data" / "pg", RUN / "sock"
    new = not data.exists()
    if new:
        sh(*prefix, f"{programs}/initdb -D {data} -U awx -A trust -E UTF8 --locale C.UTF-8", stdout=subprocess.DEVNULL)
    # Nothing in it has to survive this machine. Waiting for the disk made most of the time of the first start.
    careless = "-c fsync=off -c synchronous_commit=off"
    options = f"-c listen_addresses= -c port={PORT + 1} -c unix_socket_directories={socket} {careless}"
    sh(*prefix, f"{programs}/pg_ctl -D {data} -l {RUN}/data/pg.log -w -o '{options}' start", stdout=subprocess.DEVNULL)
    if new:
        sh(f"{programs}/createdb", "-h", str(socket), "-p", str(PORT + 1), "-U", "awx", "awx")
    start("redis", "redis-server", "--port", "0", "--unixsocket", f"{socket}/redis.sock", "--save", "")


def start(name: str, *command: str, environment: dict[str, str] | None = None) -> None:
    with (RUN / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment, start_new_session=True
        )
    (RUN / f"{name}.pid").write_text(str(process.pid))


def start_awx() -> None:
    inside = Path(__file__).resolve().parents[1] / "awx" / "inside"
    environment = {
        **os.environ,
        "AWX_RUN_FOLDER": str(RUN),
        "AWX_SETTINGS_FILE": str(RUN / "conf" / "settings.py"),
        "AWX_SETTINGS_DIR": str(RUN / "conf" / "none") + "/",
        "DJANGO_SETTINGS_MODULE": "awx.settings.production",
        "PYTHONPATH": f"{RUN / 'source'}:{inside}",
        "PYTHONWARNINGS": "ignore",
    }
    manage = [str(RUN / "venv" / "bin" / "python"), str(RUN / "source" / "manage.py")]
    sh(*manage, "migrate", "--noinput", env=environment)
    sh(*manage, "shell", env=environment, input=PREPARE)
    start("web", *manage, "runserver", "--noreload", "--insecure", f"127.0.0.1:{PORT}", environment=environment)
    start("dispatcher", *manage, "run_dispatcher", environment=environment)
    start("callback", *manage, "run_callback_receiver", environment=environment)


def answers() -> bool:
    try:
        urllib.request.urlopen(f"{URL}/api/v2/ping/", timeout=10).close()
    except (urllib.error.URLError, OSError):
        return False
    return True


def wait() -> None:
    for _attempt in range(120):
        if answers():
            return
        time.sleep(1)
    raise SystemExit(f"AWX does not answer, see {RUN}/web.log")


def stop() -> None:
    for name in PROGRAMS:
        pid = RUN / f"{name}.pid"
        if pid.exists():
            with suppress(ProcessLookupError):
                os.kill(int(pid.read_text()), 15)
            pid.unlink()
    database = RUN / "data" / "pg" / "postmaster.pid"
    if database.exists():
        os.kill(int(database.read_text().split()[0]), 2)


def main() -> None:
    if sys.argv[1] == "stop":
        stop()
        return
    if not Path(sys.argv[1], "manage.py").is_file():
        raise SystemExit(f"AWX_SOURCE: {sys.argv[1] or 'please set it,'} is no checkout of AWX")
    if "AWX_PASSWORD" not in os.environ:
        raise SystemExit("AWX_PASSWORD: please set it, for the user admin")
    if not answers():
        RUN.mkdir(parents=True, exist_ok=True)
        install(Path(sys.argv[1]))
        lay_out()
        start_database()
        start_awx()
        wait()
    tests = 'make long PYTEST="-n 0 tests/integration/test_awx_setup.py"'
    print(f"AWX_URL={URL} AWX_USERNAME=admin AWX_PASSWORD=… {tests}")


if __name__ == "__main__":
    main()
