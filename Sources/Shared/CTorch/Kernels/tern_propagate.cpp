// The propagation of the texture refinement network and its transpose: linear in the map, so that the transpose
// applied to a gradient is the whole backward pass and nothing has to be kept but the weights.
#include "neighbours.h"
#include "tern.h"

#include <ATen/Parallel.h>

namespace matter {
namespace {

MATTER_VECTORISED void combine(
    const float *const *w, const float *v, const int64_t *offsets, int64_t n, int64_t begin,
    int64_t end, float *out) {
    combineRows<float>(w, v, offsets, n, begin, end, out);
}

MATTER_VECTORISED void combine(
    const double *const *w, const double *v, const int64_t *offsets, int64_t n, int64_t begin,
    int64_t end, double *out) {
    combineRows<double>(w, v, offsets, n, begin, end, out);
}

/// Columns that are taken together for all channels, so that their weights stay in the first-level cache.
constexpr int64_t tile = 64;

/// One image's planes: channels of a map or neighbours of its weights, each height × width.
struct Shape {
    int64_t channels, height, width;
    std::vector<Offset> offsets;
    int64_t pad;
};

/// A map's rows widened by `pad` on both sides with their end values.
template <typename T>
void widen(const T *map, const Shape &s, T *wide) {
    const int64_t stride = s.width + 2 * s.pad;
    at::parallel_for(0, s.channels * s.height, 64, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row)
            replicateRow(map + row * s.width, s.width, s.pad, wide + row * stride);
    });
}

template <typename T>
void propagateOnce(const T *wide, const T *weights, const Shape &s, T *out) {
    const int64_t count = int64_t(s.offsets.size()), stride = s.width + 2 * s.pad;
    at::parallel_for(0, s.height, 4, [&](int64_t begin, int64_t end) {
        std::vector<const T *> w(count);
        std::vector<int64_t> sources(count);
        for (int64_t row = begin; row < end; ++row) {
            for (int64_t n = 0; n < count; ++n) {
                w[n] = weights + (n * s.height + row) * s.width;
                sources[n] = clampTo(row + s.offsets[n].row, s.height) * stride + s.pad
                    + s.offsets[n].column;
            }
            for (int64_t from = 0; from < s.width; from += tile)
                for (int64_t channel = 0; channel < s.channels; ++channel)
                    combine(
                        w.data(), wide + channel * s.height * stride, sources.data(), count, from,
                        std::min(from + tile, s.width),
                        out + (channel * s.height + row) * s.width);
        }
    });
}

/// Adds the margins of a row of the padded domain to its ends, the transpose of replication.
template <typename T>
void foldRow(const T *padded, int64_t width, int64_t pad, T *row) {
    T left = 0, right = 0;
    for (int64_t c = 0; c < pad; ++c) left += padded[c];
    for (int64_t c = pad + width; c < 2 * pad + width; ++c) right += padded[c];
    for (int64_t c = 0; c < width; ++c) row[c] += padded[pad + c];
    row[0] += left;
    row[width - 1] += right;
}

/// Rows of weights and gradient that reach row `row` of the padded domain; both lie between margins of 2 pad zeros.
template <typename T>
struct Sources {
    std::vector<T> weights;
    std::vector<int64_t> rows;
    std::vector<Offset> offsets;

    Sources(const T *all, const Shape &s, int64_t row) {
        const int64_t stride = s.width + 4 * s.pad;
        for (size_t n = 0; n < s.offsets.size(); ++n) {
            const int64_t source = row - s.offsets[n].row;
            if (source < 0 || source >= s.height) continue;
            const T *from = all + (int64_t(n) * s.height + source) * s.width;
            weights.resize(weights.size() + stride, T(0));
            std::copy(from, from + s.width, weights.end() - stride + 2 * s.pad);
            rows.push_back(source);
            offsets.push_back(s.offsets[n]);
        }
    }
};

/// The gradient of the rows of the padded domain that fold onto row `target`.
template <typename T>
void transposeRow(const T *wide, const T *weights, const Shape &s, int64_t target, T *out) {
    const int64_t stride = s.width + 4 * s.pad, length = s.width + 2 * s.pad;
    const int64_t first = target == 0 ? -s.pad : target;
    const int64_t last = target == s.height - 1 ? target + s.pad : target;
    std::vector<T> padded(s.channels * length);
    for (int64_t row = first; row <= last; ++row) {
        const Sources<T> sources(weights, s, row);
        const int64_t count = int64_t(sources.rows.size());
        std::vector<const T *> w(count);
        std::vector<int64_t> from(count);
        for (int64_t n = 0; n < count; ++n) {
            const int64_t shift = s.pad - sources.offsets[n].column;
            w[n] = sources.weights.data() + n * stride + shift;
            from[n] = sources.rows[n] * stride + shift;
        }
        for (int64_t column = 0; column < length; column += tile)
            for (int64_t channel = 0; channel < s.channels; ++channel)
                combine(
                    w.data(), wide + channel * s.height * stride, from.data(), count, column,
                    std::min(column + tile, length), padded.data() + channel * length);
        for (int64_t channel = 0; channel < s.channels; ++channel)
            foldRow(
                padded.data() + channel * length, s.width, s.pad,
                out + (channel * s.height + target) * s.width);
    }
}

template <typename T>
void transposeOnce(const T *gradient, const T *weights, const Shape &s, T *wide, T *out) {
    const int64_t stride = s.width + 4 * s.pad;
    at::parallel_for(0, s.channels * s.height, 64, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row)
            std::copy(
                gradient + row * s.width, gradient + (row + 1) * s.width,
                wide + row * stride + 2 * s.pad);
    });
    std::fill(out, out + s.channels * s.height * s.width, T(0));
    at::parallel_for(0, s.height, 4, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) transposeRow(wide, weights, s, row, out);
    });
}

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

/// `step(current, weights, shape, scratch, next)` for every image, `iterations` times.
template <typename Step>
at::Tensor iterate(
    const at::Tensor &map, const at::Tensor &weights, std::vector<Offset> offsets, int64_t margins,
    int64_t iterations, Step step) {
    check(map, weights, offsets.size(), iterations);
    const int64_t pad = reach(offsets);
    const Shape shape{map.size(1), map.size(2), map.size(3), std::move(offsets), pad};
    const at::Tensor w = weights.contiguous();
    at::Tensor result = map.contiguous().clone();
    at::Tensor wide = at::zeros(
        {shape.channels, shape.height, shape.width + margins * pad}, map.options());
    at::Tensor next = at::empty_like(result[0]);
    AT_DISPATCH_FLOATING_TYPES(map.scalar_type(), "matter::tern_propagate", [&] {
        for (int64_t image = 0; image < map.size(0); ++image) {
            at::Tensor current = result[image];
            for (int64_t i = 0; i < iterations; ++i) {
                step(
                    current.data_ptr<scalar_t>(),
                    w.data_ptr<scalar_t>() + image * w.stride(0), shape,
                    wide.data_ptr<scalar_t>(), next.data_ptr<scalar_t>());
                current.copy_(next);
            }
        }
    });
    return result;
}

}  // namespace

at::Tensor ternPropagate(
    const at::Tensor &map, const at::Tensor &weights, at::IntArrayRef dilations, int64_t size,
    bool centre, int64_t iterations) {
    return iterate(
        map, weights, neighbourOffsets(dilations, size, centre), 2, iterations,
        [](auto *current, auto *w, const Shape &s, auto *wide, auto *next) {
            widen(current, s, wide);
            propagateOnce(wide, w, s, next);
        });
}

at::Tensor ternPropagateTransposed(
    const at::Tensor &gradient, const at::Tensor &weights, at::IntArrayRef dilations, int64_t size,
    bool centre, int64_t iterations) {
    return iterate(
        gradient, weights, neighbourOffsets(dilations, size, centre), 4, iterations,
        [](auto *current, auto *w, const Shape &s, auto *wide, auto *next) {
            transposeOnce(current, w, s, wide, next);
        });
}

}  // namespace matter
