/*
 * A loadable extension of the sqlite3 shell that dies while it is loaded.
 */
static int *volatile null_pointer;

__attribute__((noinline)) static void crash_in_extension(void)
{
	*null_pointer = 1;
	__asm__ volatile("" ::: "memory");
}

int sqlite3_extension_init(void *database, char **error, const void *routines);
int sqlite3_extension_init(void *database, char **error, const void *routines)
{
	(void)database;
	(void)error;
	(void)routines;
	crash_in_extension();
	return 0;
}
