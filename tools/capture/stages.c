#include "stages.h"

#include "clock_now.h"
#include "clock_scale.h"

struct stage_clock {
	struct clock_scale scale;
	uint64_t began;
	uint32_t era;
};

static void add(struct snapshot *snapshot, const struct stage_clock *clock, const char *name, uint64_t ticks)
{
	const size_t room = sizeof(snapshot->agent.stages) / sizeof(snapshot->agent.stages[0]);
	const size_t at = snapshot->agent.stage_count;
	if (ticks < clock->began || at == room) /* also 0: not reached, or not seen by us */
		return;
	const int64_t ns = clock_scale_ns(&clock->scale, clock->era, ticks) -
			   clock_scale_ns(&clock->scale, clock->era, clock->began);
	snapshot->agent.stages[at].name = name;
	snapshot->agent.stages[at].ns = ns > 0 ? (uint64_t)ns : 0;
	snapshot->agent.stage_count++;
}

void stages_add(struct snapshot *snapshot, const struct recorder_view *view, const struct crash_record *crash,
		uint64_t attached_ticks)
{
	struct recorder_clock times = view->header.clock;
	struct stage_clock clock = {.began = crash->began_ticks};
	times.end = clock_now(times.kind); /* a pair further off than that of the death: a finer rate */
	clock_scale_init(&clock.scale, &times, recorder_view_pairs(view), NULL);
	clock.era = clock_scale_era(&clock.scale, clock.began);
	add(snapshot, &clock, "saved", crash->saved_ticks);
	add(snapshot, &clock, "spawned", crash->spawned_ticks);
	add(snapshot, &clock, "attached", attached_ticks);
	add(snapshot, &clock, "composed", times.end.ticks);
}
