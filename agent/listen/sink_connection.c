#include "sink_connection.h"

#include "syscalls.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

int socket_path(struct socket_address *address, const char *path)
{
	struct sockaddr_un *local = (struct sockaddr_un *)&address->storage;
	const size_t bytes = strlen(path);
	memset(address, 0, sizeof(*address));
	if (bytes >= sizeof(local->sun_path))
		return ENAMETOOLONG;
	local->sun_family = AF_UNIX;
	memcpy(local->sun_path, path, bytes);
	if (path[0] == '@')
		local->sun_path[0] = 0;
	address->bytes = (uint32_t)(offsetof(struct sockaddr_un, sun_path) + bytes + (path[0] != '@'));
	return 0;
}

static int parse_port(const char *text, uint16_t *port)
{
	unsigned number = 0;
	for (; *text >= '0' && *text <= '9' && number <= UINT16_MAX; text++)
		number = number * 10 + (unsigned)(*text - '0');
	*port = htons((uint16_t)number);
	return *text || number == 0 || number > UINT16_MAX ? EINVAL : 0;
}

int socket_numbers(struct socket_address *address, const char *text)
{
	struct sockaddr_in *four = (struct sockaddr_in *)&address->storage;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address->storage;
	char host[64];
	const char *colon = strrchr(text, ':');
	const char *begin = text, *end = colon;
	uint16_t port;
	memset(address, 0, sizeof(*address));
	if (!colon || parse_port(colon + 1, &port))
		return EINVAL;
	const int bracketed = text[0] == '[' && colon > text && colon[-1] == ']';
	begin += bracketed;
	end -= bracketed;
	if ((size_t)(end - begin) >= sizeof(host))
		return EINVAL;
	memcpy(host, begin, (size_t)(end - begin));
	host[end - begin] = 0;
	if (bracketed && inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = port;
		address->bytes = sizeof(*six);
	} else if (!bracketed && inet_pton(AF_INET, host, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = port;
		address->bytes = sizeof(*four);
	}
	return address->bytes ? 0 : EINVAL;
}

/* 0 when it can be written to, or -errno: -EAGAIN after SOCKET_WAIT_MS. */
static int wait_writable(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	struct timespec left = {SOCKET_WAIT_MS / 1000, SOCKET_WAIT_MS % 1000 * 1000000L};
	const long count = SYS6(SYS_ppoll, &ready, 1, &left, NULL, 0, 0);
	return count < 0 ? (int)count : count ? 0 : -EAGAIN;
}

/* A connection under way: how it ended. */
static int await_connection(int fd)
{
	int error = 0;
	socklen_t bytes = sizeof(error);
	const int waited = wait_writable(fd);
	if (waited)
		return waited == -EAGAIN ? -ETIMEDOUT : waited;
	SYS6(SYS_getsockopt, fd, SOL_SOCKET, SO_ERROR, &error, &bytes, 0);
	return -error;
}

int socket_connect(const struct socket_address *address, int type)
{
	const int fd = (int)SYS3(SYS_socket, address->storage.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	int error = (int)SYS3(SYS_connect, fd, &address->storage, address->bytes);
	if (error == -EINPROGRESS)
		error = await_connection(fd);
	if (error) {
		sys_close(fd);
		return error;
	}
	return fd;
}

long socket_send(int fd, const void *data, size_t bytes)
{
	long count = SYS6(SYS_sendto, fd, data, bytes, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
	if (count == -EAGAIN) {
		const int waited = wait_writable(fd);
		count = waited ? waited : SYS6(SYS_sendto, fd, data, bytes, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
	}
	return count;
}

int socket_send_descriptor(int fd, int descriptor)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_control = &control, .msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &descriptor, sizeof(descriptor));
	long sent = SYS3(SYS_sendmsg, fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent == -EAGAIN && wait_writable(fd) == 0)
		sent = SYS3(SYS_sendmsg, fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	return sent < 0 ? (int)sent : 0;
}
