// The weights of the texture refinement network: one softmax over the neighbours of each pixel of the guide.
//
// Two kernels:
//   pamr    a_n = mean_channels(-|x_c - x_n| / (1e-8 + 0.1 σ)), σ per channel, unbiased, over all windows with their centres
//           (visinf/1-stage-wseg, pamr.py; the authors' snapshot of TeRN);
//   cosine  a_n = sign · cos(x_c, x_n) / (σ² + 1e-4), σ² the channel mean of the variance over the same values;
//           the paper prints sign = -1. That a softmax normalises it is our choice, as is the 1e-4.
//
// The variance is that of the differences to the centre, d_n: (Σd² - (Σd)²/N) / (N-1). The centre is among the N values with a
// difference of zero, so that (Σd)²/N is at most (1 - 1/size²) of Σd², and the subtraction loses no more than a digit.
#include "lanes.h"
#include "neighbours.h"
#include "tern.h"

#include <ATen/Parallel.h>
#include <torch/library.h>

namespace matter {
namespace {

constexpr double varianceFloor = 1e-4;

/// One image of a guide with replicated margins, and where neighbours lie from a value.
template <typename T>
struct Guide {
    const T *values;  // (channels, height + 2 pad, stride)
    int64_t channels, plane, stride, pad;
    std::vector<int64_t> neighbours;  // distances in `values`
    int64_t statistics;               // values under a variance: the windows with their centres
    TernKernel kernel;
};

/// What a thread needs beside the guide: a few vectors a neighbour.
template <typename T>
struct Scratch {
    std::vector<Lanes<T>> logits, squares;
    explicit Scratch(size_t neighbours) : logits(neighbours), squares(neighbours) {}
};

/// `squares`, of differences that add up to `sum`, becomes their unbiased variance.
template <typename T>
MATTER_INLINE void toVariance(Lanes<T> &squares, const Lanes<T> &sum, int64_t count) {
    const Lanes<T> variance = (squares - sum * sum / T(count)) / T(count - 1);
    squares = variance > 0 ? variance : Lanes<T>{};
}

/// Adds a channel's part to the logits of sixteen pixels.
template <typename T>
MATTER_INLINE void addDifferences(const Guide<T> &g, const T *centre, Lanes<T> *logits) {
    Lanes<T> own, sum{}, squares{};
    load(centre, own);
    for (const int64_t neighbour : g.neighbours) {
        Lanes<T> other;
        load(centre + neighbour, other);
        const Lanes<T> difference = other - own;
        sum += difference;
        squares += difference * difference;
    }
    toVariance<T>(squares, sum, g.statistics);
    const Lanes<T> scale =
        T(-1) / ((__builtin_elementwise_sqrt(squares) * T(0.1) + T(1e-8)) * T(g.channels));
    for (size_t n = 0; n < g.neighbours.size(); ++n) {
        Lanes<T> other;
        load(centre + g.neighbours[n], other);
        logits[n] += __builtin_elementwise_abs(other - own) * scale;
    }
}

/// Logits of the cosine kernels for sixteen pixels; `squares` is scratch.
template <typename T>
MATTER_INLINE void cosines(const Guide<T> &g, const T *first, Lanes<T> *logits, Lanes<T> *squares) {
    Lanes<T> ownSquare{}, variances{};
    for (size_t n = 0; n < g.neighbours.size(); ++n) squares[n] = Lanes<T>{};
    for (int64_t channel = 0; channel < g.channels; ++channel) {
        const T *centre = first + channel * g.plane;
        Lanes<T> own, sum{}, spread{};
        load(centre, own);
        ownSquare += own * own;
        for (size_t n = 0; n < g.neighbours.size(); ++n) {
            Lanes<T> other;
            load(centre + g.neighbours[n], other);
            const Lanes<T> difference = other - own;
            sum += difference;
            spread += difference * difference;
            logits[n] += own * other;
            squares[n] += other * other;
        }
        toVariance<T>(spread, sum, g.statistics);
        variances += spread;
    }
    const Lanes<T> scale = T(g.kernel == TernKernel::similar ? 1 : -1)
        / (variances / T(g.channels) + T(varianceFloor));
    for (size_t n = 0; n < g.neighbours.size(); ++n) {
        const Lanes<T> norms = __builtin_elementwise_sqrt(ownSquare * squares[n]);
        logits[n] = logits[n] / (norms > T(1e-12) ? norms : Lanes<T>{} + T(1e-12)) * scale;
    }
}

template <typename T>
MATTER_INLINE void softmax(Lanes<T> *logits, size_t count) {
    Lanes<T> highest = logits[0], sum{};
    for (size_t n = 1; n < count; ++n) highest = __builtin_elementwise_max(highest, logits[n]);
    for (size_t n = 0; n < count; ++n) {
        logits[n] -= highest;
        exponential(logits[n]);
        sum += logits[n];
    }
    for (size_t n = 0; n < count; ++n) logits[n] /= sum;
}

/// The weights of a row: (width, neighbours).
template <typename T>
MATTER_INLINE void weightsOfRow(
    const Guide<T> &g, int64_t row, int64_t width, Scratch<T> &scratch, T *weights) {
    const size_t count = g.neighbours.size();
    Lanes<T> *logits = scratch.logits.data();
    for (int64_t column = 0; column < width; column += laneCount) {
        const T *first = g.values + (row + g.pad) * g.stride + g.pad + column;
        for (size_t n = 0; n < count; ++n) logits[n] = Lanes<T>{};
        if (g.kernel == TernKernel::pamr)
            for (int64_t channel = 0; channel < g.channels; ++channel)
                addDifferences<T>(g, first + channel * g.plane, logits);
        else
            cosines<T>(g, first, logits, scratch.squares.data());
        softmax<T>(logits, count);
        const int64_t valid = std::min(laneCount, width - column);
        for (int64_t lane = 0; lane < valid; ++lane)
            for (size_t n = 0; n < count; ++n)
                weights[(column + lane) * int64_t(count) + int64_t(n)] = logits[n][lane];
    }
}

MATTER_VECTORISED void fillRow(
    const Guide<float> &g, int64_t row, int64_t width, Scratch<float> &scratch, float *weights) {
    weightsOfRow<float>(g, row, width, scratch, weights);
}

MATTER_VECTORISED void fillRow(
    const Guide<double> &g, int64_t row, int64_t width, Scratch<double> &scratch, double *weights) {
    weightsOfRow<double>(g, row, width, scratch, weights);
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
    const auto offsets = neighbourOffsets(dilations, size, centre);
    const int64_t pad = reach(offsets), height = guide.size(2), width = guide.size(3);
    const int64_t count = int64_t(offsets.size());
    // To the right as much again as makes whole vectors of every row.
    const int64_t ragged = (laneCount - width % laneCount) % laneCount;
    const at::Tensor padded =
        at::replication_pad2d(guide.detach().contiguous(), {pad, pad + ragged, pad, pad});
    at::Tensor weights = at::empty(
        {guide.size(0), count, height, width},
        guide.options().memory_format(at::MemoryFormat::ChannelsLast));
    AT_DISPATCH_FLOATING_TYPES(guide.scalar_type(), "matter::tern_weights", [&] {
        Guide<scalar_t> shared{
            nullptr, guide.size(1), padded.stride(1), padded.size(3), pad, {},
            size * size * int64_t(dilations.size()), kernel};
        for (const Offset &offset : offsets)
            shared.neighbours.push_back(offset.row * shared.stride + offset.column);
        const scalar_t *from = padded.data_ptr<scalar_t>();
        scalar_t *to = weights.data_ptr<scalar_t>();
        at::parallel_for(0, guide.size(0) * height, 4, [&](int64_t begin, int64_t end) {
            Guide<scalar_t> g = shared;
            Scratch<scalar_t> scratch(offsets.size());
            for (int64_t row = begin; row < end; ++row) {
                g.values = from + row / height * padded.stride(0);
                fillRow(g, row % height, width, scratch, to + row * width * count);
            }
        });
    });
    return weights;
}

}  // namespace matter
