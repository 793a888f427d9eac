#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The tool without --policy: the policy is what the system's directories say
#
# Each test has an /etc and a /run of its own, in a mount namespace: what this
# host has there is neither seen nor touched.  Only root can do that.

. "${POSTERN_SRCDIR:-.}/tests/integration/tool_support.sh"

if [ "$(id -u)" -ne 0 ] || ! unshare -m true 2>/dev/null; then
	echo "SKIP: system directories: need root and a mount namespace"
	exit 77
fi

# The accounts and the loader's cache are the host's.
make_system() {
	mkdir -m 0755 etc etc/postern etc/postern/policy.d \
		run run/postern run/postern/policy.d
	for file in passwd group ld.so.cache; do
		[ ! -e "/etc/$file" ] || install -m 0644 "/etc/$file" etc/
	done
}

# in_system COMMAND...: becomes it.
in_system() {
	# shellcheck disable=SC2016 # expanded in there
	exec unshare -m sh -c '
		mount --bind "$PWD/etc" /etc && mount --bind "$PWD/run" /run &&
			exec "$@"' sh "$@"
}

system_postern() (
	in_system timeout "$patience_s" "$tool" "$@"
)

# One policy, split in two: who, and what they may.
write_peers() {
	cat >"$1" <<-EOT
		policy-version 1
		peer self {
		    user 0
		}
		end
	EOT
}

# write_node FILE SOCKET
write_node() {
	cat >"$1" <<-EOT
		policy-version 1
		node orders {
		    owner user 0
		    socket $PWD/$2
		    allow self {
		        direction both
		    }
		}
		end
	EOT
}

files_of_all_directories_are_one_policy() {
	make_system
	write_peers run/postern/policy.d/peers.conf
	write_node etc/postern/policy.d/orders.conf orders.sock
	expect_status 0 system_postern policy check
	expect_status 0 system_postern list
	expect_text out "^orders .* not running .*$PWD/orders.sock$"
	expect_status 0 system_postern policy explain --node orders --user 0
	expect_text out 'allow self .* /etc/postern/policy.d/orders.conf:5$'
	expect_text out 'peer self .* /run/postern/policy.d/peers.conf:2$'

	# One half alone is none.
	rm run/postern/policy.d/peers.conf
	expect_status 1 system_postern policy check
	expect_text err '^/etc/postern/policy.d/orders.conf:5:.*error: '
}

both_sides_find_the_node() {
	make_system
	write_peers etc/postern/policy.d/peers.conf
	write_node etc/postern/policy.d/orders.conf orders.sock
	# shellcheck disable=SC2086 # $without is empty, or two words
	in_system "$tool" receive $without --lines --until-departed orders \
		>received 2>receiver.err &
	receiver=$!
	background=$receiver
	wait_until is_up
	# shellcheck disable=SC2086
	expect_status 0 system_postern send $without --message here orders
	wait_for_status 0 "$receiver"
	[ "$(cat received)" = here ] || fail "$(cat received)"
}

file_in_etc_takes_the_place_of_its_namesake_in_run() {
	make_system
	write_peers run/postern/policy.d/peers.conf
	write_node run/postern/policy.d/orders.conf run.sock
	expect_status 0 system_postern list
	expect_text out "$PWD/run.sock$"
	write_node etc/postern/policy.d/orders.conf etc.sock
	expect_status 0 system_postern list
	expect_text out "$PWD/etc.sock$"
	! grep -q run.sock out || fail "$(cat out)"
	ln -sf /dev/null etc/postern/policy.d/orders.conf
	expect_status 0 system_postern list
	! grep -q '^orders ' out || fail "$(cat out)"
}

file_that_others_can_write_is_not_read() {
	make_system
	write_peers etc/postern/policy.d/peers.conf
	write_node etc/postern/policy.d/orders.conf orders.sock
	expect_status 0 system_postern list
	chmod 0666 etc/postern/policy.d/orders.conf
	expect_status 8 system_postern list
	expect_text err '/etc/postern/policy.d/orders.conf'
	expect_empty out
}

host_without_a_policy_has_no_nodes() {
	make_system
	rmdir etc/postern/policy.d run/postern/policy.d
	expect_status 9 system_postern send --message x orders
	expect_text err '^postern: orders: '
	expect_status 9 system_postern receive orders
	expect_text err '^postern: orders: '
}

run_tests \
	files_of_all_directories_are_one_policy \
	both_sides_find_the_node \
	file_in_etc_takes_the_place_of_its_namesake_in_run \
	file_that_others_can_write_is_not_read \
	host_without_a_policy_has_no_nodes
