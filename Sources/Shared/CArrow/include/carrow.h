// The C door to Parquet. A table is read whole into flat memory; no C++ exception leaves this library.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Some columns of a Parquet file, in memory.
typedef struct carrow_table_ *carrow_table;

/// What a column must hold; none of it may be null. One that is text if it is there may be missing: `carrow_offsets` is null then.
enum carrow_kind { CARROW_TEXT = 0, CARROW_TEXT_LIST = 1, CARROW_TEXT_IF_THERE = 2 };

/// Reads columns of a file by their names; null on failure, and `carrow_error` then tells why.
carrow_table carrow_read(const char *path, const char *const *names, const int32_t *kinds, size_t count);
void carrow_free(carrow_table table);
/// The message of this thread's last failure.
const char *carrow_error(void);

int64_t carrow_rows(carrow_table table);
/// The text of column `index`, one after another, and where each begins: one number more than there are texts.
const char *carrow_bytes(carrow_table table, size_t index);
const int64_t *carrow_offsets(carrow_table table, size_t index);
/// For lists, which texts a row has: one number more than there are rows; null for columns of text.
const int64_t *carrow_lists(carrow_table table, size_t index);

#ifdef __cplusplus
}
#endif
