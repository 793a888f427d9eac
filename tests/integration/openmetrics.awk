# SPDX-License-Identifier: ISC
#
# Is this an OpenMetrics text?  Each family is in one piece and comes once, with
# TYPE before UNIT before HELP before its samples; samples have the suffix of
# their type, each set of labels comes once, values are numbers, a counter's not
# negative; and the last line is "# EOF".

function fail(why) {
	print "line " NR ": " why ": " $0 >"/dev/stderr"
	failed = 1
	exit 1
}

ended { fail("something after the end") }

/^# EOF$/ {
	ended = 1
	next
}

/^# TYPE / {
	family = $3
	type = $4
	if (NF != 4 || family !~ /^[a-zA-Z_:][a-zA-Z0-9_:]*$/)
		fail("no family")
	if (type !~ /^(gauge|counter|summary|stateset)$/)
		fail("no type that is expected here")
	if (type == "counter" && family ~ /_total$/)
		fail("the family has the suffix of its sample")
	if (family in families)
		fail("a second time")
	families[family] = type
	stage = 1
	next
}

/^# UNIT / {
	if ($3 != family || stage != 1 || NF != 4)
		fail("not here")
	if (family !~ ("_" $4 "$"))
		fail("the family does not end with its unit")
	stage = 2
	next
}

/^# HELP / {
	if ($3 != family || stage > 2 || NF < 4)
		fail("not here")
	stage = 3
	next
}

/^#/ || /^$/ { fail("no line of this format") }

{
	if (stage != 3)
		fail("a sample without a description")
	if (!match($0, /^[a-zA-Z_:][a-zA-Z0-9_:]*/))
		fail("no name")
	name = substr($0, 1, RLENGTH)
	rest = substr($0, RLENGTH + 1)

	wanted = family
	if (type == "counter")
		wanted = family "_total"
	if (type == "summary" && name == family "_count")
		wanted = name
	if (name != wanted)
		fail("not a sample of " family)

	labels = ""
	if (match(rest, /^\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\[\\"n])*",?)*\}/)) {
		labels = substr(rest, 1, RLENGTH)
		rest = substr(rest, RLENGTH + 1)
	}
	if (labels ~ /,\}$/)
		fail("a comma at the end")
	if (labels ~ /""[a-z]|"[a-z]+=/ && labels !~ /[{,][a-zA-Z_]+=/)
		fail("labels without a comma")
	if ((name labels) in samples)
		fail("a second time")
	samples[name labels] = 1

	if (rest !~ /^ (-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?|[-+]?Inf|NaN)$/)
		fail("no value")
	if (type != "gauge" && rest + 0 < 0)
		fail("negative")
	if (type == "stateset" && (rest !~ /^ [01]$/ ||
				   index(labels, family "=\"") == 0))
		fail("no state")
	if (type == "summary" && name == family && labels !~ /quantile="/)
		fail("no quantile")
	sample_count++
}

END {
	if (failed)
		exit 1
	if (!ended || !sample_count) {
		print "it has no end, or nothing in it" >"/dev/stderr"
		exit 1
	}
}
