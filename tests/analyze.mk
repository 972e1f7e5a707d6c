# analyze.mk - static analysis of agent and tools, file by file: cppcheck, clang-tidy (.clang-tidy says what it looks for), gcc -fanalyzer.
# Included by the top Makefile. A file that was found clean is looked at again when it or a header has changed. What is suppressed, and why,
# stands here and in .clang-tidy, nowhere else.

ANALYZED := $(BUILD)/analyzed
ANALYZED_SOURCES := $(AGENT_SOURCES) $(wildcard tools/*/*.c tools/recipes/*/*.c)
ANALYZED_HEADERS := $(wildcard include/*.h agent/*.h agent/*/*.h agent/*/*/*.h tools/*/*.h tools/*/*/*.h)
ANALYZED_FLAGS = -std=gnu11 -D_GNU_SOURCE -DTTLOG_VERSION='"$(VERSION)"' $(if $(filter agent/%,$<),$(AGENT_INCLUDES) -D__NO_INLINE__,\
	$(TOOLS_INCLUDES) -Itools/cli -Itools/listeners -Itools/store -I$(<D) -I$(<D)/$(ARCH) -Iagent/listen $(addprefix -I,$(dir $(LIBPQ_HEADER))))

# Raw system calls fill what they are given a pointer to, and no analyzer looks into the instruction that makes them.
TIDY_AGENT := --checks=-clang-analyzer-core.UndefinedBinaryOperatorResult,-clang-analyzer-core.uninitialized.*,-clang-analyzer-core.CallAndMessage
# Single files. events: does not see that there are no events where their order was freed. view_threads: takes the first of some threads for
# none. workers: takes one processor, or one file, for none. directory, recorder_list: take an error of readdir(3) for a number below zero.
TIDY_events := --checks=-clang-analyzer-unix.Malloc
TIDY_view_threads := --checks=-clang-analyzer-core.NullDereference
TIDY_workers := --checks=-clang-analyzer-core.DivideZero
TIDY_directory := --checks=-clang-analyzer-core.NonNullParamChecker
TIDY_recorder_list := --checks=-clang-analyzer-core.NonNullParamChecker
$(ANALYZED)/%.tidy: %.c $(ANALYZED_HEADERS) .clang-tidy
	$(call say,TIDY,$<)
	$(Q)mkdir -p $(@D) && clang-tidy --quiet $(if $(filter agent/%,$<),$(TIDY_AGENT)) $(if $(filter tools/%,$<),$(TIDY_$(notdir $*))) $< -- $(ANALYZED_FLAGS) 2>/dev/null && touch $@

# The same, and: descriptors and memory that the caller of a function gives back (fd-leak, malloc-leak) are not followed into structures; no
# function but the analyzed one is known, so what was checked by its caller counts as unchecked (null-dereference is clang's to find).
GCC_ANALYZER := -fanalyzer -Wno-analyzer-malloc-leak -Wno-analyzer-file-leak -Wno-analyzer-use-of-uninitialized-value -Wno-analyzer-null-dereference \
	-Wno-analyzer-possible-null-dereference -Wno-analyzer-possible-null-argument -Wno-analyzer-null-argument
$(ANALYZED)/%.gcc: %.c $(ANALYZED_HEADERS)
	$(call say,ANALYZER,$<)
	$(Q)mkdir -p $(@D) && gcc $(ANALYZED_FLAGS) $(if $(filter tools/cli/html_assets.c,$<),-Wa$(comma)-I$(comma)$(BUILD)/html$(comma)-I$(comma)tools/html) \
		-O1 -fPIC -Werror $(GCC_ANALYZER) -c -o $(ANALYZED)/$(notdir $*).o $< && touch $@
comma := ,

# uninitvar: as above. va_end_missing: behind functions that do not return. comparePointers: labels of an assembler's. arrayIndexOutOfBoundsCond:
# takes TUI_TABS for a tab. nullPointerArithmeticRedundantCheck: does not see that the loop ends where there is no memory. autoVariables: taken back.
CPPCHECK := -q -j2 --std=c11 --enable=warning,performance,portability --error-exitcode=1 --suppress=uninitvar:agent/* --suppress=va_end_missing:agent/hook/message.c \
	--suppress=comparePointers:tools/cli/html_assets.c --suppress=arrayIndexOutOfBoundsCond:tools/tui/tui.c \
	--suppress=nullPointerArithmeticRedundantCheck:tools/capture/target.c
CPPCHECK_INCLUDES := $(sort $(AGENT_INCLUDES) $(TOOLS_INCLUDES) -Itools/cli -Itools/tui -Itools/capture -Itools/listeners)

.PHONY: analyze cppcheck
## make analyze      cppcheck (part of make check), clang-tidy, gcc -fanalyzer on agent and tools
analyze:
	$(Q)tools/deps/install test
	$(Q)$(MAKE) --no-print-directory cppcheck
	$(Q)$(MAKE) --no-print-directory -s -k -j2 $(BUILD)/html/page.js $(ANALYZED_SOURCES:%.c=$(ANALYZED)/%.tidy) $(ANALYZED_SOURCES:%.c=$(ANALYZED)/%.gcc)
	$(Q)echo "analyze: nothing found"

cppcheck:
	$(Q)cppcheck $(CPPCHECK) -D_GNU_SOURCE -D__x86_64__ -DTTLOG_VERSION='""' '-DElfW(type)=Elf64_##type' $(CPPCHECK_INCLUDES) agent tools && \
		echo "check: cppcheck has found nothing"
