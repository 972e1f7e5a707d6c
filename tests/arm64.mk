# arm64.mk - ttlog for aarch64, built on this machine, and its suites under an emulator. Included by the top Makefile, behind tests/suites.mk.
#
# MACHINE unset: under qemu-user, which emulates instructions and hands system calls to this kernel; as root. MACHINE=1: on a whole emulated
# machine with a kernel of its own. What neither can carry stands in tests/arm64/limits, with the reason.

ARM64_ROOT ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/ttlog/arm64
ARM64_SYSROOT := --target=aarch64-linux-gnu --sysroot=$(ARM64_ROOT)
# Headers of the root, not of this machine; the compiler of one program may be clang, which is a cross-compiler everywhere.
ARM64_MAKE = $(MAKE) --no-print-directory -j2 BUILD=$(BUILD)/arm64 \
	CC='aarch64-linux-gnu-gcc --sysroot=$(ARM64_ROOT)' CXX='aarch64-linux-gnu-g++ --sysroot=$(ARM64_ROOT)' \
	SQLITE_HEADER=$(ARM64_ROOT)/usr/include/sqlite3.h LIBMD_HEADER=$(ARM64_ROOT)/usr/include/sha2.h \
	LIBPQ_HEADER=$(ARM64_ROOT)/usr/include/postgresql/libpq-fe.h COMPILER_inlined_clang='clang $(ARM64_SYSROOT)' \
	COMPILER_kinds_c_clang2='clang $(ARM64_SYSROOT)' COMPILER_kinds_cpp_clang2='clang++ $(ARM64_SYSROOT)'
ARM64_WHERE := $(if $(MACHINE),machine,user)
ARM64_NOT = $(shell sed -n 's/^\($(ARM64_WHERE)\|both\)[[:space:]]\+\(test_[a-z0-9_]*\)[[:space:]].*/\2/p' tests/arm64/limits)
# Under qemu-user a death leaves no snapshot (see there), by which the suites of programs are judged.
ARM64_FOLDERS := unit stress model $(if $(MACHINE),preload crash cli)
ARM64_SUITES = $(filter-out $(addprefix %/,$(ARM64_NOT)),$(addprefix $(TESTS)/,$(basename $(notdir $(filter $(ARM64_FOLDERS:%=tests/%/%),$(TEST_SOURCES))))))

.PHONY: arm64 arm64-built
## make arm64        builds for aarch64, runs the suites under qemu-user (as root); MACHINE=1: on an emulated machine, slowly; SUITES='deaths stacks' picks
arm64:
	$(Q)tools/deps/install arm64
	$(Q)tests/arm64/root '$(ARM64_ROOT)'
	$(Q)$(ARM64_MAKE) MACHINE=$(MACHINE) arm64-built
	$(Q)tests/arm64/run $(ARM64_WHERE) '$(ARM64_ROOT)' '$(BUILD)/arm64' $(if $(FILTER),--filter '$(FILTER)') \
		$(notdir $(if $(SUITES),$(addprefix test_,$(SUITES)),$(ARM64_SUITES)))

# In the make of arm64.
arm64-built: all $(ARM64_SUITES) $(TEST_PROGRAMS)
