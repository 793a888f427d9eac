# SPDX-License-Identifier: ISC
#
# Compiler and linker flags, probed one by one
#
# A flag that this compiler does not know is left out, not fatal: gcc and clang
# each lack some of the other's.  The probe runs with -Werror, because clang
# only warns about a flag that it ignores.

# PST_COMPILER_FLAG(VARIABLE, FLAG)
# Appends FLAG to VARIABLE when the compiler takes it without a word.
AC_DEFUN([PST_COMPILER_FLAG], [dnl
AS_VAR_PUSHDEF([pst_cached], [pst_cv_cflag_$2])dnl
AC_CACHE_CHECK([whether $CC accepts $2], [pst_cached], [dnl
pst_saved_cflags=$CFLAGS
CFLAGS="$CFLAGS $2 -Werror"
AC_LINK_IFELSE([AC_LANG_PROGRAM()],
	[AS_VAR_SET([pst_cached], [yes])],
	[AS_VAR_SET([pst_cached], [no])])
CFLAGS=$pst_saved_cflags])
AS_VAR_IF([pst_cached], [yes], [AS_VAR_APPEND([$1], [" $2"])])
AS_VAR_POPDEF([pst_cached])dnl
])

# PST_LINKER_FLAG(VARIABLE, FLAG)
AC_DEFUN([PST_LINKER_FLAG], [dnl
AS_VAR_PUSHDEF([pst_cached], [pst_cv_ldflag_$2])dnl
AC_CACHE_CHECK([whether the linker accepts $2], [pst_cached], [dnl
pst_saved_ldflags=$LDFLAGS
LDFLAGS="$LDFLAGS $2"
AC_LINK_IFELSE([AC_LANG_PROGRAM()],
	[AS_VAR_SET([pst_cached], [yes])],
	[AS_VAR_SET([pst_cached], [no])])
LDFLAGS=$pst_saved_ldflags])
AS_VAR_IF([pst_cached], [yes], [AS_VAR_APPEND([$1], [" $2"])])
AS_VAR_POPDEF([pst_cached])dnl
])

# PST_NEEDED_FLAG(VARIABLE, FLAG, OPTION)
# The same for a flag that the user asked for by OPTION: lacking it is fatal.
AC_DEFUN([PST_NEEDED_FLAG], [dnl
pst_needed=
PST_COMPILER_FLAG([pst_needed], [$2])
AS_IF([test -z "$pst_needed"],
	[AC_MSG_ERROR([$3 needs a compiler that accepts $2])])
AS_VAR_APPEND([$1], [" $2"])
])
