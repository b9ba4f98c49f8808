// Convolutions of patches with few products: blocks of patches are transformed, multiplied and transformed back while they are in the cache.
#include "products.h"

#include "lanes.h"
#include <ATen/Parallel.h>
#include <algorithm>
#include <vector>

namespace matter {
namespace {

using Wide = Lanes<float>;

/// A small matrix without its zeros.
struct Mix {
    struct Term {
        int64_t column;
        float factor;
    };
    int64_t rows, columns;
    std::vector<Term> terms;
    /// Where the terms of a row begin; one more at the end.
    std::vector<int64_t> begin{0};

    explicit Mix(const at::Tensor &matrix) : rows(matrix.size(0)), columns(matrix.size(1)) {
        const at::Tensor values = matrix.contiguous();
        const float *value = values.data_ptr<float>();
        for (int64_t r = 0; r < rows; ++r) {
            for (int64_t c = 0; c < columns; ++c, ++value)
                if (*value != 0) terms.push_back({c, *value});
            begin.push_back(static_cast<int64_t>(terms.size()));
        }
    }
};

/// Row `row` of a mix times `lanes` vectors each, which lie `stride` values apart.
template <int lanes>
MATTER_INLINE void mixed(
    const Mix &mix, int64_t row, const float *from, int64_t stride, Wide (&sums)[lanes]) {
    for (int l = 0; l < lanes; ++l) sums[l] = Wide{};
    for (int64_t t = mix.begin[row]; t < mix.begin[row + 1]; ++t) {
        const Wide factor = Wide{} + mix.terms[t].factor;
        const float *place = from + mix.terms[t].column * stride;
        for (int l = 0; l < lanes; ++l) {
            Wide value;
            load(place + l * laneCount, value);
            sums[l] = __builtin_elementwise_fma(factor, value, sums[l]);
        }
    }
}

/// The columns of a square of vectors, mixed: (columns, columns) → (columns, rows), packed.
template <int lanes>
MATTER_INLINE void mixColumns(const Mix &mix, const float *from, int64_t stride, float *to) {
    for (int64_t r = 0; r < mix.columns; ++r)
        for (int64_t j = 0; j < mix.rows; ++j) {
            Wide sums[lanes];
            mixed(mix, j, from + r * mix.columns * stride, stride, sums);
            for (int l = 0; l < lanes; ++l, to += laneCount) store(sums[l], to);
        }
}

/// Six rows times `lanes` vectors of columns; each value is one sum in the order of the inputs, however wide the registers are.
template <int lanes>
MATTER_INLINE void multiplyTile(
    const float *left, const float *right, int64_t inputs, int64_t outputs, float *result) {
    constexpr int rows = 6;
    Wide sums[rows][lanes] = {};
    for (int64_t k = 0; k < inputs; ++k) {
        Wide weights[lanes];
        for (int l = 0; l < lanes; ++l) load(right + k * outputs + l * laneCount, weights[l]);
        for (int r = 0; r < rows; ++r) {
            const Wide value = Wide{} + left[r * inputs + k];
            for (int l = 0; l < lanes; ++l)
                sums[r][l] = __builtin_elementwise_fma(value, weights[l], sums[r][l]);
        }
    }
    for (int r = 0; r < rows; ++r)
        for (int l = 0; l < lanes; ++l) store(sums[r][l], result + r * outputs + l * laneCount);
}

template <int lanes>
MATTER_INLINE void multiply(
    const float *left, const float *right, int64_t rows, int64_t inputs, int64_t outputs,
    float *result) {
    for (int64_t column = 0; column < outputs; column += lanes * laneCount)
        for (int64_t row = 0; row < rows; row += 6)
            multiplyTile<lanes>(
                left + row * inputs, right + column, inputs, outputs,
                result + row * outputs + column);
}

/// A convolution's sizes and arrays.
struct Work {
    Mix into, outOf;
    /// Patches that are treated together, a multiple of 6.
    int64_t block;
    int64_t inputs, outputs;
    const float *maps, *weights, *bias, *beside;
    float *result;
    bool cut;
    /// Whether registers hold four vectors of columns for six rows.
    bool isWide;

    int64_t products() const { return into.rows * into.rows; }
    int64_t places() const { return into.columns * into.columns; }
    int64_t outputPlaces() const { return outOf.rows * outOf.rows; }
    /// Values of a block's transformed maps and of its products, and of what lies between two axes.
    int64_t leftSize() const { return products() * block * inputs; }
    int64_t rightSize() const { return products() * block * outputs; }
    int64_t betweenSize() const {
        return 4 * laneCount * std::max(into.rows * into.columns, outOf.rows * outOf.columns);
    }
};

/// Patches `first` and the following, each with `lanes` vectors of channels at a time, to the left sides of the products.
template <int lanes>
MATTER_INLINE void transform(
    const Work &w, int64_t first, int64_t count, float *left, float *between) {
    constexpr int64_t width = lanes * laneCount;
    const int64_t rows = w.into.rows;
    for (int64_t n = 0; n < count; ++n)
        for (int64_t c = 0; c < w.inputs; c += width) {
            const float *from = w.maps + (first + n) * w.places() * w.inputs + c;
            mixColumns<lanes>(w.into, from, w.inputs, between);
            float *to = left + n * w.inputs + c;
            for (int64_t i = 0; i < rows; ++i)
                for (int64_t j = 0; j < rows; ++j, to += w.block * w.inputs) {
                    Wide sums[lanes];
                    mixed(w.into, i, between + j * width, rows * width, sums);
                    for (int l = 0; l < lanes; ++l) store(sums[l], to + l * laneCount);
                }
        }
}

/// Adds the bias and what stands beside, cuts, and stores.
template <int lanes>
MATTER_INLINE void finish(const Work &w, int64_t place, int64_t column, Wide (&sums)[lanes]) {
    const Wide zero{};
    for (int l = 0; l < lanes; ++l, place += laneCount) {
        Wide other;
        load(w.bias + column + l * laneCount, other);
        sums[l] += other;
        if (w.beside) {
            load(w.beside + place, other);
            sums[l] += other;
        }
        if (w.cut) sums[l] = sums[l] > zero ? sums[l] : zero;
        store(sums[l], w.result + place);
    }
}

template <int lanes>
MATTER_INLINE void transformBack(
    const Work &w, int64_t first, int64_t count, const float *right, float *between) {
    constexpr int64_t width = lanes * laneCount;
    const int64_t rows = w.outOf.rows;
    for (int64_t n = 0; n < count; ++n)
        for (int64_t c = 0; c < w.outputs; c += width) {
            mixColumns<lanes>(w.outOf, right + n * w.outputs + c, w.block * w.outputs, between);
            int64_t place = (first + n) * w.outputPlaces() * w.outputs + c;
            for (int64_t i = 0; i < rows; ++i)
                for (int64_t j = 0; j < rows; ++j, place += w.outputs) {
                    Wide sums[lanes];
                    mixed(w.outOf, i, between + j * width, rows * width, sums);
                    finish(w, place, c, sums);
                }
        }
}

MATTER_VECTORISED void convolveBlock(const Work &w, int64_t first, int64_t count, float *scratch) {
    float *left = scratch, *right = left + w.leftSize(), *between = right + w.rightSize();
    if (w.inputs % (4 * laneCount) == 0)
        transform<4>(w, first, count, left, between);
    else
        transform<1>(w, first, count, left, between);
    const int64_t rows = (count + 5) / 6 * 6;
    for (int64_t q = 0; q < w.products(); ++q) {
        // Rows beyond the last patch are multiplied too: they must be numbers.
        std::memset(
            left + (q * w.block + count) * w.inputs, 0, (rows - count) * w.inputs * sizeof(float));
        const float *from = left + q * w.block * w.inputs;
        const float *weights = w.weights + q * w.inputs * w.outputs;
        float *to = right + q * w.block * w.outputs;
        if (w.isWide)
            multiply<4>(from, weights, rows, w.inputs, w.outputs, to);
        else
            multiply<1>(from, weights, rows, w.inputs, w.outputs, to);
    }
    if (w.outputs % (4 * laneCount) == 0)
        transformBack<4>(w, first, count, right, between);
    else
        transformBack<1>(w, first, count, right, between);
}

/// Whether there are registers for 24 sums of sixteen values.
bool hasManyRegisters() {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
#else
    return false;
#endif
}

void checkConvolution(
    const at::Tensor &maps, const at::Tensor &weights, const at::Tensor &bias,
    const at::Tensor &into, const at::Tensor &outOf) {
    TORCH_CHECK(
        maps.dim() == 3 && maps.size(1) == into.size(1) * into.size(1) && maps.size(2) % laneCount == 0,
        "maps must be (patches, ", into.size(1), "², a multiple of ", laneCount, "), got ", maps.sizes());
    TORCH_CHECK(
        weights.dim() == 3 && weights.size(0) == into.size(0) * into.size(0)
            && weights.size(1) == maps.size(2) && weights.size(2) % laneCount == 0
            && outOf.size(1) == into.size(0) && bias.numel() == weights.size(2),
        "weights ", weights.sizes(), " do not fit maps ", maps.sizes());
    for (const at::Tensor &each : {maps, weights, bias, into, outOf})
        TORCH_CHECK(
            each.is_cpu() && each.scalar_type() == at::kFloat && !each.requires_grad(),
            "convolve_patches works on float32 on the CPU, without gradients");
}

/// Bytes of a block's transformed maps and products: most of a core's second cache.
constexpr int64_t blockBytes = 640 << 10;

}  // namespace

at::Tensor convolvePatches(
    const at::Tensor &maps, const at::Tensor &weights, const at::Tensor &bias,
    const std::optional<at::Tensor> &beside, const at::Tensor &into, const at::Tensor &outOf,
    bool cut) {
    checkConvolution(maps, weights, bias, into, outOf);
    const at::Tensor from = maps.contiguous(), by = weights.contiguous(), add = bias.contiguous();
    const int64_t patches = maps.size(0), inputs = maps.size(2), outputs = weights.size(2);
    const at::Tensor result =
        at::empty({patches, outOf.size(0) * outOf.size(0), outputs}, maps.options());
    const at::Tensor other = beside ? beside->contiguous() : at::Tensor();
    TORCH_CHECK(
        !beside || (other.sizes() == result.sizes() && other.scalar_type() == at::kFloat),
        "what is added must have the shape ", result.sizes());
    Work work{
        Mix(into), Mix(outOf), 0, inputs, outputs, from.data_ptr<float>(), by.data_ptr<float>(),
        add.data_ptr<float>(), beside ? other.data_ptr<float>() : nullptr,
        result.data_ptr<float>(), cut, outputs % (4 * laneCount) == 0 && hasManyRegisters()};
    const int64_t bytesAPatch = weights.size(0) * (inputs + outputs) * 4;
    work.block = std::clamp<int64_t>(blockBytes / bytesAPatch / 6 * 6, 12, 96);
    const int64_t blocks = (patches + work.block - 1) / work.block;
    at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
        const at::Tensor scratch = at::empty(
            {work.leftSize() + work.rightSize() + work.betweenSize()}, from.options());
        for (int64_t b = begin; b < end; ++b)
            convolveBlock(
                work, b * work.block, std::min(work.block, patches - b * work.block),
                scratch.data_ptr<float>());
    });
    return result;
}

}  // namespace matter
