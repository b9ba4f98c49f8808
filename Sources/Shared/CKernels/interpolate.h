// One type of pixel: included once for each, with PIXEL (the type), NAME(x) (x of that type) and LEAST, MOST (its range; 0, 0
// for floating point). The same numbers whatever registers the machine has.

typedef PIXEL NAME(four_pixels) __attribute__((vector_size(4 * sizeof(PIXEL))));
typedef PIXEL NAME(eight_pixels) __attribute__((vector_size(8 * sizeof(PIXEL))));

/// Half away from 0 and clamped, as everywhere in Raster; what would be `nodata` by chance is moved by 1.
INLINE PIXEL NAME(to_pixel)(float value, const PIXEL *nodata) {
    PIXEL pixel;
    if (LEAST == MOST) {
        pixel = (PIXEL)value;
    } else {
        pixel = value <= LEAST   ? (PIXEL)LEAST
                : value >= MOST ? (PIXEL)MOST
                : value < 0     ? (PIXEL)(int32_t)(value - 0.5f)
                                : (PIXEL)(int32_t)(value + 0.5f);
    }
    if (nodata && pixel == *nodata) pixel = (PIXEL)(LEAST != MOST && pixel == (PIXEL)MOST ? pixel - 1 : pixel + 1);
    return pixel;
}

INLINE f4 NAME(weighted)(const PIXEL *first, size_t width, f4 across, const float *down) {
    f4 sum = {0, 0, 0, 0};
    for (int row = 0; row < 4; row++, first += width) {
        NAME(four_pixels) values;
        memcpy(&values, first, sizeof values);
        sum += __builtin_convertvector(values, f4) * down[row];
    }
    return sum * across;
}

/// Four bands of one pixel at once: the same numbers as `four` gives for each.
INLINE f4 NAME(four_bands)(const PIXEL *first, size_t plane, size_t width, f4 across, const float *down) {
    return add_lanes(NAME(weighted)(first, width, across, down), NAME(weighted)(first + plane, width, across, down),
                     NAME(weighted)(first + 2 * plane, width, across, down),
                     NAME(weighted)(first + 3 * plane, width, across, down));
}

INLINE float NAME(four)(const PIXEL *first, size_t width, f4 across, const float *down) {
    const f4 sum = NAME(weighted)(first, width, across, down);
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

WIDE static void NAME(interpolate)(const ckernels_source *source, const double *x, const double *y, const float *table, int taps,
                                   const ckernels_row *row, uint8_t *state) {
    const size_t width = (size_t)source->width, plane = width * (size_t)source->height;
    const PIXEL value_of_none = (PIXEL)source->nodata, *nodata = source->has_nodata ? &value_of_none : 0;
    PIXEL *result = row->pixels;
    for (int32_t at = 0; at < row->count; at++) {
        size_t first;
        float across[WIDTH], down[WIDTH];
        state[at] = place(source, x[at], y[at], taps, table, &first, across, down);
        if (state[at] != CKERNELS_DONE) continue;
        const PIXEL *pixels = (const PIXEL *)source->pixels + first;
        f4 four_across;
        memcpy(&four_across, across, sizeof four_across);
        int32_t band = 0;
        for (; taps == 4 && band + 4 <= source->bands; band += 4, pixels += 4 * plane) {
            const f4 values = NAME(four_bands)(pixels, plane, width, four_across, down);
            for (int lane = 0; lane < 4; lane++)
                result[(size_t)(band + lane) * row->plane + (size_t)at] = NAME(to_pixel)(values[lane], nodata);
        }
        for (; band < source->bands; band++, pixels += plane) {
            const float value =
                taps == 4 ? NAME(four)(pixels, width, four_across, down) : NAME(six)(pixels, width, across, down);
            result[(size_t)band * row->plane + (size_t)at] = NAME(to_pixel)(value, nodata);
        }
        row->mask[at] = 1;
    }
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
