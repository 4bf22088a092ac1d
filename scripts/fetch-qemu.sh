#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Fetches what a virtual machine with the card needs, without installing anything:
#
#   DIRECTORY/qemu    QEMU of Debian testing with all its libraries: Debian 12 and 13 have one that
#                     knows no vfio-user yet
#   DIRECTORY/guest   a Debian kernel of this system's own release, and busybox, for the guest
#
# Packages are unpacked, never installed: no privileges, no chroot. 70 MB; about 15 seconds where
# the archive is near. Does nothing when all is there.
#
# usage: fetch-qemu.sh [DIRECTORY]
#   QEMU_MIRROR  a Debian mirror, when apt's own configuration names none
#   QEMU_SUITE   where QEMU comes from; default forky

set -euo pipefail

directory=${1:-build/qemu}
suite=${QEMU_SUITE:-forky}

if [ -f "$directory/complete" ]; then
	exit 0
fi
mirror=${QEMU_MIRROR:-}
. "$(dirname "$0")/private-apt.sh"
[ "$(dpkg --print-architecture)" = amd64 ] || fail "the guest is made for amd64 only"

mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
private_apt_in "$directory/apt"
rm -rf "$directory/qemu" "$directory/guest"
mkdir -p "$directory"/{qemu,guest}

fetch "$suite" install --yes --no-install-recommends --download-only qemu-system-x86 ||
	cannot "packages of '$suite' cannot be fetched"
for package in "$work/$suite"/cache/archives/*.deb; do
	dpkg-deb -x "$package" "$directory/qemu"
done
rm -rf "$directory"/qemu/usr/share/{doc,man,locale}

# Of the kernel only its own package: what it depends on builds an initramfs, and we have our own.
fetch "$codename" install --yes --no-install-recommends --print-uris linux-image-cloud-amd64 ||
	cannot "packages of '$codename' cannot be fetched"
kernel=$(grep -o "linux-image-[0-9][^_ ]*-cloud-amd64" "$work/log" | head -n 1)
[ -n "$kernel" ] || fail "'$codename' has no kernel for virtual machines"
(cd "$work" && private "$codename" download "$kernel" busybox-static) > "$work/log" 2>&1 ||
	cannot "$kernel and busybox-static cannot be fetched"
for package in "$work"/*.deb; do
	dpkg-deb -x "$package" "$directory/guest"
done

rm -rf "$work"
echo "$suite $kernel" > "$directory/complete"
echo "fetch-qemu: QEMU of $suite and $kernel are in $directory"
