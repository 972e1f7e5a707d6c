/*
 * A listener from a shared object, loaded by the listener thread.
 *
 * Never unloaded: threads of its libraries, or destructors that it has registered, may outlive the listener.
 */
#include "sink.h"

#include "text.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

/* Weak: in libdl before glibc 2.34, which not every program has. */
extern void *dlopen(const char *path, int flags) __attribute__((weak));
extern void *dlsym(void *handle, const char *name) __attribute__((weak));
extern char *dlerror(void) __attribute__((weak));

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
	if (!dlopen || !dlsym || !dlerror)
		return sink_complain(error, error_bytes, path, "this C library loads no plug-ins here", ENOSYS);
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!object)
		return sink_complain(error, error_bytes, "plugin", dlerror(), ENOENT);
	ttlog_listener_opener *open;
	*(void **)(void *)&open = dlsym(object, "ttlog_listener_open");
	if (!open)
		return sink_complain(error, error_bytes, path, "is no plug-in: it exports no ttlog_listener_open", EINVAL);
	const int result = open(options->arguments, listener, error, error_bytes);
	if (result && !error[0])
		return sink_complain(error, error_bytes, path, "refused", result > 0 ? result : EINVAL);
	return result ? (result > 0 ? result : EINVAL) : check(listener, path, error, error_bytes);
}
