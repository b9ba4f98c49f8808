#pragma once
#include <bzlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

// `inflateInit` is a macro that Swift does not see.
static inline int matter_inflate_init(z_stream *stream) { return inflateInit(stream); }

// `deflateInit2` is one too. For pictures: the quickest level, runs and Huffman's code alone.
static inline int matter_deflate_init_for_pictures(z_stream *stream) {
    return deflateInit2(stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS, MAX_MEM_LEVEL, Z_RLE);
}
