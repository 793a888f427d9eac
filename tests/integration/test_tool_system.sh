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

# copy_tool: to where every user can run it.  The build may be closed to others,
# and libtool leaves a script under the program's name.
copy_tool() {
	build=$(dirname "$tool")
	mkdir copy
	if [ -x "$build/.libs/postern" ]; then
		cp "$build/.libs/postern" copy/
	else
		cp "$tool" copy/
	fi
	for library in "$build"/.libs/libpostern.so.*; do
		[ ! -e "$library" ] || cp -P "$library" copy/
	done
	chmod -R go+rX copy "$work"
	chmod 0755 .
}

# system_postern_as UID ARGUMENT...
system_postern_as() (
	uid=$1
	shift
	LD_LIBRARY_PATH=$PWD/copy${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
	export LD_LIBRARY_PATH
	in_system setpriv --reuid="$uid" --regid="$uid" --clear-groups -- \
		timeout "$patience_s" copy/postern "$@"
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

test_files_of_all_directories_are_one_policy() {
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

test_both_sides_find_the_node() {
	make_system
	write_peers etc/postern/policy.d/peers.conf
	write_node etc/postern/policy.d/orders.conf orders.sock
	# shellcheck disable=SC2086 # $without is empty, or two words
	in_system "$tool" receive $without --lines --until-disconnected orders \
		>received 2>receiver.err &
	receiver=$!
	background=$receiver
	wait_until is_up
	# shellcheck disable=SC2086
	expect_status 0 system_postern send $without --message here orders
	wait_for_status 0 "$receiver"
	[ "$(cat received)" = here ] || fail "$(cat received)"
}

test_file_in_etc_takes_the_place_of_its_namesake_in_run() {
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

test_file_that_others_can_write_is_not_read() {
	make_system
	write_peers etc/postern/policy.d/peers.conf
	write_node etc/postern/policy.d/orders.conf orders.sock
	expect_status 0 system_postern list
	chmod 0666 etc/postern/policy.d/orders.conf
	expect_status 8 system_postern list
	expect_text err '/etc/postern/policy.d/orders.conf'
	! grep -q '^orders ' out || fail "$(cat out)"
}

# write_drop_in FILE LINE...
write_drop_in() {
	file=$1
	shift
	{
		echo "policy-version 1"
		printf '%s\n' "$@"
		echo "end"
	} >"$file"
	chmod 0644 "$file"
}

# start_node: orders, with all files as they are
start_node() {
	# shellcheck disable=SC2086 # $without is empty, or two words
	in_system "$tool" receive $without --lines orders \
		>received 2>receiver.err &
	receiver=$!
	background=$receiver
	wait_until [ -S orders.sock ]
}

send_one() {
	# shellcheck disable=SC2086
	expect_status 0 system_postern send $without --message "$1" orders
	wait_until says received "^$1$"
}

make_orders() {
	make_system
	write_peers etc/postern/policy.d/peers.conf
	write_node etc/postern/policy.d/orders.conf orders.sock
}

test_unknown_user_in_a_drop_in_stops_only_the_nodes_that_name_it() {
	make_orders
	write_drop_in etc/postern/policy.d/other.conf \
		'peer ghost {' 'user no-such-user-here' '}' \
		'node other {' 'owner user 0' "socket $PWD/other.sock" \
		'allow self {' 'direction both' '}' 'deny ghost' '}'
	start_node
	send_one here
	expect_status 8 system_postern receive other
	expect_text err '^postern: other: .*/other.conf:3:6: unknown user'
	! grep -q 'invalid argument or policy' err || fail "$(cat err)"
	[ ! -e other.sock ] || fail "a node without its deny is open"
	expect_status 1 system_postern policy explain --node other --user 0
	expect_text out 'refused: .*/other.conf:3:6: unknown user'
	expect_status 0 system_postern policy explain --node orders --user 0

	expect_status 8 system_postern list
	expect_text out '^orders .* running '
	expect_text err '/other.conf:3:6: error: unknown user'
}

test_file_that_cannot_be_parsed_stops_no_client_and_no_running_node() {
	make_orders
	start_node
	echo 'node {' >etc/postern/policy.d/broken.conf
	send_one before
	kill -HUP "$receiver"
	wait_until says receiver.err 'not reloaded: the policy in force'
	wait_until says receiver.err '^postern: orders: .*/broken.conf:1:'
	wait_until says receiver.err 'event=reload .*outcome=failed'
	wait_until says receiver.err 'file=/etc/postern/policy.d/broken.conf line=1'
	send_one after
	kill -TERM "$receiver"
	wait_for_status 0 "$receiver"

	# It may be the deny that keeps a process out.
	expect_status 8 system_postern receive orders
	expect_text err '^postern: orders: .*/broken.conf:1:'
	# A client of a node that is perhaps defined there is told.
	expect_status 8 system_postern send --message x nowhere
	expect_text err "^postern: nowhere: the policy has no node 'nowhere' as"
	expect_text err '/broken.conf:1:'
}

test_file_that_only_root_can_read_stops_no_client() {
	make_orders
	copy_tool
	write_drop_in etc/postern/policy.d/peers.conf \
		'peer self {' 'user 0 20004' '}'
	sed 's/orders.sock/& mode 0666/' etc/postern/policy.d/orders.conf >tmp
	cat tmp >etc/postern/policy.d/orders.conf
	write_drop_in etc/postern/policy.d/secret.conf \
		'extend node orders {' 'security mac' '}'
	chmod 0600 etc/postern/policy.d/secret.conf
	start_node
	# shellcheck disable=SC2086
	expect_status 0 system_postern_as 20004 send $without --message here orders
	wait_until says received '^here$'
	wait_until says receiver.err 'event=connected .*security=mac'
}

test_unreadable_file_still_shadows_its_namesake() {
	make_orders
	write_node run/postern/policy.d/orders.conf run.sock
	chmod 0666 etc/postern/policy.d/orders.conf
	expect_status 8 system_postern list
	! grep -q run.sock out || fail "$(cat out)"
	expect_status 8 system_postern send --message x orders
	expect_text err '/etc/postern/policy.d/orders.conf'
}

# make_orders_of UID: orders, whose owner is no other user's
make_orders_of() {
	make_system
	write_drop_in etc/postern/policy.d/orders.conf \
		'peer self {' 'user 0' '}' \
		'node orders {' "owner user $1" "socket $PWD/orders.sock" \
		'allow self {' 'direction both' '}' '}'
}

test_check_loads_as_the_owner_of_a_node() {
	make_orders_of 20001
	expect_status 0 system_postern policy check
	expect_text out '^policy: valid$'
	expect_empty err

	# Root can read it, the owner cannot open its node.
	write_drop_in etc/postern/policy.d/secret.conf
	chmod 0600 etc/postern/policy.d/secret.conf
	expect_status 1 system_postern policy check
	expect_text err '^postern: policy: as uid 20001: .*/secret.conf: '
	expect_text err 'Permission denied'
	expect_text err '^postern: warning: policy: as a client .*/secret.conf'
	! grep -q valid out || fail "$(cat out)"
	expect_status 1 system_postern policy check --json
	expect_text out '"as_uid": 20001}'

	# Nobody but root needs it here.
	make_root_the_owner
	expect_status 0 system_postern policy check
	expect_text err '^postern: warning: policy: as a client .*/secret.conf'
	expect_status 1 system_postern policy check --strict
	expect_status 1 system_postern policy check --as 20004
	expect_text err '^postern: policy: as uid 20004: .*/secret.conf: '
	expect_status 0 system_postern policy check --as 0
	expect_status 1 system_postern policy check --as no-such-user-here
}

test_check_as_a_user_prints_warnings_and_strict_fails_on_them() {
	make_orders_of 0
	write_drop_in etc/postern/policy.d/everyone.conf \
		'peer everyone {' 'user *' '}'
	expect_status 0 system_postern policy check --as 0
	expect_text err '^postern: warning: policy: as uid 0: .*/everyone.conf:'
	expect_status 1 system_postern policy check --strict --as 0
	expect_text err 'and --strict$'
}

test_check_in_a_user_namespace_warns_of_users_it_lacks() {
	unshare -U -r true 2>/dev/null || {
		echo "SKIP: no user namespaces here"
		return 0
	}
	make_orders_of 0
	set -- in_system unshare -U -r timeout "$patience_s" "$tool" policy check
	expect_status 0 "$@"
	expect_text err 'not checked as uid 65534: '
	expect_status 1 "$@" --strict
}

test_disconnect_with_an_error_in_the_nodes_block_exits_with_8() {
	make_orders_of no-such-user-here
	expect_status 8 system_postern disconnect orders 5.1
	expect_text err '/orders.conf:'
}

make_root_the_owner() {
	sed 's/owner user .*/owner user 0/' etc/postern/policy.d/orders.conf \
		>tmp
	cat tmp >etc/postern/policy.d/orders.conf
}

test_check_finds_what_no_reader_trusts() {
	make_orders_of 20001
	ln etc/postern/policy.d/orders.conf linked
	expect_status 1 system_postern policy check
	expect_text err '/orders.conf has another name (a hard link)'
	rm linked
	expect_status 0 system_postern policy check

	mkdir -m 0755 etc/postern/real
	ln -s real etc/postern/link
	chown -h 20001 etc/postern/link
	write_drop_in etc/postern/policy.d/more.conf \
		'include-dir /etc/postern/link'
	expect_status 1 system_postern policy check
	expect_text err '/etc/postern/link is a symbolic link'
	chown -h 0 etc/postern/link
	expect_status 0 system_postern policy check
	write_drop_in etc/postern/policy.d/more.conf \
		'include-dir /etc/postern/real'
	expect_status 0 system_postern policy check

	chmod 0775 etc/postern/real
	expect_status 1 system_postern policy check
	expect_text err '/etc/postern/real .* is writable by group or others'
}

new_file() {
	write_drop_in "$1" 'peer new {' "user ${2-0}" '}'
}

# Neither the file nor a copy of it.
expect_nothing_installed() {
	ls -A etc/postern/policy.d >listing
	expect_same listing before
}

test_install_puts_a_valid_file_among_the_others() {
	make_orders
	new_file new.conf
	expect_status 0 system_postern policy install new.conf
	expect_text out '^/etc/postern/policy.d/new.conf: installed$'
	expect_same new.conf etc/postern/policy.d/new.conf
	[ "$(stat -c %a:%u:%h etc/postern/policy.d/new.conf)" = 644:0:1 ] ||
		fail "$(ls -l etc/postern/policy.d)"
	expect_status 0 system_postern policy check
	expect_text out valid
	# again, by another name, from standard input
	new_file new.conf 1001
	expect_status 0 system_postern policy install new.conf
	expect_same new.conf etc/postern/policy.d/new.conf
	write_drop_in more
	expect_status 0 system_postern policy install --name more - <./more
	expect_same more etc/postern/policy.d/more.conf
	rm etc/postern/policy.d/new.conf etc/postern/policy.d/more.conf
	printf 'orders.conf\npeers.conf\n' >before
	expect_nothing_installed
}

test_install_of_a_file_with_an_error_changes_nothing() {
	make_orders
	ls -A etc/postern/policy.d >before
	new_file new.conf no-such-user-here
	expect_status 8 system_postern policy install new.conf
	expect_text err "^new.conf:3:6: error: unknown user 'no-such-user-here'"
	expect_text err '^postern: new.conf: 1 new error in the policy$'
	expect_empty out
	expect_nothing_installed
	echo 'policy-version 1' >new.conf
	expect_status 8 system_postern policy install new.conf
	expect_nothing_installed
	expect_status 9 system_postern policy install nowhere.conf
	expect_status 9 system_postern policy install --name .x new.conf
	expect_status 9 system_postern policy install --name a/b new.conf
	expect_status 9 system_postern policy install --name '' new.conf
	expect_status 2 system_postern policy install -
	expect_nothing_installed
}

test_install_of_a_file_that_breaks_another_changes_nothing() {
	make_orders
	cp etc/postern/policy.d/peers.conf old.conf
	sed 's/self/other/' old.conf >peers.conf
	expect_status 8 system_postern policy install peers.conf
	expect_text err "/orders.conf:5:.* unknown peer 'self'"
	expect_same old.conf etc/postern/policy.d/peers.conf
	write_node second.conf second.sock
	expect_status 8 system_postern policy install second.conf
	expect_text err "second.conf:2:6: error: second definition of node"
	# The same by its right name is the file itself.
	expect_status 0 system_postern policy install --name orders second.conf
}

test_install_is_possible_beside_an_old_error() {
	make_orders
	new_file etc/postern/policy.d/old.conf no-such-user-here
	new_file new.conf
	sed 's/peer new/peer newer/' new.conf >newer.conf
	expect_status 0 system_postern policy install newer.conf
	expect_empty err
	# and a broken file can be replaced
	echo '{' >etc/postern/policy.d/old.conf
	new_file old.conf
	expect_status 0 system_postern policy install old.conf
	expect_status 0 system_postern policy check
}

# system_edit EDITOR [NAME]: the editor is a script, and gets the file
system_edit() (
	printf '#!/bin/sh\n%s\n' "$1" >editor
	chmod 0700 editor
	shift
	VISUAL="$PWD/editor --"
	export VISUAL
	in_system timeout "$patience_s" "$tool" policy edit "$@"
)

test_edit_installs_what_the_editor_leaves() {
	make_orders
	# shellcheck disable=SC2016 # the editor's own
	expect_status 0 system_edit 'sed "s/user 0/user 0 1001/" "$2" >t.$$ &&
		mv t.$$ "$2"' peers.conf
	expect_text out '^/etc/postern/policy.d/peers.conf: installed$'
	expect_text etc/postern/policy.d/peers.conf 'user 0 1001'
	ls -A etc/postern/policy.d >before
	expect_status 0 system_edit true peers
	expect_text out '^peers.conf: unchanged$'
	# One that there is not begins as an empty policy.
	# shellcheck disable=SC2016
	expect_status 0 system_edit 'cp "$2" seen; true'
	expect_text out '^local.conf: unchanged$'
	expect_text seen '^policy-version 1$'
	expect_status 1 system_edit false peers
	expect_text err 'the editor failed: nothing is changed'
	expect_nothing_installed
	! ls -d /tmp/postern-edit.* 2>/dev/null || fail "a copy is left"
}

# expect_kept_copy TEXT: a message names the copy, and it has TEXT
expect_kept_copy() {
	kept=$(sed -n 's/^postern: peers.conf: the edited text is in //p' err)
	[ -n "$kept" ] || fail "no copy is named: $(cat err)"
	expect_text "$kept" "$1"
	rm "$kept" && rmdir "${kept%/*}"
}

test_edit_that_cannot_be_installed_keeps_the_text() {
	make_orders
	# shellcheck disable=SC2016
	expect_status 1 system_edit 'echo "# new" >>"$2"; exit 3' peers
	expect_kept_copy '# new'
	! grep -q new etc/postern/policy.d/peers.conf ||
		fail "$(cat etc/postern/policy.d/peers.conf)"
}

test_install_beside_a_file_that_cannot_be_parsed_warns() {
	make_orders
	echo '{' >etc/postern/policy.d/broken.conf
	new_file new.conf
	expect_status 0 system_postern policy install new.conf
	expect_text err '/broken.conf: it cannot be loaded, so new.conf was not'
}

test_install_that_breaks_another_beside_an_own_error_is_refused() {
	make_orders
	write_drop_in etc/postern/policy.d/peers.conf \
		'peer self {' 'user 0' '}' 'peer lost {' 'user no-such-user' '}'
	cp etc/postern/policy.d/peers.conf old.conf
	new_file peers.conf
	expect_status 8 system_postern policy install peers.conf
	expect_text err "/orders.conf:5:.* unknown peer 'self'"
	expect_same old.conf etc/postern/policy.d/peers.conf
}

test_edit_asks_what_to_do_with_an_error() {
	make_orders
	cp etc/postern/policy.d/peers.conf old.conf
	ls -A etc/postern/policy.d >before
	# shellcheck disable=SC2016
	expect_status 8 system_edit 'echo nonsense >>"$2"' peers <<-EOT
		what
		q
	EOT
	expect_text err '^peers.conf:6:1: error: '
	expect_text err 'What now?  (e)dit again, (q)uit and change nothing: '
	expect_same old.conf etc/postern/policy.d/peers.conf
	# shellcheck disable=SC2016
	expect_status 8 system_edit 'echo nonsense >>"$2"' peers </dev/null
	expect_same old.conf etc/postern/policy.d/peers.conf
	expect_nothing_installed
	# Without an answer the text is kept.
	expect_kept_copy nonsense
	# The second time it is right.
	# shellcheck disable=SC2016
	echo e | expect_status 0 system_edit 'if [ -e once ]; then
		sed "/nonsense/d; s/user 0/user 0 1001/" "$2" >t.$$
		mv t.$$ "$2"
	else
		: >once
		echo nonsense >>"$2"
	fi' peers
	expect_text etc/postern/policy.d/peers.conf 'user 0 1001'
}

test_one_change_at_a_time_is_made() {
	make_orders
	mkfifo go
	# shellcheck disable=SC2016
	system_edit ': >editing; cat go' peers >edit.out 2>&1 &
	background=$!
	editing=$!
	wait_until [ -e editing ]
	new_file new.conf
	expect_status 7 system_postern policy install new.conf
	expect_text err 'another process is changing it'
	expect_status 7 system_postern policy edit orders
	: >go
	wait_for_status 0 "$editing"
	expect_status 0 system_postern policy install new.conf
}

test_install_by_another_user_is_refused() {
	make_orders
	copy_tool
	new_file new.conf
	chmod 0644 new.conf
	ls -A etc/postern/policy.d >before
	expect_status 1 system_postern_as 20004 policy install new.conf
	expect_text err 'Permission denied'
	expect_nothing_installed
}

test_host_without_a_policy_has_no_nodes() {
	make_system
	rmdir etc/postern/policy.d run/postern/policy.d
	expect_status 9 system_postern send --message x orders
	expect_text err '^postern: orders: '
	expect_status 9 system_postern receive orders
	expect_text err '^postern: orders: '
}

run_tests
