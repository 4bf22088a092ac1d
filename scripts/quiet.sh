#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# quiet.sh LOG COMMAND...: runs the command with its output in LOG; shows it when the command fails.

log=$1
shift
# A make below is not part of this one.
unset MAKEFLAGS MAKELEVEL MFLAGS
"$@" >"$log" 2>&1
status=$?
[ "$status" -eq 0 ] || cat "$log" >&2
exit "$status"
