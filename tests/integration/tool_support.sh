# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# For the tests of the tool: sourced, not run
#
# Each function of the script whose name begins with test_ is a test.  It runs
# in a shell of its own under `set -eu`, in an empty directory that no other user
# can enter.  Processes that it left running are ended afterwards.  Nothing here
# waits for time to pass: only for an event, with a deadline.

umask 077
export LC_ALL=C

# See tests/staged-run: no node opens without this directory.
case ${0##*/} in
test_tool_man_pages.sh | test_tool_policy.sh | test_tool_usage.sh) ;;
*)
	if [ ! -d /proc/self/fd ]; then
		echo "SKIP: ${0##*/}: needs /proc/self/fd, as the library does"
		exit 77
	fi
	;;
esac

tool=${POSTERN_BUILDDIR:-.}/postern
# shellcheck disable=SC2034 # for whoever sources this
srcdir=$(cd "${POSTERN_SRCDIR:-.}" && pwd)
work=$(mktemp -d /tmp/postern-tool.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# An event that has not come by then will not come.
patience_s=${POSTERN_TEST_PATIENCE_S:-30}

# What the suite wants the library to do without.
# shellcheck disable=SC2034
without=${POSTERN_TEST_DISABLE_FEATURES:+--disable $POSTERN_TEST_DISABLE_FEATURES}

postern() {
	timeout "$patience_s" "$tool" "$@"
}

fail() {
	echo "  $*" >&2
	exit 1
}

# expect_status N COMMAND...: output goes to `out`, errors to `err`.
expect_status() {
	expected=$1
	shift
	status=0
	"$@" >out 2>err || status=$?
	if [ "$status" -ne "$expected" ]; then
		echo "  exit status $status, not $expected, of: $*" >&2
		sed 's/^/  | /' err >&2
		exit 1
	fi
}

expect_text() {
	grep -q -- "$2" "$1" || {
		echo "  no '$2' in $1:" >&2
		sed 's/^/  | /' "$1" >&2
		exit 1
	}
}

expect_empty() {
	[ ! -s "$1" ] || {
		echo "  $1 is not empty:" >&2
		sed 's/^/  | /' "$1" >&2
		exit 1
	}
}

expect_same() {
	cmp "$1" "$2" >&2 || fail "$1 and $2 differ"
}

# wait_until COMMAND...: looks again and again until it succeeds.
wait_until() {
	deadline=$(($(date +%s) + patience_s))
	until "$@"; do
		[ "$(date +%s)" -lt "$deadline" ] || fail "in vain: $*"
	done
}

# says FILE PATTERN: for what a process that still runs is to write.  It writes its
# records after its peer has been told: wait_until says receiver.err 'event=...'
says() {
	grep -q -- "$2" "$1"
}

has_ended() {
	! grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status"
}

# wait_for_status N PID
wait_for_status() {
	wait_until has_ended "$2"
	status=0
	wait "$2" || status=$?
	[ "$status" -eq "$1" ] || {
		echo "  exit status $status, not $1, in the end" >&2
		cat ./*.err >&2 2>/dev/null || true
		exit 1
	}
}

# write_policy FILE [LINE...]: a node of ours that admits us, with small limits;
# the lines are added to the node.
write_policy() {
	file=$1
	shift
	{
		cat <<-EOF
			policy-version 1
			peer self {
			    user $(id -u)
			}
			node orders {
			    owner user $(id -u)
			    socket $PWD/orders.sock
			    allow self {
			        direction both
			        limits {
			            ring 64KiB
			            message 4KiB
			        }
			    }
		EOF
		[ $# -eq 0 ] || printf '    %s\n' "$@"
		echo "}"
		echo "end"
	} >"$file"
}

# -- a receiver and a sender ------------------------------------------------

# The tool itself, not a function: its pid is the one to signal.
send() {
	# shellcheck disable=SC2086 # $without is empty, or two words
	postern send --policy policy.conf $without "$@" orders
}

# received_is FORMAT: as printf writes it.
received_is() {
	# shellcheck disable=SC2059
	printf "$1" | cmp -s received -
}

# start_receiver OPTION...: in the background, up when this returns.  It has no
# controlling terminal, so SIGHUP is a request to reload.
start_receiver() {
	[ -e policy.conf ] || write_policy policy.conf
	# shellcheck disable=SC2086
	setsid "$tool" receive --policy policy.conf $without "$@" orders \
		>received 2>receiver.err &
	receiver=$!
	# shellcheck disable=SC2031
	background="$background $receiver"
	wait_until is_up
}

# A bound socket does not listen yet: the flag in /proc/net/unix tells.  Where that
# file is hidden, a connection does, which the node counts as one that sent nothing.
is_listening() {
	if [ -r /proc/net/unix ]; then
		grep -q " 00010000 .* $1\$" /proc/net/unix
	else
		perl -MSocket -e 'socket(my $socket, AF_UNIX, SOCK_SEQPACKET, 0);
			exit !connect($socket, sockaddr_un($ARGV[0]));' "$1"
	fi
}

is_up() {
	is_listening "$PWD/orders.sock" || ! kill -0 "$receiver" 2>/dev/null
}

stop_receiver() {
	kill -TERM "$receiver"
	wait_for_status 0 "$receiver"
}

# start_sender OPTION...: reads from descriptor 8, which stays open.
start_sender() {
	mkfifo input
	# shellcheck disable=SC2086
	"$tool" send --policy policy.conf $without "$@" orders \
		<input 2>sender.err &
	sender=$!
	background="$background $sender"
	exec 8>input
}

# run_tests: all tests of the script, or the one that CK_RUN_CASE names
run_tests() {
	failed_count=0
	# shellcheck disable=SC2046 # a list of names
	set -- ${CK_RUN_CASE:-$(sed -n 's/^\(test_[a-z0-9_]*\)() {$/\1/p' "$0")}
	for test_name; do
		mkdir "$work/$test_name"
		(
			cd "$work/$test_name" || exit 1
			background=
			# shellcheck disable=SC2031 # the test's own
			trap 'kill -9 $background 2>/dev/null || true' EXIT
			set -eu
			"$test_name"
		)
		# A condition would switch `set -e` off in there.
		# shellcheck disable=SC2181
		if [ $? -ne 0 ]; then
			echo "FAIL: $test_name" >&2
			failed_count=$((failed_count + 1))
		fi
		rm -rf "${work:?}/$test_name"
	done
	echo "Checks: $#, Failures: $failed_count, Errors: 0"
	[ "$failed_count" -eq 0 ]
}
