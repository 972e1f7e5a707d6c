#include "files.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* <linux/landlock.h> of Linux 5.13, as far as its first version goes: older headers have none. The same on all architectures. */
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446, RULE_PATH_BENEATH = 1 };
enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_CHAR = 1 << 6,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_MAKE_SOCK = 1 << 9,
	FS_MAKE_FIFO = 1 << 10,
	FS_MAKE_BLOCK = 1 << 11,
	FS_MAKE_SYM = 1 << 12,
};

struct ruleset {
	uint64_t handled_access_fs;
};

struct path_beneath {
	uint64_t allowed_access;
	int32_t parent;
} __attribute__((packed));

static int allow(int rules, int directory)
{
	const struct path_beneath rule = {FS_WRITE_FILE | FS_REMOVE_FILE | FS_MAKE_REG, directory};

	return syscall(ADD_RULE, rules, RULE_PATH_BENEATH, &rule, 0) == 0 ? 0 : -errno;
}

int files_confine(const int *directories, size_t count)
{
	const struct ruleset all = {FS_EXECUTE | FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_CHAR | FS_MAKE_DIR |
				    FS_MAKE_REG | FS_MAKE_SOCK | FS_MAKE_FIFO | FS_MAKE_BLOCK | FS_MAKE_SYM};
	const int rules = (int)syscall(CREATE_RULESET, &all, sizeof(all), 0);
	int error = rules < 0 ? -errno : 0;

	for (size_t i = 0; !error && i < count; i++)
		error = allow(rules, directories[i]);
	if (!error && syscall(RESTRICT_SELF, rules, 0) != 0)
		error = -errno;
	if (rules >= 0)
		close(rules);
	return error;
}
