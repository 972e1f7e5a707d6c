/* TTLOG_LISTENERS: what is understood, and what is said where it is not. */
#include "drive.h"
#include "sink_options.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static struct sink_options parse(const char *item)
{
	struct sink_options options;
	char error[128];
	cr_assert(sink_options_parse(item, strlen(item), &options, error, sizeof(error)) == 0, "'%s': %s", item, error);
	return options;
}

Test(sink_options, file)
{
	const struct sink_options options = parse(
		"file:/var/log/app.log,format=json,rotate=10MB,age=1d,keep=7,fsync=flush,policy=block,level=warn");
	cr_assert(options.kind == SINK_FILE && strcmp(options.address, "/var/log/app.log") == 0 &&
		  options.format == SINK_FORMAT_JSON);
	cr_assert(options.rotate_bytes == 10u << 20 && options.age_s == 86400 && options.keep == 7 &&
		  options.fsync == SINK_FSYNC_FLUSH);
	cr_assert(options.policy == TTLOG_BLOCK && options.level == TTLOG_LEVEL_WARN);
}

Test(sink_options, defaults)
{
	const struct sink_options options = parse("syslog");
	cr_assert(options.kind == SINK_SYSLOG && strcmp(options.address, "/dev/log") == 0 && options.facility == 1);
	cr_assert(options.policy == TTLOG_DROP && options.level == TTLOG_LEVEL_TRACE && !options.policy_given);
	cr_assert(parse("file:x").keep == 5 && parse("file:x").rotate_bytes == 0);
	cr_assert_str_eq(parse("journald").address, "/run/systemd/journal/socket");
	cr_assert_str_eq(parse("udp:[::1]:514").address, "[::1]:514");
}

Test(sink_options, a_plugin_gets_what_is_not_ours)
{
	const struct sink_options options = parse("plugin:/x.so,path=a=b.db,level=error,batch=100");
	cr_assert_str_eq(options.arguments, "path=a=b.db,batch=100");
	cr_assert(options.level == TTLOG_LEVEL_ERROR);
}

Test(sink_options, errors_name_the_piece)
{
	static const struct {
		const char *item, *named;
	} bad[] = {
		{"", "no such listener: ''"},
		{"fiel:x", "'fiel'"},
		{"file", "no address: write ':' and one behind 'file'"},
		{"file:", "nothing behind the colon of 'file'"},
		{"stdout:x", "takes no address: 'stdout'"},
		{"file:x,rotat=1", "no such option here: 'rotat=1'"},
		{"file:x,", "no such option here: ''"},
		{"stderr,rotate=1MB", "no such option here: 'rotate=1MB'"},
		{"file:x,rotate=0", "bad value in 'rotate=0'"},
		{"file:x,rotate=1TB", "'rotate=1TB'"},
		{"file:x,rotate=99999999999999999999", "'rotate=99999999999999999999'"},
		{"file:x,rotate", "bad value in 'rotate'"},
		{"file:x,age=1y", "'age=1y'"},
		{"file:x,keep=1001", "'keep=1001'"},
		{"file:x,format=rfc5424", "'format=rfc5424'"},
		{"udp:x,format=text", "'format=text'"},
		{"file:x,level=off", "'level=off'"},
		{"file:x,policy=wait", "'policy=wait'"},
		{"syslog,facility=local9", "'facility=local9'"},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sink_options options;
		char error[128];
		cr_expect(sink_options_parse(bad[i].item, strlen(bad[i].item), &options, error, sizeof(error)) == EINVAL,
			  "'%s' is taken", bad[i].item);
		cr_expect(strstr(error, bad[i].named), "'%s': %s", bad[i].item, error);
		cr_expect(!*bad[i].item || !sinks_check(bad[i].item));
	}
}

Test(sink_options, lengths)
{
	static char item[4096] = "file:";
	struct sink_options options;
	char error[16];
	memset(item + 5, 'x', 1024);
	cr_assert(sink_options_parse(item, 5 + 1024, &options, error, sizeof(error)) == ENAMETOOLONG && strlen(error) == 15);
	cr_assert(sink_options_parse(item, 5 + 1023, &options, error, sizeof(error)) == 0 && strlen(options.address) == 1023);
	memcpy(item, "plugin:x,", 9);
	memset(item + 9, 'y', 3000);
	cr_assert(sink_options_parse(item, 3009, &options, error, sizeof(error)) == EINVAL);
}

Test(sink_options, whole_variable)
{
	cr_assert(sinks_check("") && sinks_check("stdout") && sinks_check("stdout;") &&
		  sinks_check("file:/a,keep=1;stderr,level=warn;plugin:/x.so,path=y"));
	cr_assert(!sinks_check("stdout;file") && !sinks_check("stdout stderr"));
	cr_assert(sinks_check(";;stdout;;file:a,keep=1;") && !sinks_check(";;stdout;;file:a,keep=x;"));
}

Test(sink_options, who_may_wait)
{
	static const char *const items[] = {"stdout",  "stderr,level=warn", "syslog",          "journald",
					    "unix:/x", "udp:127.0.0.1:1",   "tcp:127.0.0.1:1", "plugin:x.so"};
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		cr_assert(sinks_wait(items[i], strlen(items[i])), "%s", items[i]);
	cr_assert(!sinks_wait("file:plugin,keep=1", 18));
}

Test(sink_options, addresses_that_are_none)
{
	static const char *const bad[] = {"udp:localhost:514", "tcp:127.0.0.1",     "tcp:127.0.0.1:0", "udp:[::1:5",
					  "udp:::1:514",       "tcp:1.2.3.4:70000", "udp::5"};
	struct ttlog_listener listener;
	char error[160];
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert(sinks_open(bad[i], strlen(bad[i]), &listener, error, sizeof(error)) == EINVAL);
		cr_assert(strstr(error, bad[i] + 4) && strstr(error, "no address in numbers"), "%s", error);
	}
	static char path[300] = "unix:";
	memset(path + 5, 'p', 200);
	cr_assert(sinks_open(path, strlen(path), &listener, error, sizeof(error)) == ENAMETOOLONG);
}
