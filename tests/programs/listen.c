/*
 * listen MODE - a program with listeners of its own; it checks itself and ends with 0, unless its mode says otherwise.
 */
#include "listen.h"

#include <string.h>

static const struct mode modes[] = {{"order", order},
				    {"drop", drop},
				    {"block", block},
				    {"behind", behind},
				    {"failing", failing},
				    {"talking", talking},
				    {"comes_and_goes", comes_and_goes},
				    {"handlers", handlers},
				    {"hanging", hanging},
				    {"asking", asking},
				    {"refused", refused},
				    {"faulting", faulting},
				    {"contents", contents},
				    {"sandbox", sandbox},
				    {"sandbox_of_root", sandbox_of_root},
				    {"reopening", reopening},
				    {"dying", dying},
				    {"descriptors", descriptors},
				    {"thread_memory", thread_memory},
				    {"blocked_signals", blocked_signals}};

int main(int argc, char **argv)
{
	return run_mode(argc, argv, modes, sizeof(modes) / sizeof(modes[0]));
}
