// What overlapping windows share: products of an area's pixels with taps, summed to maps of an area, of which patches are put together.
#include "products.h"

#include "lanes.h"
#include <ATen/Parallel.h>
#include <algorithm>
#include <vector>

namespace matter {
namespace {

struct Term {
    int64_t form, product, down, right;
};

/// Products (height, width, count, channels) and the maps made of them.
struct Sums {
    std::vector<Term> terms;
    int64_t height, width, count, forms, channels;
    const float *products, *bias;
    float *result;
    bool cut;

    bool holds(int64_t row, int64_t column) const {
        return row >= 0 && row < height && column >= 0 && column < width;
    }
};

/// The forms of a pixel, `lanes` vectors of channels at a time.
template <int lanes>
MATTER_INLINE void sumPixel(const Sums &s, int64_t row, int64_t column, int64_t c, float *to) {
    const Lanes<float> zero{};
    // The terms of a form stand together.
    for (size_t t = 0; t < s.terms.size();) {
        const int64_t form = s.terms[t].form;
        Lanes<float> sums[lanes];
        for (int l = 0; l < lanes; ++l) load(s.bias + c + l * laneCount, sums[l]);
        for (; t < s.terms.size() && s.terms[t].form == form; ++t) {
            const int64_t r = row + s.terms[t].down, x = column + s.terms[t].right;
            if (!s.holds(r, x)) continue;
            const float *from =
                s.products + ((r * s.width + x) * s.count + s.terms[t].product) * s.channels + c;
            for (int l = 0; l < lanes; ++l) {
                Lanes<float> value;
                load(from + l * laneCount, value);
                sums[l] += value;
            }
        }
        for (int l = 0; l < lanes; ++l) {
            if (s.cut) sums[l] = sums[l] > zero ? sums[l] : zero;
            store(sums[l], to + form * s.channels + c + l * laneCount);
        }
    }
}

MATTER_VECTORISED void sumRow(const Sums &s, int64_t row) {
    const bool isWide = s.channels % (4 * laneCount) == 0;
    for (int64_t column = 0; column < s.width; ++column) {
        float *to = s.result + (row * s.width + column) * s.forms * s.channels;
        for (int64_t c = 0; c < s.channels; c += (isWide ? 4 : 1) * laneCount) {
            if (isWide)
                sumPixel<4>(s, row, column, c, to);
            else
                sumPixel<1>(s, row, column, c, to);
        }
    }
}

void checkArea(const at::Tensor &maps) {
    TORCH_CHECK(
        maps.dim() == 4 && maps.is_cpu() && maps.scalar_type() == at::kFloat
            && maps.size(3) % laneCount == 0 && !maps.requires_grad(),
        "needs float32 (height, width, maps, a multiple of ", laneCount,
        " channels) on the CPU, without gradients, got ", maps.sizes());
}

}  // namespace

at::Tensor sumProducts(
    const at::Tensor &products, const at::Tensor &bias, at::IntArrayRef terms, int64_t forms,
    bool cut) {
    checkArea(products);
    TORCH_CHECK(terms.size() % 4 == 0 && bias.numel() == products.size(3), "sum_products: terms or bias do not fit");
    const at::Tensor from = products.contiguous(), add = bias.contiguous();
    const at::Tensor result =
        at::empty({products.size(0), products.size(1), forms, products.size(3)}, products.options());
    Sums sums{
        {}, products.size(0), products.size(1), products.size(2), forms, products.size(3),
        from.data_ptr<float>(), add.data_ptr<float>(), result.data_ptr<float>(), cut};
    for (size_t t = 0; t < terms.size(); t += 4) {
        TORCH_CHECK(
            terms[t] >= 0 && terms[t] < forms && terms[t + 1] >= 0 && terms[t + 1] < sums.count,
            "sum_products: term ", t / 4, " names no form or no product");
        sums.terms.push_back({terms[t], terms[t + 1], terms[t + 2], terms[t + 3]});
    }
    at::parallel_for(0, sums.height, 1, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) sumRow(sums, row);
    });
    return result;
}

at::Tensor gatherForms(const at::Tensor &maps, const at::Tensor &positions, at::IntArrayRef places) {
    checkArea(maps);
    TORCH_CHECK(
        positions.dim() == 2 && positions.size(1) == 2 && positions.scalar_type() == at::kLong,
        "positions must be int64 (patches, 2), got ", positions.sizes());
    TORCH_CHECK(!places.empty() && places.size() % 3 == 0, "places are triples");
    const at::Tensor from = maps.contiguous(), at = positions.contiguous();
    const int64_t height = maps.size(0), width = maps.size(1), forms = maps.size(2);
    const int64_t channels = maps.size(3), count = static_cast<int64_t>(places.size() / 3);
    int64_t lowest = height, rightmost = 0, bottom = 0, leftmost = width;
    const int64_t *position = at.data_ptr<int64_t>();
    for (int64_t n = 0; n < at.size(0); ++n) {
        lowest = std::min(lowest, position[2 * n]), bottom = std::max(bottom, position[2 * n]);
        leftmost = std::min(leftmost, position[2 * n + 1]);
        rightmost = std::max(rightmost, position[2 * n + 1]);
    }
    std::vector<int64_t> offsets;
    for (int64_t p = 0; p < count; ++p) {
        const int64_t down = places[3 * p], right = places[3 * p + 1], form = places[3 * p + 2];
        TORCH_CHECK(
            at.size(0) == 0
                || (lowest + down >= 0 && bottom + down < height && leftmost + right >= 0
                    && rightmost + right < width && form >= 0 && form < forms),
            "gather_forms: place ", p, " lies outside the maps for some patch");
        offsets.push_back(((down * width + right) * forms + form) * channels);
    }
    const at::Tensor result = at::empty({at.size(0), count, channels}, maps.options());
    const float *source = from.data_ptr<float>();
    float *to = result.data_ptr<float>();
    at::parallel_for(0, at.size(0), 32, [&](int64_t begin, int64_t end) {
        for (int64_t n = begin; n < end; ++n) {
            const float *origin =
                source + (position[2 * n] * width + position[2 * n + 1]) * forms * channels;
            for (int64_t p = 0; p < count; ++p)
                std::memcpy(to + (n * count + p) * channels, origin + offsets[p], channels * sizeof(float));
        }
    });
    return result;
}

}  // namespace matter
