/*
 * macros [die] - every macro of ttlog.h from C.
 */
#define TTLOG_TARGET "macros"
#include "macros.h"

int main(int argc, char **argv)
{
	return record_all(argc, argv);
}
