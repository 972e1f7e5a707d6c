# tests/suites.mk - builds everything below tests/ into $(BUILD)/tests. Included by the top Makefile, which defines
# CC CXX CFLAGS BUILD FORMAT_OBJECTS SNAPSHOT_OBJECTS TOOLS_INCLUDES SNAPSHOT_LIBS and the rules of the product itself.
#
# TEST_BINARIES   one Criterion suite for each tests/*/test_NAME.c
# TEST_PROGRAMS   what the suites run
# make test-NAME  builds all that is needed and runs tests/*/test_NAME.c; FILTER=SUITE/TEST picks tests

TESTS := $(BUILD)/tests
TEST_SOURCES := $(sort $(wildcard tests/*/test_*.c))
TEST_BINARIES := $(addprefix $(TESTS)/,$(basename $(notdir $(TEST_SOURCES))))
TEST_SUPPORT := $(patsubst tests/%.c,$(TESTS)/obj/%.o,$(wildcard tests/harness/*.c) $(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))
# gcc 10 finds initializers missing that are not.
TEST_CFLAGS = -std=gnu11 -Wall -Wextra -Werror -Wno-missing-field-initializers -MMD -MP $(CFLAGS) $(TOOLS_EXTRA) $(addprefix -I,$(VARIANT)) -Itests/harness $(TOOLS_INCLUDES) -D_GNU_SOURCE -DBUILD_DIR='"$(abspath $(BUILD))"' -DSOURCE_DIR='"$(abspath .)"' \
	-Iinclude -Iagent/format -Itools/snapshot -Itests/harness/$(ARCH) -Itests/unit -Itests/programs
TEST_PRODUCT := $(BUILD)/libttlog_test.so $(BUILD)/libttlog_agent.so $(BUILD)/ttlog $(BUILD)/ttlog-capture $(LISTENERS) $(DB) $(if $(MUSL_CC),$(MUSL_AGENT))

$(TESTS)/obj/%.o: tests/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(TEST_CFLAGS) -c $< -o $@

define TEST_SUITE
$(TESTS)/$(basename $(notdir $(1))): $(patsubst tests/%.c,$(TESTS)/obj/%.o,$(1)) $(TEST_SUPPORT) $(SNAPSHOT_OBJECTS) $(FORMAT_OBJECTS)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(CFLAGS) $$(TOOLS_EXTRA) $$(LDFLAGS) $$^ -o $$@ -lcriterion $$(SNAPSHOT_LIBS)
endef
$(foreach source,$(filter-out tests/stress/% tests/model/%,$(TEST_SOURCES)),$(eval $(call TEST_SUITE,$(source))))

# The stress suites run the agent's record path inside themselves: all of the agent but its hooks and handlers, for nothing may be
# interposed there. checker.c, which all of them share, knows what may be read. VARIANT: a folder with files that stand in for others.
TEST_AGENT_OBJECTS = $(filter-out $(BUILD)/agent/agent/hook/% $(BUILD)/agent/agent/crash/% $(BUILD)/agent/agent/listen/% $(BUILD)/agent/agent/engine.o $(BUILD)/agent/agent/api.o,$(AGENT_OBJECTS))
$(TESTS)/obj/stress/%.o: TEST_CFLAGS += $(AGENT_INCLUDES) -Itests/stress
define STRESS_SUITE
$(TESTS)/$(basename $(notdir $(1))): $(patsubst tests/%.c,$(TESTS)/obj/%.o,$(1) tests/stress/checker.c tests/harness/own_shm.c) $(TEST_AGENT_OBJECTS) $(patsubst tests/%.c,$(TESTS)/obj/%.o,$(wildcard $(addsuffix /*.c,$(VARIANT))))
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(CFLAGS) $$(TOOLS_EXTRA) $$(LDFLAGS) $$^ -o $$@ $(if $(VARIANT),,-lcriterion) $$(SYSTEM_LIBS)
endef
STRESS_SOURCES := $(filter tests/stress/%,$(TEST_SOURCES))
$(foreach source,$(STRESS_SOURCES),$(eval $(call STRESS_SUITE,$(source))))

# The listeners beside it; not the thread that writes snapshots.
$(TESTS)/test_listened: $(filter-out %/writer.o %/channel.o %/copy.o,$(filter $(BUILD)/agent/agent/listen/%,$(AGENT_OBJECTS)))

# All that a program asks for, but for the helper's start.
$(TESTS)/test_asked: $(filter $(BUILD)/agent/agent/listen/% $(BUILD)/agent/agent/api.o $(BUILD)/agent/agent/crash/altstack.o,$(AGENT_OBJECTS))

# What ThreadSanitizer can judge: threads, which only the agent makes, for the tools work by processes. It keeps signals back until the next
# call it knows, so no handler interrupts a record there; and its own threads do not survive fork and cancellation. Without address randomisation where that can be had: gcc 12's does not start under
# 32 random bits, which newer kernels have.
.PHONY: stress-tsan
stress-tsan: $(addprefix $(TESTS)/test_,lanes threads following shared_sites asked listened)
	$(Q)TSAN_OPTIONS='halt_on_error=1 exitcode=66' TTLOG_STRESS=$(or $(TTLOG_STRESS),0.1) \
		$(shell setarch -R true 2>/dev/null && echo setarch -R) tests/run.py --filter '*/!(handlers*|cancelled*)' $^

# The model runs the lanes' own code, built once more: its accesses to memory are the steps of a scheduler there. CFLAGS is not used: with
# others the stacks of its threads differ by more than they need to, and there are many more states.
MODEL_SOURCES := agent/ring/lane.c agent/ring/shared_lane.c agent/format/reader.c
MODEL_OBJECTS := $(MODEL_SOURCES:%.c=$(TESTS)/obj/model/%.o) $(patsubst tests/%.c,$(TESTS)/obj/%.o,$(wildcard tests/model/*.c))
MODEL_CFLAGS := -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -MMD -MP -O2 -g -Itests/model -Itests/model/$(ARCH) $(AGENT_INCLUDES)
$(TESTS)/obj/model/%.o: tests/model/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(MODEL_CFLAGS) -c $< -o $@
$(TESTS)/obj/model/agent/%.o: agent/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(MODEL_CFLAGS) -include tests/model/word.h -c $< -o $@
$(TESTS)/test_model: $(MODEL_OBJECTS) $(BUILD)/agent/format/event.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(TOOLS_EXTRA) $(LDFLAGS) $^ -o $@ -lcriterion $(SYSTEM_LIBS)

# Programs: PROGRAM_name is its source, or its sources; FLAGS_name is added. What they are built with is part of the tests, so CFLAGS is not used.
PROGRAM_FLAGS := -g -O1 -D_GNU_SOURCE -Wall -Wextra -pthread -Itests/programs -Itests/programs/$(ARCH) -Iinclude
FORTIFIED := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2

DIE := $(patsubst tests/programs/%,%,$(wildcard tests/programs/die/*.c))
PROGRAM_die := $(DIE)
# No lazy binding: it leaves something else in some registers where there are more libraries to look into.
FLAGS_die := -rdynamic -Wl,-z,now -fstack-protector-explicit
PROGRAM_die_protected := $(DIE)
FLAGS_die_protected := -fstack-protector-all
PROGRAM_die_fortified := $(DIE)
FLAGS_die_fortified := $(FORTIFIED)
PROGRAM_die_static := $(DIE)
# Of functions that are not all there in a static program; before binutils 2.39 ld cannot be told.
NO_LINK_WARNINGS := -Wl,-w
FLAGS_die_static := -static $(if $(shell ld --help | grep -e --no-warnings),$(NO_LINK_WARNINGS))
PROGRAM_second.so := second.c
FLAGS_second.so := -shared -fPIC
PROGRAM_die_plugin.so := die_plugin.c
FLAGS_die_plugin.so := -shared -fPIC
PROGRAM_reports := reports.c
PROGRAM_louder.so := louder.c
FLAGS_louder.so := -shared -fPIC -fno-builtin
PROGRAM_louder_older.so := louder.c
FLAGS_louder_older.so := -shared -fPIC -fno-builtin -Wl,--hash-style=sysv
PROGRAM_louder_chosen.so := louder_chosen.c
FLAGS_louder_chosen.so := -shared -fPIC -fno-builtin
PROGRAM_quiet := quiet.c
PROGRAM_threads4 := threads4.c
PROGRAM_deadlock := deadlock.c
PROGRAM_hang := hang.c
PROGRAM_eats := eats.c
PROGRAM_elsewhere.so := elsewhere.c
FLAGS_elsewhere.so := -shared -fPIC
PROGRAM_stingy.so := stingy.c
FLAGS_stingy.so := -shared -fPIC
PROGRAM_terminal := terminal.c
PROGRAM_faulty := faulty.c
PROGRAM_inject := inject.c
PROGRAM_throws := throws.cpp
PROGRAM_sandbox := sandbox.c
PROGRAM_older_kernel := older_kernel.c
PROGRAM_refuse_wipe := refuse_wipe.c
PROGRAM_vfork_in_child := vfork_in_child.c
PROGRAM_signals := signals.c
FLAGS_signals := -Wno-deprecated-declarations -Wno-restrict
PROGRAM_dispositions := dispositions.c
FLAGS_dispositions := -Wno-deprecated-declarations -Wno-restrict
PROGRAM_handlers := handlers.c
PROGRAM_realtime := realtime.c
PROGRAM_narrow := narrow.c
PROGRAM_received := received.c
PROGRAM_receives.so := receives.c
FLAGS_receives.so := -shared -fPIC
PROGRAM_guards := guards.c
PROGRAM_sanitized := sanitized.c
FLAGS_sanitized := -fsanitize=address -static-libasan -fno-omit-frame-pointer
PROGRAM_sanitized_shared := sanitized.c
FLAGS_sanitized_shared := -fsanitize=address
PROGRAM_deliveries := deliveries.c
FLAGS_deliveries := -Wno-deprecated-declarations
PROGRAM_order := order.c
PROGRAM_forks := forks.c
PROGRAM_births := births.c
PROGRAM_drop := drop.c
PROGRAM_execs := execs.c
PROGRAM_stamps := stamps.c
PROGRAM_speak := speak.c
PROGRAM_speak_fortified := speak.c
FLAGS_speak_fortified := $(FORTIFIED)
PROGRAM_hooks := $(patsubst tests/programs/%,%,$(wildcard tests/programs/hooks/*.c))
# Each function by its own name: the headers would have some be others, in place.
FLAGS_hooks := -fno-builtin -D__NO_INLINE__
PROGRAM_say := say.c
PROGRAM_languages_cpp := languages/speak.cpp
PROGRAM_options := options.c
PROGRAM_exceptions := exceptions.cpp
PROGRAM_self := self.c
PROGRAM_load := load.c
PROGRAM_journal := journal.c
PROGRAM_journal.so := journal.c
FLAGS_journal := -Wl,--push-state,--no-as-needed -l:libsystemd.so.0 -Wl,--pop-state
FLAGS_journal.so := -shared -fPIC $(FLAGS_journal)
PROGRAM_engine := engine.c
PROGRAM_listen := listen.c $(patsubst tests/programs/%,%,$(wildcard tests/programs/listen/*.c))
FLAGS_listen := -Itests/programs/listen
PROGRAM_flood := flood.c
PROGRAM_service := service.c
PROGRAM_ends := ends.c
PROGRAM_macros := macros.c
PROGRAM_inside := inside.c
PROGRAM_raises_again := raises_again.c
PROGRAM_spans := spans.c
PROGRAM_span_places := span_places.c
PROGRAM_spans_cpp := spans.cpp
PROGRAM_contexts := contexts.c
PROGRAM_contexts_cpp := contexts.cpp
FLAGS_contexts_cpp := -std=c++17
PROGRAM_levels := levels.c
PROGRAM_own_clock := own_clock.c
PROGRAM_macros_cpp := macros.cpp
PROGRAM_chatter := chatter.c
PROGRAM_storm := storm.c
# What the loader fills stays writable and is filled late. The others take away what an unwinder goes by: the index of its tables, the
# tables and frame pointers, the build-id.
PROGRAM_stacks := stacks.c stacks/overflow.c
FLAGS_stacks := -Itests/programs/stacks -Wl,-z,lazy,-z,norelro
PROGRAM_stacks_without_index := stacks.c stacks/overflow.c
FLAGS_stacks_without_index := $(FLAGS_stacks) -fno-omit-frame-pointer -Wl,--no-eh-frame-hdr
PROGRAM_stacks_without_tables := stacks.c stacks/overflow.c
FLAGS_stacks_without_tables := $(FLAGS_stacks) -fomit-frame-pointer -fno-asynchronous-unwind-tables -fno-unwind-tables
PROGRAM_stacks_protected := stacks.c stacks/overflow.c
FLAGS_stacks_protected := $(FLAGS_stacks) $(BRANCHES)
PROGRAM_stacks_without_id := stacks.c stacks/overflow.c
FLAGS_stacks_without_id := $(FLAGS_stacks) -Wl,--build-id=none
# One program with debug information of all kinds; who builds it is part of the kind.
PROGRAM_inlined_gcc := inlined.c
FLAGS_inlined_gcc := -O2
PROGRAM_inlined_clang := inlined.c
FLAGS_inlined_clang := -O2
COMPILER_inlined_clang := clang
PROGRAM_inlined_dwarf4 := inlined.c
FLAGS_inlined_dwarf4 := -O2 -gdwarf-4
PROGRAM_inlined_compressed := inlined.c
FLAGS_inlined_compressed := -O2 -gz=zlib
PROGRAM_inlined_fixed := inlined.c
FLAGS_inlined_fixed := -O2 -no-pie
PROGRAM_inlined_lto := inlined.c
FLAGS_inlined_lto := -O2 -flto
# One program of several builds: what groups deaths must not see that.
$(foreach language,c cpp,$(foreach build,gcc0 gcc2 clang2,$(eval PROGRAM_kinds_$(language)_$(build) := kinds.$(language))))
FLAGS_kinds_c_gcc0 := -O0
FLAGS_kinds_cpp_gcc0 := -O0
FLAGS_kinds_c_gcc2 := -O2
FLAGS_kinds_cpp_gcc2 := -O2
FLAGS_kinds_c_clang2 := -O2
FLAGS_kinds_cpp_clang2 := -O2
COMPILER_kinds_c_clang2 := clang
COMPILER_kinds_cpp_clang2 := clang++
# Where musl-gcc is: test_musl says so where it is not.
ifneq ($(MUSL_CC),)
PROGRAM_musl_speak := musl_speak.c
COMPILER_musl_speak := $(MUSL_CC)
endif
PROGRAM_orders := orders.c
PROGRAM_hostile := hostile.c
PROGRAM_liar := liar.c
PROGRAM_secure := secure.c
PROGRAM_use_up := use_up.c
PROGRAM_refuse := refuse.c
PROGRAM_threadless.so := threadless.c
FLAGS_threadless.so := -shared -fPIC
PROGRAM_scarce.so := scarce.c
FLAGS_scarce.so := -shared -fPIC
PROGRAM_reaches_out.so := reaches_out.c
FLAGS_reaches_out.so := -shared -fPIC
PROGRAM_many := many.c
PROGRAM_library.so := library.c
FLAGS_library.so := -shared -fPIC
# Plug-ins are loaded by dlopen(3), which is in a library of its own before glibc 2.34.
PROGRAM_beside := beside.c
FLAGS_beside := -Wl,--no-as-needed,-ldl
PROGRAM_racing := racing.c
PROGRAM_forks_early := forks_early.c
FLAGS_forks_early := $(FLAGS_beside)
FLAGS_service := $(FLAGS_beside)
PROGRAM_listener_loads.so := listener_loads.c
FLAGS_listener_loads.so := -shared -fPIC
PROGRAM_listener_hangs.so := listener_hangs.c
FLAGS_listener_hangs.so := -shared -fPIC
PROGRAM_listener_throws.so := listener_throws.cpp
FLAGS_listener_throws.so := -shared -fPIC
PROGRAM_listener_version.so := listener_version.c
FLAGS_listener_version.so := -shared -fPIC
PROGRAM_crash_extension.so := crash_extension.c
FLAGS_crash_extension.so := -shared -fPIC

TEST_PROGRAMS := $(patsubst PROGRAM_%,$(TESTS)/programs/%,$(filter-out PROGRAM_FLAGS,$(filter PROGRAM_%,$(.VARIABLES))))


define TEST_PROGRAM
$(TESTS)/programs/$(1): $(addprefix tests/programs/,$(PROGRAM_$(1))) $(if $(word 2,$(PROGRAM_$(1))),$(wildcard tests/programs/*.h tests/programs/*/*.h))
	$$(call say,PROGRAM,$$@)
	$$(Q)mkdir -p $$(@D) && $(if $(filter %.cpp,$(PROGRAM_$(1))),$(or $(COMPILER_$(1)),$$(CXX)) -std=c++11,$(or $(COMPILER_$(1)),$$(CC)) -std=gnu11) $$(PROGRAM_FLAGS) $$(FLAGS_$(1)) $(if $(word 2,$(PROGRAM_$(1))),,-MMD -MP -MF $(TESTS)/programs/$(1).d) $(addprefix tests/programs/,$(PROGRAM_$(1))) -o $$@ $$(SYSTEM_LIBS)
endef
$(foreach program,$(notdir $(TEST_PROGRAMS)),$(eval $(call TEST_PROGRAM,$(program))))

# In two steps: in one, gcc before 11 leaves the .dwo where it is called, named after the source.
SPLIT_PROGRAMS := $(addprefix $(TESTS)/programs/inlined_split,4 5)
TEST_PROGRAMS += $(SPLIT_PROGRAMS)
$(SPLIT_PROGRAMS): $(TESTS)/programs/inlined_split%: tests/programs/inlined.c
	$(call say,PROGRAM,$@)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 $(PROGRAM_FLAGS) -O2 -gdwarf-$* -gsplit-dwarf -c $< -o $@.o && $(CC) $@.o -o $@

# Programs of other languages, by their own compilers. A compiler that is missing takes its tests with it: they say so.
RUNTIMES := $(addprefix $(TESTS)/programs/runtimes/,Faults.class faults_go faults_rust Speak.class speak_rust)
$(TESTS)/programs/runtimes/Faults.class: tests/programs/runtimes/Faults.java
	$(call say,PROGRAM,$@)
	$(Q)mkdir -p $(@D) && { ! command -v javac >/dev/null || javac -nowarn -d $(@D) $< 2>/dev/null; }

$(TESTS)/programs/runtimes/faults_go: tests/programs/runtimes/faults.go
	$(call say,PROGRAM,$@)
	$(Q)mkdir -p $(@D) && { ! command -v go >/dev/null || \
		GOCACHE=$(abspath $(@D))/cache GOFLAGS= GO111MODULE=off CGO_ENABLED=1 go build -o $@ $<; }

$(TESTS)/programs/runtimes/faults_rust: tests/programs/runtimes/faults.rs
	$(call say,PROGRAM,$@)
	$(Q)mkdir -p $(@D) && { ! command -v rustc >/dev/null || env -u MAKEFLAGS -u MFLAGS rustc --crate-name faults -C panic=abort -g -o $@ $<; }

# What drives the browser of test_html: from npm, into the build's own folder.
$(BUILD)/node/node_modules/playwright-core/package.json:
	$(call say,NPM,playwright-core)
	$(Q)mkdir -p $(BUILD)/node && npm install --silent --no-audit --no-fund --no-save --prefix $(BUILD)/node playwright-core@1 >/dev/null

$(TESTS)/programs/runtimes/Speak.class: tests/programs/languages/Speak.java
	$(call say,PROGRAM,$@)
	$(Q)mkdir -p $(@D) && { ! command -v javac >/dev/null || javac -nowarn -d $(@D) $< 2>/dev/null; }

$(TESTS)/programs/runtimes/speak_rust: tests/programs/languages/speak.rs
	$(call say,PROGRAM,$@)
	$(Q)mkdir -p $(@D) && { ! command -v rustc >/dev/null || env -u MAKEFLAGS -u MFLAGS rustc --crate-name speak -o $@ $<; }

# The agent for aarch64 needs libc only, so that the cross-compiler is all it takes. Without one, its tests say so.
.PHONY: cross-arm64
cross-arm64:
	$(Q)! command -v aarch64-linux-gnu-gcc >/dev/null || $(MAKE) --no-print-directory CC=aarch64-linux-gnu-gcc BUILD=$(BUILD)/cross-arm64 \
		CFLAGS='-O2 -g' TOOLS_EXTRA= AGENT_EXTRA= $(BUILD)/cross-arm64/libttlog_agent.so $(BUILD)/cross-arm64/tests/programs/die
ifeq ($(ARCH),x86_64)
tests-built: cross-arm64
endif

.PHONY: tests-built
tests-built: $(BUILD)/man/ttlog.1 $(TEST_BINARIES) $(TEST_PROGRAMS) $(RUNTIMES) $(BUILD)/node/node_modules/playwright-core/package.json fuzz-built

# No limit to speak of: the long forms are started by it.
test-%: $(TESTS)/test_% tests-built $(TEST_PRODUCT)
	$(Q)tests/run.py --limit 864000 $(if $(FILTER),--filter '$(FILTER)') $<

$(TESTS)/test_confine: $(CONFINE_OBJECTS)
$(TESTS)/test_demangle: $(patsubst %,$(BUILD)/tools/symbols/%.o,demangle demangle_rust demangle_rust_legacy rust_reader)
$(TESTS)/test_demangle: SNAPSHOT_LIBS += -liberty
$(TESTS)/test_torture: $(TESTS)/obj/torture/plan.o $(TESTS)/obj/torture/expectation.o
$(TESTS)/test_shortage $(TESTS)/test_shortage_living $(TESTS)/test_shortage_db: $(TESTS)/obj/fault/shortage_trial.o
$(TESTS)/obj/db/test_shortage_db.o: TEST_CFLAGS += -Itests/fault
$(TESTS)/test_following: $(patsubst %,$(BUILD)/tools/snapshot/%.o,recorder_follow recorder_load recorder_place)
$(TESTS)/test_limits: $(BUILD)/tools/bundle/bundle_unpack.o
$(TESTS)/test_limits: SNAPSHOT_LIBS += $(ARCHIVE_LIBS)
$(TESTS)/test_sweep: $(BUILD)/agent/agent/ring/sweep.o $(BUILD)/agent/agent/sys/clock.o $(BUILD)/agent/agent/sys/vdso.o
$(TESTS)/obj/unit/test_sweep.o: TEST_CFLAGS += -Iagent/ring
$(TESTS)/test_seccomp: $(BUILD)/agent/agent/crash/filter.o
$(TESTS)/obj/unit/test_seccomp.o: TEST_CFLAGS += -Iagent/crash
# Parts of the command line tool that stand alone.
TEST_FILTER_OBJECTS := $(patsubst %,$(BUILD)/tools/cli/%.o,filter filter_option message_pattern moment value_text)
$(TESTS)/test_filter: $(TEST_FILTER_OBJECTS)
$(TESTS)/test_filter: SNAPSHOT_LIBS += $(PATTERN_LIBS)
$(TESTS)/test_progress: $(BUILD)/tools/cli/progress.o
$(TESTS)/obj/unit/test_filter.o $(TESTS)/obj/unit/test_progress.o: TEST_CFLAGS += -Itools/cli
$(TESTS)/test_fingerprint: $(GROUPS_OBJECTS)
$(TESTS)/test_counting: $(BUILD)/tools/groups/placeholders.o $(patsubst %,$(BUILD)/tools/cli/%.o,histogram tally)
# Before tests/programs, which has a tally.h of its own.
$(TESTS)/obj/unit/test_counting.o: TEST_CFLAGS := -Itools/cli $(TEST_CFLAGS)
$(TESTS)/test_short_name: $(BUILD)/tools/cli/short_name.o
$(TESTS)/obj/unit/test_short_name.o: TEST_CFLAGS += -Itools/cli

# The crash index, in both databases.
DB_SUITES := $(patsubst tests/db/%.c,$(TESTS)/%,$(wildcard tests/db/test_*.c))
$(DB_SUITES): $(patsubst tests/%.c,$(TESTS)/obj/%.o,$(filter-out tests/db/test_%,$(wildcard tests/db/*.c)) tests/listen/postgresql_server.c)
$(TESTS)/obj/db/%.o: TEST_CFLAGS += -Itests/db -Itests/listen

# The listeners, driven by a driver of the suites' own: no agent is loaded there.
SINK_OBJECTS := $(patsubst %.c,$(BUILD)/agent/%.o,$(wildcard $(addprefix agent/listen/,sink*.c render*.c batch.c file_rotation.c)) \
	$(addprefix agent/sys/,clock.c descriptors.c libc.c object.c vdso.c))
LISTEN_SUITES := $(patsubst tests/listen/%.c,$(TESTS)/%,$(wildcard tests/listen/test_*.c))
$(LISTEN_SUITES): $(patsubst tests/%.c,$(TESTS)/obj/%.o,$(filter-out tests/listen/test_%,$(wildcard tests/listen/*.c))) $(SINK_OBJECTS)
$(TESTS)/obj/listen/%.o: TEST_CFLAGS += -Iagent/listen -Iagent/ring -Iagent/sys -Iagent/sys/$(ARCH) -Itests/listen
