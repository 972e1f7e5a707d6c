/* load OBJECT NAME - calls a function of a shared object that nobody else can see, and says what NAME's result and visibility are. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	void *object = argc > 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
	int (*function)(void) = object ? (int (*)(void))dlsym(object, argv[2]) : NULL;
	if (!function)
		return 3;
	printf("result %d\n", function());
	printf("sd_journal_print is %s\n", dlsym(RTLD_DEFAULT, "sd_journal_print") ? "visible" : "unknown");
	return 0;
}
