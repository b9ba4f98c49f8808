// MARK: Shape, indexing and conversion

extension Tensor {
    /// The same values in another shape; one size may be -1.
    ///
    /// Uses `aten::reshape`.
    public func reshaped(_ shape: [Int]) -> Tensor { Operator.reshape(self, shape) }
    /// Joins dimensions from `first` to `last` into one.
    ///
    /// Uses `aten::flatten`.
    public func flattened(from first: Int = 0, to last: Int = -1) -> Tensor {
        Operator.flatten(self, first, last)
    }
    /// Dimensions in another order.
    ///
    /// Uses `aten::permute`.
    public func permuted(_ dimensions: [Int]) -> Tensor { Operator.permute(self, dimensions) }
    /// Two dimensions exchanged.
    ///
    /// Uses `aten::transpose`.
    public func transposed(_ first: Int = -2, _ second: Int = -1) -> Tensor {
        Operator.transpose(self, first, second)
    }
    /// The same values laid out row-major.
    ///
    /// Uses `aten::contiguous`.
    public func contiguous() -> Tensor { Operator.contiguous(self) }
    /// Without a dimension of size 1.
    ///
    /// Uses `aten::squeeze`.
    public func squeezed(_ dimension: Int) -> Tensor { Operator.squeeze(self, dimension) }
    /// With a new dimension of size 1.
    ///
    /// Uses `aten::unsqueeze`.
    public func unsqueezed(_ dimension: Int) -> Tensor { Operator.unsqueeze(self, dimension) }
    /// Dimensions of size 1 repeated, without copying; -1 keeps a size.
    ///
    /// Uses `aten::expand`.
    public func expanded(to shape: [Int]) -> Tensor { Operator.expand(self, shape) }
    /// Repeated so many times along each dimension.
    ///
    /// Uses `aten::repeat`.
    public func repeated(_ times: [Int]) -> Tensor { Operator.repeat(self, times) }
    /// One index of a dimension, which goes away.
    ///
    /// Uses `aten::select`.
    public func select(_ dimension: Int, _ index: Int) -> Tensor {
        Operator.select(self, dimension, index)
    }
    /// `length` indices of a dimension from `start`.
    ///
    /// Uses `aten::narrow`.
    public func narrow(_ dimension: Int, start: Int, length: Int) -> Tensor {
        Operator.narrow(self, dimension, start, length)
    }
    /// Every `step`-th index of a dimension in a range.
    ///
    /// Uses `aten::slice`.
    public func slice(_ dimension: Int, from start: Int? = nil, to end: Int? = nil, step: Int = 1)
        -> Tensor
    { Operator.slice(self, dimension, start, end, step) }
    /// The listed indices (`int64`, one dimension) of a dimension.
    ///
    /// Uses `aten::index_select`.
    public func indexSelect(_ dimension: Int, _ indices: Tensor) -> Tensor {
        Operator.indexSelect(self, dimension, indices)
    }
    /// One value for each index, along a dimension.
    ///
    /// Uses `aten::gather`.
    public func gather(_ dimension: Int, _ indices: Tensor) -> Tensor {
        Operator.gather(self, dimension, indices)
    }
    /// Adds `source` at the indices of a dimension.
    ///
    /// Uses `aten::scatter_add`.
    public func scatterAdd(_ dimension: Int, _ indices: Tensor, _ source: Tensor) -> Tensor {
        Operator.scatterAdd(self, dimension, indices, source)
    }
    /// Values at index or mask tensors, one a dimension; `nil` keeps a dimension.
    ///
    /// Uses `aten::index`.
    public func index(_ indices: [Tensor?]) -> Tensor { Operator.index(self, indices) }
    /// The values where `mask` holds, in one dimension.
    ///
    /// Uses `aten::masked_select`.
    public func maskedSelect(_ mask: Tensor) -> Tensor { Operator.maskedSelect(self, mask) }
    /// In reverse order along dimensions.
    ///
    /// Uses `aten::flip`.
    public func flipped(_ dimensions: [Int]) -> Tensor { Operator.flip(self, dimensions) }
    /// Moved along dimensions; what leaves comes in at the other end.
    ///
    /// Uses `aten::roll`.
    public func rolled(_ shifts: [Int], dimensions: [Int]) -> Tensor {
        Operator.roll(self, shifts, dimensions)
    }
    /// Turned by quarter turns in the plane of two dimensions.
    ///
    /// Uses `aten::rot90`.
    public func rotated90(times: Int = 1, dimensions: [Int]) -> Tensor {
        Operator.rot90(self, times, dimensions)
    }
    /// Windows of `size` every `step` along a dimension; the window becomes the last dimension.
    ///
    /// Uses `aten::unfold`.
    public func unfold(_ dimension: Int, size: Int, step: Int) -> Tensor {
        Operator.unfoldDim(self, dimension, size, step)
    }
    /// Converted to another dtype; itself when it has that one.
    ///
    /// Uses `aten::to`.
    public func to(_ dtype: DType) -> Tensor { Operator.toDtype(self, dtype) }
    /// A copy of its own.
    ///
    /// Uses `aten::clone`.
    public func clone() -> Tensor { Operator.clone(self) }
    /// Padded, from the last dimension backwards (before, after); mode `constant`, `reflect`, `replicate` or `circular`.
    ///
    /// Uses `aten::pad`.
    public func padded(_ sizes: [Int], mode: StaticString = "constant", value: Double? = nil)
        -> Tensor
    { Operator.pad(self, sizes, mode, value) }
}

extension Operator {
    fileprivate static let reshape = Operator("aten::reshape")
    fileprivate static let flatten = Operator("aten::flatten", "using_ints")
    fileprivate static let permute = Operator("aten::permute")
    fileprivate static let transpose = Operator("aten::transpose", "int")
    fileprivate static let contiguous = Operator("aten::contiguous")
    fileprivate static let squeeze = Operator("aten::squeeze", "dim")
    fileprivate static let unsqueeze = Operator("aten::unsqueeze")
    fileprivate static let expand = Operator("aten::expand")
    fileprivate static let `repeat` = Operator("aten::repeat")
    fileprivate static let select = Operator("aten::select", "int")
    fileprivate static let narrow = Operator("aten::narrow")
    fileprivate static let slice = Operator("aten::slice", "Tensor")
    fileprivate static let indexSelect = Operator("aten::index_select")
    fileprivate static let gather = Operator("aten::gather")
    fileprivate static let scatterAdd = Operator("aten::scatter_add")
    fileprivate static let index = Operator("aten::index", "Tensor")
    fileprivate static let maskedSelect = Operator("aten::masked_select")
    fileprivate static let flip = Operator("aten::flip")
    fileprivate static let roll = Operator("aten::roll")
    fileprivate static let rot90 = Operator("aten::rot90")
    fileprivate static let unfoldDim = Operator("aten::unfold")
    fileprivate static let toDtype = Operator("aten::to", "dtype")
    fileprivate static let clone = Operator("aten::clone")
    fileprivate static let pad = Operator("aten::pad")
}
