# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""As much of AWX as this collection meets: what it accepts (`rules`), its API (`api`), and how it runs a job (`job`)."""

from __future__ import annotations
