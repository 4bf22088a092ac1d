#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Fetches what a virtual machine with the card needs, without installing anything:
#
#   DIRECTORY/qemu    QEMU of Debian testing with all its libraries: Debian 12 and 13 have one that
#                     knows no vfio-user yet
#   DIRECTORY/guest   a Debian kernel of this system's own release, and busybox, for the guest
#
# Packages come by this system's apt from the archive that it is configured for, are verified by
# apt, and are unpacked, never installed: no privileges, no chroot. 70 MB; about 15 seconds where
# the archive is near. Does nothing when all is there.
#
# usage: fetch-qemu.sh [DIRECTORY]
#   QEMU_MIRROR  a Debian mirror, when apt's own configuration names none
#   QEMU_SUITE   where QEMU comes from; default forky

set -euo pipefail

directory=${1:-build/qemu}
suite=${QEMU_SUITE:-forky}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

fail() {
	echo "fetch-qemu: $*" >&2
	exit 1
}

if [ -f "$directory/complete" ]; then
	exit 0
fi
for program in apt-get dpkg-deb; do
	command -v $program > /dev/null || fail "$program is not there: this is not Debian"
done
[ "$(dpkg --print-architecture)" = amd64 ] || fail "the guest is made for amd64 only"
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
mirror=${QEMU_MIRROR:-$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
	awk -v release="$codename" '$1 == release && $2 ~ /debian/ { print $2; exit }')}
[ -n "$mirror" ] || fail "apt's configuration names no Debian archive for '$codename'; name one: QEMU_MIRROR=http://MIRROR/debian"

mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
work=$directory/apt
rm -rf "$work" "$directory/qemu" "$directory/guest"
mkdir -p "$directory"/{qemu,guest}

# private SUITE COMMAND...: apt that sees this suite and no installed package. Everything runs as
# the caller, so apt's own sandbox user is of no use.
private() {
	local of=$work/$1
	shift
	mkdir -p "$of"/{lists/partial,state,cache/archives/partial}
	touch "$of/status"
	apt-get -q -o Dir::Etc::SourceList="$of.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State="$of/state" -o Dir::State::Lists="$of/lists" \
		-o Dir::State::Status="$of/status" -o Dir::Cache="$of/cache" -o APT::Sandbox::User= \
		-o Acquire::Languages=none -o Acquire::Retries=3 -o Debug::NoLocking=1 "$@"
}

# unpack SUITE WHERE PACKAGE...: the packages and all that they depend on.
fetch() {
	local from=$1 log=$work/log
	shift
	mkdir -p "$work"
	if [ -f "$keyring" ]; then from_key="[signed-by=$keyring] "; else from_key=; fi
	echo "deb $from_key$mirror $from main" > "$work/$from.list"
	private "$from" update > "$log" 2>&1 || { tail -n 5 "$log" >&2; fail "no lists of '$from' from the archive"; }
	private "$from" "$@" > "$log" 2>&1 || { tail -n 5 "$log" >&2; fail "packages of '$from' cannot be fetched"; }
}

fetch "$suite" install --yes --no-install-recommends --download-only qemu-system-x86
for package in "$work/$suite"/cache/archives/*.deb; do
	dpkg-deb -x "$package" "$directory/qemu"
done
rm -rf "$directory"/qemu/usr/share/{doc,man,locale}

# Of the kernel only its own package: what it depends on builds an initramfs, and we have our own.
fetch "$codename" install --yes --no-install-recommends --print-uris linux-image-cloud-amd64
kernel=$(grep -o "linux-image-[0-9][^_ ]*-cloud-amd64" "$work/log" | head -n 1)
[ -n "$kernel" ] || fail "'$codename' has no kernel for virtual machines"
(cd "$work" && private "$codename" download "$kernel" busybox-static) > "$work/log" 2>&1 ||
	fail "$kernel and busybox-static cannot be fetched"
for package in "$work"/*.deb; do
	dpkg-deb -x "$package" "$directory/guest"
done

rm -rf "$work"
echo "$suite $kernel" > "$directory/complete"
echo "fetch-qemu: QEMU of $suite and $kernel are in $directory"
