#include "channel.h"

#include "own_thread.h"
#include "syscalls.h"
#include "text.h"

#include <string.h>

enum { CHANNEL_MAX = 1024, WAIT_SLICE_MS = 50 };

static struct request *slots;      /* CHANNEL_MAX of them, mapped: a core is no larger where nobody asks */
static uint32_t last_number, used; /* slots from the first that were ever used */
static uint64_t refused;

static void note_used(uint32_t count)
{
	uint32_t before = __atomic_load_n(&used, __ATOMIC_RELAXED);
	while (before < count && !__atomic_compare_exchange_n(&used, &before, count, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

static uint32_t used_slots(void)
{
	return __atomic_load_n(&used, __ATOMIC_ACQUIRE);
}

static bool pass_on(struct request *request, uint32_t from, uint32_t to)
{
	return __atomic_compare_exchange_n(&request->state, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

int channel_put_as(const char *reason, bool waits, uint32_t capacity, struct request **request)
{
	for (uint32_t i = 0; slots && i < capacity && i < CHANNEL_MAX; i++) {
		struct request *slot = &slots[i];
		if (__atomic_load_n(&slot->state, __ATOMIC_RELAXED) != REQUEST_FREE ||
		    !pass_on(slot, REQUEST_FREE, REQUEST_FILLING))
			continue;
		note_used(i + 1);
		struct text_writer text = text_begin(slot->reason, sizeof(slot->reason));
		text_string(&text, reason);
		slot->waits = waits;
		slot->number = __atomic_fetch_add(&last_number, 1, __ATOMIC_RELAXED);
		__atomic_store_n(&slot->state, REQUEST_READY, __ATOMIC_RELEASE);
		*request = slot;
		return 0;
	}
	__atomic_fetch_add(&refused, 1, __ATOMIC_RELAXED);
	return -EAGAIN;
}

int channel_await(struct request *request, const uint32_t *alive)
{
	const struct timespec slice = {0, WAIT_SLICE_MS * 1000000l};
	uint32_t state;
	while ((state = __atomic_load_n(&request->state, __ATOMIC_ACQUIRE)) != REQUEST_ANSWERED) {
		if (!__atomic_load_n(alive, __ATOMIC_ACQUIRE) && pass_on(request, REQUEST_READY, REQUEST_FREE))
			return -ESRCH;
		sys_futex_wait(&request->state, state, &slice);
	}
	const int result = request->result;
	__atomic_store_n(&request->state, REQUEST_FREE, __ATOMIC_RELEASE);
	return result;
}

struct request *channel_take(void)
{
	struct request *oldest = NULL;
	for (uint32_t i = 0, count = used_slots(); i < count; i++) {
		struct request *slot = &slots[i];
		if (__atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) == REQUEST_READY &&
		    (!oldest || (int32_t)(slot->number - oldest->number) < 0))
			oldest = slot;
	}
	return oldest && pass_on(oldest, REQUEST_READY, REQUEST_RUNNING) ? oldest : NULL;
}

void channel_answer(struct request *request, int result)
{
	request->result = result;
	__atomic_store_n(&request->state, request->waits ? REQUEST_ANSWERED : REQUEST_FREE, __ATOMIC_RELEASE);
	sys_futex_wake(&request->state);
}

struct channel_counts channel_count(void)
{
	struct channel_counts counts = {__atomic_load_n(&refused, __ATOMIC_RELAXED), 0};
	for (uint32_t i = 0, count = used_slots(); i < count; i++) {
		const uint32_t state = __atomic_load_n(&slots[i].state, __ATOMIC_RELAXED);
		counts.waiting += state == REQUEST_READY || state == REQUEST_RUNNING;
	}
	return counts;
}

void channel_forget(void)
{
	if (slots)
		memset(slots, 0, used_slots() * sizeof(slots[0]));
	refused = 0;
}

int channel_open(void)
{
	if (!slots)
		slots = own_thread_map(CHANNEL_MAX * sizeof(slots[0]));
	return slots ? 0 : -ENOMEM;
}
