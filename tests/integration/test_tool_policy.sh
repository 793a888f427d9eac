#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The policy subcommands: check, show, explain, diff, fmt, pid.  Those that
# change the system's files are in test_tool_system.sh.

. "${POSTERN_SRCDIR:-.}/tests/integration/tool_support.sh"

write_typo() {
	write_policy "$1"
	sed 's/^    socket /    sokcet /' "$1" >"$1.tmp"
	mv "$1.tmp" "$1"
}

test_good_policy_is_valid() {
	write_policy good.conf
	expect_status 0 postern policy check good.conf
	expect_text out '^good.conf: valid$'
	expect_empty err
	expect_status 0 postern policy check --policy good.conf
}

test_typo_is_shown_with_a_caret_and_a_suggestion() {
	write_typo bad.conf
	expect_status 1 postern policy check bad.conf
	expect_empty out
	expect_text err "^bad.conf:7:5: error: unknown key 'sokcet' in 'node'$"
	expect_text err '^ *7 |     sokcet /'
	expect_text err '^ *|     ^~~~~~$'
	expect_text err "did you mean 'socket'?"
	expect_text err '^postern: bad.conf: [0-9]* errors\{0,1\} in the policy$'
}

test_every_file_is_checked_and_one_bad_one_is_enough() {
	write_policy good.conf
	write_typo bad.conf
	expect_status 1 postern policy check bad.conf good.conf
	expect_text out '^good.conf: valid$'
	expect_text err '^bad.conf:7:5: error'
}

test_truncated_policy_is_invalid() {
	write_policy good.conf
	head -n 9 good.conf >cut.conf
	expect_status 1 postern policy check cut.conf
	expect_text err "^cut.conf:.*unexpected end of file"
}

test_missing_file_is_an_error() {
	expect_status 1 postern policy check nowhere.conf
	expect_text err 'nowhere.conf'
	expect_status 8 postern policy show --policy nowhere.conf
	expect_status 9 postern policy fmt nowhere.conf
	expect_text err '^postern: nowhere.conf: No such file or directory$'
}

test_strict_makes_a_warning_an_error() {
	write_policy good.conf
	sed "s/^    user .*/    user */" good.conf >everyone.conf
	expect_status 0 postern policy check everyone.conf
	expect_text err '^everyone.conf:3:.*warning: '
	expect_status 1 postern policy check --strict everyone.conf
	expect_status 0 postern policy check --strict good.conf
}

test_assumed_names_are_a_warning() {
	write_policy good.conf
	sed 's/^    user .*/    user no-such-user-here/' good.conf >other.conf
	expect_status 1 postern policy check other.conf
	expect_status 0 postern policy check --assume-names other.conf
	expect_text err 'warning: .*no-such-user-here'
}

test_file_that_others_can_write_is_a_warning() {
	write_policy good.conf
	chmod 0666 good.conf
	expect_status 0 postern policy check good.conf
	expect_text err 'warning: '
	expect_status 8 postern list --policy good.conf
}

test_file_that_would_not_load_is_invalid_unless_it_is_an_operand() {
	write_policy good.conf
	chmod 0666 good.conf
	expect_status 1 postern policy check --policy good.conf
	expect_text err 'good.conf: error: .*is writable by group or others'
	expect_status 0 postern policy check good.conf
}

# check_rules LINE...: of a policy with the peers p and q
check_rules() {
	{
		echo "policy-version 1"
		printf '%s\n' "$@"
		echo "end"
	} >rules.conf
	expect_status 0 postern policy check rules.conf
}

test_user_in_two_tenants_is_a_warning() {
	check_rules 'peer p {' 'user 1001 1002' '}' 'peer q {' 'user 1002' '}' \
		'tenant a {' 'members p' '}' 'tenant b {' 'members q' '}'
	expect_text err 'rules.conf:12:9: warning: uid 1002 is in two tenants'
	expect_text err "its other tenant is 'a', by 'members p' at"
	! grep -q 'uid 1001' err || fail "$(cat err)"
	expect_status 1 postern policy check --strict rules.conf

	check_rules 'peer p {' 'user 1001 1002' '}' 'peer q {' 'user 1003' '}' \
		'tenant a {' 'members p' '}' 'tenant b {' 'members q p' '}'
	expect_text err 'rules.conf:12:11: warning: uid 1001 is in two tenants'

	# More than the uid decides: nothing is certain, but for one peer.
	check_rules 'peer p {' 'user 1001' 'unit p.service' '}' \
		'peer q {' 'user 1001' 'unit q.service' '}' \
		'tenant a {' 'members p' '}' 'tenant b {' 'members q' '}'
	expect_empty err
	check_rules 'peer p {' 'user 1001' 'unit p.service' '}' \
		'tenant a {' 'members p' '}' 'tenant b {' 'members p' '}'
	expect_text err "warning: peer 'p' is in two tenants"
}

test_member_of_a_group_in_two_tenants_is_a_warning() {
	check_rules 'peer p {' "group $(id -g root)" '}' 'peer q {' 'user root' '}' \
		'tenant a {' 'members p' '}' 'tenant b {' 'members q' '}'
	expect_text err "warning: uid 0 is in two tenants"
}

test_program_that_cannot_match_is_a_warning() {
	ln -s /bin/true link
	check_rules 'peer p {' 'user 0' "exe $PWD/link" '}'
	expect_text err "rules.conf:4:5: warning: exe '$PWD/link' never matches"
	expect_text err 'write the path it leads to: /'
	expect_status 0 postern policy check --assume-names rules.conf
	expect_empty err
	check_rules 'peer p {' 'user 0' "exe $(readlink -f /bin/true)" '}' \
		'node n {' 'owner user 0' 'socket /n' \
		'allow p {' 'direction both' '}' '}'
	# Of another user than root, the file itself is warned of.
	[ "$(id -u)" -ne 0 ] || expect_empty err
	! grep -q "has an 'exe'" err || fail "$(cat err)"

	check_rules 'peer p {' 'user 1001' "exe $(readlink -f /bin/true)" '}' \
		'node n {' 'owner user 1002' 'socket /n' \
		'allow p {' 'direction both' '}' '}'
	expect_text err "rules.conf:9:7: warning: peer 'p' has an 'exe': it never"
	sed 's/user 1002/user 1001/' rules.conf >own.conf
	expect_status 0 postern policy check own.conf
	expect_text err "own.conf:9:7: warning: peer 'p' has an 'exe': it only"
}

test_findings_as_json_are_an_array() {
	write_policy good.conf
	write_typo bad.conf
	expect_status 0 postern policy check --json good.conf
	[ "$(cat out)" = '[]' ] || fail "$(cat out)"
	expect_status 1 postern policy check --json bad.conf
	[ "$(head -n 1 out)$(tail -n 1 out)" = '[]' ] || fail "$(cat out)"
	expect_text out '"severity": "error", "file": "bad.conf", "line": 7'
	expect_text out '"column": 5, "width": 6, "message": "unknown key'
	expect_text err '^postern: bad.conf: '
}

test_json_is_whole_and_ascii_whatever_a_file_is_called() {
	file=$(printf 'a"b\\c\303\251.conf')
	write_typo "$file"
	expect_status 1 postern policy check --json "$file"
	expect_text out '"file": "a\\"b\\\\c\\u00[cC]3\\u00[aA]9.conf", "line": 7'
	! grep -q '[^ -~]' out || fail "$(cat out)"
}

test_formatting_twice_is_formatting_once() {
	write_policy good.conf
	sed 's/^ *//; s/^allow/# why\nallow/' good.conf >flat.conf
	expect_status 0 postern policy fmt flat.conf
	mv out once.conf
	expect_text once.conf '# why'
	expect_status 0 postern policy fmt once.conf
	expect_same out once.conf
	expect_status 0 postern policy check once.conf
}

test_fmt_reads_standard_input() {
	write_policy good.conf
	expect_status 0 postern policy fmt good.conf
	mv out named
	postern policy fmt <good.conf >out
	expect_same out named
	postern policy fmt - <good.conf >out
	expect_same out named
}

test_fmt_of_a_broken_text_prints_nothing() {
	printf 'policy-version 1\nnode {\n' >bad.conf
	expect_status 8 postern policy fmt bad.conf
	expect_empty out
	expect_text err '^bad.conf:'
}

test_fmt_makes_names_numbers() {
	write_policy good.conf
	sed 's/^    user .*/    user root/' good.conf >named.conf
	expect_status 0 postern policy fmt --numeric named.conf
	expect_text out '^ *user 0$'
	expect_status 0 postern policy fmt named.conf
	expect_text out '^ *user root$'
}

test_shown_policy_is_a_policy_with_origins() {
	write_policy good.conf
	expect_status 0 postern policy show --policy good.conf
	expect_text out 'owner user .*# .*good.conf:6'
	mv out shown.conf
	expect_status 0 postern policy check shown.conf
	expect_status 8 postern policy show --policy nowhere.conf
}

# The verdicts of explain are its exit status.
explain() {
	postern policy explain --policy policy.conf --node orders "$@"
}

test_explain_says_which_rule_admits() {
	write_policy policy.conf
	expect_status 0 explain --user "$(id -u)"
	expect_text out 'policy.conf:8'
	expect_text out '[^t]admitted'
}

test_explain_says_why_somebody_is_refused() {
	write_policy policy.conf
	expect_status 1 explain --user 4711
	expect_text out 'policy.conf:8'
	expect_text out 'refused'
}

test_explain_counts_unknown_as_refused() {
	write_policy policy.conf 'deny crowd'
	sed 's/^node orders/peer crowd {\n    group 4711\n}\n&/' \
		policy.conf >tmp && mv tmp policy.conf
	expect_status 1 explain --user 4712
	expect_status 1 explain --user "$(id -u)" --group 4711
	expect_status 0 explain --user "$(id -u)" --group 4712
}

test_explain_looks_at_a_running_process() {
	[ -d /proc/$$ ] || {
		echo "SKIP: test_explain_looks_at_a_running_process: needs /proc/PID"
		return 0
	}
	write_policy policy.conf
	expect_status 0 explain --pid $$
	expect_status 9 explain --pid 99999999999
	expect_text err 'no such process'
}

test_explain_does_not_look_at_what_has_ended() {
	write_policy policy.conf
	mkfifo quiet
	# A program that does not know of its child leaves it a zombie.
	sh -c 'true & echo $! >zombie; exec cat quiet' &
	background=$!
	wait_until [ -s zombie ]
	wait_until has_ended "$(cat zombie)"
	expect_status 9 explain --pid "$(cat zombie)"
	expect_text err 'no such process'
	expect_empty out
}

test_explain_of_an_unknown_node_is_an_error() {
	write_policy policy.conf
	expect_status 9 postern policy explain --policy policy.conf \
		--node nowhere --user 0
	expect_text err '^postern: nowhere: no such node'
	expect_status 9 postern policy explain --policy policy.conf \
		--node nowhere --pid $$
	expect_text err '^postern: nowhere: no such node'
}

test_explain_refuses_what_is_no_fact() {
	write_policy policy.conf
	expect_status 9 explain --user no-such-user-here
	expect_status 9 explain --user "$(id -u)" --group no-such-group-here
	expect_status 2 explain --user 0 --pid-inode 4711
	expect_status 2 explain --user 0 --pid-inode 4711:
	expect_status 2 explain --user 0 --pid-inode :1
	expect_status 2 explain --user 0 --key x25519:short
	expect_status 2 explain --user 0 \
		--key x25519:3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08
	# The spare bits of the last character are not zero.
	expect_status 2 explain --user 0 \
		--key x25519:3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK09
	expect_status 0 explain --user "$(id -u)" \
		--key x25519:3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08
}

test_diff_of_the_same_is_no_difference() {
	write_policy old.conf
	expect_status 0 postern policy diff old.conf old.conf
	expect_empty err
	[ "$(cat out)" = 'no difference' ] || fail "$(cat out)"
	postern policy show --policy old.conf >shown.conf
	postern policy fmt --numeric old.conf >formatted.conf
	expect_status 0 postern policy diff shown.conf formatted.conf
}

test_diff_says_what_changes_and_where() {
	write_policy old.conf
	write_policy new.conf 'limits {' 'idle 5min' '}' 'audit deny'
	sed 's/direction both/direction send/; s/64KiB/128KiB/' \
		new.conf >tmp && mv tmp new.conf
	expect_status 1 postern policy diff old.conf new.conf
	expect_empty err
	expect_text out '^node orders$'
	expect_text out '^    ~ audit all -> deny (built in -> new.conf:18)$'
	expect_text out '^    peer self$'
	expect_text out '^        - loses direction receive (old.conf:8)$'
	expect_text out \
		'~ limit ring 64KiB -> 128KiB (old.conf:11 -> new.conf:11)$'
	expect_text out \
		'~ limit idle no limit -> 5min (no rule -> new.conf:16)$'
	[ "$(grep -c '^ *[-+~] ' out)" -eq 4 ] || fail "$(cat out)"
}

test_diff_with_an_invalid_file_has_no_answer() {
	write_policy good.conf
	write_typo bad.conf
	for files in 'bad.conf good.conf' 'good.conf bad.conf' \
		'bad.conf bad.conf'; do
		# shellcheck disable=SC2086 # two files
		expect_status 2 postern policy diff $files
		expect_empty out
		expect_text err '^bad.conf:7:5: error: unknown key'
		expect_text err '^postern: bad.conf: '
	done
	expect_status 2 postern policy diff good.conf nowhere.conf
	expect_text err 'nowhere.conf'
	expect_status 2 postern policy diff good.conf
	expect_status 2 postern policy diff good.conf good.conf good.conf
}

test_diff_assumes_names_of_other_hosts() {
	write_policy good.conf
	sed 's/^    user .*/    user no-such-user-here/' good.conf >other.conf
	expect_status 2 postern policy diff good.conf other.conf
	expect_status 1 postern policy diff --assume-names good.conf other.conf
	expect_text out '^peer self$'
	expect_text out '^    + user no-such-user-here (other.conf:3)$'
	expect_text err 'warning: .*no-such-user-here'
}

test_diff_only_warns_about_files_that_others_can_write() {
	write_policy good.conf
	cp good.conf open.conf
	chmod 0666 open.conf
	expect_status 0 postern policy diff good.conf open.conf
	expect_text err 'warning: '
}

has_pidfs() {
	postern doctor | grep -q '^pidfs *found'
}

test_pid_prints_a_word_that_names_the_process() {
	if ! has_pidfs; then
		expect_status 1 postern policy pid $$
		return
	fi
	expect_status 0 postern policy pid $$
	expect_text out "^$$:[1-9][0-9]*$"
	expect_status 0 postern policy pid $$ 1
	[ "$(wc -l <out)" -eq 2 ] || fail "two words for two pids"
}

test_pid_word_admits_that_process_only() {
	[ -d /proc/$$ ] || {
		echo "SKIP: test_pid_word_admits_that_process_only: needs /proc/PID"
		return 0
	}
	if ! has_pidfs; then
		return
	fi
	word=$(postern policy pid $$)
	write_policy policy.conf
	sed "s/^    user .*/&\n    pid $word/" policy.conf >tmp
	mv tmp policy.conf
	expect_status 0 explain --pid $$
	# Of the same user, since others may be hidden.
	sleep 600 &
	background="$background $!"
	expect_status 1 explain --pid $!
	expect_status 0 explain --user "$(id -u)" --pid-inode "$word"
	expect_status 1 explain --user "$(id -u)" --pid-inode "${word}0"
}

test_pid_of_nobody_is_an_error() {
	expect_status 2 postern policy pid 0
	expect_status 2 postern policy pid -- -1
	expect_status 2 postern policy pid self
	expect_status 9 postern policy pid 2147483647
	expect_text err '^postern: 2147483647: no such process$'
}

test_owner_unmapped_is_for_clients_that_have_the_key() {
	[ "$(id -u)" -eq 0 ] && [ -d /proc/$$ ] || {
		echo "SKIP: test_owner_unmapped_is_for_clients_that_have_the_key: needs root, whose file may name the owner, and /proc/PID"
		return 0
	}
	write_policy keyless.conf
	sed -i 's/owner user .*/owner unmapped/' keyless.conf
	expect_status 1 postern policy check keyless.conf
	expect_text err "^keyless.conf:6:11: error: node 'orders' has 'owner unm"
	sed '/owner unmapped$/a\    key x25519:3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08' \
		keyless.conf >unmapped.conf
	expect_status 0 postern policy check unmapped.conf
	expect_status 0 postern policy show --policy unmapped.conf
	expect_text out '^ *owner unmapped'
	expect_status 0 postern policy fmt --numeric unmapped.conf
	expect_text out '^    owner unmapped$'
	expect_status 0 postern policy explain --policy unmapped.conf \
		--node orders --pid $$
	expect_text err "'owner unmapped': the node decides by the policy"
	expect_status 0 postern list --policy unmapped.conf
	expect_text out '^orders  *unmapped  *not trusted '
	expect_status 5 postern receive --policy unmapped.conf orders
	expect_text err 'for clients in another user namespace'
	expect_status 5 postern stat --policy unmapped.conf orders
	expect_text err 'statistics and commands prove no key'
	expect_status 5 postern disconnect --policy unmapped.conf orders self
	expect_text err 'statistics and commands prove no key'
	expect_status 5 postern send --policy unmapped.conf --message x orders
	expect_text err 'for a user namespace that does not map every uid'
}

run_tests
