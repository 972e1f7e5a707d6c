# bench.mk - builds what tests/bench/run measures into $(BUILD)/bench. Included by the top Makefile, which defines
# CC CXX BUILD WARNINGS FORMAT_OBJECTS SNAPSHOT_OBJECTS SNAPSHOT_LIBS; its target bench runs it.
#
# Programs whose libraries this machine may not have (BENCH_PEERS) are allowed to fail: their rows say so.

BENCH := $(BUILD)/bench
BENCH_FLAGS := -O2 -g -D_GNU_SOURCE -Wall -Wextra -Iinclude -Iagent/format -Itests/bench
BENCH_LOOPS := $(addprefix $(BENCH)/,loops.o limit.o requests.o)
BENCH_PROGRAMS := $(addprefix $(BENCH)/,events listened_drop listened_block into_file speech faults starts deaths victim recorder drain snapshot empty.so)
BENCH_PEERS := $(addprefix $(BENCH)/,lttng spdlog)

$(BENCH)/%.o: tests/bench/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 $(BENCH_FLAGS) -MMD -MP -c -o $@ $<

$(BENCH)/%.o: tests/bench/%.cpp
	$(call say,CXX,$<)
	$(Q)mkdir -p $(@D) && $(CXX) -std=c++17 $(BENCH_FLAGS) -MMD -MP -c -o $@ $<

$(BENCH)/events $(BENCH)/speech $(BENCH)/faults: $(BENCH)/%: $(BENCH)/%.o $(BENCH_LOOPS)
	$(Q)$(CC) -pthread -o $@ $^

$(BENCH)/listened_drop $(BENCH)/listened_block: $(BENCH)/listened_%: tests/bench/listened.c $(BENCH_LOOPS)
	$(Q)$(CC) -std=gnu11 $(BENCH_FLAGS) -DLISTENER_POLICY=$(if $(filter block,$*),TTLOG_BLOCK,TTLOG_DROP) -pthread -o $@ $^

$(BENCH)/starts $(BENCH)/deaths: $(BENCH)/%: $(BENCH)/%.o $(BENCH)/requests.o
	$(Q)$(CC) -o $@ $^

# Its listener has a thread.
$(BENCH)/into_file: $(BENCH)/into_file.o $(BENCH)/requests.o
	$(Q)$(CC) -pthread -o $@ $^

$(BENCH)/victim $(BENCH)/drain: $(BENCH)/%: $(BENCH)/%.o
	$(Q)$(CC) -pthread -o $@ $^

$(BENCH)/recorder: $(BENCH)/recorder.o $(FORMAT_OBJECTS)
	$(Q)$(CC) -o $@ $^

$(BENCH)/snapshot.o: BENCH_FLAGS += -Itools/snapshot
$(BENCH)/snapshot: $(BENCH)/snapshot.o $(SNAPSHOT_OBJECTS) $(FORMAT_OBJECTS)
	$(Q)$(CC) -o $@ $^ $(SNAPSHOT_LIBS)

$(BENCH)/empty.so:
	$(Q)mkdir -p $(@D) && echo 'extern int nothing; int nothing;' | $(CC) -shared -fPIC -x c -o $@ -

$(BENCH)/lttng: $(BENCH)/lttng.o $(BENCH_LOOPS)
	$(Q)$(CC) -pthread -o $@ $^ -llttng-ust -ldl

# The library that the distribution compiled, as a program that uses it would have it.
$(BENCH)/spdlog.o: BENCH_FLAGS += -DSPDLOG_COMPILED_LIB -DSPDLOG_FMT_EXTERNAL
$(BENCH)/spdlog: $(BENCH)/spdlog.o $(BENCH_LOOPS)
	$(Q)$(CXX) -pthread -o $@ $^ -lspdlog -lfmt

.PHONY: bench-programs bench-peers
bench-programs: $(BENCH_PROGRAMS) $(TESTS)/programs/runtimes/Faults.class
bench-peers: $(BENCH_PEERS)

# The smoke test runs the whole bench in a very short form.
$(TESTS)/test_bench: | $(BENCH_PROGRAMS)
