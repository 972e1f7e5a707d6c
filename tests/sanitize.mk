# sanitize.mk - the suites once more, under sanitizers. Included by the top Makefile, behind tests/suites.mk.
#
# Tools and suites are built by clang with AddressSanitizer and UndefinedBehaviorSanitizer. The agent may need nothing but libc: it is built
# to trap where it does what C leaves undefined, which the suites see as a death that is not the program's. Programs stay as they are.
#
# Left out: the bench, the fuzz targets and the agent for musl, which are built in their own ways; what makes or judges a build; and single tests
# (SANITIZED_NOT) that hold the tools to a limit of memory, of which AddressSanitizer takes terabytes, that run all under valgrind, which knows no
# shadow memory but its own, that count calls of the helper's, or whose program has a report of its own to make.

SANITIZED := $(BUILD)/sanitized
SANITIZED_CFLAGS := -O2 -g -fno-omit-frame-pointer
SANITIZED_TOOLS := -fsanitize=address,undefined -fno-sanitize-recover=all -Wno-unused-command-line-argument \
	-Wl,$(abspath $(SANITIZED))/options.o
# Pointers are the program's and libc's: the agent hands on what it is given, aligned or not, and dies at NULL as libc would.
SANITIZED_AGENT := -fsanitize=undefined -fno-sanitize=nonnull-attribute,alignment,null -fsanitize-trap=undefined
SANITIZED_SUITES = $(if $(SUITES),$(addprefix $(TESTS)/test_,$(SUITES)),$(filter-out %/test_bench %/test_fuzz %/test_hardening %/test_musl %/test_package %/test_recipes,$(TEST_BINARIES)))
# Who ends does not give back first: leaks are for valgrind to find. Of strstr(3) each call would measure the whole text. The limit of cores
# is that of the programs, too.
SANITIZER_OPTIONS = log_path=$(abspath $(SANITIZED))/reports/report:detect_leaks=0:disable_coredump=0:allocator_may_return_null=1:print_stacktrace=1:intercept_strstr=0
# The stress suites have done their work without sanitizers; here it is each path that counts. No TTLOG_PATIENCE: a helper whose sanitizer
# waits for ever, for a call that was made to fail, is to be ended in the usual time.
SANITIZED_WORK = TTLOG_STRESS=$(or $(TTLOG_STRESS),0.2)
SANITIZED_NOT := a_million|whom_it_lets_trace_it_is_restored|ends_its_reader|memory_is_bounded|address_space_limited|no_addresses|data_limited|*under_valgrind|reports

.PHONY: sanitize sanitized-suites
## make sanitize     the suites with tools under AddressSanitizer and UndefinedBehaviorSanitizer, the agent under the latter; SUITES='view reader' picks
sanitize:
	$(Q)tools/deps/install test
	$(Q)$(MAKE) --no-print-directory -j2 all tests-built
	$(Q)mkdir -p $(SANITIZED)/tests && ln -sfn $(abspath $(TESTS))/programs $(SANITIZED)/tests/programs
	$(Q)for folder in node cross-arm64; do ln -sfn $(abspath $(BUILD))/$$folder $(SANITIZED)/$$folder; done
	$(Q)clang -O2 -c -o $(SANITIZED)/options.o tests/sanitizer_options.c
	$(Q)$(MAKE) --no-print-directory -j2 CC=clang BUILD=$(SANITIZED) CFLAGS='$(SANITIZED_CFLAGS)' TOOLS_EXTRA='$(SANITIZED_TOOLS)' \
		AGENT_EXTRA='$(SANITIZED_AGENT)' sanitized-suites
	$(Q)rm -rf $(SANITIZED)/reports && mkdir -p $(SANITIZED)/reports
	$(Q)ASAN_OPTIONS=$(SANITIZER_OPTIONS) UBSAN_OPTIONS=$(SANITIZER_OPTIONS) $(SANITIZED_WORK) tests/run.py --limit 1200 --filter '*/!($(SANITIZED_NOT))' \
		$(patsubst $(BUILD)/%,$(SANITIZED)/%,$(SANITIZED_SUITES)); status=$$?; \
		! grep -rhE '(tools|agent)/[a-z_/]+\.[ch]:' $(SANITIZED)/reports && exit $$status

# In the make of sanitize.
sanitized-suites: all $(BUILD)/man/ttlog.1 $(SANITIZED_SUITES)
