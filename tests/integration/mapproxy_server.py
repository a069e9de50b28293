# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serves a MapProxy configuration on loopback: `mapproxy_server.py CONFIG PORT`. It reads it again when it has changed.

MapProxy's own development server forks a second process, which whoever started it can't stop.
"""

from __future__ import annotations

import sys
from wsgiref.simple_server import make_server

from mapproxy.wsgiapp import make_wsgi_app

if __name__ == "__main__":
    with make_server("127.0.0.1", int(sys.argv[2]), make_wsgi_app(sys.argv[1], reloader=True)) as server:
        server.serve_forever()
