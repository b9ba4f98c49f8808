import CTorch

/// An ATen operator, looked up once; calling it boxes its arguments for libtorch's dispatcher.
///
/// Uses `c10::Dispatcher::callBoxed`.
///
/// Arguments follow the operator's schema from the left; those left out take the schema's defaults.
public struct Operator: @unchecked Sendable {
    /// The operator's name without its namespace.
    public let name: String
    private let handle: OpaquePointer

    /// Finds an operator such as `aten::add` with overload `Tensor`; an unknown one is a programmer's mistake and traps.
    public init(_ name: StaticString, _ overload: StaticString = "") {
        let text = "\(name)"
        guard let handle = ctorch_find(text, "\(overload)") else {
            fatalError("\(TorchError.last(text))")
        }
        self.name = text.split(separator: ":").last.map(String.init) ?? text
        self.handle = handle
    }

    /// Calls an operator that returns one tensor.
    public func callAsFunction<each Argument: OperatorArgument>(
        _ argument: repeat each Argument
    ) -> Tensor {
        var result = ctorch_value()
        let count = call(&result, 1, repeat each argument)
        if count == 1, let tensor = Tensor(result: result) { return tensor }
        return fail(count, repeat each argument)
    }

    /// Calls an operator that returns tensors, as a tuple or a list of at most `capacity`; absent ones are left out.
    public func tensors<each Argument: OperatorArgument>(
        capacity: Int, _ argument: repeat each Argument
    ) -> [Tensor] {
        var found: [Tensor] = []
        let count = withUnsafeTemporaryAllocation(of: ctorch_value.self, capacity: capacity) {
            results in
            let count = call(results.baseAddress, capacity, repeat each argument)
            guard count >= 0, count <= capacity else { return count }
            found = results.prefix(count).compactMap(Tensor.init(result:))
            return count
        }
        if count >= 0, count <= capacity { return found }
        return Array(repeating: fail(count, repeat each argument), count: capacity)
    }

    private func call<each Argument: OperatorArgument>(
        _ results: UnsafeMutablePointer<ctorch_value>?, _ capacity: Int,
        _ argument: repeat each Argument
    ) -> Int {
        var slots = 0
        repeat slots += (each argument).slotCount
        return withUnsafeTemporaryAllocation(of: ctorch_value.self, capacity: slots) { buffer in
            var writer = ArgumentWriter(buffer)
            repeat (each argument).write(to: &writer)
            return withExtendedLifetime((repeat each argument)) {
                Int(ctorch_call(handle, buffer.baseAddress, slots, results, capacity))
            }
        }
    }

    /// Reports what failed with the shapes of all tensors given; inside `Torch.attempt` returns a stand-in.
    @inline(never)
    private func fail<each Argument: OperatorArgument>(
        _ count: Int, _ argument: repeat each Argument
    ) -> Tensor {
        var given: [Tensor] = []
        repeat given += (each argument).givenTensors
        let shapes = given.map(\.shape)
        TorchFailure.report(
            count < 0
                ? .last(name, shapes: shapes)
                : TorchError(
                    .bug, operation: name, shapes: shapes, message: "returned \(count) results"))
        return given.first ?? Tensor.placeholder()
    }
}

extension Tensor {
    /// Takes ownership of a result that is a tensor.
    fileprivate convenience init?(result: ctorch_value) {
        guard result.tag == Int32(CTORCH_TENSOR.rawValue),
            let handle = OpaquePointer(bitPattern: UInt(result.bits))
        else { return nil }
        self.init(owning: handle)
    }
}
