/*
 * terminal - reads lines from standard input and answers each; counts what the terminal sends.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t interrupts, windows, resumed;

static void count(int signal)
{
	if (signal == SIGINT)
		interrupts++;
	else if (signal == SIGWINCH)
		windows++;
	else
		resumed++;
}

int main(void)
{
	const struct sigaction action = {.sa_handler = count, .sa_flags = SA_RESTART};
	char line[128];
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGWINCH, &action, NULL);
	sigaction(SIGCONT, &action, NULL);
	printf("program %d is there\n", (int)getpid());
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		if (strcmp(line, "stop") == 0)
			raise(SIGTSTP);
		else if (strcmp(line, "refuse") == 0)
			signal(SIGTSTP, SIG_IGN);
		else if (strcmp(line, "pause") == 0)
			raise(SIGSTOP);
		printf("heard %s, interrupted %d times, resized %d times\n", line, (int)interrupts, (int)windows);
		fflush(stdout);
	}
	puts("end of input");
	return 5;
}
