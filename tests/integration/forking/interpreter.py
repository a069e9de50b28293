# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks the server to do what Python does with a module. It imports nearly nothing, since that is what it saves."""

from __future__ import annotations

import _socket
import array
import marshal
import os
import sys

PYTHON, ADDRESS = "PYTHON", "ADDRESS"


def read_program() -> bytes | None:
    """What is on stdin (a module that is sent by pipelining), or None when there is a file."""
    if len(sys.argv) == 1 and not os.isatty(0):
        with open(0, "rb", closefd=False) as file:
            return file.read()
    if len(sys.argv) == 1 or not os.path.isfile(sys.argv[1]):
        os.execv(PYTHON, [PYTHON, *sys.argv[1:]])
    return None


program = read_program()
umask = os.umask(0)
os.umask(umask)
request = {"cwd": os.getcwd(), "env": dict(os.environ), "umask": umask}
request["command"] = sys.argv[1:] if program is None else [""]
request["program"] = program
message = marshal.dumps(request)
server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
server.connect(ADDRESS)
passed = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array.array("i", [1, 2]))
server.sendmsg([len(message).to_bytes(4, "big")], [passed])
server.sendall(message)
said = b""
while part := server.recv(100):
    said += part
code = int(said.split()[1])
if code < 0:
    os.kill(os.getpid(), -code)
sys.exit(code)
