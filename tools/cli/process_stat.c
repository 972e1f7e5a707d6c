#include "process_stat.h"

#include "proc_file.h"
#include "proc_number.h"

#include <stdio.h>
#include <string.h>

bool process_stat_read(pid_t pid, struct process_stat *stat)
{
	const pid_t number = proc_number(pid);

	return number > 0 && process_stat_read_number(number, stat);
}

bool process_stat_read_number(pid_t number, struct process_stat *stat)
{
	char line[1024];
	const char *end;

	proc_file_read_number(number, "stat", line, sizeof(line));
	end = strrchr(line, ')'); /* of the name, which may hold anything; the third field comes next */
	return end && sscanf(end, ") %c %d %*d %*d %*d %*d %*u %*u %lu %*u %lu %*u %*u %*d %*d %*d %*d %ld %*d %llu", &stat->state,
			     &stat->parent, &stat->waited[0], &stat->waited[1], &stat->threads, &stat->started) == 6;
}

bool process_stat_is_living(const struct process_stat *stat)
{
	return (stat->state != 'Z' && stat->state != 'X') || stat->threads > 1;
}
