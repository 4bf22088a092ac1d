#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Fills build/dpdk-sdk/ with the driver headers that libdpdk-dev leaves out, taken from the Debian
# source package of exactly the installed version. Needs no privileges and changes nothing outside
# build/. Does nothing when the headers of this version are there already.
#
# usage: fetch-dpdk-sdk.sh [DIRECTORY]
#   DPDK_SDK_MIRROR  a Debian mirror, when apt's own configuration names none that has the source

set -euo pipefail

sdk=${1:-build/dpdk-sdk}

# Path in the source tree of each header that is needed and not packaged. Newer releases moved some.
headers=(
	lib/ethdev/ethdev_driver.h
	lib/ethdev/ethdev_pci.h
	lib/ethdev/ethdev_vdev.h
	lib/eal/include/dev_driver.h
	lib/eal/include/bus_driver.h
	drivers/bus/pci/bus_pci_driver.h
	drivers/bus/vdev/bus_vdev_driver.h
)
optional_headers=(
	lib/ethdev/rte_flow_driver.h
	lib/ethdev/rte_tm_driver.h
	lib/ethdev/rte_mtr_driver.h
)

fail() {
	echo "fetch-dpdk-sdk: $1" >&2
	shift
	for line in "$@"; do
		echo "  $line" >&2
	done
	exit 1
}

version=$(dpkg-query -W -f '${Version}' libdpdk-dev 2>/dev/null) ||
	fail "libdpdk-dev is not installed" "sudo apt-get install libdpdk-dev dpdk"

complete() {
	local header
	[ "$(cat "$sdk/version" 2>/dev/null)" = "$version" ] || return
	for header in "${headers[@]}"; do
		[ -f "$sdk/include/$(basename "$header")" ] || return
	done
}
if complete; then
	exit 0
fi

mkdir -p "$sdk"
# apt sees private lists, cache and configuration only. The directory must not be /tmp-like for apt's
# own unprivileged user, so the sandbox is turned off: everything runs as the caller anyway.
apt_dir=$(cd "$sdk" && pwd)/apt
mkdir -p "$apt_dir"/{lists/partial,cache/archives/partial,state,download}
rm -rf "$apt_dir"/download/*

# One deb-src line per Debian archive that apt already uses, with the same key ring.
sources=$apt_dir/sources.list
: > "$sources"
source_lines() {
	# Format: URI SUITE SIGNED-BY of each configured archive, one-line style and deb822 alike.
	awk '
		FILENAME ~ /\.list$/ && $1 == "deb" {
			key = ""
			line = $0
			if (match(line, /signed-by=[^] ]*/))
				key = substr(line, RSTART + 10, RLENGTH - 10)
			sub(/^deb[ \t]+(\[[^]]*\][ \t]*)?/, "", line)
			split(line, word)
			print word[1], word[2], key
		}' /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true
	awk '
		function emit(  u, s, i, j) {
			n = split(uris, u); m = split(suites, s)
			for (i = 1; i <= n; i++)
				for (j = 1; j <= m; j++)
					print u[i], s[j], key
			uris = suites = key = ""
		}
		FNR == 1 || /^[ \t]*$/ { emit() }
		/^URIs:/ { sub(/^URIs:/, ""); uris = $0 }
		/^Suites:/ { sub(/^Suites:/, ""); suites = $0 }
		/^Signed-By:[ \t]*\// { key = $2 }
		END { emit() }' /etc/apt/sources.list.d/*.sources 2>/dev/null || true
}
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
if [ -n "${DPDK_SDK_MIRROR:-}" ]; then
	echo "deb-src $DPDK_SDK_MIRROR $codename main" >> "$sources"
else
	source_lines | sort -u | while read -r uri suite key; do
		case "$uri $suite" in
		*debian*" $codename"*)
			echo "deb-src ${key:+[signed-by=$key] }$uri $suite main" >> "$sources" ;;
		esac
	done
fi
[ -s "$sources" ] ||
	fail "apt's configuration names no Debian archive for '$codename'" \
		"Name one: DPDK_SDK_MIRROR=http://MIRROR/debian $0"

apt_options=(
	-o Dir::Etc::SourceList="$sources" -o Dir::Etc::SourceParts=/dev/null
	-o Dir::State="$apt_dir/state" -o Dir::State::Lists="$apt_dir/lists"
	-o Dir::State::Status=/var/lib/dpkg/status
	-o Dir::Cache="$apt_dir/cache" -o APT::Sandbox::User= -o Acquire::Languages=none
	-o Debug::NoLocking=1
)
log=$apt_dir/log
apt-get "${apt_options[@]}" -q update > "$log" 2>&1 || {
	cat "$log" >&2
	fail "apt could not read the source package lists" "sources tried: $sources"
}
download() {
	(cd "$apt_dir/download" &&
		apt-get "${apt_options[@]}" -q -o Acquire::Retries=3 source --download-only \
			"dpdk=$version") >> "$log" 2>&1
}
if ! download; then
	tail -n 5 "$log" >&2
	candidates=$(apt-cache "${apt_options[@]}" showsrc dpdk 2>/dev/null |
		sed -n 's/^Version: //p' | sort -u | tr '\n' ' ')
	case " $candidates " in
	*" $version "*)
		fail "the archive lists dpdk $version, but its files cannot be fetched" \
			"Try again, or name another mirror: DPDK_SDK_MIRROR=http://MIRROR/debian $0" ;;
	esac
	fail "no source package dpdk $version in the archive (it has: ${candidates:-none})" \
		"The archive keeps only the current version. Upgrade the installed packages to it:" \
		"  sudo apt-get update && sudo apt-get install --only-upgrade libdpdk-dev dpdk" \
		"or name a mirror or snapshot that has it:" \
		"  DPDK_SDK_MIRROR=http://MIRROR/debian $0"
fi

archive=$(ls "$apt_dir"/download/dpdk_*.orig.tar.* | grep -v '\.asc$' | head -n 1)
[ -n "$archive" ] || fail "the source package of dpdk $version has no .orig archive"

# The header files, without the top folder's name, flat in include/.
rm -rf "$sdk/include"
mkdir -p "$sdk/include"
tree=$apt_dir/tree
rm -rf "$tree" && mkdir "$tree"
tar -xf "$archive" -C "$tree" --strip-components=1 --wildcards \
	'*/lib/ethdev/*.h' '*/lib/eal/include/*.h' '*/drivers/bus/pci/*.h' '*/drivers/bus/vdev/*.h'
for header in "${headers[@]}"; do
	[ -f "$tree/$header" ] || fail "dpdk $version has no $header: this script must learn its new place"
	cp "$tree/$header" "$sdk/include/"
done
for header in "${optional_headers[@]}"; do
	# Only where the package does not have it: an unpatched copy must not hide the packaged one.
	if [ ! -f "/usr/include/dpdk/$(basename "$header")" ] && [ -f "$tree/$header" ]; then
		cp "$tree/$header" "$sdk/include/"
	fi
done
rm -rf "$tree" "$apt_dir/download" "$apt_dir/cache"
echo "$version" > "$sdk/version"
echo "fetch-dpdk-sdk: driver headers of dpdk $version are in $sdk/include"
