/* Secrets of many kinds go, and what looks a little like them stays. */
#include "redact.h"
#include "redact_builtin.h"

#include "event.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define R REDACTED

static struct snapshot_text redact(const char *text, size_t bytes, const char *list, uint64_t *count)
{
	static struct snapshot snapshot;
	snapshot_init(&snapshot);
	snapshot.redact = list;
	snapshot.events = arena_alloc(&snapshot.arena, 1, sizeof(*snapshot.events));
	snapshot.event_count = 1;
	snapshot.events[0].message = (struct snapshot_text){arena_bytes(&snapshot.arena, text, bytes), bytes};
	snapshot_redact(&snapshot);
	*count = snapshot.stats.redacted;
	const struct snapshot_text once = snapshot.events[0].message;
	snapshot_redact(&snapshot);
	cr_assert(snapshot.stats.redacted == *count && snapshot.events[0].message.bytes == once.bytes, "a second time changes '%s'",
		  once.data);
	return once;
}

static void expect(const char *text, const char *clean, const char *list)
{
	uint64_t count;
	const struct snapshot_text got = redact(text, strlen(text), list, &count);
	cr_expect(got.bytes == strlen(clean) && memcmp(got.data, clean, got.bytes) == 0, "'%s' became '%s' instead of '%s'", text,
		  got.data, clean);
	cr_expect((count != 0) == (strcmp(text, clean) != 0), "'%s': %lu counted", text, (unsigned long)count);
}

Test(redact, secrets)
{
	static const struct {
		const char *text, *clean;
	} corpus[] = {
		{"password=hunter2", "password=" R},
		{"password: hunter2 next", "password: " R " next"},
		{"DB_PASSWORD='with blank' x", "DB_PASSWORD='" R "' x"},
		{"{\"api_key\": \"abc\", \"user\": \"u\"}", "{\"api_key\": \"" R "\", \"user\": \"u\"}"},
		{"GET /?q=1&access_token=abcdef123&x=2", "GET /?q=1&access_token=" R "&x=2"},
		{"client-secret = s3cr3t", "client-secret = " R},
		{"X-Api-Key: 12345", "X-Api-Key: " R},
		{"Authorization: Basic dXNlcjpwYXNz\nHost: x", "Authorization: " R "\nHost: x"},
		{"Authorization: Bearer abc.def.ghi\r\n", "Authorization: " R "\r\n"},
		{"sent Bearer abcdefghijklmnopqrstuvwxyz012345 ok", "sent " R " ok"},
		{"Set-Cookie: id=a3fWa; Max-Age=2592000\n", "Set-Cookie: " R "\n"},
		{"postgres://user:pa55@host:5432/db", "postgres://user:" R "@host:5432/db"},
		{"tp://a;AccountKey=aGVsbG8+d/8=;admin:pa55@host", "tp://a;AccountKey=" R ";admin:" R "@host"},
		{"redis://:pa55@host", "redis://:" R "@host"},
		{"key AKIAIOSFODNN7EXAMPLE is used", "key " R " is used"},
		{"ghp_abcdefghijklmnopqrstuvwxyz0123456789", R},
		{"token ghs_abcdefghijklmnopqrstuvwxyz0123456789.", "token " R "."},
		{"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U", R},
		{"xoxb-123456789012-123456789012-abcdef", R},
		{"sk_live_0123456789abcdef", R},
		{"AIzaSyA-1234567890abcdefghijklmnopqrstuv", R},
		{"a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb", "a\n" R "\nb"},
		{"-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl", R},
		{"password=a password=b", "password=" R " password=" R},
		{"session_id=0123456789; path", "session_id=" R "; path"},
	};
	for (size_t i = 0; i < sizeof(corpus) / sizeof(corpus[0]); i++)
		expect(corpus[i].text, corpus[i].clean, NULL);
}

/* What secret scanners look for, put together here so that no file holds what looks like one. FILL is any run of letters and digits. */
Test(redact, secrets_of_services)
{
	static const char fill[] = "0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4y5Z6a7B8c9D";
	static const struct {
		const char *parts[2];
		size_t bytes;
	} kinds[] = {
		{{"AK", "IA"}, 16},
		{{"AS", "IA"}, 16},
		{{"AB", "IA"}, 16},
		{{"AC", "CA"}, 16},
		{{"AI", "za"}, 35},
		{{"ya", "29."}, 40},
		{{"GOC", "SPX-"}, 28},
		{{"gh", "p_"}, 36},
		{{"gh", "o_"}, 36},
		{{"gh", "u_"}, 36},
		{{"gh", "s_"}, 36},
		{{"gh", "r_"}, 36},
		{{"github_", "pat_"}, 60},
		{{"gl", "pat-"}, 20},
		{{"gl", "dt-"}, 20},
		{{"gl", "rt-"}, 20},
		{{"gl", "ptt-"}, 40},
		{{"gl", "cbt-"}, 20},
		{{"xo", "xb-"}, 40},
		{{"xo", "xp-"}, 40},
		{{"xo", "xa-"}, 40},
		{{"xo", "xr-"}, 40},
		{{"xo", "xs-"}, 40},
		{{"xa", "pp-"}, 40},
		{{"sk_", "live_"}, 24},
		{{"rk_", "live_"}, 24},
		{{"sk_", "test_"}, 24},
		{{"rk_", "test_"}, 24},
		{{"wh", "sec_"}, 32},
		{{"np", "m_"}, 36},
		{{"py", "pi-"}, 60},
		{{"dckr_", "pat_"}, 27},
		{{"S", "G."}, 60},
		{{"s", "k-"}, 48},
		{{"h", "f_"}, 34},
		{{"hv", "s."}, 24},
		{{"dop_", "v1_"}, 60},
		{{"AGE-", "SECRET-KEY-"}, 58},
		{{"ey", "J"}, 60},
		{{"Bear", "er "}, 40},
		{{"hooks.slack.com/", "services/"}, 44},
	};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *const *parts = kinds[i].parts;
		char text[256];
		snprintf(text, sizeof(text), "with %s%s%.*s, said it", parts[0], parts[1], (int)kinds[i].bytes, fill);
		expect(text, "with " R ", said it", NULL);
		snprintf(text, sizeof(text), "not%s%s%.*s", parts[0], parts[1], (int)kinds[i].bytes, fill);
		expect(text, text, NULL); /* within a word it is none */
		snprintf(text, sizeof(text), "short %s%s%.*s", parts[0], parts[1], 5, fill);
		expect(text, text, NULL);
	}
}

Test(redact, secrets_where_they_stand)
{
	static const struct {
		const char *text, *clean;
	} corpus[] = {
		/* connection strings, URLs with ports */
		{"Server=db,1433;User Id=sa;Password=p1;Encrypt=yes", "Server=db,1433;User Id=sa;Password=" R ";Encrypt=yes"},
		{"AccountName=shop;AccountKey=aGVsbG8+d/8=;EndpointSuffix=x", "AccountName=shop;AccountKey=" R ";EndpointSuffix=x"},
		{"Endpoint=sb://b/;SharedAccessKey=aGVsbG8=", "Endpoint=sb://b/;SharedAccessKey=" R},
		{"host=db user=u password='p 1' port=5432", "host=db user=u password='" R "' port=5432"},
		{"jdbc:mysql://db:3306/x?user=u&password=p1&ssl=1", "jdbc:mysql://db:3306/x?user=u&password=" R "&ssl=1"},
		{"GET http://admin:p1@10.0.0.1:8080/x", "GET http://admin:" R "@10.0.0.1:8080/x"},
		{"amqp://u:p1@[::1]:5672/v", "amqp://u:" R "@[::1]:5672/v"},
		/* headers */
		{"Cookie: sid=abc; theme=dark\nHost: h", "Cookie: " R "\nHost: h"},
		{"proxy-authorization: Basic dTpw\n", "proxy-authorization: " R "\n"},
		/* files */
		{"//registry/:_authToken=0123-abc", "//registry/:_authToken=" R},
		{"_auth=dTpw", "_auth=" R},
		{"machine h.example login me password p1ng", "machine h.example login me password " R},
		{"machine h\n\tlogin me\n\tpassword p1ng\n", "machine h\n\tlogin me\n\tpassword " R "\n"},
		{"\"private_key\": \"-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY-----\\n\", \"x\": 1",
		 "\"private_key\": \"" R "\", \"x\": 1"},
		{"-----BEGIN EC PRIVATE KEY-----\nMHc\nAQ==\n-----END EC PRIVATE KEY-----\nbehind", R "\nbehind"},
		{"-----BEGIN ENCRYPTED PRIVATE KEY-----\r\nMIIF\r\n", R},
		/* command lines, environments, SQL */
		{"+ mysql --password=p1 -u root", "+ mysql --password=" R " -u root"},
		{"+ tool --api-key 12ab34 file", "+ tool --api-key " R " file"},
		{"+ tool --password 'two words' file", "+ tool --password '" R "' file"},
		{"PGPASSWORD=p1 MYSQL_PWD=p2 HOME=/root", "PGPASSWORD=" R " MYSQL_PWD=" R " HOME=/root"},
		{"AWS_SECRET_ACCESS_KEY=a/b+c", "AWS_SECRET_ACCESS_KEY=" R},
		{"ALTER USER u PASSWORD 'p1' VALID", "ALTER USER u PASSWORD '" R "' VALID"},
		{"create user u identified by 'p1'", "create user u identified by '" R "'"},
		{"+ tool --password swordfish file", "+ tool --password " R " file"},
		{"++ tool --password swordfish", "++ tool --password " R},
		/* where the option does not say so */
		{"mysql -u root -pgeheim db", "mysql -u root -p" R " db"},
		{"sudo /usr/bin/mysqldump -pgeheim db", "sudo /usr/bin/mysqldump -p" R " db"},
		{"sh -c 'sshpass -p geheim ssh me@host'", "sh -c 'sshpass -p " R " ssh me@host'"},
		{"curl -s -u me:geheim http://host/", "curl -s -u me:" R " http://host/"},
		{"curl --user me:geheim http://host/", "curl --user me:" R " http://host/"},
		{"redis-cli -h db -a geheim ping", "redis-cli -h db -a " R " ping"},
		{"docker login -u me -p geheim host", "docker login -u me -p " R " host"},
		{"openssl rsa -passin pass:geheim -in key", "openssl rsa -passin pass:" R " -in key"},
		{"ldapsearch -D cn=me -w geheim -b dc=x", "ldapsearch -D cn=me -w " R " -b dc=x"},
		{"first\n+ mysql -pgeheim\nnext", "first\n+ mysql -p" R "\nnext"},
	};
	for (size_t i = 0; i < sizeof(corpus) / sizeof(corpus[0]); i++)
		expect(corpus[i].text, corpus[i].clean, NULL);
}

/* A key that is printed line by line is many texts, and the first alone says what it is. Digests are no keys. */
Test(redact, lines_of_a_key)
{
	static const char letters[] =
		"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKjMzEfYyjiWA4R4/M2bS1GB4t7NXp98C";
	static const size_t lengths[] = {64, 70, 76};
	char line[128];
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		snprintf(line, sizeof(line), "%.*s\n", (int)lengths[i], letters);
		expect(line, R "\n", NULL);
		snprintf(line, sizeof(line), "%.*s and more", (int)lengths[i], letters);
		expect(line, line, NULL);
	}
	snprintf(line, sizeof(line), "%.63s", letters);
	expect(line, line, NULL);
	expect("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n",
	       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n", NULL);
}

#define LINE "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"

/* Its beginning is gone: what is left stands behind the words of a log, or in JSON, a line each or all in one. */
Test(redact, wrapped_lines_of_a_key)
{
	static const struct {
		const char *text, *clean;
	} corpus[] = {
		{"12:00:01 INFO " LINE "\n", "12:00:01 INFO " R "\n"},
		{"WARNING:root:" LINE, "WARNING:root:" R},
		{"[main]" LINE "\r\n", "[main]" R "\r\n"},
		{"pem=" LINE "\n", "pem=" R "\n"},
		{"{\"log\":\"" LINE "\\n\",\"stream\":\"stdout\"}\n", "{\"log\":\"" R "\\n\",\"stream\":\"stdout\"}\n"},
		{"{\"key\": \"" LINE "\\n" LINE "\\r\\n" LINE "\\nAb3=\\n-----END\"}",
		 "{\"key\": \"" R "\\n" R "\\r\\n" R "\\nAb3=\\n-----END\"}"},
		{"{'key': '" LINE "'}", "{'key': '" R "'}"},
	};
	for (size_t i = 0; i < sizeof(corpus) / sizeof(corpus[0]); i++)
		expect(corpus[i].text, corpus[i].clean, NULL);
}

Test(redact, harmless)
{
	static const char *const corpus[] = {
		"password",
		"Enter password: ",
		"wrong password, try again",
		"unexpected token: x",
		"the secret: none",
		"passwords=3",
		"PWD=/home/user OLDPWD=/",
		"http://host:80/path@x",
		"https://example.org/a:b@c",
		"user@host:path",
		"-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
		"Basic authentication is required",
		"Bearer of bad news",
		"the AKIA prefix",
		"eyJ is base64 of {\"",
		"main.c:12: error: x=1",
		"sk-short",
		"the --password option requires an argument",
		"  --token TOKEN   what to log in with",
		"  --password -x",
		"--password",
		"login failed; password required",
		"password for user 5",
		"sorted by 'name'",
		"identified by its number",
		"task-0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T",
		"https://hooks.slack.com/",
		"user_author=me",
		"Cookies are enabled",
		"mysql -p and nothing",
		"mysql -u root -P 3306 db",
		"mkdir -p directory",
		"docker run -p 8080:80 image",
		"curl -u me http://host/",
		"mysql is up\ntar -pxf file",
		"openssl rsa -passin stdin",
		"keyboard=us monkey=3 keys: 5",
		"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"6ba7b810-9dad-11d1-80b4-00c04fd430c8",
		"integrity sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8KuxyCy9MYCVL3kbJ4N1T1hsKA8N8WqJ0u",
		"compiling /home/Ulrike/work2/Project/SourceFiles/Graphics/Renderer/ShadeX1",
		"key=" LINE " and more",
		"x" LINE " 12:00 " LINE "x",
		"passed: 3 passwordless: yes",
		"::",
		"=",
		"",
	};
	for (size_t i = 0; i < sizeof(corpus) / sizeof(corpus[0]); i++)
		expect(corpus[i], corpus[i], NULL);
}

/* At any length of any text nothing behind it is looked at; under a checker of memory this is the proof. */
Test(redact, cut_texts)
{
	static const char text[] =
		"password='a b' ://u:p@h -----BEGIN PRIVATE KEY----- x -----END PRIVATE KEY----- AKIAIOSFODNN7EXAMPLE eyJ "
		"mysql -pgeheim curl -u a:b -- - --password c1";
	for (size_t from = 0; from < sizeof(text) - 1; from++) {
		for (size_t bytes = 0; bytes < sizeof(text) - from; bytes++) {
			char *exact = malloc(bytes ? bytes : 1);
			struct secret secret;
			memcpy(exact, text + from, bytes);
			for (size_t at = 0; secret_find(exact, bytes, at, &secret); at = secret.at + secret.bytes)
				cr_assert(secret.at >= at && secret.bytes && secret.at + secret.bytes <= bytes);
			free(exact);
		}
	}
}

Test(redact, off)
{
	expect("password=hunter2", "password=hunter2", "none");
}

static const char *rules_file(const char *text)
{
	static char list[64] = "file:/tmp/ttlog-redact-XXXXXX";
	memcpy(list + strlen(list) - 6, "XXXXXX", 6);
	const int fd = mkstemp(list + 5);
	cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	return list;
}

Test(redact, own_expressions)
{
	const char *list = rules_file("# customers\nC-[0-9]{4}\n\n^row .*$\nx*\n");
	expect("customer C-1234 and C-5678, C-12", "customer " R " and " R ", C-12", list);
	expect("a\nrow 1 2\nb", "a\n" R "\nb", list);
	expect("password=hunter2", "password=hunter2", list);
	char both[128];
	snprintf(both, sizeof(both), "builtin,%s", list);
	expect("password=hunter2 C-0000", "password=" R " " R, both);
	unlink(list + 5);
}

/* The mark's own letters. */
Test(redact, expressions_that_match_the_mark)
{
	const char *list = rules_file("[a-z]{8}\nd\n");
	expect("a customer and", "a " R " an" R, list);
	unlink(list + 5);
}

/* Rules that cannot be had: nothing is shown rather than too much, and the snapshot says why. */
static void expect_everything(const char *list, const char *why)
{
	struct snapshot snapshot;
	snapshot_init(&snapshot);
	snapshot.redact = list;
	snapshot.abort_message = (struct snapshot_text){"harmless", 8};
	snapshot_redact(&snapshot);
	cr_assert_str_eq(snapshot.abort_message.data, R);
	cr_assert(snapshot.agent.degradation_count == 1 && strstr(snapshot.agent.degradations[0], why), "%s",
		  snapshot.agent.degradations[0]);
	snapshot_fini(&snapshot);
}

Test(redact, rules_unusable)
{
	expect_everything("file:/nonexistent/rules", "/nonexistent/rules: No such file");
	const char *list = rules_file("good\n(bad\n");
	expect_everything(list, ":2: ");
	unlink(list + 5);
	expect_everything("sometimes", "neither");
}

Test(redact, values_and_arguments)
{
	struct snapshot snapshot;
	const char *arguments[] = {"password=x", "--db-password", "hunter2", "--token=abcdefgh", "file"};
	snapshot_init(&snapshot);
	snapshot.cmdline = arguments;
	snapshot.cmdline_count = 5;
	snapshot.events = arena_alloc(&snapshot.arena, 1, sizeof(*snapshot.events));
	snapshot.event_count = 1;
	struct snapshot_value values[] = {
		{"user_password", {.type = VALUE_STRING, .string = "p", .string_bytes = 1}},
		{"url", {.type = VALUE_STRING, .string = "x://u:p@h", .string_bytes = 9}},
		{"password", {.type = VALUE_SIGNED, .number.i = 5}},
		{"secret", {.type = VALUE_STRING, .string = NULL}},
	};
	snapshot.events[0].values = values;
	snapshot.events[0].value_count = 4;
	snapshot_redact(&snapshot);
	cr_assert_str_eq(arguments[0], "password=x", "the program's name");
	cr_assert_str_eq(arguments[2], R);
	cr_assert_str_eq(arguments[3], "--token=" R);
	cr_assert_str_eq(arguments[4], "file");
	cr_assert_str_eq(values[0].value.string, R);
	cr_assert_str_eq(values[1].value.string, "x://u:" R "@h");
	cr_assert(snapshot.stats.redacted == 4);
	snapshot_fini(&snapshot);
}

Test(redact, arguments_of_commands)
{
	const char *arguments[] = {"sudo", "/usr/bin/mysql", "-u", "root",      "-pgeheim", "-p",
				   "db",   "curl",           "-u", "me:geheim", "-sS"};
	struct snapshot snapshot;
	snapshot_init(&snapshot);
	snapshot.cmdline = arguments;
	snapshot.cmdline_count = sizeof(arguments) / sizeof(arguments[0]);
	snapshot.signal.sender_command = "pkill --password geheim1 mysqld";
	for (int times = 0; times < 2; times++) {
		snapshot_redact(&snapshot);
		cr_assert_str_eq(arguments[4], "-p" R);
		cr_assert_str_eq(arguments[6], "db");
		cr_assert_str_eq(arguments[9], "me:" R);
		cr_assert_str_eq(snapshot.signal.sender_command, "pkill --password " R " mysqld");
		cr_assert(snapshot.stats.redacted == 3, "%lu", (unsigned long)snapshot.stats.redacted);
	}
	snapshot_fini(&snapshot);
}
