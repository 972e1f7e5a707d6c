#include "powers.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* <linux/capability.h> of Linux 5.9: reads /proc/PID/map_files, which took CAP_SYS_ADMIN before. */
#define CHECKPOINT_RESTORE 40

#define POWER(number) (1ull << (number))
#define FILES         (POWER(CAP_DAC_OVERRIDE) | POWER(CAP_DAC_READ_SEARCH) | POWER(CAP_FOWNER))
#define LOOKING                                                                                                                    \
	(FILES | POWER(CAP_SYS_ADMIN) | POWER(CAP_SYS_PTRACE) | POWER(CAP_SETUID) | POWER(CAP_SETGID) | POWER(CHECKPOINT_RESTORE))

struct powers {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
};

static int get(struct powers *powers)
{
	memset(powers, 0, sizeof(*powers));
	powers->header.version = _LINUX_CAPABILITY_VERSION_3;
	return syscall(SYS_capget, &powers->header, powers->data) == 0 ? 0 : -errno;
}

static int keep(struct powers *powers, uint64_t kept)
{
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		const uint32_t part = (uint32_t)(kept >> (32 * i));
		powers->data[i].effective &= part;
		powers->data[i].permitted &= part;
		powers->data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &powers->header, powers->data) == 0 ? 0 : -errno;
}

/* ptrace(2), access mode checking: without CAP_SYS_PTRACE who looks must have all that the other has. */
int powers_for_looking(void)
{
	struct powers powers;
	const int error = get(&powers);

	if (error || !(powers.data[0].effective & POWER(CAP_SYS_PTRACE)))
		return error;
	return keep(&powers, LOOKING);
}

int powers_for_files(void)
{
	struct powers powers;
	const int error = get(&powers);

	return error ? error : keep(&powers, FILES);
}
