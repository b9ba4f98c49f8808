#pragma once
#include <bzlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

// `inflateInit` is a macro that Swift does not see.
static inline int matter_inflate_init(z_stream *stream) { return inflateInit(stream); }

// `deflateInit2` is one too; window and memory as `compress2` has them.
static inline int matter_deflate_init(z_stream *stream, int level, int strategy) {
    return deflateInit2(stream, level, Z_DEFLATED, MAX_WBITS, 8, strategy);
}
