/*
 * html.h - the page of `ttlog html` in parts. Data goes into a script block that no browser runs; everything that comes from the snapshot
 * passes html_data_stream(), which lets no markup through.
 */
#ifndef TTLOG_CLI_HTML_H
#define TTLOG_CLI_HTML_H

#include "directory_list.h"
#include "snapshot.h"
#include "symbols.h"
#include "target.h"

#include <stdio.h>

/* What a page is made with. */
struct html_request {
	const char *output; /* NULL: standard output */
	struct directory_list debug, source;
};

/* The exit status, after errors were printed. */
int html_make_page(struct target *target, const struct html_request *request);

/* Files of tools/html, as the build found them. */
struct html_asset {
	const char *data;
	size_t bytes;
};
struct html_asset html_page(void), html_style(void), html_script(void);

/* A stream onto `out` (which stays open) for JSON: '<' becomes \u003c, so nothing in it can end the script block. NULL: no memory. */
FILE *html_data_stream(FILE *out);

/* Events as columns of JSON, filled one by one: equal texts are held once. */
struct html_events;
struct html_events *html_events_create(void);
void html_events_add(struct html_events *events, const struct snapshot_event *event, uint64_t end_ns);
/* "time": [...], ... without braces; once, after all were added. */
void html_events_print(struct html_events *events, FILE *out);
void html_events_destroy(struct html_events *events);

#endif
