/*
 * Completion in real shells, and what is told about options in three places: --help, the completions, the manual pages.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(completion, .init = place_init, .fini = place_fini, .timeout = 100);

static struct outcome shell(const char *name, const char *script)
{
	return process_run(&(struct process_setup){.argv = LIST("/usr/bin/env", name, "-c", script, TTLOG), .limit_s = 60});
}

static void need(const char *shell)
{
	if (!is_executable(shell))
		cr_skip_test("no %s: tools/deps/install test brings it", shell);
}

#define BASH                                                                                                                       \
	"source <('" TTLOG                                                                                                         \
	"' completion bash); t() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _ttlog; echo \"${COMPREPLY[*]}\"; }; "

Test(completion, bash)
{
	const struct outcome outcome = shell(
		"bash", BASH
		"mkdir deep; touch a.cbor.lz4 other; t ttlog vi; t ttlog view --so; t ttlog view --source s; "
		"t ttlog view --color = a; t ttlog view ''; t ttlog help sy; t ttlog ls ''; "
		"t ttlog grep --time l; t ttlog view -o ot; t ttlog grep -A ''; t ttlog db --db x re; t ttlog db add --build x ''");
	cr_assert_str_eq(outcome.out.data,
			 "view\n--source\nstdout stderr syslog\nauto always\na.cbor.lz4 deep\nsymbolize\ndeep\nlocal\nother\n\n"
			 "report\na.cbor.lz4 deep\n");
	cr_assert(outcome.status == 0 && outcome.err.size == 0, "%s", outcome.err.data);
}

Test(completion, fish)
{
	need("/usr/bin/fish");
	const struct outcome outcome = shell("fish",
					     "'" TTLOG "' completion fish | source; complete -C 'ttlog vi'; complete -C "
					     "'ttlog view --sou'; complete -C 'ttlog view --level w'; complete -C 'ttlog db rep'");
	cr_assert(outcome.status == 0 && strstr(outcome.out.data, "view\t") && strstr(outcome.out.data, "--source\t") &&
			  strstr(outcome.out.data, "warn\t") && strstr(outcome.out.data, "report\n"),
		  "%s%s", outcome.out.data, outcome.err.data);
}

/* On a terminal of zsh's own, with what it would insert. */
Test(completion, zsh)
{
	need("/usr/bin/zsh");
	const struct outcome outcome = shell(
		"zsh", "'" TTLOG "' completion zsh >_ttlog; zmodload zsh/zpty; zpty z zsh -f -i; "
		       "zpty -w z 'PS1=; fpath=($PWD $fpath); autoload -U compinit; compinit -u -D; ttlog() { print -r -- "
		       "\"<${(j:|:)@}>\" }'; "
		       "zpty -w -n z $'ttlog vie\\t--thread-\\tx\\n'; zpty -r -m z line '*\\<view\\|*\\>*'; print -r -- $line");
	cr_assert(outcome.status == 0 && strstr(outcome.out.data, "<view|--thread-name=x>"), "%s%s", outcome.out.data,
		  outcome.err.data);
}

/* Each option of a table stands in --help, each of --help in a table, and both in the manual page, which is well formed. */
Test(completion, options_agree)
{
	static const char script[] =
		"import re, subprocess, sys\n"
		"ttlog, build = sys.argv[1:]\n"
		"run = lambda *words: subprocess.run([ttlog, *words], capture_output=True, text=True).stdout\n"
		"table = {}\n"
		"for name, kind, option in re.findall(r\"_from ([a-z]+)' -([ls]) (\\S+)\", run('completion', 'fish')):\n"
		"    table.setdefault(name, set()).add(('--' if kind == 'l' else '-') + option)\n"
		"commands = re.findall(r'^  ([a-z]+) +\\S', run('help').split('Commands')[1], re.M)\n"
		"assert len(commands) > 12 and set(table) == set(commands), (commands, table.keys())\n"
		"word = r'(?<![\\w-])--?[a-zA-Z][\\w-]*'\n"
		"for name in commands:\n"
		"    text = run(name, '--help')\n"
		"    assert 'Examples:' in text, name\n"
		"    said = set(re.findall(word, text)) | {'--help'}\n"
		"    page = open(f'{build}/man/ttlog-{name}.1').read().replace('\\\\-', '-')\n"
		"    missing = {o for o in table[name] if o not in said}\n"
		"    assert not missing, (name, 'not in --help', missing)\n"
		"    body = '\\n'.join(l for l in text.split('Examples:')[0].splitlines() if l.startswith('  -'))\n"
		"    body = re.sub('`[^`]*`', '', body)\n"
		"    unknown = set(re.findall(r'--[a-z][a-z-]*', body)) - table[name]\n"
		"    assert not unknown, (name, 'in no table', unknown)\n"
		"    missing = {o for o in table[name] - {'--help'} if o not in page}\n"
		"    assert not missing, (name, 'not in the page', missing)\n";
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST("/usr/bin/python3", "-c", script, TTLOG, BUILD_DIR), .limit_s = 60});
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
}

Test(completion, pages_are_clean)
{
	need("/usr/bin/mandoc");
	const struct outcome outcome = shell(
		"bash",
		"cd '" BUILD_DIR
		"/man' && for page in *.[1-9]; do mandoc -T lint -W warning $page; man --warnings -l $page 2>&1 >/dev/null; done; "
		"mandoc -T ascii ttlog-snapshot.5 | grep -c 'snapshot = {'");
	cr_assert_str_eq(outcome.out.data, "1\n");
}

Test(completion, errors)
{
	expect_error(USAGE, "one shell", "completion");
	expect_error(USAGE, "tcsh", "completion", "tcsh");
}
