/*
 * ttlog completion: the completion script of a shell, made of the tables of all commands.
 */
#include "completion.h"

#include <stdio.h>
#include <string.h>

static const char *dashes(const char *option)
{
	return option[1] ? "--" : "-";
}

static void print_options(const struct command *command)
{
	for (const struct option *option = command->options; option && option->name; option++)
		printf("%s%s ", dashes(option->name), option->name);
	fputs("--help", stdout);
}

/* bash ------------------------------------------------------------------------------------------------------------------------ */

static const char *const bash_operands[] = {
	[COMMAND_TAKES_NOTHING] = ":",
	[COMMAND_TAKES_FILES] = "_ttlog_files",
	[COMMAND_TAKES_DIRECTORY] = "_ttlog_directories",
	[COMMAND_TAKES_PROCESS] = "_ttlog_processes",
	[COMMAND_TAKES_PROGRAM] = "_ttlog_program",
	[COMMAND_TAKES_COMMAND] = "_ttlog_commands",
	[COMMAND_TAKES_SHELL] = "_ttlog_shells",
};

static const char bash_functions[] =
	"# Completion of ttlog for bash; made by `ttlog completion bash`.\n"
	"_ttlog_words() { COMPREPLY=($(compgen -W \"$1\" -- \"$cur\")); }\n"
	"_ttlog_files() {\n"
	"\tcompopt -o filenames 2>/dev/null\n"
	"\tlocal IFS=$'\\n'\n"
	"\tCOMPREPLY=($(compgen -f -X '!*.cbor.lz4' -- \"$cur\") $(compgen -d -- \"$cur\"))\n"
	"\t((${#COMPREPLY[@]})) || COMPREPLY=($(compgen -f -- \"$cur\"))\n"
	"}\n"
	"_ttlog_any_file() { compopt -o filenames 2>/dev/null; local IFS=$'\\n'; COMPREPLY=($(compgen -f -- \"$cur\")); }\n"
	"_ttlog_directories() { compopt -o filenames 2>/dev/null; local IFS=$'\\n'; COMPREPLY=($(compgen -d -- \"$cur\")); }\n"
	"_ttlog_processes() {\n"
	"\tlocal file pids=\n"
	"\tfor file in \"/dev/shm/ttlog-$EUID\"/*.rec; do file=${file##*/}; pids+=\" ${file%%-*}\"; done\n"
	"\t_ttlog_words \"${pids//\\*.rec/}\"\n"
	"}\n"
	"_ttlog_shells() { _ttlog_words 'bash zsh fish'; }\n"
	"# One of the words $1, and behind it what $2 completes.\n"
	"_ttlog_verbs() {\n"
	"\tlocal i\n"
	"\tfor ((i = 2; i < COMP_CWORD; i++)); do [[ \" $1 \" == *\" ${COMP_WORDS[i]} \"* ]] && { $2; return; }; done\n"
	"\t_ttlog_words \"$1\"\n"
	"}\n"
	"# Behind -- (or the first word that is no option) another command begins, with a completion of its own.\n"
	"_ttlog_program() {\n"
	"\tlocal i first=2\n"
	"\tfor ((i = 2; i < COMP_CWORD; i++)); do [[ ${COMP_WORDS[i]} == -- ]] && { first=$((i + 1)); break; }; done\n"
	"\tif ((first < COMP_CWORD)) && declare -F _command_offset >/dev/null; then _command_offset \"$first\"; return; fi\n"
	"\tcompopt -o filenames 2>/dev/null\n"
	"\tif ((first >= COMP_CWORD)); then COMPREPLY=($(compgen -c -- \"$cur\")); else COMPREPLY=($(compgen -f -- \"$cur\")); fi\n"
	"}\n";

static void print_bash_option(const struct command *command, const struct option *option)
{
	const char *words = NULL;
	const enum completion_kind kind = completion_values(command, option->name, &words);

	if (option->has_arg != required_argument)
		return;
	printf("\t%s:%s%s) ", command->name, dashes(option->name), option->name);
	if (kind == COMPLETE_WORDS)
		printf("_ttlog_words '%s'", words);
	else
		fputs(kind == COMPLETE_FILE ? "_ttlog_any_file" : kind == COMPLETE_DIRECTORY ? "_ttlog_directories" : ":", stdout);
	fputs("; return ;;\n", stdout);
}

static void print_bash(void)
{
	const struct command *command;

	fputs(bash_functions, stdout);
	fputs("_ttlog_commands() { _ttlog_words '", stdout);
	for (size_t i = 0; (command = command_at(i)); i++)
		printf("%s%s", i ? " " : "", command->name);
	fputs("'; }\n_ttlog() {\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} i\n"
	      "\tCOMPREPLY=()\n"
	      "\t((COMP_CWORD > 1)) || { _ttlog_commands; return; }\n"
	      "\t[[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
	      "\t[[ $cur == = ]] && cur=\n"
	      "\tif [[ $command == run ]]; then\n"
	      "\t\tfor ((i = 2; i < COMP_CWORD; i++)); do [[ ${COMP_WORDS[i]} == -- ]] && { _ttlog_program; return; }; done\n"
	      "\tfi\n"
	      "\tcase $command:$prev in\n",
	      stdout);
	for (size_t i = 0; (command = command_at(i)); i++) {
		for (const struct option *option = command->options; option && option->name; option++)
			print_bash_option(command, option);
	}
	fputs("\tesac\n\tcase $command:$cur in\n", stdout);
	for (size_t i = 0; (command = command_at(i)); i++) {
		printf("\t%s:-*) _ttlog_words '", command->name);
		print_options(command);
		printf("' ;;\n\t%s:*) ", command->name);
		if (command->verbs)
			printf("_ttlog_verbs '%s' ", command->verbs);
		printf("%s ;;\n", bash_operands[command->operands]);
	}
	fputs("\tesac\n}\ncomplete -F _ttlog ttlog\n", stdout);
}

/* zsh ------------------------------------------------------------------------------------------------------------------------- */

static const char *const zsh_operands[] = {
	[COMMAND_TAKES_NOTHING] = "",
	[COMMAND_TAKES_FILES] = " '*:snapshot:_files'",
	[COMMAND_TAKES_DIRECTORY] = " '*:directory:_files -/'",
	[COMMAND_TAKES_PROCESS] = " '*:process:_ttlog_processes'",
	[COMMAND_TAKES_PROGRAM] = " '*::command:_normal'",
	[COMMAND_TAKES_COMMAND] = " '1:command:_ttlog_commands'",
	[COMMAND_TAKES_SHELL] = " '1:shell:(bash zsh fish)'",
};

static void print_zsh_option(const struct command *command, const struct option *option)
{
	const char *words = NULL;
	const enum completion_kind kind = completion_values(command, option->name, &words);
	char text[COMPLETION_TEXT_BYTES];

	completion_text(command, option->name, text);
	printf(" \\\n\t\t\t'*%s%s%s[%s]", dashes(option->name), option->name,
	       option->has_arg != required_argument ? ""
	       : option->name[1]                    ? "="
						    : "+",
	       text);
	if (option->has_arg == required_argument && kind == COMPLETE_WORDS)
		printf(":%s:(%s)", option->name, words);
	else if (option->has_arg == required_argument)
		printf(":%s:%s", option->name, kind == COMPLETE_FILE ? "_files" : kind == COMPLETE_DIRECTORY ? "_files -/" : " ");
	putchar('\'');
}

static void print_zsh(void)
{
	const struct command *command;

	fputs("#compdef ttlog\n"
	      "# Completion of ttlog for zsh; made by `ttlog completion zsh`.\n"
	      "_ttlog_processes() {\n"
	      "\tlocal -a pids\n"
	      "\tpids=(/dev/shm/ttlog-$EUID/*.rec(N:t))\n"
	      "\tcompadd -- ${pids%%-*}\n"
	      "}\n"
	      "_ttlog_commands() {\n\tlocal -a commands\n\tcommands=(\n",
	      stdout);
	for (size_t i = 0; (command = command_at(i)); i++)
		printf("\t\t%s:%c%s%c\n", command->name, '"', command->summary, '"');
	fputs("\t)\n\t_describe command commands\n}\n"
	      "_ttlog() {\n"
	      "\tif ((CURRENT == 2)); then _ttlog_commands; return; fi\n"
	      "\tlocal command=$words[2]\n"
	      "\tshift words\n\t((CURRENT--))\n"
	      "\tcase $command in\n",
	      stdout);
	for (size_t i = 0; (command = command_at(i)); i++) {
		printf("\t%s)\n\t\t_arguments '--help[help with examples]'", command->name);
		for (const struct option *option = command->options; option && option->name; option++)
			print_zsh_option(command, option);
		if (command->verbs)
			printf(" '1:what:(%s)'", command->verbs);
		printf("%s ;;\n", zsh_operands[command->operands]);
	}
	fputs("\tesac\n}\nif [[ $funcstack[1] == _ttlog ]]; then _ttlog \"$@\"; else compdef _ttlog ttlog; fi\n", stdout);
}

/* fish ------------------------------------------------------------------------------------------------------------------------ */

static const char *const fish_operands[] = {
	[COMMAND_TAKES_FILES] = " -F",
	[COMMAND_TAKES_DIRECTORY] = " -a '(__fish_complete_directories)'",
	[COMMAND_TAKES_PROCESS] = " -a '(__ttlog_processes)'",
	[COMMAND_TAKES_PROGRAM] = " -a '(__fish_complete_subcommand --fcs-skip=2)'",
	[COMMAND_TAKES_COMMAND] = " -a '$__ttlog_commands'",
	[COMMAND_TAKES_SHELL] = " -a 'bash zsh fish'",
};

static void print_fish_option(const struct command *command, const struct option *option)
{
	const char *words = NULL;
	const enum completion_kind kind = completion_values(command, option->name, &words);
	char text[COMPLETION_TEXT_BYTES];

	completion_text(command, option->name, text);
	printf("complete -c ttlog -n '__fish_seen_subcommand_from %s' -%c %s", command->name, option->name[1] ? 'l' : 's',
	       option->name);
	if (option->has_arg == required_argument)
		fputs(kind == COMPLETE_FILE ? " -r -F" : " -x", stdout);
	if (kind == COMPLETE_WORDS)
		printf(" -a '%s'", words);
	else if (kind == COMPLETE_DIRECTORY)
		fputs(" -a '(__fish_complete_directories)'", stdout);
	printf(" -d '%s'\n", text);
}

static void print_fish(void)
{
	const struct command *command;

	fputs("# Completion of ttlog for fish; made by `ttlog completion fish`.\n"
	      "function __ttlog_processes\n"
	      "\tfor file in /dev/shm/ttlog-(id -u)/*.rec; string replace -r '.*/([0-9]+)-.*' '$1' -- $file; end\n"
	      "end\n"
	      "set -g __ttlog_commands",
	      stdout);
	for (size_t i = 0; (command = command_at(i)); i++)
		printf(" %s", command->name);
	fputs("\ncomplete -c ttlog -f\n", stdout);
	for (size_t i = 0; (command = command_at(i)); i++) {
		printf("complete -c ttlog -n __fish_use_subcommand -a %s -d %c%s%c\n", command->name, '"', command->summary, '"');
		printf("complete -c ttlog -n '__fish_seen_subcommand_from %s' -l help -d 'help with examples'\n", command->name);
		if (command->verbs)
			printf("complete -c ttlog -n '__fish_seen_subcommand_from %s; and not __fish_seen_subcommand_from %s' -a '%s'\n",
			       command->name, command->verbs, command->verbs);
		if (fish_operands[command->operands])
			printf("complete -c ttlog -n '__fish_seen_subcommand_from %s'%s\n", command->name,
			       fish_operands[command->operands]);
		for (const struct option *option = command->options; option && option->name; option++)
			print_fish_option(command, option);
	}
}

/* The command ----------------------------------------------------------------------------------------------------------------- */

static int run_completion(int argc, char **argv)
{
	static const struct option none[] = {{NULL, 0, NULL, 0}};
	static const struct {
		const char *name;
		void (*print)(void);
	} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
	const int option = command_option(&command_completion, argc, argv, none, 0);

	if (option == OPTION_HELP)
		return COMMAND_DONE;
	if (option == OPTION_BAD)
		return COMMAND_USAGE;
	if (argc - optind != 1)
		return command_error(&command_completion, COMMAND_USAGE,
				     "one shell, please: bash, zsh or fish; see `ttlog completion --help`");
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (!strcmp(shells[i].name, argv[optind])) {
			shells[i].print();
			return COMMAND_DONE;
		}
	}
	return command_error(&command_completion, COMMAND_USAGE, "%s: none of bash zsh fish; see `ttlog completion --help`",
			     argv[optind]);
}

const struct command command_completion = {
	.name = "completion",
	.summary = "the completion script of a shell: bash, zsh, fish",
	.run = run_completion,
	.operands = COMMAND_TAKES_SHELL,
	.help = "usage: ttlog completion bash|zsh|fish\n\n"
		"Prints a script that completes commands, options, their values, snapshots and\n"
		"processes. `make install` puts it where each of them looks.\n\n"
		"Examples:\n"
		"  source <(ttlog completion bash)                          for this shell\n"
		"  ttlog completion fish >~/.config/fish/completions/ttlog.fish\n",
};
