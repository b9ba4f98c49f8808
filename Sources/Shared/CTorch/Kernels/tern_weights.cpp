// The weights of the texture refinement network: one softmax over the neighbours of each pixel of the guide.
//
// Two kernels:
//   pamr    a_n = mean_channels(-|x_c - x_n| / (1e-8 + 0.1 σ)), σ per channel, unbiased, over all windows with their centres
//           (visinf/1-stage-wseg, pamr.py; the authors' snapshot of TeRN);
//   cosine  a_n = sign · cos(x_c, x_n) / (σ² + 1e-4), σ² the channel mean of the variance over the same values;
//           the paper prints sign = -1. That a softmax normalises it is our choice, as is the 1e-4.
#include "tern.h"

#include "neighbours.h"
#include <ATen/Parallel.h>
#include <cmath>
#include <torch/library.h>

namespace matter {
namespace {

constexpr double varianceFloor = 1e-4;

/// Softmax over n for every column of a row; `logits` is (count, width) and becomes the weights.
template <typename T>
__attribute__((always_inline)) inline void softmaxRows(
    T *const *logits, int64_t count, int64_t width, T *highest, T *sum) {
    std::copy(logits[0], logits[0] + width, highest);
    for (int64_t n = 1; n < count; ++n)
        for (int64_t c = 0; c < width; ++c) highest[c] = std::max(highest[c], logits[n][c]);
    std::fill(sum, sum + width, T(0));
    for (int64_t n = 0; n < count; ++n)
        for (int64_t c = 0; c < width; ++c) {
            logits[n][c] = std::exp(logits[n][c] - highest[c]);
            sum[c] += logits[n][c];
        }
    for (int64_t n = 0; n < count; ++n)
        for (int64_t c = 0; c < width; ++c) logits[n][c] /= sum[c];
}

/// The unbiased variance over the statistics rows, per column.
template <typename T>
__attribute__((always_inline)) inline void varianceRows(
    const T *const *rows, int64_t count, int64_t width, T *mean, T *variance) {
    std::fill(mean, mean + width, T(0));
    for (int64_t n = 0; n < count; ++n)
        for (int64_t c = 0; c < width; ++c) mean[c] += rows[n][c];
    for (int64_t c = 0; c < width; ++c) mean[c] /= T(count);
    std::fill(variance, variance + width, T(0));
    for (int64_t n = 0; n < count; ++n)
        for (int64_t c = 0; c < width; ++c) {
            const T difference = rows[n][c] - mean[c];
            variance[c] += difference * difference;
        }
    for (int64_t c = 0; c < width; ++c) variance[c] /= T(count - 1);
}

template <typename T>
__attribute__((always_inline)) inline void addDifferences(
    const T *centre, const T *neighbour, const T *variance, int64_t width, T channels, T *logit) {
    for (int64_t c = 0; c < width; ++c)
        logit[c] -= std::abs(centre[c] - neighbour[c])
            / ((T(1e-8) + T(0.1) * std::sqrt(variance[c])) * channels);
}

template <typename T>
__attribute__((always_inline)) inline void addProducts(
    const T *a, const T *b, int64_t width, T *product) {
    for (int64_t c = 0; c < width; ++c) product[c] += a[c] * b[c];
}

// The vectorised entries: the bodies above are inlined into every clone.
#define MATTER_ENTRIES(T)                                                                     \
    MATTER_VECTORISED void softmax(T *const *l, int64_t n, int64_t w, T *h, T *s) {           \
        softmaxRows<T>(l, n, w, h, s);                                                        \
    }                                                                                         \
    MATTER_VECTORISED void variance(const T *const *r, int64_t n, int64_t w, T *m, T *v) {    \
        varianceRows<T>(r, n, w, m, v);                                                       \
    }                                                                                         \
    MATTER_VECTORISED void differences(                                                       \
        const T *x, const T *y, const T *v, int64_t w, T k, T *l) {                           \
        addDifferences<T>(x, y, v, w, k, l);                                                  \
    }                                                                                         \
    MATTER_VECTORISED void products(const T *x, const T *y, int64_t w, T *p) {                \
        addProducts<T>(x, y, w, p);                                                           \
    }
MATTER_ENTRIES(float)
MATTER_ENTRIES(double)
#undef MATTER_ENTRIES

/// A guide with replicated margins, and the offsets that look into it.
template <typename T>
struct Guide {
    const T *values;  // (channels, height + 2 pad, stride)
    int64_t channels, height, width, pad, stride;
    std::vector<Offset> neighbours, statistics;

    const T *row(int64_t channel, int64_t row, Offset offset) const {
        return values + (channel * (height + 2 * pad) + row + pad + offset.row) * stride + pad
            + offset.column;
    }
};

/// What one thread needs beside the guide: a few rows.
template <typename T>
struct Scratch {
    std::vector<T> mean, variance, sum;
    std::vector<const T *> rows;
    std::vector<T> squares;  // (neighbours + 1, width): |x_n|², then |x_c|²
    explicit Scratch(const Guide<T> &g)
        : mean(g.width), variance(g.width), sum(g.width), rows(g.statistics.size()),
          squares((g.neighbours.size() + 1) * g.width) {}
};

template <typename T>
void channelVariance(const Guide<T> &g, int64_t channel, int64_t row, Scratch<T> &s) {
    for (size_t n = 0; n < g.statistics.size(); ++n)
        s.rows[n] = g.row(channel, row, g.statistics[n]);
    variance(s.rows.data(), int64_t(s.rows.size()), g.width, s.mean.data(), s.variance.data());
}

template <typename T>
void pamrLogits(const Guide<T> &g, int64_t row, T *const *logits, Scratch<T> &s) {
    for (int64_t channel = 0; channel < g.channels; ++channel) {
        channelVariance(g, channel, row, s);
        for (size_t n = 0; n < g.neighbours.size(); ++n)
            differences(
                g.row(channel, row, {0, 0}), g.row(channel, row, g.neighbours[n]),
                s.variance.data(), g.width, T(g.channels), logits[n]);
    }
}

template <typename T>
void cosineLogits(const Guide<T> &g, T sign, int64_t row, T *const *logits, Scratch<T> &s) {
    const int64_t count = int64_t(g.neighbours.size());
    std::fill(s.squares.begin(), s.squares.end(), T(0));
    std::fill(s.sum.begin(), s.sum.end(), T(0));
    for (int64_t channel = 0; channel < g.channels; ++channel) {
        channelVariance(g, channel, row, s);
        for (int64_t c = 0; c < g.width; ++c) s.sum[c] += s.variance[c];
        const T *centre = g.row(channel, row, {0, 0});
        products(centre, centre, g.width, s.squares.data() + count * g.width);
        for (int64_t n = 0; n < count; ++n) {
            const T *neighbour = g.row(channel, row, g.neighbours[n]);
            products(centre, neighbour, g.width, logits[n]);
            products(neighbour, neighbour, g.width, s.squares.data() + n * g.width);
        }
    }
    const T *own = s.squares.data() + count * g.width;
    for (int64_t n = 0; n < count; ++n)
        for (int64_t c = 0; c < g.width; ++c) {
            const T norms = std::sqrt(own[c] * s.squares[n * g.width + c]);
            logits[n][c] = sign * logits[n][c] / std::max(norms, T(1e-12))
                / (s.sum[c] / T(g.channels) + T(varianceFloor));
        }
}

template <typename T>
void weightsOfImage(const Guide<T> &g, TernKernel kernel, T *weights) {
    const int64_t count = int64_t(g.neighbours.size());
    at::parallel_for(0, g.height, 8, [&](int64_t begin, int64_t end) {
        Scratch<T> scratch(g);
        std::vector<T *> logits(count);
        for (int64_t row = begin; row < end; ++row) {
            for (int64_t n = 0; n < count; ++n) {
                logits[n] = weights + (n * g.height + row) * g.width;
                std::fill(logits[n], logits[n] + g.width, T(0));
            }
            if (kernel == TernKernel::pamr)
                pamrLogits(g, row, logits.data(), scratch);
            else
                cosineLogits(
                    g, kernel == TernKernel::similar ? T(1) : T(-1), row, logits.data(), scratch);
            softmax(logits.data(), count, g.width, scratch.mean.data(), scratch.sum.data());
        }
    });
}

}  // namespace

TernKernel ternKernel(c10::string_view name) {
    if (name == "pamr") return TernKernel::pamr;
    if (name == "cosine-similar") return TernKernel::similar;
    if (name == "cosine-printed") return TernKernel::printed;
    TORCH_CHECK(
        false, "unknown TeRN kernel '", name, "': pamr, cosine-similar or cosine-printed");
}

at::Tensor ternWeights(
    const at::Tensor &guide, at::IntArrayRef dilations, int64_t size, bool centre,
    c10::string_view kernelName) {
    TORCH_CHECK(guide.dim() == 4, "guide must be (batch, bands, height, width), got ", guide.sizes());
    TORCH_CHECK(guide.numel() > 0, "guide is empty: ", guide.sizes());
    TORCH_CHECK(size > 1, "kernel size must be at least 3, got ", size);
    const TernKernel kernel = ternKernel(kernelName);
    const auto neighbours = neighbourOffsets(dilations, size, centre);
    const auto statistics = neighbourOffsets(dilations, size, true);
    const int64_t pad = reach(statistics);
    const at::Tensor padded =
        at::replication_pad2d(guide.detach(), {pad, pad, pad, pad}).contiguous();
    at::Tensor weights = at::empty(
        {guide.size(0), int64_t(neighbours.size()), guide.size(2), guide.size(3)},
        guide.options());
    AT_DISPATCH_FLOATING_TYPES(guide.scalar_type(), "matter::tern_weights", [&] {
        for (int64_t image = 0; image < guide.size(0); ++image) {
            const Guide<scalar_t> g{
                padded.data_ptr<scalar_t>() + image * padded.stride(0), guide.size(1),
                guide.size(2), guide.size(3), pad, padded.size(3), neighbours, statistics};
            weightsOfImage<scalar_t>(
                g, kernel, weights.data_ptr<scalar_t>() + image * weights.stride(0));
        }
    });
    return weights;
}

}  // namespace matter
