# SPDX-License-Identifier: ISC
#
# How tests are run, and the checks of the tree itself

dist_check_SCRIPTS += \
	tests/check_layers.sh \
	tests/check_layout.sh \
	tests/check_manual.sh \
	tests/check_prose.sh \
	tests/check_purity.sh \
	tests/check_symbols.sh \
	tests/check_headers.sh \
	tests/check_file_length.sh \
	tests/check_peer_states.sh \
	tests/check_tags.sh \
	tests/check_test_lists.sh \
	tests/check_readme.sh

# Every test program is linked with these.
EXTRA_LTLIBRARIES += libtestcase.la
libtestcase_la_SOURCES = tests/support/test_case.c tests/support/test_case.h
TEST_LIBS = libtestcase.la $(CHECK_LIBS)

# `make check` builds what it runs: with TESTS on the command line, these alone.
EXTRA_PROGRAMS = $(test_programs) $(TEST_HELPERS) $(EXAMPLES)
if ENABLE_TESTS
check_DATA = $(TEST_HELPERS) $(EXAMPLES) $(TESTS)
endif
CLEANFILES += $(test_programs) $(TEST_HELPERS) $(EXAMPLES) $(EXTRA_LTLIBRARIES)

# A test program runs as a copy in a directory that every uid can enter, since
# this one may be closed to all but its owner.
if ENABLE_FUZZ
TESTS = $(FUZZ_TARGETS)
LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/fuzz/smoke
else
TESTS = $(test_programs) $(dist_check_SCRIPTS)
LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/staged-run
endif
TEST_EXTENSIONS = .sh
SH_LOG_COMPILER = $(SHELL)

AM_TESTS_ENVIRONMENT = \
	POSTERN_SRCDIR='$(abs_top_srcdir)'; export POSTERN_SRCDIR; \
	POSTERN_BUILDDIR='$(abs_top_builddir)'; export POSTERN_BUILDDIR; \
	POSTERN_STAGE='$(bin_PROGRAMS) $(TEST_HELPERS)'; export POSTERN_STAGE; \
	PURE_POLICY_OBJECTS='$(PURE_POLICY_OBJECTS)'; \
	export PURE_POLICY_OBJECTS; \
	PURE_STATS_OBJECTS='$(PURE_STATS_OBJECTS)'; \
	export PURE_STATS_OBJECTS; \
	INSTRUMENTED='$(INSTRUMENTED_BUILD)'; export INSTRUMENTED; \
	CC='$(CC)'; export CC; \
	LD='$(LD)'; export LD; \
	NM='$(NM_PROGRAM)'; export NM; \
	UBSAN_OPTIONS=$${UBSAN_OPTIONS-print_stacktrace=1}; \
	export UBSAN_OPTIONS;

if INSTRUMENTED
INSTRUMENTED_BUILD = yes
else
INSTRUMENTED_BUILD = no
endif

EXTRA_DIST += \
	CHANGELOG.md CONTRIBUTING.md LICENSE README.md SECURITY.md \
	.clang-format .editorconfig \
	quickstart .ci/run \
	m4/libtool.m4 m4/ltoptions.m4 m4/ltsugar.m4 m4/ltversion.m4 m4/lt~obsolete.m4 \
	bench/draw_rates \
	doc/benchmarks.md \
	doc/benchmarks.svg \
	doc/glossary.md \
	doc/layout.md \
	doc/protocol.md \
	doc/ring.md \
	doc/threat-model.md \
	doc/verification.md \
	src/README src/libpostern.map \
	tests/check-unprivileged \
	tests/count_results \
	tests/coverage_report \
	tests/demonstration.sh \
	tests/demonstration_sealed.sh \
	tests/demonstration_support.sh \
	tests/demonstration_tenants.sh \
	tests/dist/check_tree \
	tests/kernels/check_kernels \
	tests/kernels/init \
	tests/lint \
	tests/staged-run

# -- linters and form --------------------------------------------------------

.PHONY: lint format check-format

lint: $(dist_man_MANS)
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) '$(abs_top_srcdir)/tests/lint'

check-format:
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) '$(abs_top_srcdir)/tests/lint' format

format:
	cd '$(srcdir)' && find bench examples include src tests -name '*.[ch]' \
		-exec clang-format-14 -i {} +

# -- the same suite, seen otherwise -------------------------------------------
#
# Each target configures a build of its own below this one.

VARIANTS = check-asan check-fuzz check-tsan check-valgrind coverage
.PHONY: $(VARIANTS) check-disabled-features check-fuzz-targets check-kernels \
	check-unprivileged

# variant_begin NAME CONFIGURE_OPTION...: a configured and compiled build in
# variants/NAME; the recipe goes on inside it.  variant_configure does not compile.
VARIANT_BEGIN = \
	variant_configure() { \
		name=$$1; shift; \
		$(MKDIR_P) variants/$$name && cd variants/$$name && \
		{ test -f config.status || \
		  '$(abs_top_srcdir)/configure' --quiet CC='$(CC)' "$$@"; }; \
	}; \
	variant_begin() { \
		variant_configure "$$@" && $(MAKE) $(AM_MAKEFLAGS); \
	}

# tests_below LIST FOLDER...: the tests of the list below one of the folders
TESTS_BELOW = \
	tests_below() { \
		list=$$1; shift; \
		for test in $$list; do \
			for folder; do \
				case $$test in \
				"$$folder"/*) echo $$test ;; \
				esac; \
			done; \
		done | tr '\n' ' '; \
	}

check-asan:
	@$(VARIANT_BEGIN); \
	variant_begin asan --enable-asan --enable-ubsan \
		CFLAGS='-O1 -g' && \
	$(MAKE) $(AM_MAKEFLAGS) check

# Each fuzz target for POSTERN_FUZZ_SECONDS (10), from its corpus on.  Only the
# targets are compiled, and with clang, whose library drives them.
FUZZ_CC = clang

check-fuzz:
	@$(VARIANT_BEGIN); \
	variant_configure fuzz CC='$(FUZZ_CC)' --enable-fuzz --enable-asan \
		--enable-ubsan CFLAGS='-O1 -g' && \
	$(MAKE) $(AM_MAKEFLAGS) check-fuzz-targets

# In such a build.
check-fuzz-targets: $(FUZZ_TARGETS)
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS check_DATA=

# What two threads of one process share: rings, channels, statistics.  Their tests
# start no other program, so neither these nor the tool are built.  GCC 12's
# ThreadSanitizer does not stand all randomisation of addresses (setarch -R).
check-tsan:
	@$(VARIANT_BEGIN); $(TESTS_BELOW); \
	programs=`tests_below '$(test_programs)' tests/unit/ring \
		tests/unit/channel tests/unit/stats`; \
	fixed=`setarch -R echo setarch -R 2>/dev/null`; \
	variant_configure tsan --enable-tsan CFLAGS='-O1 -g' && \
	$$fixed $(MAKE) $(AM_MAKEFLAGS) check-TESTS bin_PROGRAMS= TEST_HELPERS= \
		TESTS="$$programs"

# valgrind does not know the newest system calls, so the features that need
# them are off.
VALGRIND = valgrind --quiet --error-exitcode=99 --leak-check=full \
	--trace-children=yes --vgdb=no

check-valgrind:
	@$(VARIANT_BEGIN); $(TESTS_BELOW); \
	programs=`tests_below '$(test_programs)' tests/integration`; \
	variant_begin valgrind --disable-hardening CFLAGS='-O1 -g' && \
	POSTERN_TEST_DISABLE_FEATURES=all \
	POSTERN_TEST_RUNNER='$(VALGRIND)' \
	$(MAKE) $(AM_MAKEFLAGS) check TESTS="$$programs"

# Of the unit tests, only those of these layers ask for the features.
check-disabled-features:
	@$(TESTS_BELOW); \
	tests=`tests_below '$(TESTS)' tests/unit/os tests/unit/api \
		tests/integration`; \
	POSTERN_TEST_DISABLE_FEATURES=all $(MAKE) $(AM_MAKEFLAGS) check \
		TESTS="$$tests"

# The demonstration and the tests that meet the kernel, on Debian 12's kernel and on
# the newest one of Debian, in an emulated machine.  POSTERN_KERNELS_PROGRAMS names fewer.
check-kernels:
	@$(MAKE) $(AM_MAKEFLAGS) all $(test_programs) $(TEST_HELPERS)
	@$(TESTS_BELOW); \
	programs=`tests_below '$(TESTS)' tests/unit/os tests/unit/channel \
		tests/unit/node tests/unit/api tests/integration`; \
	programs="demonstration $$programs"; \
	$(AM_TESTS_ENVIRONMENT) \
	$(SHELL) '$(abs_top_srcdir)/tests/kernels/check_kernels' \
		$${POSTERN_KERNELS_PROGRAMS:-$$programs}

# The suite as an ordinary user, in a build of its own, with and without /proc.
check-unprivileged:
	@$(MAKE) $(AM_MAKEFLAGS) distdir >/dev/null
	@status=0; $(AM_TESTS_ENVIRONMENT) \
	$(SHELL) '$(abs_top_srcdir)/tests/check-unprivileged' '$(distdir)' || \
		status=$$?; \
	rm -rf '$(distdir)'; exit $$status

coverage:
	@$(VARIANT_BEGIN); \
	variant_begin coverage --enable-coverage CFLAGS='-O0 -g' && \
	{ find . -name '*.gcda' -exec rm -f {} +; } && \
	{ status=0; $(MAKE) $(AM_MAKEFLAGS) check || status=$$?; \
	  $(SHELL) '$(abs_top_srcdir)/tests/coverage_report' .; \
	  exit $$status; }

distclean-local:
	rm -rf variants check-kernels check-unprivileged
