#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Installs what building and testing need, on Debian 12 or newer.
#
#   setup.sh packages        Debian packages; only what is missing
#   setup.sh venv DIRECTORY  Python packages of requirements.txt into a virtual environment
#
# SETUP_PACKAGES=no leaves the system's packages alone: for a build on a machine without root that
# has the tools of its task only.

set -eu -o pipefail

# "a|b": either will do, the first is installed.
PACKAGES="
	gcc g++ make git ca-certificates pkg-config dpkg-dev ccache zlib1g-dev
	verilator yosys iverilog z3 cvc5
	clang clang-format libclang-rt-dev|libclang-rt-14-dev
	libdpdk-dev dpdk dpdk-dev libpcap-dev libcmocka-dev
	python3 python3-venv
	iproute2 ethtool iperf3 nginx-light tshark curl man-db groff
"

say() { echo "setup: $*"; }
die() { echo "setup: $*" >&2; exit 1; }

installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing_packages() {
	local entry package found
	for entry in $PACKAGES; do
		found=no
		for package in ${entry//|/ }; do
			if installed "$package"; then found=yes; fi
		done
		if [ $found = no ]; then echo "${entry%%|*}"; fi
	done
}

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# No service is started by an installation while /usr/sbin/policy-rc.d says no.
POLICY=/usr/sbin/policy-rc.d
policy_made=no
remove_policy() {
	if [ $policy_made = yes ]; then as_root rm -f $POLICY; fi
}

install_packages() {
	local missing
	if ! command -v dpkg-query >/dev/null; then
		die "this is not Debian: install the equivalents of" $PACKAGES
	fi
	missing=$(missing_packages)
	if [ -z "$missing" ]; then
		say "all packages are there"
		return
	fi
	missing=$(echo $missing)
	if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
		die "these packages are missing, and installing them needs root:
  apt-get install --no-install-recommends $missing
or run with SETUP_PACKAGES=no to go on without them"
	fi
	say "installing: $missing"
	trap remove_policy EXIT
	if [ ! -e $POLICY ]; then
		printf '#!/bin/sh\nexit 101\n' | as_root tee $POLICY >/dev/null
		policy_made=yes
		as_root chmod 755 $POLICY
	fi
	as_root apt-get update -q
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -q --no-install-recommends $missing
	case " $missing " in
	*" nginx-light "*)
		# The tests run their own; the machine's stays off after the next boot, too.
		if [ -d /run/systemd/system ]; then as_root systemctl disable nginx || true; fi
		;;
	esac
	missing=$(echo $(missing_packages))
	if [ -n "$missing" ]; then die "still missing: $missing"; fi
}

make_venv() {
	local directory=$1 requirements
	requirements=$(dirname "$0")/requirements.txt
	if [ ! -x "$directory/bin/python" ]; then
		say "creating $directory"
		python3 -m venv "$directory"
	fi
	"$directory/bin/python" -m pip install -q --disable-pip-version-check -r "$requirements"
	say "$directory holds $(grep -c == "$requirements") packages and what they need"
}

case "${1:-}" in
packages)
	if [ "${SETUP_PACKAGES:-yes}" = no ]; then
		say "packages are left alone"
	else
		install_packages
	fi
	;;
venv)
	make_venv "${2:?directory}"
	;;
*)
	die "usage: $0 packages | venv DIRECTORY"
	;;
esac
