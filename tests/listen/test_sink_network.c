/* syslog, the journal and sockets, with servers that stop, pause and begin anew. */
#include "drive.h"
#include "place.h"
#include "render.h"
#include "server.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

TestSuite(sink_network, .init = place_init, .fini = place_fini, .timeout = 60);

static const char *item(const char *kind, const char *address, const char *options)
{
	static char text[1200];
	snprintf(text, sizeof(text), "%s:%s%s", kind, address, options);
	return text;
}

static const char *port_item(const char *kind, unsigned port, const char *options)
{
	char address[32];
	snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	return item(kind, address, options);
}

/* Bytes of the messages first..end-1 as their server counts them. */
static size_t local_bytes(unsigned first, unsigned end)
{
	size_t bytes = 0;
	for (; first < end; first++) {
		const struct render_syslog_names names = {.facility = 1};
		char text[256];
		struct render out = {text, 0, sizeof(text), false};
		const struct ttlog_event event = event_number(first);
		render_syslog_local(&out, &event, &names);
		bytes += out.used + 1;
	}
	return bytes;
}

Test(sink_network, syslog)
{
	const char *path = place_path("log");
	struct server *server = server_start(path, NULL, SOCK_DGRAM);
	struct drive drive;
	drive_open(&drive, item("syslog", path, ",facility=local0"));
	drive_all(&drive, 2, 0);
	drive_close(&drive);
	const char *taken = server_await(server, strlen("<134>orders[100]: message number 0") * 2 + 2);
	cr_assert_str_eq(taken, "<134>orders[100]: message number 0");
	cr_assert_str_eq(taken + strlen(taken) + 1, "<134>orders[100]: message number 1");
	server_stop(server);
}

/* The daemon ends and begins anew, under the same path; nothing is missing and nothing there twice. */
Test(sink_network, syslog_daemon_restarts)
{
	const char *path = place_path("log");
	struct drive drive;
	drive_open(&drive, item("syslog", path, ""));
	cr_assert(drive_try(&drive, 1, 0) == ENOENT && drive.next == 0);
	for (unsigned round = 0; round < 3; round++) {
		struct server *server = server_start(path, NULL, SOCK_DGRAM);
		const unsigned first = drive.next;
		drive_all(&drive, first + 100, 10);
		const char *taken = server_await(server, local_bytes(first, first + 100));
		for (unsigned n = first; n < first + 100; n++, taken += strlen(taken) + 1) {
			char wanted[64];
			snprintf(wanted, sizeof(wanted), "<14>orders[100]: message number %u", n);
			cr_assert_str_eq(taken, wanted);
		}
		server_stop(server);
		cr_assert(drive_try(&drive, first + 101, 0) == ECONNREFUSED && drive.next == first + 100);
	}
	drive_close(&drive);
}

/* One that has stopped reading does not hold the thread for long, and gets all when it goes on. */
Test(sink_network, syslog_daemon_pauses)
{
	const char *path = place_path("log");
	struct server *server = server_start(path, NULL, SOCK_DGRAM);
	struct drive drive;
	server_pause(server);
	drive_open(&drive, item("syslog", path, ""));
	int error;
	while ((error = drive_try(&drive, drive.next + 1, 0)) == 0)
		cr_assert(drive.next < 100000);
	cr_assert(error == EAGAIN);
	const unsigned end = drive.next + 50;
	server_resume(server);
	drive_all(&drive, end, 0);
	size_t bytes = local_bytes(0, end);
	server_await(server, bytes);
	server_taken(server, &bytes);
	cr_assert_eq(bytes, local_bytes(0, end));
	drive_close(&drive);
	server_stop(server);
}

Test(sink_network, journal)
{
	const char *path = place_path("journal");
	struct server *server = server_start(path, NULL, SOCK_DGRAM);
	static char text[250001];
	struct drive drive;
	drive_open(&drive, item("journald", path, ""));
	drive_all(&drive, 1, 0);
	memset(text, 'j', sizeof(text) - 1);
	const struct ttlog_event event = event_saying(text);
	cr_assert(drive.listener.on_event(drive.listener.user, &event) == 0);
	drive_close(&drive);
	const char *taken = server_await(server, sizeof(text));
	cr_assert(strstr(taken, "MESSAGE=message number 0\nPRIORITY=6\nSYSLOG_IDENTIFIER=orders\n") == taken, "%s", taken);
	taken += strlen(taken) + 1;
	cr_assert(server_files(server) == 1 && strncmp(taken, "MESSAGE=jjj", 11) == 0 &&
		  strspn(taken + 8, "j") == sizeof(text) - 1);
	server_stop(server);
}

/* A message longer than any datagram is cut, not refused for ever. */
Test(sink_network, long_messages_over_datagrams)
{
	const char *path = place_path("log");
	struct server *local = server_start(path, NULL, SOCK_DGRAM);
	unsigned port = 0;
	struct server *udp = server_start(NULL, &port, SOCK_DGRAM);
	static char text[240001];
	struct drive drive;
	memset(text, 'd', sizeof(text) - 1);
	const struct ttlog_event event = event_saying(text);
	drive_open(&drive, item("syslog", path, ",format=rfc5424"));
	cr_assert(drive_try(&drive, 1, 0) == 0 && drive.listener.on_event(drive.listener.user, &event) == 0);
	drive_close(&drive);
	const char *taken = server_await(local, 2000);
	cr_assert(strstr(taken + strlen(taken) + 1, "truncated=\"") != NULL);
	drive_open(&drive, port_item("udp", port, ""));
	cr_assert(drive_try(&drive, 1, 0) == 0 && drive.listener.on_event(drive.listener.user, &event) == 0);
	drive_close(&drive);
	taken = server_await(udp, 20000);
	cr_assert(strstr(taken + strlen(taken) + 1, "truncated=\"") != NULL);
	server_stop(local);
	server_stop(udp);
}

Test(sink_network, udp)
{
	unsigned port = 0;
	struct server *server = server_start(NULL, &port, SOCK_DGRAM);
	struct drive drive;
	drive_open(&drive, port_item("udp", port, ",format=json"));
	drive_all(&drive, 1, 0);
	drive_close(&drive);
	const char *taken = server_await(server, 100);
	cr_assert(strstr(taken, "\"message\": \"message number 0\"}\n"), "%s", taken);
	server_stop(server);
}

/* Streams --------------------------------------------------------------------------------------------------------------------- */

/* Reads "LENGTH MESSAGE" again and again; the messages are first..end-1, each at least once, and begin anew only where it says so. */
static unsigned check_frames(const char *taken, size_t bytes, unsigned first)
{
	const char *end = taken + bytes;
	while (taken < end) {
		char *message;
		const unsigned long length = strtoul(taken, &message, 10);
		if (*message != ' ' || (size_t)(end - message - 1) < length)
			break; /* cut by the end of the connection */
		char wanted[64];
		const int at = snprintf(wanted, sizeof(wanted), " message number %u", first++);
		cr_assert(strncmp(message + 1, "<14>1 ", 6) == 0 && memcmp(message + 1 + length - at, wanted, (size_t)at) == 0,
			  "%.*s instead of%s", (int)length, message + 1, wanted);
		taken = message + 1 + length;
	}
	return first;
}

static void framed(const char *kind, bool path_kind)
{
	unsigned port = 0;
	size_t bytes;
	const char *path = path_kind ? place_path("collector") : NULL;
	struct server *server = server_start(path, &port, SOCK_STREAM);
	struct drive drive;
	drive_open(&drive, path_kind ? item(kind, path, "") : port_item(kind, port, ""));
	drive_all(&drive, 1000, 100);
	drive_close(&drive);
	server_await(server, 100000);
	const char *taken;
	do {
		taken = server_taken(server, &bytes);
	} while (check_frames(taken, bytes, 0) < 1000);
	server_stop(server);
}

Test(sink_network, tcp_frames)
{
	framed("tcp", false);
}

Test(sink_network, unix_stream_frames)
{
	framed("unix", true);
}

Test(sink_network, unix_datagrams)
{
	const char *path = place_path("collector");
	struct server *server = server_start(path, NULL, SOCK_DGRAM);
	struct drive drive;
	drive_open(&drive, item("unix", path, ",format=json"));
	drive_all(&drive, 1, 0);
	cr_assert(server_await(server, 20)[0] == '{');
	drive_close(&drive);
	server_stop(server);
}

/* The collector dies with a message half read; the next one begins with a whole one, and misses none that the first did not get. */
Test(sink_network, collector_restarts)
{
	unsigned port = 0;
	size_t bytes;
	struct drive drive;
	struct server *server = server_start(NULL, &port, SOCK_STREAM);
	drive_open(&drive, port_item("tcp", port, ""));
	drive_all(&drive, 10, 1);
	server_await(server, 1000);
	server_pause(server);
	int error = 0;
	while (!error && drive.next < 200000) /* until all buffers between are full */
		error = drive_try(&drive, drive.next + 100, 100);
	cr_assert(error == EAGAIN, "%s", strerror(error));
	const char *taken = server_taken(server, &bytes);
	const unsigned before = check_frames(taken, bytes, 0);
	server_stop(server);
	error = drive_try(&drive, drive.next + 1, 1);
	cr_assert(error == ECONNREFUSED || error == ECONNRESET || error == EPIPE, "%s", strerror(error));
	server = server_start(NULL, &port, SOCK_STREAM);
	const unsigned end = drive.next + 100;
	drive_all(&drive, end, 10);
	drive_close(&drive);
	taken = server_await(server, 1000);
	char *message;
	const unsigned long length = strtoul(taken, &message, 10);
	unsigned first;
	message[1 + length] = 0; /* the next begins there */
	cr_assert(sscanf(strstr(message + 1, "message number "), "message number %u", &first) == 1 && first >= before &&
			  first < end,
		  "begins with %u, not in %u..%u: %.300s", first, before, end, taken);
	do {
		taken = server_taken(server, &bytes);
	} while (check_frames(taken, bytes, first) < end);
	server_stop(server);
}

Test(sink_network, collector_that_is_not_there)
{
	struct drive drive;
	unsigned port = 0;
	server_stop(server_start(NULL, &port, SOCK_STREAM));
	drive_open(&drive, port_item("tcp", port, ""));
	cr_assert(drive_try(&drive, 1, 1) == ECONNREFUSED && drive.next == 0);
	drive_close(&drive);
}
