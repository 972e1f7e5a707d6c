# fuzz.mk - builds the fuzz targets (libFuzzer, of clang) into $(BUILD)/fuzz, with all of the tools under AddressSanitizer and
# UndefinedBehaviorSanitizer. Included by the top Makefile, which defines BUILD, the objects and libraries of the tools.
#
# make fuzz       runs them, and keeps what is new in $(BUILD)/fuzz/grown/NAME
# fuzz-built      also for test_fuzz, which takes what lies in tests/fuzz/corpus

FUZZ_SANITIZERS := address,undefined
FUZZ_CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=$(FUZZ_SANITIZERS),fuzzer-no-link -fno-sanitize-recover=all
# What checks the arithmetic of 128 bits is in clang's own library; before clang 14 it is not looked for there.
FUZZ_RUNTIME := --rtlib=compiler-rt --unwindlib=libgcc
FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

.PHONY: fuzz fuzz-built fuzz-targets
## make fuzz         hostile input for everything that reads files, under sanitizers: SECONDS=60 for each, TARGET=recorder picks one, SEED=1 repeats
fuzz:
	$(Q)tools/deps/install test
	$(Q)$(MAKE) --no-print-directory -j2 fuzz-built
	$(Q)tests/fuzz/run $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) $(if $(TARGET),--target $(TARGET)) $(BUILD)/fuzz

## make fuzz-corpus  what it reached by that becomes part of tests/fuzz/corpus, as far as it says more than what lies there
.PHONY: fuzz-corpus
fuzz-corpus: fuzz-built
	$(Q)tests/fuzz/run --grow $(BUILD)/fuzz

fuzz-built:
	$(Q)$(MAKE) --no-print-directory CC=clang BUILD=$(BUILD)/fuzz CFLAGS='$(FUZZ_CFLAGS)' fuzz-targets

# In the make of fuzz-built.
fuzz-targets: $(addprefix $(BUILD)/fuzz_,$(FUZZ_NAMES))
	$(Q):
$(TESTS)/obj/fuzz/%.o: TEST_CFLAGS += -Itools/symbols -Itools/cli
$(BUILD)/fuzz_%: $(TESTS)/obj/fuzz/fuzz_%.o $(TESTS)/obj/fuzz/sparse.o $(TEST_FILTER_OBJECTS) $(SYMBOLS_OBJECTS) $(SNAPSHOT_OBJECTS) $(FORMAT_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer $(FUZZ_RUNTIME) -o $@ $(sort $^) $(LDFLAGS) $(SYMBOLS_LIBS) $(SNAPSHOT_LIBS) $(PATTERN_LIBS)
# The commands themselves, but for main(). Their command.h is meant, not that of the suites.
$(TESTS)/obj/fuzz/fuzz_show.o $(TESTS)/obj/fuzz/unconfined.o: TEST_CFLAGS := -Itools/cli $(TEST_CFLAGS)
$(BUILD)/fuzz_show $(BUILD)/fuzz_files: $(filter-out $(addprefix $(BUILD)/tools/cli/,main.o confined.o),$(CLI_OBJECTS)) $(TESTS)/obj/fuzz/unconfined.o $(TUI_OBJECTS) $(CONFINE_OBJECTS) $(GROUPS_OBJECTS) $(BUNDLE_OBJECTS)
$(BUILD)/fuzz_show $(BUILD)/fuzz_files: PATTERN_LIBS += $(ARCHIVE_LIBS) $(SCREEN_LIBS)
$(TESTS)/obj/fuzz/fuzz_files.o $(TESTS)/obj/fuzz/fuzz_bundle.o $(TESTS)/obj/fuzz/fuzz_sinks.o: TEST_CFLAGS += -Itools/groups -Itools/bundle -Iagent/listen
$(BUILD)/fuzz_bundle: $(BUILD)/tools/bundle/bundle_unpack.o
$(BUILD)/fuzz_bundle: PATTERN_LIBS += $(ARCHIVE_LIBS)
# Of the agent, with the sanitizers, which need a thread's memory as everybody else has it.
$(BUILD)/fuzz_sinks: $(patsubst %,$(BUILD)/agent/agent/listen/%.o,sink_options render render_json render_text render_syslog render_journal)
.SECONDARY: $(addprefix $(TESTS)/obj/fuzz/fuzz_,$(addsuffix .o,$(FUZZ_NAMES)))
