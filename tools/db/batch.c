#include "batch.h"

#include <stdlib.h>
#include <string.h>

/* Rows of one INSERT: a statement costs a way to the server and back, and parameters more the more there are. */
#define INSERT_ROWS 32u
#define SQL_BYTES   (1024u + INSERT_ROWS * CRASH_COLUMN_COUNT * 7u)

_Static_assert(INSERT_ROWS *CRASH_COLUMN_COUNT < STORE_PARAMETERS_MAX, "one INSERT has too many parameters");

static int by_id(const void *a, const void *b)
{
	const struct crash *one = a, *other = b;

	return memcmp(one->values[CRASH_id].text, other->values[CRASH_id].text, one->values[CRASH_id].bytes);
}

/* Who came first stays: the same snapshot again changes nothing. */
static void write_insert(char sql[SQL_BYTES], size_t rows)
{
	size_t used = (size_t)snprintf(sql, SQL_BYTES, "INSERT INTO ttlog_crashes (%s) VALUES ", crash_columns());
	unsigned parameter = 0;

	for (size_t row = 0; row < rows; row++) {
		for (unsigned column = 0; column < CRASH_COLUMN_COUNT; column++)
			used += (size_t)snprintf(sql + used, SQL_BYTES - used, "%s$%u",
						 column ? ", "
						 : row  ? "), ("
							: "(",
						 ++parameter);
	}
	snprintf(sql + used, SQL_BYTES - used, ") ON CONFLICT (id) DO NOTHING");
}

static int insert(struct batch *batch, size_t first, size_t rows, struct store_error *error)
{
	struct store_value values[INSERT_ROWS * CRASH_COLUMN_COUNT];
	char sql[SQL_BYTES];

	for (size_t row = 0; row < rows; row++)
		memcpy(values + row * CRASH_COLUMN_COUNT, batch->rows[first + row].values, sizeof(batch->rows[0].values));
	write_insert(sql, rows);
	return store_run(batch->store, sql, values, rows * CRASH_COLUMN_COUNT, NULL, NULL, error);
}

static int insert_all(struct batch *batch, size_t *added, struct store_error *error)
{
	int result = 0;

	*added = 0;
	for (size_t first = 0; first < batch->count && result >= 0; first += INSERT_ROWS) {
		const size_t left = batch->count - first;
		result = insert(batch, first, left < INSERT_ROWS ? left : INSERT_ROWS, error);
		*added += result > 0 ? (size_t)result : 0;
	}
	return result < 0 ? result : 0;
}

static void forget(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		crash_fini(&batch->rows[i]);
	batch->count = 0;
}

int batch_flush(struct batch *batch, struct store_error *error)
{
	size_t added;
	int result;

	if (!batch->count)
		return 0;
	qsort(batch->rows, batch->count, sizeof(batch->rows[0]), by_id);
	result = store_begin(batch->store, error);
	if (result)
		return result;
	result = insert_all(batch, &added, error);
	if (result)
		store_rollback(batch->store);
	else
		result = store_commit(batch->store, error);
	if (result)
		return result;
	batch->added += added;
	batch->known += batch->count - added;
	forget(batch);
	return 0;
}

int batch_put(struct batch *batch, const struct crash *crash, struct store_error *error)
{
	batch->rows[batch->count++] = *crash;
	return batch->count == BATCH_ROWS ? batch_flush(batch, error) : 0;
}

void batch_fini(struct batch *batch)
{
	forget(batch);
}
