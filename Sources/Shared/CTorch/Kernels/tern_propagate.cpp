// The propagation of the texture refinement network and its transpose: linear in the map, so that the transpose
// applied to a gradient is the whole backward pass and nothing has to be kept but the weights.
//
// Maps and weights lie pixel by pixel (channels last): a neighbour's channels are read in whole vectors, its weight once for all.
#include "lanes.h"
#include "neighbours.h"
#include "tern.h"

#include <ATen/Parallel.h>

namespace matter {
namespace {

/// One image: a map of (height, width, channels), whole vectors of channels, and where its neighbours lie.
struct Shape {
    int64_t height, width, channels;
    std::vector<Offset> offsets;
    int64_t pad;
};

/// out = Σ_n weights[n] · values[at[n]] for `Blocks` vectors of channels, in the order of n.
template <typename T, int Blocks>
MATTER_INLINE void combine(
    const T *weights, const T *values, const int64_t *at, int64_t count, T *out) {
#pragma clang fp contract(fast)
    Lanes<T> sums[Blocks] = {};
    for (int64_t n = 0; n < count; ++n) {
        const T weight = weights[n];
        for (int block = 0; block < Blocks; ++block) {
            Lanes<T> lanes;
            load(values + at[n] + block * laneCount, lanes);
            sums[block] += weight * lanes;
        }
    }
    for (int block = 0; block < Blocks; ++block) store(sums[block], out + block * laneCount);
}

/// out[row] = Σ_n weights[row][n] · map[row + offset n], edges replicated.
template <typename T>
MATTER_INLINE void combineRow(
    const Shape &s, const T *map, const T *weights, int64_t row, int64_t *at, T *out) {
    const int64_t count = int64_t(s.offsets.size());
    // Distances from a pixel to its neighbours: where all lie within the row's columns, the same for every pixel.
    int64_t *inner = at, *edge = at + count;
    for (int64_t n = 0; n < count; ++n) {
        const int64_t from = clampTo(row + s.offsets[n].row, s.height) * s.width;
        inner[n] = (from + s.offsets[n].column) * s.channels;
    }
    for (int64_t column = 0; column < s.width; ++column) {
        const bool isInner = column >= s.pad && column < s.width - s.pad;
        for (int64_t n = 0; !isInner && n < count; ++n) {
            const int64_t offset = s.offsets[n].column;
            edge[n] = inner[n] + (clampTo(column + offset, s.width) - column - offset) * s.channels;
        }
        const int64_t *distances = isInner ? inner : edge;
        const T *own = weights + (row * s.width + column) * count;
        const T *values = map + column * s.channels;
        T *to = out + (row * s.width + column) * s.channels;
        int64_t channel = 0;
        for (; channel + 4 * laneCount <= s.channels; channel += 4 * laneCount)
            combine<T, 4>(own, values + channel, distances, count, to + channel);
        for (; channel < s.channels; channel += laneCount)
            combine<T, 1>(own, values + channel, distances, count, to + channel);
    }
}

MATTER_VECTORISED void propagateRow(
    const Shape &s, const float *map, const float *weights, int64_t row, int64_t *at, float *out) {
    combineRow<float>(s, map, weights, row, at, out);
}

MATTER_VECTORISED void propagateRow(
    const Shape &s, const double *map, const double *weights, int64_t row, int64_t *at,
    double *out) {
    combineRow<double>(s, map, weights, row, at, out);
}

template <typename T>
void propagateOnce(const Shape &s, const T *map, const T *weights, T *out) {
    at::parallel_for(0, s.height, 4, [&](int64_t begin, int64_t end) {
        std::vector<int64_t> at(2 * s.offsets.size());
        for (int64_t row = begin; row < end; ++row)
            propagateRow(s, map, weights, row, at.data(), out);
    });
}

// MARK: The transpose
//
// What reaches pixel q is Σ w_n[p] g[p] over all n and p with clamp(p + offset n) = q. Away from the border that is at most one p a
// neighbour, q - offset n: the propagation itself, with offsets negated and weights turned, zero where p would lie outside. A pixel of
// the border also gets what replication sent there, and is summed by itself.

/// turned[q][n] = weights[q - offset n][n], zero where that pixel lies outside.
template <typename T>
void turn(const Shape &s, const T *weights, T *turned) {
    const int64_t count = int64_t(s.offsets.size());
    at::parallel_for(0, s.height, 4, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row)
            for (int64_t column = 0; column < s.width; ++column)
                for (int64_t n = 0; n < count; ++n) {
                    const int64_t r = row - s.offsets[n].row, c = column - s.offsets[n].column;
                    const bool isInside = r >= 0 && r < s.height && c >= 0 && c < s.width;
                    turned[(row * s.width + column) * count + n] =
                        isInside ? weights[(r * s.width + c) * count + n] : T(0);
                }
    });
}

/// The positions p with clamp(p + offset) = q on an axis of `count` pixels.
struct Sources {
    int64_t first, last;

    Sources(int64_t q, int64_t offset, int64_t count)
        : first(q == 0 ? 0 : std::max<int64_t>(q - offset, 0)),
          last(q == count - 1 ? count - 1 : std::min(q - offset, count - 1)) {}
};

template <typename T>
MATTER_INLINE void addScaled(const T *values, T weight, int64_t channels, T *out) {
#pragma clang fp contract(fast)
    for (int64_t channel = 0; channel < channels; ++channel)
        out[channel] += weight * values[channel];
}

/// What reaches a pixel of the border.
template <typename T>
void gatherAtBorder(
    const Shape &s, const T *gradient, const T *weights, int64_t row, int64_t column, T *out) {
    const int64_t count = int64_t(s.offsets.size());
    std::fill(out, out + s.channels, T(0));
    for (int64_t n = 0; n < count; ++n) {
        const Sources rows(row, s.offsets[n].row, s.height);
        const Sources columns(column, s.offsets[n].column, s.width);
        for (int64_t r = rows.first; r <= rows.last; ++r)
            for (int64_t c = columns.first; c <= columns.last; ++c) {
                const int64_t pixel = r * s.width + c;
                addScaled(
                    gradient + pixel * s.channels, weights[pixel * count + n], s.channels, out);
            }
    }
}

template <typename T>
void gatherBorder(const Shape &s, const T *gradient, const T *weights, T *out) {
    at::parallel_for(0, s.height, 1, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
            const bool isWhole = row == 0 || row == s.height - 1;
            const int64_t step = isWhole ? 1 : std::max<int64_t>(s.width - 1, 1);
            for (int64_t column = 0; column < s.width; column += step)
                gatherAtBorder(
                    s, gradient, weights, row, column,
                    out + (row * s.width + column) * s.channels);
        }
    });
}

// MARK: Images and iterations

void check(const at::Tensor &map, const at::Tensor &weights, size_t neighbours, int64_t iterations) {
    TORCH_CHECK(map.dim() == 4, "map must be (batch, channels, height, width), got ", map.sizes());
    TORCH_CHECK(
        weights.dim() == 4 && weights.size(0) == map.size(0) && weights.size(2) == map.size(2)
            && weights.size(3) == map.size(3) && weights.size(1) == int64_t(neighbours),
        "weights ", weights.sizes(), " do not fit map ", map.sizes(), " with ", neighbours,
        " neighbours");
    TORCH_CHECK(map.numel() > 0, "map is empty: ", map.sizes());
    TORCH_CHECK(
        map.scalar_type() == weights.scalar_type(), "map is ", map.scalar_type(), ", weights are ",
        weights.scalar_type());
    TORCH_CHECK(iterations >= 0, "iterations must not be negative, got ", iterations);
}

/// (batch, height, width, channels), with channels of zeros to make whole vectors.
at::Tensor pixelsOf(const at::Tensor &map) {
    const int64_t ragged = (laneCount - map.size(1) % laneCount) % laneCount;
    const at::Tensor pixels = map.permute({0, 2, 3, 1});
    return ragged == 0 ? pixels.contiguous() : at::constant_pad_nd(pixels, {0, ragged});
}

/// `step(shape, from, image's weights, to)` for every image, `iterations` times, from one buffer to another and back.
template <typename Step>
at::Tensor iterate(const Shape &s, const at::Tensor &map, int64_t iterations, Step step) {
    if (iterations == 0) return map.clone();
    at::Tensor source = pixelsOf(map);
    // A copy of the map is a buffer once it has been read; else one image's worth is made.
    const bool isCopy = !source.is_alias_of(map);
    at::Tensor result = at::empty_like(source);
    at::Tensor scratch =
        isCopy || iterations == 1 ? at::Tensor() : at::empty_like(source[0]);
    AT_DISPATCH_FLOATING_TYPES(map.scalar_type(), "matter::tern_propagate", [&] {
        for (int64_t image = 0; image < map.size(0); ++image) {
            scalar_t *given = source[image].data_ptr<scalar_t>();
            scalar_t *made = result[image].data_ptr<scalar_t>();
            scalar_t *other =
                isCopy ? given : scratch.defined() ? scratch.data_ptr<scalar_t>() : nullptr;
            // Without a copy the last iteration must end in the result.
            const bool beginsInResult = isCopy || iterations % 2 == 1;
            const scalar_t *from = given;
            for (int64_t i = 0; i < iterations; ++i) {
                scalar_t *to = (i % 2 == 0) == beginsInResult ? made : other;
                step(s, from, image, to);
                from = to;
            }
        }
    });
    const at::Tensor last = isCopy && iterations % 2 == 0 ? source : result;
    return last.narrow(3, 0, map.size(1)).permute({0, 3, 1, 2}).contiguous(
        at::MemoryFormat::ChannelsLast);
}

Shape shapeOf(const at::Tensor &map, std::vector<Offset> offsets) {
    const int64_t channels = (map.size(1) + laneCount - 1) / laneCount * laneCount;
    const int64_t pad = reach(offsets);
    return {map.size(2), map.size(3), channels, std::move(offsets), pad};
}

}  // namespace

at::Tensor ternPropagate(
    const at::Tensor &map, const at::Tensor &weights, at::IntArrayRef dilations, int64_t size,
    bool centre, int64_t iterations) {
    const auto offsets = neighbourOffsets(dilations, size, centre);
    check(map, weights, offsets.size(), iterations);
    const at::Tensor pixels = weights.permute({0, 2, 3, 1}).contiguous();
    return iterate(
        shapeOf(map, offsets), map, iterations,
        [&]<typename T>(const Shape &s, const T *from, int64_t image, T *to) {
            propagateOnce(s, from, pixels[image].template data_ptr<T>(), to);
        });
}

at::Tensor ternPropagateTransposed(
    const at::Tensor &gradient, const at::Tensor &weights, at::IntArrayRef dilations, int64_t size,
    bool centre, int64_t iterations) {
    const auto offsets = neighbourOffsets(dilations, size, centre);
    check(gradient, weights, offsets.size(), iterations);
    const at::Tensor pixels = weights.permute({0, 2, 3, 1}).contiguous();
    at::Tensor turned = at::empty_like(pixels[0]);
    Shape negated = shapeOf(gradient, offsets);
    for (Offset &offset : negated.offsets) offset = {-offset.row, -offset.column};
    int64_t current = -1;
    return iterate(
        shapeOf(gradient, offsets), gradient, iterations,
        [&]<typename T>(const Shape &s, const T *from, int64_t image, T *to) {
            const T *own = pixels[image].template data_ptr<T>();
            if (image != current) turn(s, own, turned.template data_ptr<T>());
            current = image;
            propagateOnce(negated, from, turned.template data_ptr<T>(), to);
            gatherBorder(s, from, own, to);
        });
}

}  // namespace matter
