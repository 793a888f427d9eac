# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# shellcheck disable=SC2154 # most variables are the demonstration's
#
# The part of the demonstration with several tenants on one node, the market:
# sourced, not run
#
# `till` sends little, `flood` ten times what its tenant may.  What is expected is
# what holds on a busy machine too: counts, limits, refusals.  Latencies and the
# time that something takes are only shown.
#
# The node reads node.conf, which changes; everybody else reads market.conf.
# pace.pl sends at a pace of its own.  (automake needs perl, too.)

till_per_second=1000
till_count=1000
flood_rate=2000
flood_burst=200
flood_per_second=$((10 * flood_rate))
flood_count=30000

# -- the cast -----------------------------------------------------------------

# Two tenants are two users.  Those of one user are told apart by what they run.
write_market() {
	cat <<POLICY
policy-version 1

peer till {
    user $till
$(tell_apart till)
}
peer flood {
    user $flood
$(tell_apart flood)
}

tenant shop {
    members till
}
tenant mill {
    members flood
    limits {
        rate $flood_rate/s burst $flood_burst
        on-exceed drop
    }
}

node market {
    owner user $owner
    socket $work/run/market.sock mode 0666
    allow till flood {
        direction send
        limits {
            ring 256KiB
            message 1KiB
        }
    }
}
end
POLICY
}

tell_apart() {
	[ "$several" ] || echo "    exe $work/$1/postern"
}

# What a process runs is read through the descriptor that stands for it.
can_tell_apart() {
	[ "$several" ] || postern doctor | grep -q '^peerpidfd  *found'
}

# program NAME: what this tenant runs
program() {
	[ "$several" ] && echo postern || echo "$work/$1/postern"
}

# Lines into a command, at a rate that does not depend on how fast it takes them.
write_pacer() {
	cat >pace.pl <<'PERL'
use strict;
use IO::Handle;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC sleep);

my ($count, $per_second, $text, @command) = @ARGV;

pipe(my $lines, my $out) or die "pipe: $!";
my $child = fork;
defined $child or die "fork: $!";
if ($child) {
	close $out;
	open(STDIN, '<&', $lines) or die "dup: $!";
	close $lines;
	exec @command or die "$command[0]: $!";
}

close $lines;
$out->autoflush(1);
my $begin = clock_gettime(CLOCK_MONOTONIC);
my $done = 0;
while ($done < $count) {
	my $elapsed = clock_gettime(CLOCK_MONOTONIC) - $begin;
	my $due = 1 + int($elapsed * $per_second);
	$due = $count if $due > $count;
	print $out map { "$text $_\n" } $done + 1 .. $due if $due > $done;
	$done = $due;
	sleep(0.001) if $done < $count;
}
# Done; the channel stays open for as long as `release` has a writer.
open(my $paced, '>', 'paced') or die "paced: $!";
print $paced "$text\n";
close $paced;
open(my $release, '<', 'release') or die "release: $!";
readline $release;
PERL
}

# start_pacing NAME COUNT PER_SECOND TEXT: a sender in $started
start_pacing() {
	[ "$1" = till ] && pacer=$till || pacer=$flood
	in_background "$4" "$pacer" perl pace.pl "$2" "$3" "$4" \
		"$(program "$1")" send --policy market.conf --lines market
}

# await_pacing: until one of them is done
await_pacing() {
	read -r _ <&7
}

# Whoever paces stays until release().
hold() {
	exec 8<>release
}

release() {
	exec 8>&-
}

# -- what the node says -------------------------------------------------------

look() {
	(as "$owner" postern stat --policy market.conf --openmetrics market) \
		>figures 2>err
}

# figure METRIC NAME [LABEL]: of the peer of this name, as of the last look()
figure() {
	sed -n "s/^postern_peer_$1{.*,peer_name=\"$2\",[^}]*${3-}} //p" figures
}

node_figure() {
	sed -n "s/^postern_node_$1{[^}]*} //p" figures
}

# has_all NAME COUNT: so many messages of it were received or dropped
has_all() {
	look || return 1
	received_count=$(figure received_messages_total "$1")
	dropped_count=$(figure dropped_messages_total "$1")
	[ "$((received_count + dropped_count))" -eq "$2" ]
}

# has_arrived TEXT COUNT: TEXT 1, TEXT 2 and so on are in the node's output
has_arrived() {
	grep "^$1 " market.out >arrived || :
	seq -f "$1 %.0f" "$2" | cmp -s - arrived
}

# tell_latency TEXT: of the till
tell_latency() {
	{
		figure latency_seconds till ',quantile="0.5"'
		figure latency_seconds till ',quantile="0.99"'
		figure latency_seconds_count till
	} | tr '\n' ' ' | awk -v text="$1" '{
		printf "   %-26s p50 %5.0f us, p99 %5.0f us, of %d stamped messages\n",
			text, 1e6 * $1, 1e6 * $2, $3
	}'
}

milliseconds_since() {
	awk -v begin="$1" -v end="$(date +%s%N)" \
		'BEGIN { printf "%.1f", (end - begin) / 1e6 }'
}

# -- the flood ----------------------------------------------------------------

# What the receiver was warned of.
has_been_told_of() {
	[ "$(awk '/ messages of flood were dropped$/ { sum += $4 }
		END { print sum + 0 }' market.err)" -eq "$1" ]
}

is_unlimited() {
	[ "$(figure dropped_messages_total "$1")" -eq 0 ] &&
		[ "$(figure throttled_total "$1")" -eq 0 ]
}

# So much was received, which began so long ago.
is_within_limit() {
	[ "$1" -le "$((flood_burst + flood_rate * $2 / 1000 + 1))" ]
}

show_flood() {
	write_market >market.conf
	write_pacer
	if [ ! "$several" ]; then
		for name in till flood; do
			mkdir "$name"
			cp "$(command -v postern)" "$name/postern"
		done
	fi
	cp market.conf node.conf
	mkfifo paced release feed
	chmod 0666 paced release feed
	exec 7<>paced
	sed -n '/^tenant/,/^}/p' market.conf >said
	show said

	in_background market "$owner" postern receive --policy node.conf \
		--lines market
	market=$started
	expect "the node is live" until_true is_live run/market.sock

	note "the till alone, $till_per_second messages a second"
	hold
	start_pacing till "$till_count" "$till_per_second" alone
	quiet=$started
	await_pacing
	expect "each of its messages was received" \
		until_true has_all till "$till_count"
	tell_latency "the till alone:" >latency
	release
	finish "$quiet"
	expect "and arrived, in order" \
		until_true has_arrived alone "$till_count"

	note "beside a flood of $flood_per_second messages a second"
	hold
	begin_ms=$(($(date +%s%N) / 1000000))
	start_pacing flood "$flood_count" "$flood_per_second" flooding
	flooder=$started
	expect "the flood has begun" until_true says market.out '^flooding 1$'
	start_pacing till "$till_count" "$till_per_second" beside
	quiet=$started
	await_pacing
	await_pacing
	expect "each message of the till was received" \
		until_true has_all till "$till_count"
	expect "none of them had to wait for a limit" is_unlimited till
	expect "each of the flood was received or dropped" \
		until_true has_all flood "$flood_count"
	elapsed_ms=$(($(date +%s%N) / 1000000 - begin_ms + 1))
	expect "no more of it was received than burst and rate allow" \
		is_within_limit "$received_count" "$elapsed_ms"
	tell_latency "the till beside the flood:" >>latency
	cat latency
	note "of the flood's $flood_count messages $received_count were" \
		"received, $dropped_count dropped;"
	note "$flood_burst and $flood_rate/s would be" \
		"$((flood_burst + flood_rate * elapsed_ms / 1000)) in the" \
		"$elapsed_ms ms since it began"

	try "$owner" postern stat --policy market.conf market
	show out
	release
	finish "$quiet"
	expect "what the till sent has arrived, in order" \
		until_true has_arrived beside "$till_count"
	finish "$flooder"
	expect "the receiver was told of every message that was dropped" \
		until_true has_been_told_of "$dropped_count"
}

# -- revocation ---------------------------------------------------------------

# still_arrives TEXT: what the till says now is received
still_arrives() {
	echo "$1" >&9
	until_true says market.out "^$1\$"
}

# has_admitted NAME COUNT: so often, up to now
has_admitted() {
	[ "$(grep -c " event=connected .* peer=$1 " market.err)" -eq "$2" ]
}

show_revocation() {
	input=feed
	in_background counter "$till" "$(program till)" send \
		--policy market.conf --lines market
	# shellcheck disable=SC2034 # for in_background
	input=
	counter=$started
	exec 9>feed
	expect "the till is open" still_arrives "good morning"

	hold
	start_pacing flood 1000000 "$flood_per_second" again
	flooder=$started
	expect "the flood is in" until_true says market.out '^again '
	begin_ns=$(date +%s%N)
	in_background disconnect "$owner" postern disconnect --policy market.conf \
		market flood
	disconnect=$started
	finish "$flooder"
	cut_off_ms=$(milliseconds_since "$begin_ns")
	show again.err
	expect "the flood's sender has ended: the peer is gone" \
		[ "$status" -eq 3 ]
	note "$cut_off_ms ms after the command was started"
	finish "$disconnect"
	show disconnect.out
	expect "the command has done what it should" [ "$status" -eq 0 ]
	expect "the sender was told why" \
		says again.err ' market: the node disconnected the peer$'
	expect "the node has a record of it" \
		says market.err ' event=disconnected .* by=control '
	expect "the till has noticed nothing" still_arrives "as before"
	release

	try "$flood" "$(program flood)" send --policy market.conf \
		--message back market
	expect "the policy is as it was: the flood may come back" \
		[ "$status" -eq 0 ]
}

# -- reload -------------------------------------------------------------------

# replace_policy FILE: at once, as an editor does
replace_policy() {
	cp "$1" node.conf.new
	mv node.conf.new node.conf
	printf ' [uid %s] $ cp %s node.conf; kill -HUP %s\n' "$owner" "$1" \
		"$market"
	kill -HUP "$market"
}

# has_figure METRIC VALUE: the node has by now
has_figure() {
	look && [ "$(node_figure "$1")" -eq "$2" ]
}

show_reload() {
	hold
	start_pacing flood 1 1 third
	flooder=$started
	await_pacing
	expect "both tenants are connected" \
		until_true has_admitted flood 4

	sed 's/allow till flood/allow till/' market.conf >quiet.conf
	sed 's/direction send/direction sent/' quiet.conf >broken.conf
	line=$(grep -n 'direction sent' broken.conf | cut -d : -f 1)
	lines=$(wc -l <market.err)
	replace_policy broken.conf
	expect "the broken policy is not taken over" until_true \
		says market.err 'not reloaded: the policy in force stays$'
	tail -n "+$((lines + 1))" market.err >said
	show said
	expect "file and line are named" \
		says said "node.conf:$line:[0-9]*: error: "
	expect "it changes nothing: the till's messages arrive" \
		still_arrives "after the broken one"
	expect "and both tenants are still there" until_true has_figure peers 2

	try "$(id -u)" postern policy diff market.conf quiet.conf
	show out
	expect "policy diff tells who will lose what" \
		says out '- loses access: send'

	begin_ns=$(date +%s%N)
	replace_policy quiet.conf
	finish "$flooder"
	cut_off_ms=$(milliseconds_since "$begin_ns")
	show third.err
	expect "the flood's sender has ended: the peer is gone" \
		[ "$status" -eq 3 ]
	note "$cut_off_ms ms after the signal"
	expect "and was told why" \
		says third.err ' market: the policy no longer allows the peer$'
	expect "the node has a record of the reload" \
		says market.err ' event=reload '
	expect "the till's messages arrive" still_arrives "after the good one"
	release
	try "$flood" "$(program flood)" send --policy market.conf \
		--message hello market
	show err
	expect "the flood does not get in any more" [ "$status" -eq 5 ]
}

# -- what it comes to ---------------------------------------------------------

show_statistics() {
	expect "one policy was taken over" until_true has_figure reloads_total 1
	expect "one peer is left" until_true has_figure peers 1
	try "$owner" postern stat --policy market.conf market
	show out
	expect "and stat shows it" says out '^[0-9.]*  *till  *[0-9]'
	try "$owner" postern top --policy market.conf --batch --count 1 market
	show out
	expect "top shows the same one" says out '^[0-9.]*  *till  *[0-9]'
	exec 9>&-
	finish "$counter"
	expect "the till is closed in order" [ "$status" -eq 0 ]
	kill "$market"
	finish "$market"
	expect "and so is the node" [ "$status" -eq 0 ]
	exec 7>&-
}
