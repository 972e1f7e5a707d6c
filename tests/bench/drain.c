/*
 * The other end of /dev/log: takes datagrams and forgets them, so that syslog(3) is never refused or made to wait for a disk.
 *
 *	drain SOCKET
 *
 * Says "ready" when the socket is there. Ends with its standard input.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char datagram[4096];
	if (argc != 2 || strlen(argv[1]) >= sizeof(address.sun_path))
		return 2;
	strcpy(address.sun_path, argv[1]);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		perror(argv[1]);
		return 1;
	}
	if (write(1, "ready\n", 6) != 6)
		return 1;
	struct pollfd wait[] = {{.fd = 0, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
	for (;;) {
		if (poll(wait, 2, -1) < 0 || wait[0].revents)
			return 0;
		while (recv(fd, datagram, sizeof(datagram), MSG_DONTWAIT) >= 0)
			;
	}
}
