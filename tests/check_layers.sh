#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Every #include "layer/..." in src/ is one that the layer may have, and every
# folder of src/ is a layer that this table knows.  A row of one file is for it
# alone, and stands above the row of its folder.  The tool sees what a user
# sees: of quoted includes only its own headers, and one of authoring.  Only
# crypto sees libsodium.

cd "${POSTERN_SRCDIR:-.}/src" || exit 99

status=0
seen_layers=
seen_files=
while read -r row allowed; do
	layer=${row%%/*}
	case $row in
	*/*)
		files=$row
		seen_files="$seen_files $row"
		;;
	*)
		files=
		seen_layers="$seen_layers $layer"
		for file in "$layer"/*.[ch]; do
			case "$seen_files " in
			*" $file "*) ;;
			*) files="$files $file" ;;
			esac
		done
		;;
	esac
	# shellcheck disable=SC2013,SC2086 # no name of a file has a space
	for seen in $(cat $files 2>/dev/null |
		sed -n 's|^[ \t]*#[ \t]*include[ \t]*"\([^"]*\)".*|\1|p' |
		sort -u); do
		case $seen in
		*/*) folder=${seen%%/*} ;;
		*) folder=$layer ;;
		esac
		case " $layer $allowed " in
		*" $folder "*|*" $seen "*) ;;
		*)
			echo "src/$row may not include \"$seen\"" >&2
			status=1
			;;
		esac
	done
done <<'TABLE'
base
ring      base
stats     base os
wire      base
policy/policy_load.c base os
policy    base
crypto    base
os        base
handshake base wire crypto
identity  base policy crypto os
channel   base ring os crypto
accounting base policy
sched     base os policy channel
peer      base os channel sched
client    base policy crypto os identity stats handshake channel
admission base policy crypto os identity stats handshake channel accounting sched peer
node      base policy crypto os identity stats handshake channel accounting sched peer admission
api       base policy crypto os identity stats channel accounting client node
authoring base os policy
tools/policy_authoring.c authoring/authoring.h
tools
TABLE

for file in $(grep -lE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]sodium[./]' \
	*/*.[ch] ../include/postern/*.h*); do
	case $file in
	crypto/*) ;;
	*)
		echo "src/$file may not include <sodium.h>: crypto does" >&2
		status=1
		;;
	esac
done

for folder in */; do
	case "$seen_layers " in
	*" ${folder%/} "*) ;;
	*)
		echo "src/$folder is no layer of the table" >&2
		status=1
		;;
	esac
done

exit $status
