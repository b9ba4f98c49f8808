// The generic boxed call: values to IValues by the operator's schema, callBoxed, IValues to values.
#include "guarded.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/jit_type.h>

#include <bit>
#include <memory>

using namespace ctorch;

namespace {

/// A dispatcher entry, looked up once and never freed.
struct Operator {
    c10::OperatorHandle handle;
};

Operator &operation(ctorch_operator op) { return *reinterpret_cast<Operator *>(op); }
at::Tensor tensor(const ctorch_value &value) { return unwrap(reinterpret_cast<ctorch_tensor>(value.bits)); }
int64_t integer(const ctorch_value &value) { return std::bit_cast<int64_t>(value.bits); }
double number(const ctorch_value &value) { return std::bit_cast<double>(value.bits); }

/// True for arguments such as the indices of `aten::index`, whose elements may be absent.
bool holds_optional_tensors(const c10::Argument &argument) {
    const auto list = argument.type()->cast<c10::ListType>();
    return list && list->getElementType()->kind() == c10::TypeKind::OptionalType;
}

c10::IValue tensors(const c10::Argument &argument, const ctorch_value *first, int32_t count) {
    if (holds_optional_tensors(argument)) {
        c10::List<std::optional<at::Tensor>> list;
        list.reserve(count);
        for (auto value = first; value != first + count; ++value)
            list.push_back(value->tag == CTORCH_NONE ? std::nullopt : std::optional(tensor(*value)));
        return list;
    }
    c10::List<at::Tensor> list;
    list.reserve(count);
    for (auto value = first; value != first + count; ++value) list.push_back(tensor(*value));
    return list;
}

template <typename Element, typename Read>
c10::IValue list(const ctorch_value *first, int32_t count, Read &&read) {
    c10::List<Element> list;
    list.reserve(count);
    for (auto value = first; value != first + count; ++value) list.push_back(read(*value));
    return list;
}

/// Reads one argument and moves `value` behind it.
c10::IValue take(const c10::Argument &argument, const ctorch_value *&value) {
    const auto &head = *value++;
    switch (head.tag) {
    case CTORCH_NONE: return {};
    case CTORCH_TENSOR: return tensor(head);
    case CTORCH_INTEGER: return integer(head);
    case CTORCH_NUMBER: return number(head);
    case CTORCH_BOOLEAN: return head.bits != 0;
    case CTORCH_DEVICE: return c10::Device(static_cast<c10::DeviceType>(head.bits), static_cast<c10::DeviceIndex>(head.count));
    case CTORCH_STRING: return std::string(reinterpret_cast<const char *>(head.bits), head.count);
    }
    const auto first = value;
    value += head.count;
    switch (head.tag) {
    case CTORCH_TENSOR_LIST: return tensors(argument, first, head.count);
    case CTORCH_INTEGER_LIST: return list<int64_t>(first, head.count, integer);
    case CTORCH_NUMBER_LIST: return list<double>(first, head.count, number);
    }
    TORCH_CHECK(false, "unknown argument tag ", head.tag);
}

/// Writes results one behind the other and counts those that did not fit as well.
struct ResultWriter {
    ctorch_value *results;
    size_t capacity;
    size_t count = 0;

    void put(int32_t tag, uint64_t bits) {
        if (count < capacity) results[count] = {tag, 1, bits};
        count += 1;
    }

    void put(at::Tensor tensor) {
        if (count >= capacity) count += 1;
        else if (tensor.defined()) put(CTORCH_TENSOR, reinterpret_cast<uint64_t>(wrap(std::move(tensor))));
        else put(CTORCH_NONE, 0);
    }

    void put(const c10::IValue &value) {
        if (value.isTensor()) put(value.toTensor());
        else if (value.isTensorList()) for (const at::Tensor &each : value.toTensorList()) put(each);
        else if (value.isInt()) put(CTORCH_INTEGER, std::bit_cast<uint64_t>(value.toInt()));
        else if (value.isDouble()) put(CTORCH_NUMBER, std::bit_cast<uint64_t>(value.toDouble()));
        else if (value.isBool()) put(CTORCH_BOOLEAN, value.toBool());
        else put(CTORCH_NONE, 0);
    }
};

} // namespace

ctorch_operator ctorch_find(const char *name, const char *overload) {
    return guarded(ctorch_operator{}, [&] {
        auto found = std::make_unique<Operator>(Operator{c10::Dispatcher::singleton().findSchemaOrThrow(name, overload)});
        return reinterpret_cast<ctorch_operator>(found.release());
    });
}

int64_t ctorch_call(ctorch_operator op, const ctorch_value *arguments, size_t count, ctorch_value *results, size_t capacity) {
    return guarded(int64_t{-1}, [&] {
        const auto &handle = operation(op).handle;
        const auto &parameters = handle.schema().arguments();
        torch::jit::Stack stack;
        stack.reserve(parameters.size());
        for (const auto end = arguments + count; arguments < end;) {
            TORCH_CHECK(stack.size() < parameters.size(), "too many arguments for ", handle.schema());
            stack.push_back(take(parameters[stack.size()], arguments));
        }
        while (stack.size() < parameters.size()) {
            const auto &missing = parameters[stack.size()].default_value();
            TORCH_CHECK(missing, "argument ", parameters[stack.size()].name(), " is missing for ", handle.schema());
            stack.push_back(*missing);
        }
        handle.callBoxed(stack);
        ResultWriter writer{results, capacity};
        for (const auto &value : stack) writer.put(value);
        return static_cast<int64_t>(writer.count);
    });
}
