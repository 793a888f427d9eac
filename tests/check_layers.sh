#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Every #include "layer/..." in src/ is one that the layer may have, and every
# folder of src/ is a layer that this table knows.  The tool sees what a user
# sees: of quoted includes only its own headers.  Only crypto sees libsodium.

cd "${POSTERN_SRCDIR:-.}/src" || exit 99

status=0
seen_layers=
while read -r layer allowed; do
	seen_layers="$seen_layers $layer"
	[ -d "$layer" ] || continue
	# shellcheck disable=SC2013 # no name of a header has a space
	for seen in $(cat "$layer"/*.[ch] 2>/dev/null |
		sed -n 's|^[ \t]*#[ \t]*include[ \t]*"\([^"]*\)".*|\1|p' |
		sort -u); do
		case $seen in
		*/*) folder=${seen%%/*} ;;
		*) folder=$layer ;;
		esac
		case " $layer $allowed " in
		*" $folder "*) ;;
		*)
			echo "src/$layer may not include \"$seen\"" >&2
			status=1
			;;
		esac
	done
done <<'TABLE'
base
ring      base
slots     base
stats     base
wire      base
policy    base
authoring base policy
crypto    base
os        base
handshake base wire crypto
channel   base ring os crypto
sched     base os policy channel
client    base policy crypto os slots stats handshake channel node
node      base policy crypto os slots stats handshake channel sched
api       base policy channel client node os
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
