#include "include/carrow.h"

#if !__has_include(<arrow/api.h>)
#error "Arrow is not in .deps/arrow: run script/bootstrap"
#endif

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

thread_local std::string last_error;

struct Column {
    std::string bytes;
    std::vector<int64_t> offsets{0};
    std::vector<int64_t> lists;
};

void check(const arrow::Status &status) {
    if (!status.ok()) throw std::runtime_error(status.message());
}

template <typename T> T checked(arrow::Result<T> result) {
    check(result.status());
    return std::move(result).ValueUnsafe();
}

template <typename Texts> void append(Column &column, const Texts &texts, int64_t from, int64_t to) {
    for (int64_t at = from; at < to; at++) {
        if (texts.IsNull(at)) throw std::runtime_error("a text is null");
        const auto text = texts.GetView(at);
        column.bytes.append(text.data(), text.size());
        column.offsets.push_back(static_cast<int64_t>(column.bytes.size()));
    }
}

void append_texts(Column &column, const arrow::Array &array, int64_t from, int64_t to) {
    switch (array.type_id()) {
    case arrow::Type::STRING: return append(column, static_cast<const arrow::StringArray &>(array), from, to);
    case arrow::Type::LARGE_STRING: return append(column, static_cast<const arrow::LargeStringArray &>(array), from, to);
    default: throw std::runtime_error("it holds " + array.type()->ToString() + " where text was expected");
    }
}

template <typename Lists> void append_lists(Column &column, const Lists &lists) {
    for (int64_t row = 0; row < lists.length(); row++) {
        if (lists.IsNull(row)) throw std::runtime_error("a list is null");
        append_texts(column, *lists.values(), lists.value_offset(row), lists.value_offset(row + 1));
        column.lists.push_back(static_cast<int64_t>(column.offsets.size()) - 1);
    }
}

Column flat(const arrow::ChunkedArray &chunks, int32_t kind) {
    // Offsets inside of a damaged file may point anywhere.
    check(chunks.ValidateFull());
    Column column;
    if (kind == CARROW_TEXT_LIST) column.lists.push_back(0);
    for (const auto &chunk : chunks.chunks()) {
        if (kind != CARROW_TEXT_LIST) {
            append_texts(column, *chunk, 0, chunk->length());
        } else if (chunk->type_id() == arrow::Type::LIST) {
            append_lists(column, static_cast<const arrow::ListArray &>(*chunk));
        } else if (chunk->type_id() == arrow::Type::LARGE_LIST) {
            append_lists(column, static_cast<const arrow::LargeListArray &>(*chunk));
        } else {
            throw std::runtime_error("it holds " + chunk->type()->ToString() + " where lists of text were expected");
        }
    }
    return column;
}

/// The leaves of the schema that belong to a column of that name; none where there is no such column.
std::vector<int> leaves(const parquet::SchemaDescriptor &schema, const std::string &name) {
    std::vector<int> found;
    for (int leaf = 0; leaf < schema.num_columns(); leaf++) {
        if (schema.GetColumnRoot(leaf)->name() == name) found.push_back(leaf);
    }
    return found;
}

} // namespace

struct carrow_table_ {
    int64_t rows = 0;
    std::vector<Column> columns;
};

extern "C" {

carrow_table carrow_read(const char *path, const char *const *names, const int32_t *kinds, size_t count) try {
    auto table = std::make_unique<carrow_table_>();
    auto input = checked(arrow::io::ReadableFile::Open(path));
    auto reader = checked(parquet::arrow::OpenFile(input, arrow::default_memory_pool()));
    table->rows = reader->parquet_reader()->metadata()->num_rows();
    for (size_t at = 0; at < count; at++) {
        const auto found = leaves(*reader->parquet_reader()->metadata()->schema(), names[at]);
        if (found.empty() && kinds[at] == CARROW_TEXT_IF_THERE) {
            table->columns.emplace_back().offsets.clear();
            continue;
        }
        if (found.empty()) throw std::runtime_error("has no column " + std::string(names[at]));
        const auto read = checked(reader->ReadTable(found));
        if (read->num_columns() != 1) throw std::runtime_error("column " + std::string(names[at]) + " is not one column");
        try {
            table->columns.push_back(flat(*read->column(0), kinds[at]));
        } catch (const std::exception &error) {
            throw std::runtime_error("column " + std::string(names[at]) + ": " + error.what());
        }
        const auto &column = table->columns.back();
        const size_t rows = (kinds[at] == CARROW_TEXT_LIST ? column.lists : column.offsets).size() - 1;
        if (rows != static_cast<size_t>(table->rows)) throw std::runtime_error("column " + std::string(names[at]) + " is too short");
    }
    return table.release();
} catch (const std::exception &error) {
    last_error = error.what();
    return nullptr;
} catch (...) {
    last_error = "an unknown failure";
    return nullptr;
}

void carrow_free(carrow_table table) { delete table; }

const char *carrow_error(void) { return last_error.c_str(); }

int64_t carrow_rows(carrow_table table) { return table->rows; }

const char *carrow_bytes(carrow_table table, size_t index) { return table->columns[index].bytes.data(); }

const int64_t *carrow_offsets(carrow_table table, size_t index) {
    const auto &offsets = table->columns[index].offsets;
    return offsets.empty() ? nullptr : offsets.data();
}

const int64_t *carrow_lists(carrow_table table, size_t index) {
    const auto &lists = table->columns[index].lists;
    return lists.empty() ? nullptr : lists.data();
}

} // extern "C"
