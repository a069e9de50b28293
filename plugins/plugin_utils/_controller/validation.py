# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options against an argument spec, with the errors in one sentence."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError

Values = dict[str, t.Any]


def validated(spec: Values, params: Values, name: str) -> Values:
    """The options with defaults and types; OptionError says what is wrong with them. name: whose options they are."""
    outcome = ArgumentSpecValidator(spec).validate(params)
    problems = [
        f"{name} has no option {error}" if isinstance(error, UnsupportedError) else str(error)
        for error in outcome.errors
    ]
    if problems:
        raise OptionError("; ".join(problems))
    return t.cast(Values, outcome.validated_parameters)
