# coverage.mk - which lines and branches of agent and tools the suites reach. Included by the top Makefile.
#
# By clang's counters, which lie in files that the processes map and share: they are there whatever the process died of, and in the middle
# of its death. All processes count into one file for each binary, whose name the binary knows, for the helper has no environment; the agent,
# which counts in many at once, atomically: what is behind a return is what came less what went. The agent is optimised as it always is: its
# hooks go on to the program's functions by jumps, and leave neither frames nor registers. valgrind reads clang's DWARF up to version 4.

COVERED := $(BUILD)/coverage
COVERED_FLAGS := -fprofile-instr-generate=$(abspath $(COVERED))/counters/%m%c.profraw -fcoverage-mapping -mllvm -runtime-counter-relocation -Wno-unused-command-line-argument
# The counters' own code asks atexit(3), which names the library by a handle; that stands in the start files, which the agent is linked without.
# And they are mapped before the agent's constructor, or what that does would be counted in memory that goes.
COVERED_HANDLE := $(COVERED)/dso_handle.o
COVERED_START := void *__dso_handle __attribute__((visibility("hidden"))); void __llvm_profile_initialize(void); \
	__attribute__((constructor(101))) static void begin(void) { __llvm_profile_initialize(); }
COVERED_SUITES = $(if $(SUITES),$(addprefix $(TESTS)/test_,$(SUITES)),$(filter-out %/test_bench %/test_fuzz %/test_hardening %/test_model %/test_package,$(TEST_BINARIES)))
# By the shell, when they are there.
COVERED_BINARIES = $$(ls $(addprefix $(COVERED)/,libttlog_agent.so libttlog_postgresql.so libttlog_sqlite.so ttlog ttlog-capture ttlog-db tests/test_*[a-z]) 2>/dev/null | sed 's/^/-object /')
# Of some suites only, none.
COVERED_LIMIT = $(if $(SUITES),0,90)
# What sees the counters, not the agent; whatever else fails is a failure.
COVERED_EXPECTED := self::started_by_others# their start makes a directory, which is there, and leaves errno so
COVERED_EXPECTED += self::beside_libfaketime# their start calls getpid(3) of a library that has not begun, and then opens its files twice
COVERED_EXPECTED += cores::no_larger# they are in the core
COVERED_EXPECTED += hooks::all_exports_are_in_the_table# they are exported

.PHONY: coverage covered-suites
## make coverage     lines and branches that the suites reach, a table by folder, build/coverage/report.txt by file; a failure below 90 % of lines, or of a test
coverage:
	$(Q)tools/deps/install test
	$(Q)$(MAKE) --no-print-directory -j2 all tests-built
	$(Q)mkdir -p $(COVERED)/tests && ln -sfn $(abspath $(TESTS))/programs $(COVERED)/tests/programs && ln -sfn $(abspath $(BUILD))/node $(COVERED)/node
	$(Q)echo '$(COVERED_START)' | clang -fPIC -x c -c -o $(COVERED_HANDLE) -
	$(Q)$(MAKE) --no-print-directory -j2 CC=clang BUILD=$(COVERED) CFLAGS='-O1 -gdwarf-4' TOOLS_EXTRA='$(COVERED_FLAGS)' LISTENER_EXTRA='$(COVERED_FLAGS)' AGENT_EXTRA='$(COVERED_FLAGS) -O2 -fprofile-update=atomic -Xlinker $(COVERED_HANDLE)' covered-suites
	$(Q)rm -rf $(COVERED)/counters && mkdir -m 1777 $(COVERED)/counters
	$(Q)umask 0; tests/run.py --limit 1200 \
		$(patsubst $(BUILD)/%,$(COVERED)/%,$(COVERED_SUITES)) >$(COVERED)/suites.log; \
		tail -n 1 $(COVERED)/suites.log
	$(Q)llvm-profdata merge -o $(COVERED)/counters.profdata $(COVERED)/counters/*.profraw
	$(Q)llvm-cov export -summary-only -instr-profile=$(COVERED)/counters.profdata $(COVERED_BINARIES) 2>/dev/null >$(COVERED)/summary.json
	$(Q)tests/coverage.py --limit $(COVERED_LIMIT) --files $(COVERED)/report.txt $(COVERED)/summary.json
	$(Q)! sed -n 's/^FAILED //p' $(COVERED)/suites.log | grep -vxF $(addprefix -e ,$(COVERED_EXPECTED)) || { echo 'failed not by the counters: $(COVERED)/suites.log' >&2; exit 1; }

# In the make of coverage.
covered-suites: all $(BUILD)/man/ttlog.1 $(COVERED_SUITES)
