#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The checks of `make lint`; each prints what it looked at, and fails when it finds something.
#
#   lint.sh verilator   every module as a top of its own, and the core in each width
#   lint.sh yosys       the same for synthesis: no latch, no loop, no warning
#   lint.sh c           clang-format, and public headers on their own in C and C++
#   lint.sh scripts     Python and shell syntax
#   lint.sh format      clang-format -i

set -eu -o pipefail
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build}
VERILATOR=${VERILATOR:-verilator}
YOSYS=${YOSYS:-yosys}

# DATA_W/DMA_W of the core
WIDTHS="64/128 512/512 128/128 256/256"

files() { # tracked files, and new ones that are not ignored
	git ls-files --cached --others --exclude-standard -- "$@" | sort -u |
		while read -r file; do if [ -f "$file" ]; then echo "$file"; fi; done
}
rtl_files() { find rtl -name '*.v' -not -path 'rtl/boards/*' | sort; }
c_files() {
	files '*.c' '*.h' '*.cc' '*.cpp' | while read -r file; do
		grep -q '^/\* clang-format off \*/' "$file" || echo "$file"
	done
}

lint_verilator() {
	local flags=(--lint-only -Wall +libext+.v -Irtl/common -Irtl/csr/generated)
	local directory file width failed=0
	for directory in $(rtl_files | xargs -n1 dirname | sort -u); do
		flags+=(-y "$directory")
	done
	for file in $(rtl_files | grep -vE '/generated/|sekisho_core'); do
		# A bench of its own, or one for several modules with a top that joins them
		if [ ! -f "tests/rtl/$(basename "$file" .v)/bench.cpp" ] &&
			! grep -qE "^ *$(basename "$file" .v) (#\\(|[a-z_]+ \\()" tests/rtl/*/*.v; then
			echo "lint-verilator: $file has no bench in tests/rtl/$(basename "$file" .v)" >&2
			failed=1
		fi
	done
	for file in $(rtl_files); do
		"$VERILATOR" "${flags[@]}" --top-module "$(basename "$file" .v)" "$file" ||
			failed=1
	done
	if [ -e rtl/sekisho_core.v ]; then
		for width in $WIDTHS; do
			"$VERILATOR" "${flags[@]}" -GDATA_W="${width%/*}" -GDMA_W="${width#*/}" \
				--top-module sekisho_core rtl/sekisho_core.v || failed=1
		done
	fi
	if [ $failed = 1 ]; then exit 1; fi
	echo "lint-verilator: $(rtl_files | wc -l) modules, core in $WIDTHS"
}

# A warning that says nothing about a fault: memories that are meant to become registers.
YOSYS_HARMLESS='Replacing memory .* with list of registers'

lint_yosys() {
	local log=$BUILD/lint/yosys.log script=$BUILD/lint/yosys.ys file
	mkdir -p "$BUILD/lint"
	{
		echo "read_verilog -Irtl/common -Irtl/csr/generated" $(rtl_files)
		echo "design -save all"
		for file in $(rtl_files); do
			echo "log == $file"
			echo "design -load all"
			echo "hierarchy -check -top $(basename "$file" .v)"
			echo "proc"
			echo "check -assert"
		done
		if [ -e rtl/sekisho_core.v ]; then
			for width in $WIDTHS; do
				echo "log == core $width"
				echo "design -load all"
				echo "hierarchy -check -top sekisho_core -chparam DATA_W ${width%/*}" \
					"-chparam DMA_W ${width#*/}"
				echo "proc"
				echo "check -assert"
			done
		fi
	} >"$script"
	if ! "$YOSYS" -q -l "$log" -s "$script" >"$BUILD/lint/yosys.out" 2>&1; then
		tail -5 "$BUILD/lint/yosys.out"
		exit 1
	fi
	grep -E '^Warning:|Latch inferred' "$log" | grep -Ev "$YOSYS_HARMLESS" |
		sort -u >"$BUILD/lint/yosys.warnings" || true
	if [ -s "$BUILD/lint/yosys.warnings" ]; then
		sed 10q "$BUILD/lint/yosys.warnings"
		echo "lint-yosys: $(wc -l <"$BUILD/lint/yosys.warnings") warnings, whole log in $log"
		exit 1
	fi
	echo "lint-yosys: $(rtl_files | wc -l) modules, core in $WIDTHS"
}

lint_c() {
	local header
	c_files | xargs clang-format --dry-run -Werror
	for header in $(files 'host-lib/include/*.h'); do
		gcc -std=c11 -Wall -Wextra -Werror -pedantic -fsyntax-only -Ihost-lib/include \
			-x c "$header"
		g++ -std=c++17 -Wall -Wextra -Werror -pedantic -fsyntax-only -Ihost-lib/include \
			-x c++ "$header"
	done
	echo "lint-c: $(c_files | wc -l) files"
}

lint_scripts() {
	local file python=0 shell=0
	for file in $(files '*.py'); do
		python3 - "$file" <<-'END'
			import sys
			source = open(sys.argv[1], encoding="utf-8").read()
			compile(source, sys.argv[1], "exec", dont_inherit=True)
		END
		python=$((python + 1))
	done
	for file in $(files '*.sh'); do
		bash -n "$file"
		shell=$((shell + 1))
	done
	# Every source file says under which licence it stands.
	for file in $(files '*.v' '*.vh' '*.rdl' '*.c' '*.h' '*.cc' '*.cpp' '*.py' '*.sh' '*.mk' Makefile); do
		if ! head -3 "$file" | grep -q 'SPDX-License-Identifier: BSD-3-Clause'; then
			echo "$file: no SPDX line"
			exit 1
		fi
	done
	echo "lint-scripts: $python Python and $shell shell files"
}

case "${1:-}" in
verilator) lint_verilator ;;
yosys) lint_yosys ;;
c) lint_c ;;
scripts) lint_scripts ;;
format) c_files | xargs clang-format -i ;;
*)
	echo "usage: $0 verilator | yosys | c | scripts | format" >&2
	exit 1
	;;
esac
