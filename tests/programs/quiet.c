/* Says one line by puts(3). */
#include <stdio.h>

int main(void)
{
	const char *volatile line = "hello";
	return puts(line) < 0;
}
