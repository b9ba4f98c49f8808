import CTorch

/// What an operator can be given: tensors, numbers, flags, names, dtypes, devices, lists and optionals of them.
public protocol OperatorArgument {
    /// How many slots it takes among the boxed arguments: one, and for a list one more an element.
    var slotCount: Int { get }
    /// Writes those slots.
    func write(to writer: inout ArgumentWriter)
    /// The tensors among it, for error messages.
    var givenTensors: [Tensor] { get }
}

extension OperatorArgument {
    /// One slot.
    public var slotCount: Int { 1 }
    /// None.
    public var givenTensors: [Tensor] { [] }
}

/// Fills the flat array of boxed arguments, which lives on the stack.
public struct ArgumentWriter {
    private var next: UnsafeMutablePointer<ctorch_value>?

    init(_ buffer: UnsafeMutableBufferPointer<ctorch_value>) {
        next = buffer.baseAddress
    }

    mutating func put(_ tag: ctorch_tag, count: Int = 1, bits: UInt64 = 0) {
        next?.initialize(
            to: ctorch_value(tag: Int32(tag.rawValue), count: Int32(count), bits: bits))
        next = next?.successor()
    }
}

extension Tensor: OperatorArgument {
    /// Lends the handle.
    public func write(to writer: inout ArgumentWriter) {
        writer.put(CTORCH_TENSOR, bits: UInt64(UInt(bitPattern: handle)))
    }
    /// Itself.
    public var givenTensors: [Tensor] { [self] }
}

extension Int: OperatorArgument {
    /// An integer.
    public func write(to writer: inout ArgumentWriter) {
        writer.put(CTORCH_INTEGER, bits: UInt64(bitPattern: Int64(self)))
    }
}

extension Double: OperatorArgument {
    /// A number.
    public func write(to writer: inout ArgumentWriter) {
        writer.put(CTORCH_NUMBER, bits: bitPattern)
    }
}

extension Bool: OperatorArgument {
    /// A flag.
    public func write(to writer: inout ArgumentWriter) {
        writer.put(CTORCH_BOOLEAN, bits: self ? 1 : 0)
    }
}

extension DType: OperatorArgument {
    /// libtorch's number of the dtype.
    public func write(to writer: inout ArgumentWriter) { rawValue.write(to: &writer) }
}

extension Device: OperatorArgument {
    /// Kind and index.
    public func write(to writer: inout ArgumentWriter) {
        writer.put(CTORCH_DEVICE, count: index, bits: UInt64(kind.rawValue))
    }
}

extension StaticString: OperatorArgument {
    /// A name, such as a padding mode.
    public func write(to writer: inout ArgumentWriter) {
        withUTF8Buffer {
            writer.put(
                CTORCH_STRING, count: $0.count,
                bits: UInt64(UInt(bitPattern: $0.baseAddress)))
        }
    }
}

extension Optional: OperatorArgument where Wrapped: OperatorArgument {
    /// The slots of the value, or one.
    public var slotCount: Int { self?.slotCount ?? 1 }
    /// The value, or none.
    public func write(to writer: inout ArgumentWriter) {
        if let self { self.write(to: &writer) } else { writer.put(CTORCH_NONE) }
    }
    /// Those of the value.
    public var givenTensors: [Tensor] { self?.givenTensors ?? [] }
}

/// What a list argument can hold.
public protocol OperatorListElement: OperatorArgument {
    /// Writes the list's header.
    static func writeHeader(count: Int, to writer: inout ArgumentWriter)
}

extension Tensor: OperatorListElement {
    /// A list of tensors.
    public static func writeHeader(count: Int, to writer: inout ArgumentWriter) {
        writer.put(CTORCH_TENSOR_LIST, count: count)
    }
}

extension Int: OperatorListElement {
    /// A list of integers.
    public static func writeHeader(count: Int, to writer: inout ArgumentWriter) {
        writer.put(CTORCH_INTEGER_LIST, count: count)
    }
}

extension Double: OperatorListElement {
    /// A list of numbers.
    public static func writeHeader(count: Int, to writer: inout ArgumentWriter) {
        writer.put(CTORCH_NUMBER_LIST, count: count)
    }
}

extension Optional: OperatorListElement where Wrapped == Tensor {
    /// A list of tensors, some absent.
    public static func writeHeader(count: Int, to writer: inout ArgumentWriter) {
        writer.put(CTORCH_TENSOR_LIST, count: count)
    }
}

extension Array: OperatorArgument where Element: OperatorListElement {
    /// A header and the elements.
    public var slotCount: Int { 1 + count }
    /// A header and the elements.
    public func write(to writer: inout ArgumentWriter) {
        Element.writeHeader(count: count, to: &writer)
        for element in self { element.write(to: &writer) }
    }
    /// Those of the elements.
    public var givenTensors: [Tensor] { flatMap(\.givenTensors) }
}
