/*
 * Secrets in hostile text: what is taken out stays out. Redaction runs at each writing and each reading, so a second time must find
 * nothing; and what a pattern takes is bounded in time, however the text looks.
 */
#include "fuzz.h"
#include "redact_rules.h"

#include <string.h>

static void *allocate(void *context, size_t bytes)
{
	void **list = context, **block = malloc(sizeof(*block) + bytes);

	if (!block)
		return NULL;
	*block = *list;
	*list = block;
	return block + 1;
}

static void release(void **list)
{
	while (*list) {
		void **block = *list;
		*list = *block;
		free(block);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static struct redact_rules *rules;
	char *copy = malloc(bytes ? bytes : 1);
	struct redact_text text = {copy, bytes};
	void *list = NULL;
	size_t again;

	if (!rules)
		rules = redact_rules_create(NULL);
	memcpy(copy, data, bytes);
	redact_rules_name(rules, copy, bytes);
	redact_rules_apply(rules, &text, allocate, &list);
	again = redact_rules_apply(rules, &text, allocate, &list);
	FUZZ_HOLDS(again == 0);
	release(&list);
	free(copy);
	return 0;
}
