# valgrind.mk - the suites' tools under valgrind's memcheck. Included by the top Makefile, behind tests/suites.mk.
#
# Unit suites run under it themselves, with what they are linked with. In the others it is the tools, each time a suite runs one
# (tests/harness/memcheck.c), and what a tool has lost is looked at too. Nothing is built anew. The suite `memory`, part of make test, is
# the short form; the agent in a program under valgrind is looked at there, too.
#
# Left out: single tests (MEMCHECKED_NOT) that hold a tool to a limit of memory or descriptors, which valgrind needs more of; that take a
# descriptor away, which valgrind takes then, or count those of a process; that show thousands of damaged files or a million events, by the
# same code over and over; and run_in_a_run: ttlog knows another ttlog by stat(2) of /proc/self/exe, which is valgrind's file there. Whole
# suites: what looks at the files of the build, or at the rights that a tool gives up, which valgrind does not know; and test_shortage_db,
# which counts and fails calls of malloc, for which valgrind has its own.
#
# No finding is what valgrind says of itself (--PID--: it knows neither Landlock nor pidfds, which the tools take as an older kernel), nor
# the core of a tool that a test kills.

MEMCHECKED := $(BUILD)/valgrind
MEMCHECKED_UNITS = $(filter $(patsubst tests/unit/%.c,$(TESTS)/%,$(wildcard tests/unit/test_*.c)),$(TEST_BINARIES))
MEMCHECKED_TOOLS = $(filter-out %/test_memory %/test_bench %/test_hardening %/test_readers %/test_shortage_db,$(patsubst %.c,$(TESTS)/%,$(notdir $(wildcard tests/cli/test_*.c tests/db/test_*.c tests/cddl/test_*.c))))
MEMCHECKED_NOT := a_million*|closed_stdout|limits_and_memory|every_byte_changed|cut_off_at_every_byte|run_in_a_run
MEMCHECKED_RUN := TTLOG_PATIENCE=20 tests/run.py --limit 7200 --filter '*/!($(MEMCHECKED_NOT))'
MEMCHECK := valgrind --quiet --vgdb=no --suppressions=$(abspath tests/harness/memcheck.supp) --trace-children=yes --trace-children-skip='/usr/*,/bin/*,*/tests/programs/*' --log-file=$(abspath $(MEMCHECKED))/report.%p
MEMCHECKED_PICKED = $(if $(SUITES),$(filter $(addprefix $(TESTS)/test_,$(SUITES)),$(1)),$(1))

.PHONY: valgrind
## make valgrind     unit suites, and the tools that the other suites run, under valgrind's memcheck; SUITES='view reader' picks
valgrind:
	$(Q)tools/deps/install test
	$(Q)$(MAKE) --no-print-directory -j2 all tests-built
	$(Q)rm -rf $(MEMCHECKED) && mkdir -p -m 1777 $(MEMCHECKED)
	$(Q)status=0; units='$(call MEMCHECKED_PICKED,$(MEMCHECKED_UNITS))'; tools='$(call MEMCHECKED_PICKED,$(MEMCHECKED_TOOLS))'; \
		[ -z "$$units" ] || $(MEMCHECKED_RUN) --under "$(MEMCHECK)" $$units || status=1; \
		[ -z "$$tools" ] || TTLOG_MEMCHECK=$(abspath $(MEMCHECKED)) $(MEMCHECKED_RUN) $$tools || status=1; \
		find $(MEMCHECKED) -name 'report.*' ! -name '*.core.*' -size +0 -exec cat {} + | grep -av '^--[0-9]*--' && status=1; \
		[ $$status -ne 0 ] || echo "valgrind: nothing found"; exit $$status
