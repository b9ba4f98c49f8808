#pragma once
#include <bzlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

// `inflateInit` is a macro that Swift does not see.
static inline int matter_inflate_init(z_stream *stream) { return inflateInit(stream); }
