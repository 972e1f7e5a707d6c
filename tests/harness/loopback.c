#include "loopback.h"

#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

struct sockaddr_in loopback(unsigned port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

unsigned loopback_free_port(void)
{
	struct sockaddr_in address = loopback(0);
	socklen_t bytes = sizeof(address);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	cr_assert(getsockname(fd, (struct sockaddr *)&address, &bytes) == 0);
	close(fd);
	return ntohs(address.sin_port);
}
