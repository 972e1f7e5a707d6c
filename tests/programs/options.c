/*
 * options - getopt(3), getopt_long(3) and getopt_long_only(3) with what they complain of, and with what they do not.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

typedef int get(int argc, char *const *argv, const char *shorts, const struct option *longs, int *index);

static const struct option longs[] = {
	{"all", no_argument, NULL, 'a'},
	{"almost", no_argument, NULL, 'A'},
	{"author", required_argument, NULL, 'u'},
	{"color", optional_argument, NULL, 'c'},
	{"colour", optional_argument, NULL, 'c'},
	{"help", no_argument, NULL, '?'},
	{"x", no_argument, NULL, 'x'},
	{NULL, 0, NULL, 0},
};

static int short_only(int argc, char *const *argv, const char *shorts, const struct option *unused, int *index)
{
	(void)unused, (void)index;
	return getopt(argc, argv, shorts);
}

static void all(get *get, const char *shorts, const char *const *words)
{
	char *argv[24] = {(char *)"options"};
	int argc = 1;
	for (; *words; words++)
		argv[argc++] = (char *)*words;
	optind = 0;
	for (int answer; (answer = get(argc, argv, shorts, longs, NULL)) != -1;)
		printf("%d %d\n", answer, optind);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

int main(void)
{
	get *const gets[] = {short_only, getopt_long, getopt_long_only};
	for (size_t i = 0; i < sizeof(gets) / sizeof(gets[0]); i++) {
		all(gets[i], "ab:c::", LIST("-a", "word", "-z", "-ay", "-yaz", "-b"));
		all(gets[i], "ab:c::", LIST("-bvalue", "-c", "-c3", "--", "-z"));
		all(gets[i], "a?", LIST("-?", "-z", "-?", "-z", "-y?", "-q"));
		all(gets[i], ":ab:", LIST("-z", "-b"));
		all(gets[i], "+:a", LIST("-z"));
		all(gets[i], "-ab:", LIST("one", "-z", "two", "-b"));
		all(gets[i],
		    "ab:", LIST("--al", "--nothing=3", "--all=4", "--color=5", "--col", "--help", "--au", "x", "--author"));
		all(gets[i], "ab:", LIST("--all", "-zy", "--a=9", "-all", "-au", "-nothing", "-x", "-x=1", "-", "---"));
	}
	opterr = 0;
	all(getopt_long, "a", LIST("-z", "--nothing"));
	return 0;
}
