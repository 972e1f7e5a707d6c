/* Contexts of threads: their slots, and how they change. */
#include "context.h"

#include "lane.h"
#include "recorder_file.h"
#include "syscalls.h"

/* 64 chunks of 64 slots: as many threads as may have a signal stack of ours. A chunk is mapped when the one before is full. */
enum { CHUNKS = 64, CHUNK_SLOTS = 64 };

static struct thread_context *chunks[CHUNKS];

/* Slots ------------------------------------------------------------------------------------------------------------------------- */

static struct thread_context *map_chunk(struct thread_context **chunk)
{
	const size_t bytes = CHUNK_SLOTS * sizeof(struct thread_context);
	struct thread_context *none = NULL;
	struct thread_context *memory = sys_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (sys_mmap_failed(memory))
		return NULL;
	/* Whoever was first with it has it used by all. */
	if (__atomic_compare_exchange_n(chunk, &none, memory, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return memory;
	SYS2(SYS_munmap, memory, bytes);
	return none;
}

/* Nobody knows who of a parent's threads is gone: what is inherited is left alone. */
static bool is_free(const struct thread_context *slot, uint32_t owner, uint32_t tid, uint32_t pid)
{
	if (owner == 0)
		return true;
	if (owner == CONTEXT_TAKEN || slot->pid != pid)
		return false;
	/* A dead thread's tid comes round again: what bears our own is free, or has just been taken by a handler of ours. */
	return owner == tid || sys_tgkill((int)pid, (int)owner, 0) == -ESRCH;
}

/* Empty, and nobody builds in it; or the thread's own, as it is. */
static bool claim(struct thread_context *slot, uint32_t tid, uint32_t pid)
{
	uint32_t owner = __atomic_load_n(&slot->owner, __ATOMIC_ACQUIRE);
	if (!is_free(slot, owner, tid, pid) ||
	    !__atomic_compare_exchange_n(&slot->owner, &owner, CONTEXT_TAKEN, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return false;
	if (slot == thread_state.context)
		return true;
	for (unsigned i = 0; i < CONTEXT_BLOCKS; i++)
		slot->blocks[i].bytes = 0;
	slot->state = 0;
	slot->pid = pid;
	return true;
}

static struct thread_context *claim_any(uint32_t tid, uint32_t pid)
{
	for (unsigned i = 0; i < CHUNKS; i++) {
		struct thread_context *chunk = __atomic_load_n(&chunks[i], __ATOMIC_ACQUIRE);
		if (!chunk)
			chunk = map_chunk(&chunks[i]);
		if (!chunk)
			return NULL;
		for (unsigned k = 0; k < CHUNK_SLOTS; k++) {
			if (claim(&chunk[k], tid, pid))
				return &chunk[k];
		}
	}
	return NULL;
}

/* 0 or -errno. A handler that interrupts this may have found one for the thread by the time we have. */
static int take_slot(void)
{
	struct thread_state *self = &thread_state;
	struct thread_context *none = NULL;
	if (self->context)
		return 0;
	if (recorder.sandboxed)
		return -EPERM;
	const uint32_t tid = (uint32_t)sys_gettid();
	struct thread_context *slot = claim_any(tid, (uint32_t)sys_getpid());
	if (!slot)
		return -ENOMEM;
	const bool first = __atomic_compare_exchange_n(&self->context, &none, slot, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	__atomic_store_n(&slot->owner, first || none == slot ? tid : 0, __ATOMIC_RELEASE);
	return 0;
}

/* Changing ---------------------------------------------------------------------------------------------------------------------- */

static bool swap_state(struct thread_context *slot, uint32_t *state, uint32_t to)
{
	return __atomic_compare_exchange_n(&slot->state, state, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Marks a block that is neither the present one nor being built in. Its number or -EBUSY. */
static int begin_block(struct thread_context *slot)
{
	uint32_t state = __atomic_load_n(&slot->state, __ATOMIC_RELAXED);
	for (unsigned block = 0; block < CONTEXT_BLOCKS;) {
		if (block == CONTEXT_PRESENT(state) || state & CONTEXT_BUILDING(block))
			block++;
		else if (swap_state(slot, &state, (state | CONTEXT_BUILDING(block)) + CONTEXT_CHANGE))
			return (int)block;
		else
			block = 0;
	}
	return -EBUSY;
}

static bool same_key(const struct event_value *value, const char *key, size_t bytes)
{
	return value->key_bytes == bytes && memcmp(value->key, key, bytes) == 0;
}

/* What `from` holds but for one key (NULL: for all). Returns the number of values. */
static unsigned copy_others(struct record_context *to, const struct record_context *from, const char *key, size_t key_bytes)
{
	struct event_value value;
	unsigned count = 0;
	size_t begin = 0, end = 0;
	to->bytes = 0;
	while (key && value_decode(from->values, from->bytes, &end, &value) == 1) {
		if (!same_key(&value, key, key_bytes)) {
			memcpy(to->values + to->bytes, from->values + begin, end - begin);
			to->bytes = (uint16_t)(to->bytes + (end - begin));
			count++;
		}
		begin = end;
	}
	return count;
}

/* 0 or -ENOSPC. `value` NULL: nothing is added. */
static int build(struct record_context *to, const struct record_context *from, const char *key, size_t key_bytes,
		 const struct event_value *value)
{
	const unsigned others = copy_others(to, from, key, key_bytes);
	if (!value)
		return 0;
	if (others == CONTEXT_KEYS_MAX)
		return -ENOSPC;
	const size_t end = value_encode(to->values, CONTEXT_BYTES_MAX, to->bytes, value);
	if (end == to->bytes)
		return -ENOSPC;
	to->bytes = (uint16_t)end;
	return 0;
}

static int change(struct thread_context *slot, const char *key, size_t key_bytes, const struct event_value *value)
{
	const int taken = begin_block(slot);
	if (taken < 0)
		return taken;
	const uint32_t block = (uint32_t)taken;
	uint32_t state = __atomic_load_n(&slot->state, __ATOMIC_RELAXED), to;
	int error;
	do {
		/* Whatever a handler does to the present block after this makes the swap fail. */
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		error = build(&slot->blocks[block], &slot->blocks[CONTEXT_PRESENT(state)], key, key_bytes, value);
		to = state & ~CONTEXT_BUILDING(block);
		if (!error)
			to = (to & ~3u) | block;
	} while (!swap_state(slot, &state, to + CONTEXT_CHANGE));
	/* The next record looks: with a context at that one, without at where the lane ends. */
	thread_state.limit = 0;
	return error;
}

int context_set(const struct event_value *value)
{
	const int error = take_slot();
	return error ? error : change(thread_state.context, value->key, value->key_bytes, value);
}

int context_clear(const char *key, size_t key_bytes)
{
	struct thread_context *slot = thread_state.context;
	return context_is_set(slot) ? change(slot, key, key_bytes, NULL) : 0;
}
