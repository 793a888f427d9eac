#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The tool under a limit of the size of files: an error, not the end by SIGXFSZ
#
# The directories are the test's own, mounted over those of the host in a mount
# namespace of the process.

. "${POSTERN_SRCDIR:-.}/tests/integration/tool_support.sh"

if [ "$(id -u)" -ne 0 ] || ! unshare -m true 2>/dev/null; then
	echo "SKIP: a limit of file size: needs root and a mount namespace"
	exit 77
fi

# write_peers FILE UID LINES: with so many lines of 64 bytes
write_peers() {
	{
		printf 'policy-version 1\n'
		yes "# $(printf '%061d' 0)" | head -n "$3"
		printf 'peer self {\n\tuser %s\n}\nend\n' "$2"
	} >"$1"
	chmod 0644 "$1"
}

make_system() {
	chmod 0755 .
	mkdir -m 0755 etc etc/postern etc/postern/policy.d \
		run run/postern run/postern/policy.d
	for file in passwd group ld.so.cache; do
		[ ! -e "/etc/$file" ] || install -m 0644 "/etc/$file" etc/
	done
	write_peers etc/postern/policy.d/peers.conf 0 1
	cp etc/postern/policy.d/peers.conf old.conf
	ls -A etc/postern/policy.d >before
	write_peers peers.conf 1001 100
}

# limited COMMAND...: no file may be longer than 4 KiB.
limited() (
	# shellcheck disable=SC2016 # expanded in there
	exec unshare -m sh -c '
		mount --bind "$PWD/etc" /etc && mount --bind "$PWD/run" /run &&
			exec "$@"' sh prlimit --fsize=4096: \
		timeout "$patience_s" "$@"
)

expect_old_file() {
	ls -A etc/postern/policy.d >listing
	expect_same listing before
	expect_same old.conf etc/postern/policy.d/peers.conf
}

test_install_beyond_the_limit_changes_nothing() {
	make_system
	expect_status 1 limited "$tool" policy install peers.conf
	expect_text err '^postern: /etc/postern/policy.d/peers.conf: File too'
	expect_text err "'ulimit -f unlimited'\$"
	expect_empty out
	expect_old_file
	# and a file that fits is installed
	write_peers peers.conf 1001 2
	expect_status 0 limited "$tool" policy install peers.conf
	expect_same peers.conf etc/postern/policy.d/peers.conf
}

test_edit_beyond_the_limit_changes_nothing_and_leaves_no_copy() {
	make_system
	cp peers.conf etc/postern/policy.d/peers.conf
	cp peers.conf old.conf
	VISUAL=true
	export VISUAL
	expect_status 1 limited "$tool" policy edit peers
	expect_text err 'peers.conf: File too large'
	expect_old_file
	copy=$(sed -n 's|^postern: \(/tmp/postern-edit[^/]*\)/.*|\1|p' err)
	[ -n "$copy" ] || fail "no copy is named: $(cat err)"
	[ ! -e "$copy" ] || fail "$copy is left"
}

run_tests
