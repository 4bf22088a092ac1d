#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Unpacks a release of DPDK beside the installed one, for building the driver on it and running that:
#
#   DIRECTORY/SUITE/root          dpdk-dev, libdpdk-dev and all libraries, of that release of Debian
#   DIRECTORY/SUITE/include       the headers for drivers, which libdpdk-dev leaves out
#   DIRECTORY/SUITE/origin        where those come from, in words
#   DIRECTORY/SUITE/dpdk-testpmd  runs its testpmd, on its own loader and libraries
#
# The headers come from dpdk's source package. Where the archive lists that and does not serve it,
# they come from the copy of DPDK in ceph's source package (250 MB), if that is the same release; and
# those of 24.11 are made of 25.11's by taking out what is newer. Packages are unpacked, never
# installed: no privileges, no chroot. Does nothing when all is there.
#
# usage: fetch-dpdk-release.sh DIRECTORY SUITE
#   DPDK_SDK_MIRROR  a Debian mirror, when apt's own configuration names none that has the source

set -euo pipefail

base=${1:?directory}
suite=${2:?release of Debian}
directory=$base/$suite

headers=(
	lib/ethdev/ethdev_driver.h
	lib/ethdev/ethdev_pci.h
	lib/ethdev/ethdev_vdev.h
	lib/ethdev/rte_flow_driver.h
	lib/ethdev/rte_mtr_driver.h
	lib/ethdev/rte_tm_driver.h
	lib/eal/include/dev_driver.h
	lib/eal/include/bus_driver.h
	drivers/bus/pci/bus_pci_driver.h
	drivers/bus/vdev/bus_vdev_driver.h
)

if [ -f "$directory/version" ]; then
	exit 0
fi
mirror=${DPDK_SDK_MIRROR:-}
. "$(dirname "$0")/private-apt.sh"

rm -rf "$directory"
mkdir -p "$directory"/{root,include,tree}
directory=$(cd "$directory" && pwd)
tree=$directory/tree
private_apt_in "$directory/apt"

fetch "$suite" install --yes --no-install-recommends --download-only dpdk-dev ||
	cannot "packages of '$suite' cannot be fetched"
version=$(private "$suite" policy libdpdk-dev | sed -n 's/^  Candidate: //p')
cd "$work/$suite/cache/archives"
fetch "$suite" download "libdpdk-dev=$version" || cannot "libdpdk-dev $version of '$suite' cannot be fetched"
for package in *.deb; do
	dpkg-deb -x "$package" "$directory/root"
done
cd - > /dev/null
rm -rf "$directory"/root/usr/share/{doc,man,locale}
release=${version%%-*}
release=$(cut -d . -f 1,2 <<< "$release")

# A source package's archive alone: PACKAGE=VERSION FOLDER-OF-DPDK-IN-IT
source_of() {
	local package=$1 folder=$2
	(cd "$tree" && fetch "$suite" source --download-only --tar-only "$package") || return 1
	tar -xf "$tree/${package%%=*}"_*.orig.tar.* -C "$tree" --strip-components=1 --wildcards \
		"${headers[@]/#/*\/$folder}" "*/${folder}VERSION" || return 1
	grep -q "^$release\." "$tree/${folder}VERSION" || return 1
	cp "${headers[@]/#/$tree\/$folder}" "$directory/include/"
}

# What 25.11 has and 24.11 has not, of that which a driver's operations and structures consist of.
older_than_25_11() {
	"$0" "$base" forky || return 1
	cp "$base"/forky/include/*.h "$directory/include/"
	cd "$directory/include"
	sed -i -e '/^#define RTE_ETHDEV_QUEUE_STAT_CNTRS/d' -e '/^struct eth_queue_stats {/,/^};/d' \
		-e '/^[\t ]*struct rte_eth_stats \*stats,$/{N;s/,\n.*/);/}' \
		-e '/^typedef .*eth_xstats_\(enable\|disable\|query\)_/d' \
		-e '/^\teth_xstats_\(enable\|disable\|query\)_.* xstats_.*;$/d' ethdev_driver.h
	sed -i -e 's/^RTE_PMD_EXPORT_NAME(nm)$/RTE_PMD_EXPORT_NAME(nm, __COUNTER__)/' \
		bus_pci_driver.h bus_vdev_driver.h
	# These macros are still in rte_dev.h.
	sed -i -e '/^#ifdef RTE_TOOLCHAIN_MSVC/,/kmod_dep_export/d' dev_driver.h
	cd - > /dev/null
	# These are in libdpdk-dev still.
	rm -f "$directory"/include/rte_{flow,mtr,tm}_driver.h
}

if source_of "dpdk=$version" ""; then
	origin="dpdk's source package"
elif [ "$release" = 24.11 ]; then
	older_than_25_11 || cannot "the headers for drivers of $version cannot be fetched"
	origin="25.11's, less what is newer than 24.11"
elif source_of ceph src/nvmeof/gateway/spdk/dpdk/; then
	origin="the copy of DPDK $(cat "$tree/src/nvmeof/gateway/spdk/dpdk/VERSION") in ceph's source package"
else
	cannot "the headers for drivers of $version cannot be fetched"
fi

cat > "$directory/dpdk-testpmd" <<END
#!/bin/sh
# It loads the mempools' ring by its name, and says its version; a driver comes by LD_LIBRARY_PATH.
root=$directory/root
for loader in \$root/usr/lib64/ld-linux-x86-64.so.2 \$root/lib64/ld-linux-x86-64.so.2; do
	[ -x \$loader ] && break
done
libraries=\$root/usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH)
exec \$loader --library-path "\$LD_LIBRARY_PATH:\$libraries" \$root/usr/bin/dpdk-testpmd \
	-v -d "\$(basename \$libraries/librte_mempool_ring.so.*.*)" "\$@"
END
chmod +x "$directory/dpdk-testpmd"
rm -rf "$work" "$tree"
echo "$origin" > "$directory/origin"
echo "$version" > "$directory/version"
echo "fetch-dpdk-release: DPDK $version is in $directory; its headers for drivers: $origin"
