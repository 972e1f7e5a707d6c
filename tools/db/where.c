#include "where.h"

#include "fingerprint.h"

#include <stdio.h>
#include <string.h>

/* `condition` holds one %zu, the number of its parameter. */
__attribute__((format(printf, 2, 0))) static void add(struct where *where, const char *condition, struct store_value value)
{
	const size_t used = strlen(where->sql);
	char part[128];

	where->values[where->count++] = value;
	snprintf(part, sizeof(part), condition, where->count);
	snprintf(where->sql + used, sizeof(where->sql) - used, "%s%s", used ? " AND " : " WHERE ", part);
}

static void add_text(struct where *where, const char *condition, const char *text)
{
	if (text)
		add(where, condition, store_text(text, strlen(text)));
}

void where_init(struct where *where, const struct request *request)
{
	*where = (struct where){.count = 0};
	add_text(where, "project = $%zu", request->project);
	add_text(where, "service = $%zu", request->service);
	add_text(where, "host = $%zu", request->host);
	add_text(where, "reason = $%zu", request->reason);
	add_text(where, "build = $%zu", request->build);
	if (request->has_since)
		add(where, "died_at >= $%zu", store_number((int64_t)request->since));
	if (request->has_until)
		add(where, "died_at < $%zu", store_number((int64_t)request->until));
	if (!request->group)
		return;
	/* Without the version in front of it, as a person reads it out. */
	if (strchr(request->group, ':'))
		snprintf(where->group, sizeof(where->group), "%s", request->group);
	else
		snprintf(where->group, sizeof(where->group), "%d:%s", FINGERPRINT_VERSION, request->group);
	char condition[64];
	snprintf(condition, sizeof(condition), "substr(fingerprint, 1, %zu) = $%%zu", strlen(where->group));
	add(where, condition, store_text(where->group, strlen(where->group)));
}
