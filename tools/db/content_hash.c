#include "content_hash.h"

#include <string.h>

static void add_number(struct content_hash *hash, uint64_t number)
{
	unsigned char bytes[sizeof(number)];

	for (unsigned i = 0; i < sizeof(number); i++)
		bytes[i] = (unsigned char)(number >> (8 * i));
	SHA256Update(&hash->context, bytes, sizeof(bytes));
}

/* With its length: no two lists of texts are one string of bytes. */
static void add_bytes(struct content_hash *hash, const void *data, size_t bytes)
{
	add_number(hash, data ? bytes : UINT64_MAX);
	if (data)
		SHA256Update(&hash->context, data, bytes);
}

static void add_string(struct content_hash *hash, const char *string)
{
	add_bytes(hash, string, string ? strlen(string) : 0);
}

static void add_signal(struct content_hash *hash, const struct snapshot_signal *signal)
{
	add_number(hash, signal->present);
	add_number(hash, (uint64_t)signal->number);
	add_number(hash, (uint64_t)signal->code);
	add_number(hash, signal->address);
	add_number(hash, (uint64_t)signal->sender_pid);
	add_number(hash, (uint64_t)signal->sender_uid);
}

static void add_thread(struct content_hash *hash, const struct snapshot_thread *thread)
{
	add_number(hash, thread->tid);
	add_string(hash, thread->name);
	add_number(hash, thread->register_count);
	for (size_t i = 0; i < thread->register_count; i++)
		add_number(hash, thread->registers[i].value);
	add_number(hash, thread->frame_count);
	for (size_t i = 0; i < thread->frame_count; i++)
		add_number(hash, thread->frames[i].pc);
}

static void add_identity(struct content_hash *hash, const struct snapshot *snapshot)
{
	add_string(hash, snapshot->hostname);
	add_string(hash, snapshot->service);
	add_number(hash, (uint64_t)snapshot->pid);
	add_number(hash, (uint64_t)snapshot->ppid);
	add_string(hash, snapshot->exe);
	add_string(hash, snapshot->cwd);
	add_number(hash, snapshot->cmdline_count);
	for (size_t i = 0; i < snapshot->cmdline_count; i++)
		add_string(hash, snapshot->cmdline[i]);
	add_number(hash, snapshot->created_at);
	add_number(hash, snapshot->uptime);
	add_string(hash, snapshot->reason);
}

void content_hash_begin(struct content_hash *hash)
{
	SHA256Init(&hash->context);
}

void content_hash_event(struct content_hash *hash, const struct snapshot_event *event)
{
	add_number(hash, event->timestamp);
	add_number(hash, event->tid);
	add_number(hash, event->level);
	add_number(hash, event->source);
	add_bytes(hash, event->message.data, event->message.bytes);
}

void content_hash_end(struct content_hash *hash, const struct snapshot *snapshot, char text[CONTENT_HASH_BYTES])
{
	add_identity(hash, snapshot);
	add_signal(hash, &snapshot->signal);
	add_signal(hash, &snapshot->first_signal);
	add_bytes(hash, snapshot->abort_message.data, snapshot->abort_message.bytes);
	add_number(hash, snapshot->stats.recorded);
	add_number(hash, snapshot->thread_count);
	for (size_t i = 0; i < snapshot->thread_count; i++)
		add_thread(hash, &snapshot->threads[i]);
	SHA256End(&hash->context, text);
}
