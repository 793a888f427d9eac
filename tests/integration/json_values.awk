# SPDX-License-Identifier: ISC
#
# Reads one JSON value a line, strictly, and prints each plain value in it as
# "path value": "node.pid 17", "peers.0.name \"self\"".  What is no JSON ends it
# with status 1.

function fail(why) {
	print "line " NR ", character " at ": " why >"/dev/stderr"
	failed = 1
	exit 1
}

# What the pattern matches here; the rest comes after it.
function take(pattern,    found) {
	if (!match(substr(text, at), "^" pattern))
		return ""
	found = substr(text, at, RLENGTH)
	at += RLENGTH
	return found
}

function need(pattern,    found) {
	found = take(pattern)
	if (found == "")
		fail("expected " pattern)
	return found
}

function blanks() {
	take("[ \t]+")
}

function string() {
	return need("\"([^\"\\\\]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F])*\"")
}

function members(path,    name, seen) {
	blanks()
	if (take("}"))
		return
	do {
		blanks()
		name = string()
		if (name in seen)
			fail(name " twice")
		seen[name] = 1
		blanks()
		need(":")
		value(path (path ? "." : "") substr(name, 2, length(name) - 2))
		blanks()
	} while (take(","))
	need("}")
}

function elements(path,    i) {
	blanks()
	if (take("\\]"))
		return
	i = 0
	do {
		value(path (path ? "." : "") i++)
		blanks()
	} while (take(","))
	need("\\]")
}

function value(path,    found) {
	blanks()
	if (take("{")) {
		members(path)
		return
	}
	if (take("\\[")) {
		elements(path)
		return
	}
	if (substr(text, at, 1) == "\"") {
		print path " " string()
		return
	}
	found = take("(true|false|null)")
	if (found == "")
		found = need("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?")
	print path " " found
}

{
	text = $0
	at = 1
	value("")
	blanks()
	if (at <= length(text))
		fail("something follows")
}

END {
	if (!failed && NR == 0) {
		print "nothing to read" >"/dev/stderr"
		exit 1
	}
}
