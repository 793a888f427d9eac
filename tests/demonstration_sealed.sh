# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# shellcheck disable=SC2154 # most variables are the demonstration's
#
# The part of the demonstration about security modes and keys, on a node called
# vault: sourced, not run
#
# alter.pl stands for a bug or a stranger that can write where only the sender
# should.  (automake needs perl, too.)

# -- the cast -----------------------------------------------------------------

# write_vault SECURITY [NODE_KEY CLERK_KEY]
write_vault() {
	cat <<POLICY
policy-version 1

peer clerk {
    user $sender
${3:+    key $3}
}

node vault {
    owner user $owner
    socket $work/run/vault.sock mode 0666
    security $1
${2:+    key $2}
    allow clerk {
        direction send
    }
}
end
POLICY
}

# start_vault POLICY [OPTION...]: the node in $vault
start_vault() {
	vault_policy=$1
	shift
	in_background vault "$owner" postern receive --policy "$vault_policy" \
		--lines "$@" vault
	vault=$started
	expect "the node is live" until_true is_live run/vault.sock
}

stop_vault() {
	kill "$vault"
	finish "$vault"
	expect "the node is closed in order" [ "$status" -eq 0 ]
}

# put TEXT OPTION...: the sender's attempt
put() {
	text=$1
	shift
	try "$sender" postern send "$@" --message "$text" vault
}

expect_denied() {
	show err
	expect "the sender fails" [ "$status" -eq 5 ]
	expect "it is told: access denied" says err 'access denied'
}

has_taken() {
	grep -qx -- "$1" vault.out
}

# -- the mode -----------------------------------------------------------------

show_mode() {
	write_vault aead >sealed.conf
	write_vault none >plain.conf
	diff plain.conf sealed.conf >said || :
	show said
	start_vault sealed.conf

	put "in clear" --policy plain.conf
	expect_denied
	grep ' event=refused ' vault.err >refusal || :
	show refusal
	expect "the node's log says why" says refusal ' reason=security'
	put "under seal" --policy sealed.conf
	expect "with the mode that is asked for it is let in" \
		[ "$status" -eq 0 ]
	expect "the node's log says which" \
		says vault.err ' event=connected .*security=aead'
	expect "that message has arrived" until_true has_taken "under seal"
	expect "and nothing else" [ "$(cat vault.out)" = "under seal" ]
	stop_vault
}

# -- keys ---------------------------------------------------------------------

# new_key UID DIRECTORY: in a directory of that user; its public key to $key
new_key() {
	socket_directory "$2" "$1"
	try "$1" postern key create "$2/key"
	show out
	expect "the key file is for uid $1 alone" \
		[ "$(stat -c %a,%u "$2/key")" = "600,$1" ]
	key=$(grep -o 'x25519:[A-Za-z0-9_-]*' out | head -n 1)
}

show_key() {
	new_key "$owner" node-key
	node_key=$key
	new_key "$sender" clerk-key
	clerk_key=$key
	new_key "$sender" other-key
	write_vault mac "$node_key" "$clerk_key" >keys.conf
	start_vault keys.conf --key node-key/key

	put "with another" --policy keys.conf --key other-key/key
	expect_denied
	put "with none" --policy keys.conf
	expect_denied
	grep ' event=refused ' vault.err >refusal || :
	show refusal
	expect "the node's log has both, and says why" \
		[ "$(grep -c ' reason=key ' refusal)" -eq 2 ]
	put "with mine" --policy keys.conf --key clerk-key/key
	expect "with the key that is pinned it is let in" [ "$status" -eq 0 ]
	expect "the node's log names the key" \
		says vault.err " event=connected .*key=$clerk_key"
	expect "that message has arrived" until_true has_taken "with mine"
	expect "and nothing else" [ "$(cat vault.out)" = "with mine" ]
	stop_vault
}

# -- what is in the ring ------------------------------------------------------

write_alterer() {
	cat >alter.pl <<'PERL'
# alter.pl SENDER RECEIVER FEED LINE WORD OTHER LOG TEXT
#
# Puts LINE into FEED while RECEIVER is stopped, and then WORD to OTHER in what
# SENDER has written into its ring; or, if it is not to be read there, one bit.
# Tells how long it takes from there until LOG says TEXT.
use strict;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC sleep);

my ($sender, $receiver, $feed, $line, $word, $other, $log, $text) = @ARGV;

# The sender's segment: its first page says how far it has written, the data
# come behind that and are mapped twice.
my (@starts, $data_offset);
open(my $maps, '<', "/proc/$sender/maps") or exit 4;
while (<$maps>) {
	next unless m{^([0-9a-f]+)-\S+ rw-s ([0-9a-f]+) .* /memfd:postern };
	push @starts, hex $1;
	$data_offset = hex $2 if hex $2;
}
my $start = (sort { $a <=> $b } @starts)[0];
open(my $memory, '+<', "/proc/$sender/mem") or exit 4;

sub get {
	my ($address, $byte_count) = @_;
	sysseek($memory, $address, 0);
	sysread($memory, my $bytes, $byte_count) == $byte_count
		or die "read: $!";
	return $bytes;
}

sub put {
	my ($address, $bytes) = @_;
	sysseek($memory, $address, 0);
	syswrite($memory, $bytes) == length $bytes or die "write: $!";
}

sub await {
	my ($condition) = @_;
	my $end = clock_gettime(CLOCK_MONOTONIC) + 10;
	until ($condition->()) {
		die "nothing happens" if clock_gettime(CLOCK_MONOTONIC) > $end;
		sleep(0.0002);
	}
}

sub produced {
	return unpack 'Q', get($start, 8);
}

sub log_says {
	open(my $file, '<', $log) or die "$log: $!";
	return grep { index($_, $text) >= 0 } <$file>;
}

kill 'STOP', $receiver or die "stop: $!";
my $begin = produced();
open(my $out, '>', $feed) or die "$feed: $!";
syswrite($out, "$line\n");
await(sub { produced() != $begin });

my $place = $start + $data_offset + $begin;
my $record = get($place, produced() - $begin);
my $at = index($record, $line);
print 'in the ring: ', $at < 0 ? unpack('H*', $record) : $line, "\n";
if ($at < 0) {
	$at = length($record) / 2;
	put($place + $at, chr(ord(substr $record, $at, 1) ^ 1));
	print "changed: one bit\n";
} else {
	put($place + index($record, $word), $other);
	print "changed: $word to $other\n";
}
my $changed = clock_gettime(CLOCK_MONOTONIC);
kill 'CONT', $receiver or die "continue: $!";
await(\&log_says);
printf "%.1f ms later in %s: %s\n",
	1e3 * (clock_gettime(CLOCK_MONOTONIC) - $changed), $log, $text;
PERL
}

# alter MODE LOG TEXT: in a channel of that mode; what the script said to
# ./altered, its exit status to $altered
alter() {
	write_vault "$1" >altered.conf
	start_vault altered.conf
	input=orders
	in_background order "$sender" postern send --policy altered.conf \
		--lines vault
	# shellcheck disable=SC2034 # for in_background
	input=
	order=$started
	exec 9>orders
	echo "good morning" >&9
	expect "a line has arrived" until_true has_taken "good morning"
	try "$(id -u)" perl alter.pl "$order" "$vault" orders \
		"pay 100 to the till" 100 900 "$2" "$3"
	altered=$status
	cat out err >altered
	show altered
}

# The sender's exit status to $order_status
end_alteration() {
	exec 9>&-
	finish "$order"
	order_status=$status
	stop_vault
}

show_alteration() {
	write_alterer
	mkfifo orders
	chmod 0666 orders

	note "in mode none, beside which the others stand:"
	alter none vault.out 'pay 900'
	if [ "$altered" -eq 4 ]; then
		note "Here uid $owner may not write into another process:" \
			"only root can show that."
		end_alteration
		return 0
	fi
	expect "the line could be read in the ring" \
		says altered 'in the ring: pay 100'
	expect "and is taken as it was changed" has_taken "pay 900 to the till"
	end_alteration
	expect "the sender has noticed nothing" [ "$order_status" -eq 0 ]

	for mode in mac aead; do
		note "in mode $mode:"
		alter "$mode" vault.err reason=key-rejected
		if [ "$mode" = mac ]; then
			expect "the line could be read in the ring" \
				says altered 'in the ring: pay 100'
		else
			expect "the line could not be read in the ring" \
				says_not altered 'in the ring: pay'
		fi
		grep ' reason=key-rejected' vault.err >said || :
		show said
		expect "the change was noticed" [ "$altered" -eq 0 ]
		expect "nothing of the line was taken" \
			[ "$(cat vault.out)" = "good morning" ]
		end_alteration
		show order.err
		expect "the sender was told that its channel has ended" \
			[ "$order_status" -eq 3 ]
	done
}
