# agent/musl/musl.mk - the agent for programs of musl, a library of its own beside the other. Included by the top Makefile.
#
# musl-gcc is told where the kernel's headers are: those of the machine, which belong to no C library.
# It compiles for this machine: none where the rest is cross-built.
MUSL_CC      := $(if $(filter $(ARCH)-%,$(shell musl-gcc -dumpmachine 2>/dev/null)),$(shell command -v musl-gcc))
MUSL_AGENT   := $(BUILD)/libttlog_agent_musl.so
MUSL_KERNEL  := $(BUILD)/musl/kernel
# What is glibc's alone: the insides of its FILE, functions and headers that musl has not.
MUSL_WITHOUT := agent/format/expression.c $(addprefix agent/hook/,getopt.c journal.c message.c stream.c) $(wildcard agent/hook/stdio_*.c)
MUSL_SOURCES := $(filter-out $(MUSL_WITHOUT),$(AGENT_SOURCES)) $(wildcard agent/musl/*.c)
MUSL_OBJECTS := $(MUSL_SOURCES:%.c=$(BUILD)/musl/%.o)
# AGENT_EXTRA is for another compiler.
MUSL_FLAGS   := -include agent/sys/musl/names.h -isystem $(MUSL_KERNEL) -Iagent/musl \
		$(subst -Iagent/sys/glibc,-Iagent/sys/musl,$(filter-out $(AGENT_EXTRA),$(AGENT_FLAGS)))

.PHONY: musl
## make musl         build/libttlog_agent_musl.so, for programs of musl (musl-tools)
musl: $(MUSL_AGENT)
all: $(if $(MUSL_CC),$(if $(findstring -fsanitize,$(CFLAGS) $(AGENT_EXTRA)),,$(MUSL_AGENT)))

$(MUSL_KERNEL):
	$(Q)mkdir -p $@ && for folder in linux asm asm-generic; do \
		ln -sfn "$$(dirname "$$(echo '#include <linux/types.h>' | $(CC) -E - | grep -o "/[^\"]*/$$folder/[a-z_-]*types\.h" | head -n 1)")" $@/$$folder; done

$(BUILD)/musl/%.o: %.c | $(MUSL_KERNEL)
	$(call say,MUSL,$<)
	$(Q)mkdir -p $(@D) && musl-gcc $(MUSL_FLAGS) -c -o $@ $<

$(MUSL_AGENT): $(MUSL_OBJECTS) agent/musl/exports.map
	$(call say,LINK,$@)
	$(Q)musl-gcc $(CFLAGS) $(subst agent/exports.map,agent/musl/exports.map,$(subst libttlog_agent.so,$(@F),$(AGENT_LINK))) -o $@ $(MUSL_OBJECTS) $(LDFLAGS)
