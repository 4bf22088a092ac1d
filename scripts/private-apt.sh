# SPDX-License-Identifier: BSD-3-Clause
#
# For scripts that unpack packages of any release of Debian without installing them: apt with lists,
# cache and configuration of its own, on the archive that the system's apt is configured for. apt
# verifies what it fetches. Everything runs as the caller, so apt's own sandbox user is of no use.
#
# Sourced with bash's -euo pipefail by a script that sets mirror, a URI or nothing. Gives it:
#   fail TEXT...               ends the script with a message
#   cannot TEXT...             the same, with apt's own words
#   private_apt_in DIRECTORY   where the lists and packages go
#   fetch SUITE WORD...        apt-get WORD... in that suite, whose lists it reads the first time
#   private SUITE WORD...      the same with the lists that are there; shows what apt says

fail() {
	echo "$(basename "$0" .sh): $*" >&2
	exit 1
}

cannot() {
	tail -n 5 "$log" >&2
	fail "$@"
}

for program in apt-get dpkg-deb; do
	command -v $program > /dev/null || fail "$program is not there: this is not Debian"
done
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mirror=${mirror:-$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
	awk -v release="$codename" '$1 == release && $2 ~ /debian/ { print $2; exit }')}
[ -n "$mirror" ] || fail "apt's configuration names no Debian archive for '$codename'; name one, as $0 tells"

private_apt_in() {
	work=$1
	log=$work/log
	rm -rf "$work"
	mkdir -p "$work"
}

private() {
	local suite=$1 of=$work/$1 command=apt-get
	shift
	if [ "$1" = policy ]; then command=apt-cache; fi
	$command -q -o Dir::Etc::SourceList="$of.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State="$of/state" -o Dir::State::Lists="$of/lists" \
		-o Dir::State::Status="$of/status" -o Dir::Cache="$of/cache" -o APT::Sandbox::User= \
		-o Acquire::Languages=none -o Acquire::Retries=3 -o Debug::NoLocking=1 \
		-o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false "$@"
}

fetch() {
	local suite=$1 key="" kind
	if [ -f "$keyring" ]; then key="[signed-by=$keyring] "; fi
	if [ ! -f "$work/$suite.list" ]; then
		mkdir -p "$work/$suite"/{lists/partial,state,cache/archives/partial}
		touch "$work/$suite/status"
		for kind in deb deb-src; do
			echo "$kind $key$mirror $suite main"
		done > "$work/$suite.list"
		private "$suite" update > "$log" 2>&1 || cannot "no lists of '$suite' from the archive"
	fi
	private "$@" > "$log" 2>&1
}
