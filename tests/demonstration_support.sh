# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# How the demonstration tells what it does, and does it: sourced, not run
#
# Processes of other users are started in the background and waited for; $several
# says whether there are other users.  What is expected is counted in $met and
# $unmet.

patience_seconds=20
running=
input=
met=0
unmet=0

# -- telling ------------------------------------------------------------------

step() {
	printf '\n== %s\n' "$*"
}

note() {
	printf '   %s\n' "$*"
}

# expect TEXT COMMAND...: the command says whether the text is true
expect() {
	text=$1
	shift
	if "$@"; then
		met=$((met + 1))
		printf '   met:     %s\n' "$text"
	else
		unmet=$((unmet + 1))
		printf '   NOT MET: %s\n' "$text"
	fi
}

show() {
	sed 's/^/   | /' "$1"
}

# -- doing --------------------------------------------------------------------

# as UID COMMAND...: becomes the command, run by that user
as() {
	uid=$1
	shift
	if [ "$several" ]; then
		exec setpriv --reuid="$uid" --regid="$uid" --clear-groups -- \
			"$@"
	fi
	exec "$@"
}

# try UID COMMAND...: shows and runs it; its output goes to ./out and ./err,
# its exit status to $status
try() {
	printf ' [uid %s] $ %s\n' "$1" "$(shift && echo "$*")"
	status=0
	(as "$@") >out 2>err </dev/null || status=$?
}

# in_background NAME UID COMMAND...: likewise, and goes on; input from ./$input if
# that is set, output to ./NAME.out and ./NAME.err, its process to $started.  What
# others wait for the end of, descriptors 8 and 9, is the demonstration's alone.
in_background() {
	name=$1
	shift
	printf ' [uid %s] $ %s%s &\n' "$1" "$(shift && echo "$*")" \
		"${input:+ <$input}"
	(as "$@") >"$name.out" 2>"$name.err" <"${input:-/dev/null}" \
		8>&- 9>&- &
	started=$!
	running="$running $started"
}

# finish PID: wait for it; its exit status to $status
finish() {
	status=0
	# shellcheck disable=SC2034 # for whoever asked
	wait "$1" || status=$?
	rest=
	for pid in $running; do
		[ "$pid" = "$1" ] || rest="$rest $pid"
	done
	running=$rest
}

# until_true COMMAND...: looks again until it is, but not for ever
until_true() {
	give_up=$(($(date +%s) + patience_seconds))
	until "$@"; do
		[ "$(date +%s)" -lt "$give_up" ] || return 1
	done
}

# The kernel lists a node's socket, by its whole path, as listening when the node
# is ready.
is_live() {
	grep -q " 00010000 .* $PWD/$1\$" /proc/net/unix
}

says() {
	grep -q -- "$2" "$1"
}

says_not() {
	! grep -q -- "$2" "$1"
}

# However far it came.
end_running() {
	for pid in $running; do
		kill "$pid" 2>/dev/null || :
	done
	for pid in $running; do
		wait "$pid" 2>/dev/null || :
	done
}
