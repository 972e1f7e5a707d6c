# ttlog: build, install, test. `make help` lists the targets; V=1 shows the commands.

CC      ?= cc
CXX     ?= c++
CFLAGS  ?= -O2 -g
BUILD   ?= build
VERSION := 0.1.0
ARCH    := $(shell $(CC) -dumpmachine | cut -d- -f1)
Q       := $(if $(V),,@)
say      = $(if $(V),,@printf '  %-8s %s\n' $(1) $(2))

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wstrict-prototypes -Wvla
# Where SOURCE_DATE_EPOCH is set, the build is to be the same wherever it is made.
HERE     := $(if $(SOURCE_DATE_EPOCH),'-ffile-prefix-map=$(CURDIR)=/usr/src/ttlog-$(VERSION)')
COMMON   := -std=gnu11 -D_GNU_SOURCE -DTTLOG_VERSION='"$(VERSION)"' $(WARNINGS) -MMD -MP $(CFLAGS) $(HERE)

.PHONY: all help clean deps demo pictures test check format heard hooks tsan torture faults transparency distributions bench bench-built figures
all: $(BUILD)/libttlog_agent.so $(BUILD)/ttlog-capture $(BUILD)/ttlog

help:
	@sed -nE 's/^## (make( [a-zA-Z0-9-]+)?) +/\1\t/p' $(MAKEFILE_LIST) | expand -t 20

# TOOLS_EXTRA, AGENT_EXTRA and LISTENER_EXTRA: flags of special builds (make sanitize, make coverage).
# Hardening. Fortification needs optimisation, and would hide from a sanitizer what it looks at.
BRANCHES_x86_64  := -fcf-protection=full
BRANCHES_aarch64 := -mbranch-protection=standard
BRANCHES         := $(BRANCHES_$(ARCH))
FORTIFIED_TOOLS  := $(if $(findstring -fsanitize,$(CFLAGS) $(TOOLS_EXTRA)),,$(if $(filter -O1 -O2 -O3 -Os,$(CFLAGS)),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
PROTECTION       := -fstack-protector-strong $(BRANCHES) $(FORTIFIED_TOOLS)

# Agent: links libc only --------------------------------------------------------------------------------------------------------
## make              build/libttlog_agent.so build/ttlog build/ttlog-capture
FORMAT_SOURCES := $(wildcard agent/format/*.c)
AGENT_DIRS     := agent agent/sys agent/ring agent/record agent/hook agent/crash agent/listen
AGENT_SOURCES  := $(FORMAT_SOURCES) $(wildcard $(addsuffix /*.c,$(AGENT_DIRS)))
AGENT_OBJECTS  := $(AGENT_SOURCES:%.c=$(BUILD)/agent/%.o)
AGENT_INCLUDES := $(addprefix -I,$(VARIANT)) -Iinclude -Iagent/format $(addprefix -I,$(AGENT_DIRS)) -Iagent/sys/$(ARCH) -Iagent/sys/glibc
# No SLP vectorizing: a wide load of what two narrow stores have just written waits for both (6 ns in each event).
# Null pointer checks stay: what libc's headers say of arguments is what a program should give, not what hooks are given.
# __NO_INLINE__: libc's headers must not define inline what the hooks define. No fortification: the hooks are what it calls.
AGENT_FLAGS    := $(COMMON) $(AGENT_INCLUDES) -fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-builtin-printf -fno-builtin-fprintf \
		  -fno-tree-slp-vectorize -foptimize-sibling-calls -fno-delete-null-pointer-checks -D__NO_INLINE__ -U_FORTIFY_SOURCE -fno-stack-protector $(BRANCHES) $(AGENT_EXTRA)
# No start files: their look-ups of _ITM_registerTMCloneTable and the like fail, in each process, after a search of all its libraries.
AGENT_LINK     := -shared -Wl,--version-script=agent/exports.map -Wl,-soname,libttlog_agent.so \
		  -Wl,-z,now,-z,relro,-z,nodelete,-z,noexecstack,-z,defs -Wl,--as-needed -nostartfiles -Wl,--sort-section=name

$(BUILD)/libttlog_agent.so: $(AGENT_OBJECTS) agent/exports.map
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(AGENT_EXTRA) $(AGENT_LINK) -o $@ $(AGENT_OBJECTS) $(LDFLAGS)

$(BUILD)/agent/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(AGENT_FLAGS) -c -o $@ $<

# Tools: see agent/format and nothing else of the agent -------------------------------------------------------------------------
TOOLS_INCLUDES   := -Iinclude -Iagent/format -Itools/snapshot -Itools/snapshot/$(ARCH) -Itools/symbols -Itools/groups -Itools/bundle \
		    -Itools/confine -Itools/confine/$(ARCH)
SNAPSHOT_SOURCES := $(wildcard tools/snapshot/*.c)
SYMBOLS_SOURCES  := $(wildcard tools/symbols/*.c)
CONFINE_SOURCES  := $(wildcard tools/confine/*.c)
CAPTURE_SOURCES  := $(wildcard tools/capture/*.c)
GROUPS_SOURCES   := $(wildcard tools/groups/*.c)
BUNDLE_SOURCES   := $(wildcard tools/bundle/*.c)
CLI_SOURCES      := $(wildcard tools/cli/*.c)
TUI_SOURCES      := $(wildcard tools/tui/*.c)
FORMAT_OBJECTS   := $(FORMAT_SOURCES:%.c=$(BUILD)/%.o)
SNAPSHOT_OBJECTS := $(SNAPSHOT_SOURCES:%.c=$(BUILD)/%.o)
SYMBOLS_OBJECTS  := $(SYMBOLS_SOURCES:%.c=$(BUILD)/%.o)
CONFINE_OBJECTS  := $(CONFINE_SOURCES:%.c=$(BUILD)/%.o)
CAPTURE_OBJECTS  := $(CAPTURE_SOURCES:%.c=$(BUILD)/%.o)
GROUPS_OBJECTS   := $(GROUPS_SOURCES:%.c=$(BUILD)/%.o)
BUNDLE_OBJECTS   := $(BUNDLE_SOURCES:%.c=$(BUILD)/%.o)
CLI_OBJECTS      := $(CLI_SOURCES:%.c=$(BUILD)/%.o)
TUI_OBJECTS      := $(TUI_SOURCES:%.c=$(BUILD)/%.o)
# Before glibc 2.34 these are libraries of their own.
SYSTEM_LIBS      := -Wl,--push-state,--as-needed -lpthread -ldl -lrt -Wl,--pop-state
SNAPSHOT_LIBS    := -lcbor -llz4 $(SYSTEM_LIBS)
SYMBOLS_LIBS     := -ldw -lelf -liberty
PATTERN_LIBS     := -lpcre2-8
ARCHIVE_LIBS     := -larchive
SCREEN_LIBS      := -lncursesw -ltinfo
UNWIND_LIBS      := -lunwind-generic -lunwind
HARDENING        := -fPIE $(PROTECTION) $(TOOLS_EXTRA)

$(BUILD)/ttlog-capture: $(CAPTURE_OBJECTS) $(CONFINE_OBJECTS) $(SYMBOLS_OBJECTS) $(SNAPSHOT_OBJECTS) $(FORMAT_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(TOOLS_EXTRA) -pie -Wl,-z,now,-z,relro,-z,noexecstack -o $@ $^ $(LDFLAGS) $(UNWIND_LIBS) $(SYMBOLS_LIBS) $(SNAPSHOT_LIBS)

$(BUILD)/ttlog: $(TUI_OBJECTS) $(CLI_OBJECTS) $(CONFINE_OBJECTS) $(GROUPS_OBJECTS) $(BUNDLE_OBJECTS) $(SYMBOLS_OBJECTS) $(SNAPSHOT_OBJECTS) $(FORMAT_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(TOOLS_EXTRA) -pie -Wl,-z,now,-z,relro,-z,noexecstack -o $@ $^ $(LDFLAGS) $(SYMBOLS_LIBS) $(SNAPSHOT_LIBS) $(PATTERN_LIBS) $(ARCHIVE_LIBS) $(SCREEN_LIBS)

$(BUILD)/agent/format/%.o: agent/format/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(COMMON) $(HARDENING) -Iagent/format -c -o $@ $<

# The page of `ttlog html`: its scripts in the order in which they use each other; the assembler takes the files into the program.
HTML_SCRIPTS := $(addprefix tools/html/,text.js spans.js model.js stacks.js process.js timeline.js grid.js page.js)
$(BUILD)/html/page.js: $(HTML_SCRIPTS)
	$(Q)mkdir -p $(@D) && cat $^ >$@
$(BUILD)/tools/cli/html_assets.o: TOOLS_INCLUDES += -Wa,-I,$(BUILD)/html,-I,tools/html
$(BUILD)/tools/cli/html_assets.o: $(BUILD)/html/page.js tools/html/page.html tools/html/page.css

# The screens stand above the commands, whose printers they use.
$(BUILD)/tools/tui/%.o: TOOLS_INCLUDES += -Itools/cli
$(BUILD)/tools/%.o: tools/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(COMMON) $(HARDENING) $(TOOLS_INCLUDES) -I$(<D) -I$(<D)/$(ARCH) -c -o $@ $<

# Plug-ins: listeners for databases, each where its library is. SQLite is linked in, and shares no lock with one that the program uses.
LISTENER_INCLUDES := -Iinclude -Iagent/format -Iagent/listen -Itools/listeners
LISTENER_SHARED   := $(addprefix $(BUILD)/listeners/,$(addprefix tools/listeners/,row.o arguments.o database.o) agent/listen/render.o \
		     agent/listen/render_json.o agent/format/event.o agent/format/utf8.o agent/format/clean.o agent/format/json_text.o)
SQLITE_HEADER     := $(firstword $(wildcard /usr/include/sqlite3.h /usr/local/include/sqlite3.h))
SQLITE_ARCHIVE    := $(if $(SQLITE_HEADER),$(filter /%,$(shell $(CC) -print-file-name=libsqlite3.a)))
SQLITE_LIBS       := $(or $(SQLITE_ARCHIVE),-lsqlite3)
LIBPQ_HEADER      := $(firstword $(wildcard /usr/include/libpq-fe.h $(addsuffix /libpq-fe.h,/usr/include/postgresql /usr/include/pgsql /usr/local/include)))
LISTENERS         := $(if $(SQLITE_HEADER),$(BUILD)/libttlog_sqlite.so) $(if $(LIBPQ_HEADER),$(BUILD)/libttlog_postgresql.so)
all: $(LISTENERS)

$(BUILD)/libttlog_sqlite.so: $(BUILD)/listeners/tools/listeners/sqlite.o $(LISTENER_SHARED)
$(BUILD)/libttlog_postgresql.so: $(addprefix $(BUILD)/listeners/tools/listeners/,postgresql.o postgresql_wait.o) $(LISTENER_SHARED)
$(BUILD)/libttlog_sqlite.so: LISTENER_LIBS = $(SQLITE_LIBS) -lm $(SYSTEM_LIBS)
$(BUILD)/libttlog_postgresql.so: LISTENER_LIBS = -lpq
$(BUILD)/libttlog_sqlite.so $(BUILD)/libttlog_postgresql.so:
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LISTENER_EXTRA) -shared -Wl,-soname,$(@F),-z,now,-z,relro,-z,noexecstack,-z,defs,--exclude-libs,ALL,--as-needed -o $@ $^ $(LDFLAGS) $(LISTENER_LIBS)

$(BUILD)/listeners/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(COMMON) -fPIC -fvisibility=hidden $(PROTECTION) $(LISTENER_EXTRA) $(LISTENER_INCLUDES) \
		$(addprefix -I,$(dir $(LIBPQ_HEADER))) -c -o $@ $<

# The crash index: a program of its own, so that nobody who does not ask for it loads a database's library. Made where SQLite and libmd
# (SHA-256) are; without libpq it knows no PostgreSQL. It shares parts of the commands that stand alone.
STORE_SOURCES := tools/store/store.c tools/store/tables.c tools/store/sqlite.c tools/store/$(if $(LIBPQ_HEADER),postgresql.c,postgresql_absent.c)
DB_SOURCES    := $(wildcard tools/db/*.c) $(STORE_SOURCES)
DB_OBJECTS    := $(DB_SOURCES:%.c=$(BUILD)/%.o)
DB_SHARED     := $(patsubst %,$(BUILD)/tools/cli/%.o,db command_option file_limit inputs directory workers progress terminal describe duration moment helper)
DB_WAIT       := $(if $(LIBPQ_HEADER),$(BUILD)/listeners/tools/listeners/postgresql_wait.o)
LIBMD_HEADER  := $(firstword $(wildcard /usr/include/sha2.h /usr/local/include/sha2.h))
DB            := $(if $(SQLITE_HEADER),$(if $(LIBMD_HEADER),$(BUILD)/ttlog-db))
all: $(DB)

$(BUILD)/tools/store/%.o: TOOLS_INCLUDES += -Itools/listeners $(addprefix -I,$(dir $(LIBPQ_HEADER)))
$(BUILD)/tools/db/%.o: TOOLS_INCLUDES += -Itools/store -Itools/cli
$(BUILD)/ttlog-db: $(DB_OBJECTS) $(DB_SHARED) $(CONFINE_OBJECTS) $(DB_WAIT) $(BUNDLE_OBJECTS) $(GROUPS_OBJECTS) $(SYMBOLS_OBJECTS) $(SNAPSHOT_OBJECTS) $(FORMAT_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(TOOLS_EXTRA) -pie -Wl,-z,now,-z,relro,-z,noexecstack -o $@ $^ $(LDFLAGS) $(SYMBOLS_LIBS) $(SNAPSHOT_LIBS) $(ARCHIVE_LIBS) -lsqlite3 -lmd $(if $(LIBPQ_HEADER),-lpq)

# For test drivers: which test it is.
all: $(BUILD)/libttlog_test.so
$(BUILD)/libttlog_test.so: $(BUILD)/listeners/tools/recipes/pytest/test_marks.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -shared -Wl,-soname,$(@F),-z,now,-z,relro,-z,noexecstack,-z,defs,--as-needed -o $@ $^ $(LDFLAGS)

# Targets for people --------------------------------------------------------------------------------------------------------------
## make deps         installs the packages that building needs and that are missing (apt; elsewhere names them)
deps:
	$(Q)tools/deps/install build

## make demo         installs, builds, runs a program that knows nothing of ttlog and dies, shows why it died
demo: deps
	$(Q)$(MAKE) --no-print-directory -j2 all $(BUILD)/demo/orders
	$(Q)tools/demo/run $(BUILD)

$(BUILD)/demo/orders: tests/programs/orders.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) -g -pthread -o $@ $<

## make pictures     draws the pictures of README.md again; make check compares them
pictures: all $(BUILD)/demo/orders
	$(Q)tools/check/pictures $(BUILD) --draw

## make test         installs, builds, checks, runs all tests; closes with "N passed, N failed, N skipped"
test:
	$(Q)tools/deps/install test
	$(Q)$(MAKE) --no-print-directory -j2 all tests-built
	$(Q)$(MAKE) --no-print-directory check
	$(Q)$(MAKE) --no-print-directory tsan
	$(Q)tests/run.py $(TEST_BINARIES)

## make test-NAME    runs one suite, tests/*/test_NAME.c; FILTER='SUITE/TEST' picks tests of it
# A warning is an error, so the compiler that has built is done.
COMPILED_BY = $(if $(findstring clang,$(shell $(CC) --version)),clang,gcc)
## make check        formats, layers, exports, crash path, sizes, what the documents name, show and measured; everything compiles under gcc and clang without a warning
check: all pages $(BUILD)/demo/orders
	$(Q)tools/check/layers $(BUILD)
	$(Q)tools/check/security
	$(Q)tools/check/sizes
	$(Q)tools/check/format
	$(Q)tools/check/documents $(BUILD)
	$(Q)tools/check/manuals $(BUILD)
	$(Q)tools/check/examples
	$(Q)tools/check/hardening --quiet $(BUILD)
	$(Q)tools/check/headers
	$(Q)tools/check/pictures $(BUILD)
	$(Q)tests/bench/figures --check
	$(Q)$(MAKE) --no-print-directory -s cppcheck
	@echo 'check: $(COMPILED_BY) builds everything without a warning'
	$(Q)for compiler in $(filter-out $(COMPILED_BY),gcc clang); do \
		$(MAKE) --no-print-directory -s -j2 CC=$$compiler BUILD=$(BUILD)/check-$$compiler all >/dev/null && \
		echo "check: $$compiler builds everything without a warning" && tools/check/hardening --quiet $(BUILD)/check-$$compiler || exit 1; done

## make format       lays out the C as .clang-format says (clang-format 14)
format:
	$(Q)tools/deps/install test
	$(Q)tools/check/format --write

# No builtins: what gcc makes of a memcpy(3) itself, the sanitizer does not see.
## make tsan         all that threads of the agent and of a program share, under ThreadSanitizer (part of make test); TTLOG_STRESS=n multiplies the work
tsan:
	$(Q)$(MAKE) --no-print-directory -j2 CC=gcc BUILD=$(BUILD)/tsan VARIANT=tests/stress/tsan \
		CFLAGS='-O1 -g -fsanitize=thread -fno-builtin -Wno-tsan -Wno-format-zero-length' stress-tsan

## make torture      random deaths, without and with the agent: RUNS=10000 SEED=1 FIRST=0 JOBS=4; CASE='cause=abort place=thread' repeats one
torture:
	$(Q)tools/deps/install test
	$(Q)$(MAKE) --no-print-directory -j2 all tests-built
	$(Q)tests/torture/run $(if $(RUNS),--runs $(RUNS)) $(if $(SEED),--seed $(SEED)) $(if $(FIRST),--first $(FIRST)) \
		$(if $(JOBS),--jobs $(JOBS)) $(if $(CASE),--case '$(CASE)') $(BUILD)/tests/test_torture

## make heard        a table: programs, bytes they put out, bytes that were recorded, equal?
HEARD := $(addprefix $(BUILD)/tests/test_,programs languages say logs)
heard:
	$(Q)tools/deps/install test
	$(Q)$(MAKE) --no-print-directory -j2 all tests-built
	$(Q)rm -f $(BUILD)/heard.tsv; TTLOG_HEARD_TABLE=$(abspath $(BUILD))/heard.tsv tests/run.py $(HEARD); status=$$?; \
		{ printf 'program\twhere\tput out\trecorded\tequal\n'; LC_ALL=C sort -u $(BUILD)/heard.tsv; } | \
			awk -F '\t' '{ printf "%-40s %-16s %9s %9s  %s\n", $$1, $$2, $$3, $$4, $$5 }'; exit $$status

## make hooks        a table: interposed functions, surroundings in which they were called with and without the agent, NULL, %n; or why not
hooks:
	$(Q)tools/deps/install test
	$(Q)$(MAKE) --no-print-directory -j2 all tests-built
	$(Q)rm -f $(BUILD)/hooks.tsv; TTLOG_HOOKS_TABLE=$(abspath $(BUILD))/hooks.tsv tests/run.py $(BUILD)/tests/test_hooks; status=$$?; \
		tests/transparency/hooks_table $(BUILD)/hooks.tsv; exit $$status

## make faults       each system call of a death fails, or ends who makes it: DEATH=fault WHO=helper WHAT=error JOBS=4; CASE='...' RUNS=9 repeats one
faults:
	$(Q)tools/deps/install test
	$(Q)$(MAKE) --no-print-directory -j2 all tests-built
	$(Q)tests/fault/run $(if $(DEATH),--death $(DEATH)) $(if $(WHO),--who $(WHO)) $(if $(WHAT),--what $(WHAT)) \
		$(if $(JOBS),--jobs $(JOBS)) $(if $(CASE),--case '$(CASE)') $(if $(RUNS),--runs $(RUNS)) $(BUILD)/tests/test_faults

## make transparency programs and upstream test suites without the agent and with it, in one table; SUITE=perl,redis TEST=op/fork picks; AGAIN=1 also what was run
transparency:
	$(Q)tools/deps/install transparency
	$(Q)$(MAKE) --no-print-directory -j2 all tests-built
	$(Q)tests/transparency/run $(if $(SUITE),--suite '$(SUITE)') $(if $(TEST),--test '$(TEST)') $(if $(AGAIN),--again) $(BUILD)

## make distributions ttlog and its suites in other releases of Debian, and each agent in the others (as root; debootstrap): DISTRIBUTIONS='bullseye trixie' SUITES='speak deaths', all, or none ROOTS=folder
DISTRIBUTIONS ?= bullseye trixie
ROOTS         ?= $(BUILD)/distributions
distributions: all
	$(Q)tools/deps/install package
	$(Q)tests/distributions/run '$(ROOTS)' '$(BUILD)' '$(DISTRIBUTIONS)' '$(SUITES)'

## make bench        what events, starts, deaths and memory cost, beside peers, in one table; ROWS=PATTERN picks rows, ROUNDS=N
bench: bench-built
	$(Q)tests/bench/run $(if $(ROWS),--rows '$(ROWS)') $(if $(ROUNDS),--rounds $(ROUNDS)) $(BUILD)

bench-built:
	$(Q)tools/deps/install bench || true
	$(Q)$(MAKE) --no-print-directory -s -j2 all bench-programs
	$(Q)$(MAKE) --no-print-directory -k bench-peers >$(BENCH)/peers.log 2>&1 || true

## make figures      measures those rows of make bench that README.md has, and draws them there; the machine is to be quiet
figures: bench-built
	$(Q)tests/bench/run --rows "$$(tests/bench/figures --rows)" --json $(BUILD)/bench/figures.json $(BUILD)
	$(Q)tests/bench/figures $(BUILD)/bench/figures.json

# Made of --help and of what stands in tools/man.
MAN_DATE := 2026-11-28
MAN_PAGES = $(wildcard tools/man/*)
.PHONY: pages
pages: $(BUILD)/man/ttlog.1
$(BUILD)/man/ttlog.1: $(BUILD)/ttlog $(DB) $(MAN_PAGES) tools/snapshot/snapshot.cddl
	$(call say,MAN,$(BUILD)/man)
	$(Q)tools/man/build $(BUILD) $(MAN_DATE) $(VERSION)

## make help         this list

## make clean        removes build/
clean:
	rm -rf $(BUILD)

# What make transparency unpacks there, and whole trees that are built there, have files of that name too.
-include $(shell find $(BUILD) \( -path $(BUILD)/transparency -o -path $(BUILD)/deb -o -path $(BUILD)/distributions -o -path $(BUILD)/reproducible \) -prune -o -type f -name '*.d' -print 2>/dev/null)
include agent/musl/musl.mk
include tools/package/package.mk
include tests/suites.mk
include tests/sanitize.mk
include tests/coverage.mk
include tests/arm64.mk
include tests/valgrind.mk
include tests/analyze.mk
include tests/bench/bench.mk
include tests/fuzz/fuzz.mk
