/*
 * A listener from a shared object, loaded by the listener thread.
 *
 * Never unloaded: threads of its libraries, or destructors that it has registered, may outlive the listener.
 */
#include "sink.h"

#include "libc.h"
#include "syscalls.h"
#include "text.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

/* A copy of the file in memory, which the loader takes for another object. Descriptor, or -errno. */
static int copy_of(const char *path)
{
	const int from = sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (from < 0)
		return from;
	const int to = (int)SYS2(SYS_memfd_create, "ttlog-plugin", MFD_CLOEXEC);
	long count;
	do {
		count = to < 0 ? to : SYS4(SYS_sendfile, to, from, NULL, 1 << 20);
	} while (count > 0);
	sys_close(from);
	if (count < 0 && to >= 0)
		sys_close(to);
	return count < 0 ? (int)count : to;
}

/*
 * An object that is there already has been in use before the process was forked, in the middle of anything: what SQLite noted of its locks
 * then is true of the parent only. So it is loaded anew; what it is linked to is not, and has to look after itself.
 */
static void *load(const char *path)
{
	static unsigned copies; /* the loader knows objects by their names too: each copy has one more slash in its own */
	char name[128];
	void *before = libc.dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD), *object = NULL;
	const int copy = before && copies < 64 ? copy_of(path) : -ENOENT;
	if (copy >= 0) {
		struct text_writer text = text_begin(name, sizeof(name));
		text_string(&text, "/proc/thread-self/fd/");
		for (unsigned i = 0; i < copies; i++)
			text_char(&text, '/');
		copies++;
		text_number(&text, (uint64_t)copy, 10);
		object = libc.dlopen(name, RTLD_NOW | RTLD_LOCAL);
		sys_close(copy);
	}
	return object ? object : libc.dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

static int check(const struct ttlog_listener *listener, const char *path, char *error, size_t error_bytes)
{
	if (listener->version != TTLOG_LISTENER_VERSION)
		return sink_complain(error, error_bytes, path, "was made for another version of ttlog_listener.h", EPROTO);
	if (!listener->on_event)
		return sink_complain(error, error_bytes, path, "gave no on_event", EINVAL);
	if (listener->policy > TTLOG_BLOCK || listener->level >= 6)
		return sink_complain(error, error_bytes, path, "gave a policy or level that does not exist", EINVAL);
	return 0;
}

int sink_plugin_open(const struct sink_options *options, struct ttlog_listener *listener, char *error, size_t error_bytes)
{
	const char *path = options->address;
	if (!PERHAPS(dlopen) || !PERHAPS(dlsym) || !PERHAPS(dlerror))
		return sink_complain(error, error_bytes, path, "this C library loads no plug-ins here", ENOSYS);
	void *object = load(path);
	if (!object)
		return sink_complain(error, error_bytes, "plugin", libc.dlerror(), ENOENT);
	ttlog_listener_opener *open;
	*(void **)(void *)&open = libc.dlsym(object, "ttlog_listener_open");
	if (!open)
		return sink_complain(error, error_bytes, path, "is no plug-in: it exports no ttlog_listener_open", EINVAL);
	const int result = open(options->arguments, listener, error, error_bytes);
	if (result && !error[0])
		return sink_complain(error, error_bytes, path, "refused", result > 0 ? result : EINVAL);
	return result ? (result > 0 ? result : EINVAL) : check(listener, path, error, error_bytes);
}
