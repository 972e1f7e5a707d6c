#include "server.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct server {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int listening, connection; /* of a datagram server both the same */
	int wake[2];
	bool paused, idle, stopping;
	unsigned files;
	char *taken;
	size_t bytes;
};

static void take(struct server *server, const void *data, size_t bytes, bool datagram)
{
	pthread_mutex_lock(&server->mutex);
	server->taken = realloc(server->taken, server->bytes + bytes + 1);
	memcpy(server->taken + server->bytes, data, bytes);
	server->taken[server->bytes + bytes] = 0;
	server->bytes += bytes + datagram;
	pthread_cond_broadcast(&server->changed);
	pthread_mutex_unlock(&server->mutex);
}

static void take_file(struct server *server, int file)
{
	static char data[300000];
	const ssize_t bytes = pread(file, data, sizeof(data), 0);
	const int seals = fcntl(file, F_GET_SEALS);
	cr_assert(bytes >= 0 && (seals & (F_SEAL_WRITE | F_SEAL_SHRINK)) == (F_SEAL_WRITE | F_SEAL_SHRINK));
	close(file);
	server->files++;
	take(server, data, (size_t)bytes, true);
}

static bool receive(struct server *server, bool datagram)
{
	static char data[300000];
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec part = {data, sizeof(data)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	const ssize_t bytes = recvmsg(server->connection, &message, MSG_DONTWAIT);
	const struct cmsghdr *header = bytes >= 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (header) {
		int file;
		memcpy(&file, CMSG_DATA(header), sizeof(file));
		take_file(server, file);
	} else if (bytes > 0 || (bytes == 0 && datagram)) {
		take(server, data, (size_t)bytes, datagram);
	}
	return bytes > 0 || datagram;
}

static void serve_once(struct server *server)
{
	const bool datagram = server->connection == server->listening;
	const bool connected = datagram || server->connection >= 0;
	struct pollfd ready[] = {{.fd = server->wake[0], .events = POLLIN},
				 {.fd = server->paused ? -1
					: connected    ? server->connection
						       : server->listening,
				  .events = POLLIN}};
	char byte;
	pthread_mutex_lock(&server->mutex);
	server->idle = server->paused;
	pthread_cond_broadcast(&server->changed);
	pthread_mutex_unlock(&server->mutex);
	poll(ready, 2, -1);
	if (ready[0].revents && read(server->wake[0], &byte, 1) == 1)
		return;
	if (!ready[1].revents)
		return;
	if (!connected) {
		server->connection = accept4(server->listening, NULL, NULL, SOCK_CLOEXEC);
	} else if (!receive(server, datagram)) {
		close(server->connection);
		server->connection = -1;
	}
}

static void *serve(void *argument)
{
	struct server *server = argument;
	while (!__atomic_load_n(&server->stopping, __ATOMIC_ACQUIRE))
		serve_once(server);
	return NULL;
}

static void wake(struct server *server)
{
	cr_assert(write(server->wake[1], "", 1) == 1);
}

static int bind_path(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	cr_assert(strlen(path) < sizeof(address.sun_path));
	strcpy(address.sun_path, path);
	unlink(path);
	cr_assert(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

static int bind_port(unsigned *port, int type)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t bytes = sizeof(address);
	const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), one = 1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	cr_assert(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	cr_assert(getsockname(fd, (struct sockaddr *)&address, &bytes) == 0);
	*port = ntohs(address.sin_port);
	return fd;
}

struct server *server_start(const char *path, unsigned *port, int type)
{
	struct server *server = calloc(1, sizeof(*server));
	server->listening = path ? bind_path(path, type) : bind_port(port, type);
	server->connection = type == SOCK_DGRAM ? server->listening : -1;
	cr_assert(type == SOCK_DGRAM || listen(server->listening, 5) == 0);
	cr_assert(pipe2(server->wake, O_CLOEXEC) == 0);
	pthread_mutex_init(&server->mutex, NULL);
	pthread_cond_init(&server->changed, NULL);
	cr_assert(pthread_create(&server->thread, NULL, serve, server) == 0);
	return server;
}

const char *server_taken(struct server *server, size_t *bytes)
{
	pthread_mutex_lock(&server->mutex);
	*bytes = server->bytes;
	char *copy = malloc(server->bytes + 1);
	if (server->bytes)
		memcpy(copy, server->taken, server->bytes);
	copy[server->bytes] = 0;
	pthread_mutex_unlock(&server->mutex);
	return copy;
}

const char *server_await(struct server *server, size_t bytes)
{
	struct timespec limit;
	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += 20;
	pthread_mutex_lock(&server->mutex);
	while (server->bytes < bytes && pthread_cond_timedwait(&server->changed, &server->mutex, &limit) == 0) {
	}
	const size_t come = server->bytes;
	pthread_mutex_unlock(&server->mutex);
	cr_assert(come >= bytes, "only %zu bytes of %zu came", come, bytes);
	return server_taken(server, &bytes);
}

unsigned server_files(struct server *server)
{
	pthread_mutex_lock(&server->mutex);
	const unsigned files = server->files;
	pthread_mutex_unlock(&server->mutex);
	return files;
}

void server_pause(struct server *server)
{
	server->paused = true;
	wake(server);
	pthread_mutex_lock(&server->mutex);
	while (!server->idle)
		pthread_cond_wait(&server->changed, &server->mutex);
	pthread_mutex_unlock(&server->mutex);
}

void server_resume(struct server *server)
{
	server->paused = false;
	wake(server);
}

void server_stop(struct server *server)
{
	__atomic_store_n(&server->stopping, true, __ATOMIC_RELEASE);
	wake(server);
	pthread_join(server->thread, NULL);
	if (server->connection >= 0 && server->connection != server->listening)
		close(server->connection);
	close(server->listening);
	close(server->wake[0]);
	close(server->wake[1]);
}
