// Sums gradients over processes while backward is still computing others: buckets, filled from the last layer on.
#include "group.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <vector>

using namespace ctorch;

namespace {

struct Bucket {
    std::vector<size_t> members; // numbers of parameters
    at::Tensor flat;
    size_t missing = 0;
    c10::intrusive_ptr<c10d::Work> work;
};

struct Reducer {
    Group &group;
    std::vector<at::Tensor> parameters;
    std::vector<Bucket> buckets;
    std::vector<size_t> bucket_of;
    size_t launched = 0;
    size_t missing = 0; // gradients that backward still owes
    size_t early = 0;   // buckets launched while it owed some
    bool is_armed = false;

    Reducer(Group &group, std::vector<at::Tensor> given, size_t bytes)
        : group(group), parameters(std::move(given)), bucket_of(parameters.size()) {
        fill(bytes);
        for (size_t index = 0; index < parameters.size(); ++index)
            torch::autograd::impl::set_post_acc_grad_hooks(parameters[index], std::make_unique<Hook>(*this, index));
    }

    ~Reducer() {
        for (const auto &parameter : parameters) torch::autograd::impl::set_post_acc_grad_hooks(parameter, nullptr);
    }

    void begin() {
        for (auto &bucket : buckets) {
            bucket.missing = bucket.members.size();
            bucket.work.reset();
        }
        launched = 0;
        early = 0;
        missing = parameters.size();
        is_armed = true;
    }

    void finish() {
        is_armed = false;
        while (launched < buckets.size()) launch(buckets[launched++]);
        for (auto &bucket : buckets) {
            talking([&] { bucket.work->wait(); });
            spread(bucket);
        }
    }

  private:
    struct Hook : torch::autograd::PostAccumulateGradHook {
        Reducer &reducer;
        size_t index;

        Hook(Reducer &reducer, size_t index) : reducer(reducer), index(index) {}
        void operator()(const torch::autograd::Variable &) override { reducer.is_ready(index); }
    };

    /// Backward reaches the last parameters first.
    void fill(size_t bytes) {
        size_t held = 0;
        for (size_t number = parameters.size(); number-- > 0;) {
            const auto &parameter = parameters[number];
            const bool fits = !buckets.empty() && held + parameter.nbytes() <= bytes &&
                              parameter.scalar_type() == parameters[buckets.back().members[0]].scalar_type();
            if (!fits) {
                buckets.emplace_back();
                held = 0;
            }
            buckets.back().members.push_back(number);
            held += parameter.nbytes();
            bucket_of[number] = buckets.size() - 1;
        }
        for (auto &bucket : buckets) {
            int64_t count = 0;
            for (const auto member : bucket.members) count += parameters[member].numel();
            bucket.flat = at::empty({count}, parameters[bucket.members[0]].options().requires_grad(false));
        }
    }

    /// All processes launch in the order of the buckets, whichever is full first.
    void is_ready(size_t index) {
        if (!is_armed) return;
        buckets[bucket_of[index]].missing -= 1;
        missing -= 1;
        while (launched < buckets.size() && buckets[launched].missing == 0) {
            launch(buckets[launched++]);
            early += missing > 0;
        }
    }

    template <typename Body> void each(Bucket &bucket, Body &&body) {
        int64_t offset = 0;
        for (const auto member : bucket.members) {
            const auto &parameter = parameters[member];
            body(parameter, bucket.flat.narrow(0, offset, parameter.numel()).view(parameter.sizes()));
            offset += parameter.numel();
        }
    }

    void launch(Bucket &bucket) {
        const at::NoGradGuard off_the_tape;
        each(bucket, [](const at::Tensor &parameter, at::Tensor part) {
            if (parameter.grad().defined()) part.copy_(parameter.grad());
            else part.zero_();
        });
        std::vector<at::Tensor> tensors{bucket.flat};
        talking([&] { bucket.work = group.processes->allreduce(tensors); });
    }

    void spread(Bucket &bucket) {
        const at::NoGradGuard off_the_tape;
        each(bucket, [](const at::Tensor &parameter, const at::Tensor &part) {
            if (parameter.grad().defined()) parameter.grad().copy_(part);
        });
    }
};

Reducer &reducer_of(ctorch_reducer handle) { return *reinterpret_cast<Reducer *>(handle); }

} // namespace

ctorch_reducer ctorch_reducer_make(ctorch_group group, const ctorch_tensor *parameters, size_t count, size_t bytes) {
    return guarded(ctorch_reducer{}, [&] {
        std::vector<at::Tensor> tensors;
        for (size_t index = 0; index < count; ++index) tensors.push_back(unwrap(parameters[index]));
        auto made = std::make_unique<Reducer>(group_of(group), std::move(tensors), bytes);
        return reinterpret_cast<ctorch_reducer>(made.release());
    });
}

void ctorch_reducer_free(ctorch_reducer reducer) {
    (void)guarded([&] { delete reinterpret_cast<Reducer *>(reducer); });
}

int ctorch_reducer_begin(ctorch_reducer reducer) {
    return guarded([&] { reducer_of(reducer).begin(); });
}

int ctorch_reducer_finish(ctorch_reducer reducer) {
    return guarded([&] { reducer_of(reducer).finish(); });
}

size_t ctorch_reducer_early(ctorch_reducer reducer) { return reducer_of(reducer).early; }
