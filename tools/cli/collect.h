/*
 * collect.h - the parts of ttlog collect: snapshots into groups, groups into a report. One snapshot is in memory at a time.
 */
#ifndef TTLOG_CLI_COLLECT_H
#define TTLOG_CLI_COLLECT_H

#include "baseline.h"
#include "command.h"
#include "html.h"
#include "inputs.h"
#include "report.h"
#include "symbols.h"

#include <limits.h>
#include <stdbool.h>

enum collect_fail { COLLECT_FAIL_UNSAID, COLLECT_FAIL_NEVER, COLLECT_FAIL_NEW, COLLECT_FAIL_ANY };

struct collect_request {
	const struct report_format *format; /* NULL: no report is wanted, but a bundle */
	const char *output;                 /* NULL: standard output */
	const char *baseline, *write_baseline;
	const char *bundle;    /* NULL: none is wanted */
	uint64_t bundle_bytes; /* at most */
	enum collect_fail fail_on;
	size_t max_groups;
	char source_root[PATH_MAX];
	struct html_request directories; /* debug information, and source files */
};

/* Begin with all zero. */
struct collection {
	const struct collect_request *request;
	struct inputs inputs;
	struct groups groups;
	char **shown;       /* the inputs as people know them: "deaths.tar.zst:NAME" of a bundle's */
	uint32_t *group_of; /* each input's group, or REPORT_NO_GROUP */
	struct report_unreadable *unreadable;
	size_t unreadable_count;
	uint64_t living;
	struct baseline baseline;
	size_t new_groups;
	struct symbols *symbols;
	size_t symbolized; /* snapshots, since `symbols` were created */
};

/* Reads all inputs once; what cannot be read is said, and noted. */
void collect_groups(struct collection *collection);
/* Frames have names and lines, as a fingerprint wants them. */
void collect_name(struct collection *collection, struct snapshot *snapshot);
void collect_fini(struct collection *collection);

/* The bundle; the exit status, after errors were printed. */
int collect_bundle(struct collection *collection);

/* The report; the exit status, after errors were printed. */
int collect_report(struct collection *collection);

#endif
