// Process groups: a TCP store to meet at, Gloo to talk by, and the few collectives that training needs.
#include "group.h"

#include <ATen/ATen.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <chrono>
#include <vector>

using namespace ctorch;

namespace {

bool is_loopback(const std::string &host) { return host == "localhost" || host == "::1" || host.rfind("127.", 0) == 0; }

c10::intrusive_ptr<c10d::Store> meet(const ctorch_meeting &meeting) {
    c10d::TCPStoreOptions options;
    options.port = static_cast<uint16_t>(meeting.port);
    options.isServer = meeting.serves;
    options.waitWorkers = false;
    options.timeout = std::chrono::milliseconds(meeting.timeout_ms);
    auto store = c10::make_intrusive<c10d::TCPStore>(meeting.host, options);
    return c10::make_intrusive<c10d::PrefixStore>(meeting.prefix, std::move(store));
}

c10::intrusive_ptr<c10d::ProcessGroupGloo> connect(const ctorch_meeting &meeting, const c10::intrusive_ptr<c10d::Store> &store) {
    using Gloo = c10d::ProcessGroupGloo;
    auto options = Gloo::Options::create(std::chrono::milliseconds(meeting.timeout_ms));
    const std::string interface = meeting.interface ? meeting.interface : "";
    options->devices.push_back(!interface.empty()            ? Gloo::createDeviceForInterface(interface)
                               : is_loopback(meeting.host) ? Gloo::createDeviceForHostname("127.0.0.1")
                                                           : Gloo::createDefaultDevice());
    return c10::make_intrusive<Gloo>(store, meeting.rank, meeting.size, std::move(options));
}

} // namespace

namespace ctorch {

std::string gloo_reason(const char *message) {
    std::string text = message;
    if (text.rfind("[/", 0) == 0) {
        const auto end = text.find("] ");
        if (end != std::string::npos) text.erase(0, end + 2);
    }
    return text.substr(0, text.find('\n'));
}

void sum_over(Group &group, at::Tensor tensor) {
    std::vector<at::Tensor> tensors{std::move(tensor)};
    talking([&] { group.processes->allreduce(tensors)->wait(); });
}

at::Tensor gather_from(Group &group, const at::Tensor &tensor) {
    std::vector<at::Tensor> inputs{tensor.detach().contiguous()};
    std::vector<std::vector<at::Tensor>> outputs(1);
    for (int rank = 0; rank < group.processes->getSize(); ++rank) outputs[0].push_back(at::empty_like(inputs[0]));
    talking([&] { group.processes->allgather(outputs, inputs)->wait(); });
    return at::stack(outputs[0]);
}

} // namespace ctorch

ctorch_group ctorch_group_join(const ctorch_meeting *meeting) {
    return guarded(ctorch_group{}, [&] {
        auto group = talking([&] {
            auto made = std::make_unique<Group>();
            made->store = meet(*meeting);
            made->processes = connect(*meeting, made->store);
            return made;
        });
        return reinterpret_cast<ctorch_group>(group.release());
    });
}

void ctorch_group_leave(ctorch_group group) {
    (void)guarded([&] { delete reinterpret_cast<Group *>(group); });
}

int ctorch_group_sum(ctorch_group group, ctorch_tensor tensor) {
    return guarded([&] {
        const auto target = unwrap(tensor);
        auto buffer = target.detach().contiguous();
        sum_over(group_of(group), buffer);
        if (!buffer.is_same(target) && buffer.data_ptr() != target.data_ptr()) target.detach().copy_(buffer);
    });
}

int ctorch_group_broadcast(ctorch_group group, ctorch_tensor tensor, int root) {
    return guarded([&] {
        std::vector<at::Tensor> tensors{unwrap(tensor).detach()};
        c10d::BroadcastOptions options;
        options.rootRank = root;
        talking([&] { group_of(group).processes->broadcast(tensors, options)->wait(); });
    });
}

ctorch_tensor ctorch_group_gather(ctorch_group group, ctorch_tensor tensor) {
    return guarded(ctorch_tensor{}, [&] { return wrap(gather_from(group_of(group), unwrap(tensor))); });
}

int ctorch_group_barrier(ctorch_group group) {
    return guarded([&] { talking([&] { group_of(group).processes->barrier()->wait(); }); });
}
