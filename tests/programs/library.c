/*
 * A library whose file is taken away while it is in use.
 */
void call_back(void (*function)(void));
void call_back(void (*function)(void))
{
	function();
	__asm__ volatile("" ::: "memory");
}
