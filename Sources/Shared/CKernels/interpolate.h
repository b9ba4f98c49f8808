// One type of pixel: included once for each, with PIXEL (the type), NAME(x) (x of that type) and LEAST, MOST (its range; 0, 0
// for floating point). The same numbers whatever registers the machine has.

typedef PIXEL NAME(four_pixels) __attribute__((vector_size(4 * sizeof(PIXEL))));
typedef PIXEL NAME(eight_pixels) __attribute__((vector_size(8 * sizeof(PIXEL))));

/// Half away from 0 and clamped, as everywhere in Raster; what would be `nodata` by chance is moved by 1.
INLINE void NAME(to_pixels)(const float *sums, const PIXEL *nodata, PIXEL *pixels) {
    for (int at = 0; at < BLOCK; at++) {
        float value = sums[at];
        if (LEAST == MOST) {
            pixels[at] = (PIXEL)value;
        } else {
            value = value < LEAST ? LEAST : value;
            value = value > MOST ? MOST : value;
            pixels[at] = (PIXEL)(int32_t)(value + (value < 0 ? -0.5f : 0.5f));
        }
    }
    if (nodata) {
        const PIXEL none = *nodata, other = (PIXEL)(LEAST != MOST && none == (PIXEL)MOST ? none - 1 : none + 1);
        for (int at = 0; at < BLOCK; at++) pixels[at] = pixels[at] == none ? other : pixels[at];
    }
}

/// Four rows of four pixels of two bands, the first band's and then the second's: the sums of columns, weighed.
INLINE void NAME(two_bands)(const PIXEL *first, size_t plane, size_t width, const float *across, const float *down, f8 *sums) {
    f8 sum = {0, 0, 0, 0, 0, 0, 0, 0};
    for (int row = 0; row < 4; row++, first += width) {
        NAME(eight_pixels) both;
        memcpy(&both, first, sizeof both / 2);
        memcpy((char *)&both + sizeof both / 2, first + plane, sizeof both / 2);
        sum += __builtin_convertvector(both, f8) * down[row];
    }
    f8 weights;
    memcpy(&weights, across, sizeof weights / 2);
    memcpy((char *)&weights + sizeof weights / 2, across, sizeof weights / 2);
    *sums = sum * weights;
}

/// Four bands of one pixel at once: the same numbers as `four` gives for each.
INLINE f4 NAME(four_bands)(const PIXEL *first, size_t plane, size_t width, const float *across, const float *down) {
    f8 ab, cd;
    NAME(two_bands)(first, plane, width, across, down, &ab);
    NAME(two_bands)(first + 2 * plane, plane, width, across, down, &cd);
    return add_lanes(&ab, &cd);
}

INLINE float NAME(four)(const PIXEL *first, size_t width, const float *across, const float *down) {
    f4 sum = {0, 0, 0, 0}, weights;
    for (int row = 0; row < 4; row++, first += width) {
        NAME(four_pixels) values;
        memcpy(&values, first, sizeof values);
        sum += __builtin_convertvector(values, f4) * down[row];
    }
    memcpy(&weights, across, sizeof weights);
    sum *= weights;
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

INLINE float NAME(six)(const PIXEL *first, size_t width, const float *across, const float *down) {
    f8 sum = {0, 0, 0, 0, 0, 0, 0, 0};
    for (int row = 0; row < 6; row++, first += width) {
        NAME(eight_pixels) values;
        memcpy(&values, first, sizeof values);
        f8 numbers = __builtin_convertvector(values, f8);
        // Two more are read than count, and what a float holds there may be no number.
        numbers[6] = numbers[7] = 0;
        sum += numbers * down[row];
    }
    f8 weights;
    memcpy(&weights, across, sizeof weights);
    sum *= weights;
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + (sum[4] + sum[5]);
}

/// The sums of up to four bands of a block's pixels that can be done here, by band and pixel.
INLINE void NAME(sums)(const PIXEL *pixels, size_t plane, size_t width, int taps, const places *at, int32_t bands,
                       float (*sums)[BLOCK]) {
    for (int pixel = 0; pixel < BLOCK; pixel++) {
        if (at->state[pixel] != CKERNELS_DONE) continue;
        const PIXEL *first = pixels + at->first[pixel];
        const float *across = at->across[pixel], *down = at->down[pixel];
        if (taps == 4 && bands == 4) {
            const f4 values = NAME(four_bands)(first, plane, width, across, down);
            for (int band = 0; band < 4; band++) sums[band][pixel] = values[band];
            continue;
        }
        for (int32_t band = 0; band < bands; band++, first += plane)
            sums[band][pixel] =
                taps == 4 ? NAME(four)(first, width, across, down) : NAME(six)(first, width, across, down);
    }
}

/// A block of a row, all bands.
INLINE void NAME(block)(const ckernels_source *source, const places *at, int taps, const ckernels_row *row, int32_t column) {
    const size_t width = (size_t)source->width, plane = width * (size_t)source->height;
    const PIXEL value_of_none = (PIXEL)source->nodata, *nodata = source->has_nodata ? &value_of_none : 0;
    for (int32_t band = 0; band < source->bands; band += 4) {
        const int32_t bands = source->bands - band < 4 ? source->bands - band : 4;
        float sums[4][BLOCK] = {{0}};
        NAME(sums)((const PIXEL *)source->pixels + (size_t)band * plane, plane, width, taps, at, bands, sums);
        for (int32_t each = 0; each < bands; each++) {
            PIXEL pixels[BLOCK];
            NAME(to_pixels)(sums[each], nodata, pixels);
            PIXEL *result = (PIXEL *)row->pixels + (size_t)(band + each) * row->plane + (size_t)column;
            if (at->done == BLOCK) {
                memcpy(result, pixels, sizeof pixels);
                continue;
            }
            for (int pixel = 0; pixel < BLOCK; pixel++)
                if (at->state[pixel] == CKERNELS_DONE) result[pixel] = pixels[pixel];
        }
    }
}

/// A row; `taps` is known where this is compiled.
INLINE void NAME(line)(const ckernels_source *source, const double *x, const double *y, const float *table, int taps,
                       const ckernels_row *row, uint8_t *state) {
    places at;
    for (int32_t column = 0; column < row->count; column += BLOCK) {
        const int32_t count = row->count - column < BLOCK ? row->count - column : BLOCK;
        find(source, x + column, y + column, count, taps, table, &at);
        if (at.done) NAME(block)(source, &at, taps, row, column);
        for (int32_t pixel = 0; pixel < count; pixel++) {
            state[column + pixel] = at.state[pixel];
            if (at.state[pixel] == CKERNELS_DONE) row->mask[column + pixel] = 1;
        }
    }
}

WIDE static void NAME(interpolate)(const ckernels_source *source, const double *x, const double *y, const float *table, int taps,
                                   const ckernels_row *row, uint8_t *state) {
    if (taps == 4)
        NAME(line)(source, x, y, table, 4, row, state);
    else
        NAME(line)(source, x, y, table, 6, row, state);
}

WIDE static void NAME(nearest)(const ckernels_source *source, const double *x, const double *y, const ckernels_row *row) {
    const size_t width = (size_t)source->width, plane = width * (size_t)source->height;
    PIXEL *result = row->pixels;
    for (int32_t at = 0; at < row->count; at++) {
        if (!(x[at] >= 0 && y[at] >= 0 && x[at] < source->width && y[at] < source->height)) continue;
        const size_t from = (size_t)y[at] * width + (size_t)x[at];
        if (!source->mask[from]) continue;
        for (int32_t band = 0; band < source->bands; band++)
            result[(size_t)band * row->plane + (size_t)at] = ((const PIXEL *)source->pixels)[(size_t)band * plane + from];
        row->mask[at] = 1;
    }
}

WIDE static void NAME(mask)(const ckernels_source *source, uint8_t *mask) {
    const size_t count = (size_t)source->width * (size_t)source->height;
    const PIXEL *pixels = source->pixels, nodata = (PIXEL)source->nodata;
    for (int32_t band = 0; band < source->bands; band++, pixels += count) {
        if (LEAST == MOST)
            for (size_t at = 0; at < count; at++) mask[at] &= (uint8_t)!__builtin_isnan((float)pixels[at]);
        if (source->has_nodata)
            for (size_t at = 0; at < count; at++) mask[at] &= (uint8_t)(pixels[at] != nodata);
    }
}

#undef PIXEL
#undef NAME
#undef LEAST
#undef MOST
