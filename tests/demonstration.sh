#!/bin/sh
# SPDX-License-Identifier: ISC
#
# demonstration.sh PREFIX
#
# Shows the main job on real input, with the postern that is installed in PREFIX
# (PREFIX/bin/postern), step by step: each command as it is given, and whether
# what came of it was expected.  Exit status 0: every expectation was met.
#
# As root it plays four users, 20001 to 20004.  Otherwise there is one uid to
# play with; what that can show is shown, and the rest is named.
#
# POSTERN_DEMONSTRATION_SECONDS is how long it may take (30), for a machine that
# is emulated.
#
# Nothing is left behind: no process, no file.

set -eu
umask 022
elapsed_max_seconds=${POSTERN_DEMONSTRATION_SECONDS:-30}

if [ $# -ne 1 ] || [ ! -x "$1/bin/postern" ]; then
	echo "usage: demonstration.sh PREFIX, where PREFIX/bin/postern is" >&2
	exit 2
fi
# It takes some seconds.  If something hangs, that is the end of it, and of all
# its processes.
[ "${POSTERN_DEMONSTRATION-}" = timed ] ||
	POSTERN_DEMONSTRATION=timed exec timeout $((3 * elapsed_max_seconds)) \
		"$0" "$@"

# shellcheck source=tests/demonstration_support.sh
. "${0%/*}/demonstration_support.sh"
# shellcheck source=tests/demonstration_tenants.sh
. "${0%/*}/demonstration_tenants.sh"
# shellcheck source=tests/demonstration_sealed.sh
. "${0%/*}/demonstration_sealed.sh"

prefix=$(cd "$1" && pwd)
PATH=$prefix/bin:$PATH
LD_LIBRARY_PATH=$prefix/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export PATH LD_LIBRARY_PATH
LC_ALL=C
export LC_ALL

if [ "$(id -u)" -eq 0 ]; then
	several=yes owner=20001 sender=20002 stranger=20003 till=20002 flood=20004
else
	several='' owner=$(id -u) sender=$owner stranger=$owner till=$owner \
		flood=$owner
fi

tree_bytes_min=$((50 * 1000 * 1000))
begin_seconds=$(date +%s)

work=$(mktemp -d /tmp/postern-demonstration.XXXXXX)
chmod 0755 "$work"
cd "$work"

# shellcheck disable=SC2317 # called by the trap
clean_up() {
	end_running
	cd /
	rm -rf "$work"
}
trap clean_up EXIT
# timeout(1) sends its signal twice: once is enough to clean up.
trap 'trap "" HUP INT TERM; exit 1' HUP INT TERM

# -- the cast -----------------------------------------------------------------

# A directory that only its owner can put a socket in.
socket_directory() {
	mkdir "$1"
	[ ! "$several" ] || chown "$2:$2" "$1"
}

echo "postern $(postern --version | sed 's/^postern //'), Linux $(uname -r)"
if [ "$several" ]; then
	note "uid $owner owns the nodes, uid $sender may send, uid $stranger" \
		"may not"
	[ -x "$(command -v setpriv)" ] || {
		echo "demonstration.sh: setpriv (util-linux) is missing" >&2
		exit 1
	}
	(as "$sender" postern --version) >/dev/null || {
		echo "demonstration.sh: other users cannot run" \
			"$prefix/bin/postern" >&2
		exit 1
	}
else
	note "Not root: uid $owner plays every part.  Only root can show that" \
		"another user is refused."
fi

socket_directory run "$owner"

# -- (a) ----------------------------------------------------------------------

step "(a) A policy with a typo, and without"

# Without other users, who may not send is refused by a node of its own.
[ "$several" ] && closed=orders || closed=closed
{
	cat <<POLICY
policy-version 1

peer clerk {
    user $sender
}
peer outcast {
    user $stranger
}

node orders {
    owner user $owner
    socket $work/run/orders.sock mode 0666
    allow clerk {
        direction send
    }
POLICY
	[ ! "$several" ] || echo "    deny outcast"
	echo "}"
	[ "$several" ] || cat <<POLICY

node closed {
    owner user $owner
    socket $work/run/closed.sock mode 0666
    allow clerk {
        direction send
    }
    deny outcast
}
POLICY
	echo end
} >policy.conf
sed 's/direction/directoin/' policy.conf >typo.conf

try "$(id -u)" postern policy check typo.conf
cat out err >said
show said
expect "the typo is refused" [ "$status" -eq 1 ]
expect "the place is named" says said '^typo.conf:[0-9]*:[0-9]*: error: '
expect "a caret points at it" says said '\^~'
expect "the word is suggested" says said "did you mean 'direction'"

try "$(id -u)" postern policy check policy.conf
expect "the mended file passes" [ "$status" -eq 0 ]

# -- (b) ----------------------------------------------------------------------

step "(b) A real tree, from uid $sender to uid $owner"

# Directories until there is enough of them, none too big and all readable; first
# the compiler, whose files are few and large: a busy disk is slow with many.
parts=
tree_bytes=0
for directory in /usr/lib/gcc /usr/include /usr/share/* /usr/lib/*; do
	part=${directory#/}
	[ "$tree_bytes" -lt "$tree_bytes_min" ] || break
	case " $parts " in *" $part "*) continue ;; esac
	if [ ! -d "/$part" ] || [ -L "/$part" ]; then
		continue
	fi
	# Sockets, devices and what this user may not read stay at home.
	[ -z "$(find "/$part" \( ! -readable -o ! \
		\( -type f -o -type d -o -type l \) \) -print -quit \
		2>&1)" ] || continue
	part_bytes=$(find "/$part" -type f -printf '%s\n' |
		awk '{ sum += $1 } END { print sum + 0 }')
	[ "$part_bytes" -lt 300000000 ] || continue
	tree_bytes=$((tree_bytes + part_bytes))
	parts="$parts $part"
done
note "the tree: $(echo "$parts" | wc -w) directories," \
	"$((tree_bytes / 1000000)) MB:$(echo "$parts" | cut -c 1-60)"

in_background orders "$owner" postern receive --policy policy.conf \
	--until-disconnected orders
receiver=$started
expect "the node is live" until_true is_live run/orders.sock

# The list is meant to be split.
# shellcheck disable=SC2086
tar -C / -cf tree.tar $parts
printf ' [uid %s] $ postern send --policy policy.conf orders <tree.tar\n' \
	"$sender"
begin_ns=$(date +%s%N)
status=0
(as "$sender" postern send --policy policy.conf orders) <tree.tar || status=$?
end_ns=$(date +%s%N)
expect "the sender is told that all was consumed" [ "$status" -eq 0 ]
finish "$receiver"
expect "the receiver ends when its peer has left" [ "$status" -eq 0 ]

sent_bytes=$(wc -c <orders.out)
elapsed_ms=$(((end_ns - begin_ns) / 1000000))
[ "$elapsed_ms" -gt 0 ] || elapsed_ms=1
note "$sent_bytes bytes in $elapsed_ms ms, from file to file:" \
	"$((sent_bytes / elapsed_ms / 1000)) MB/s"
expect "at least 50 MB were sent" [ "$sent_bytes" -ge "$tree_bytes_min" ]
expect "the archive is byte-identical" cmp -s tree.tar orders.out

mkdir tree
tar -C tree -xf orders.out
is_same_tree() {
	for part in $parts; do
		diff -r --no-dereference "/$part" "tree/$part" >difference ||
			return 1
	done
}
expect "the unpacked tree is byte-identical" is_same_tree
expect "the node recorded who came" says orders.err "event=connected .*uid=$sender "
rm -rf tree tree.tar orders.out

# -- (c) ----------------------------------------------------------------------

step "(c) Who may not, learns no more than that"

in_background "$closed" "$owner" postern receive --policy policy.conf "$closed"
receiver=$started
expect "the node is live" until_true is_live "run/$closed.sock"

try "$stranger" postern send --policy policy.conf --message hello "$closed"
show err
expect "the sender fails" [ "$status" -eq 5 ]
expect "it is told: access denied" says err 'access denied'
expect "and no more" says_not err 'deny\|outcast\|policy.conf\|:[0-9]'

kill "$receiver"
finish "$receiver"
expect "SIGTERM ends the node in order" [ "$status" -eq 0 ]
grep "event=refused " "$closed.err" >refusal || :
show refusal
deny_line=$(grep -n '^    deny outcast' policy.conf | cut -d : -f 1)
expect "the node's log has one record of it" [ "$(wc -l <refusal)" -eq 1 ]
expect "which names the rule" says refusal 'reason=denied rule="deny outcast'
expect "and file and line" \
	says refusal "file=[^ ]*policy.conf line=$deny_line\( \|\$\)"

try "$(id -u)" postern policy explain --policy policy.conf --node "$closed" \
	--user "$stranger"
grep -i 'deny\|refuse\|verdict' out >said || cp out said
show said
expect "policy explain gives the same verdict offline" [ "$status" -eq 1 ]
expect "by the same line" says out "policy.conf:$deny_line"

# -- (d) ----------------------------------------------------------------------

step "(d) The right user, and the right process"

mkfifo go
chmod 0666 go
sending='postern send --policy pids.conf --message chosen listed'
in_background chosen "$sender" sh -c "read -r _ <go; exec $sending"
chosen=$started
if try "$(id -u)" postern policy pid "$chosen"; [ "$status" -ne 0 ]; then
	show err
	note "This kernel cannot name a process for good, so a policy that asks" \
		"for one does not load; that is all there is to show."
	kill "$chosen"
	finish "$chosen"
else
	word=$(cat out)
	note "its word is $word"
	cat >pids.conf <<POLICY
policy-version 1
peer chosen {
    user $sender
    pid $word
}
node listed {
    owner user $owner
    socket $work/run/listed.sock mode 0666
    allow chosen {
        direction send
    }
}
end
POLICY
	in_background listed "$owner" postern receive --policy pids.conf \
		--lines --until-disconnected listed
	receiver=$started
	expect "the node is live" until_true is_live run/listed.sock

	try "$sender" postern send --policy pids.conf --message twin listed
	show err
	expect "another process of uid $sender is refused" [ "$status" -eq 5 ]
	expect "with access denied" says err 'access denied'

	echo go >go
	finish "$chosen"
	expect "the process on the list is admitted" [ "$status" -eq 0 ]
	finish "$receiver"
	expect "what it sent has arrived, and nothing else" \
		[ "$(cat listed.out)" = chosen ]
fi

# -- (e) ----------------------------------------------------------------------

step "(e) What stands where the node should be, and is not it"

cat >squatted.conf <<POLICY
policy-version 1
peer clerk {
    user $sender
}
node squatted {
    owner user $owner
    socket $work/squat/squatted.sock mode 0666
    allow clerk {
        direction send
    }
}
end
POLICY
socket_directory squat "$owner"

echo "not a socket" >squat/squatted.sock
try "$sender" postern send --policy squatted.conf --message hello squatted
show err
expect "a planted file is refused" [ "$status" -eq 5 ]
expect "for what it is" says err "is not a node's socket"
rm squat/squatted.sock

if [ "$several" ]; then
	# A socket of uid 20003, in a directory that is the owner's by now.  It
	# tells what it was sent, whatever that is.  (automake needs perl, too.)
	cat >squatter.pl <<'PERL'
use strict;
use Socket;

my ($path, $patience_seconds) = @ARGV;
my $byte_count = 0;

alarm $patience_seconds;
socket(my $listener, AF_UNIX, SOCK_SEQPACKET, 0) or die "socket: $!";
umask 0;
bind($listener, sockaddr_un("$path.new")) or die "bind: $!";
listen($listener, 1) or die "listen: $!";
rename("$path.new", $path) or die "rename: $!";
accept(my $caller, $listener) or die "accept: $!";
while (defined recv($caller, my $packet, 65536, 0)) {
	last if $packet eq '';
	$byte_count += length $packet;
}
print "$byte_count bytes\n";
PERL
	chown "$stranger:$stranger" squat
	in_background squatter "$stranger" perl squatter.pl \
		squat/squatted.sock "$patience_seconds"
	squatter=$started
	expect "uid $stranger listens there" \
		until_true [ -S squat/squatted.sock ]
	chown "$owner:$owner" squat
	try "$sender" postern send --policy squatted.conf --message hello \
		squatted
	show err
	expect "the listener of the wrong owner is refused" [ "$status" -eq 5 ]
	expect "and both owners are named" \
		says err "listener is uid $stranger.*owner is uid $owner"
	finish "$squatter"
	note "it was sent $(cat squatter.out squatter.err)"
	expect "it was not sent a single byte" \
		[ "$(cat squatter.out)" = "0 bytes" ]
	rm squat/squatted.sock
else
	note "A listener of another owner: only root can show that."
fi

# -- (f) ----------------------------------------------------------------------

step "(f) Nothing has a name, and nothing is writable on both sides"

# shellcheck disable=SC2012 # compared as a whole, never parsed
ls -la /dev/shm >shm.before
in_background exchange "$owner" postern receive --policy policy.conf --lines \
	--until-disconnected orders
receiver=$started
expect "the node is live" until_true is_live run/orders.sock
mkfifo input
chmod 0666 input
input=input
in_background send "$sender" postern send --policy policy.conf --lines orders
input=
connector=$started
exec 9>input
echo "in the middle of it" >&9
expect "a line has arrived" until_true says exchange.out 'in the middle of it'

# What they map shared, whatever it is: address access offset device inode name.
shared_by() {
	awk '$2 ~ /s$/' "/proc/$1/maps"
}
# The node's statistics aside, which nobody observes here.
shared_by "$receiver" | grep -v ' /memfd:postern-view ' >node.maps
shared_by "$connector" >sender.maps
# Inode and access of each.
for side in node sender; do
	awk '{ print $5, substr($2, 2, 1) }' $side.maps | sort -u \
		>$side.segments
done
{
	sed 's/^/node   /' node.maps
	sed 's/^/sender /' sender.maps
} >maps
show maps
# shellcheck disable=SC2012
ls -la /dev/shm >shm.during
is_untouched() {
	cmp -s shm.before shm.during && cmp -s shm.before shm.after
}

inodes() {
	cut -d ' ' -f 1 "$1" | sort -u
}
is_shared() {
	[ "$(inodes node.segments | wc -l)" -eq 2 ] &&
		[ "$(inodes node.segments)" = "$(inodes sender.segments)" ]
}
has_one_writer() {
	for segment in $(inodes node.segments); do
		[ "$(cat node.segments sender.segments |
			grep -c "^$segment w\$")" -eq 1 ] || return 1
	done
}
# The kernel says so behind what was never linked, or is no longer.
has_no_name() {
	! grep -qv ' /memfd:postern (deleted)$' maps
}
expect "both processes share two segments and nothing else" is_shared
expect "each is mapped writable by one of them, and only one" has_one_writer
expect "neither has a name in the file system" has_no_name
exec 9>&-
finish "$connector"
expect "the sender is told that all was consumed" [ "$status" -eq 0 ]
finish "$receiver"
expect "and the node is closed" [ "$status" -eq 0 ]
# shellcheck disable=SC2012
ls -la /dev/shm >shm.after
expect "/dev/shm was all the while as before" is_untouched

# -- (g) to (j) ---------------------------------------------------------------

step "(g) Two tenants, and one of them floods"
if can_tell_apart; then
	show_flood
	step "(h) A live revocation"
	show_revocation
	step "(i) Another policy for a node in use: a broken one, then a good one"
	show_reload
	step "(j) What the node has counted"
	show_statistics
else
	note "This kernel does not tell one process of a user from another, so" \
		"there are no two tenants, nor what follows from them."
fi

# -- (k) to (m) ---------------------------------------------------------------

step "(k) Who does not come with the mode that a node requires"
show_mode
step "(l) The right user, and the wrong key"
show_key
step "(m) A byte that is changed in the ring behind the sender's back"
show_alteration

# -- the end ------------------------------------------------------------------

step "What is left of it"

expect "no socket" [ -z "$(find "$work" -type s)" ]
# Every process of this began in there, and none of them leaves.
cd /
has_no_process() {
	! readlink /proc/[0-9]*/cwd 2>/dev/null | grep -q "^$work"
}
expect "no process" until_true has_no_process
rm -rf "$work"
expect "no file" [ ! -e "$work" ]

elapsed_seconds=$(($(date +%s) - begin_seconds))
note "it took $elapsed_seconds s"
expect "under $elapsed_max_seconds s" \
	[ "$elapsed_seconds" -lt "$elapsed_max_seconds" ]

step "$met expectations met, $unmet not"
[ "$unmet" -eq 0 ]
