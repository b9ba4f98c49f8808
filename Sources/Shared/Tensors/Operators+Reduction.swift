// MARK: Reductions

extension Tensor {
    /// The sum of all values.
    ///
    /// Uses `aten::sum`.
    public func sum() -> Tensor { Operator.sumAll(self) }
    /// Sums along dimensions.
    ///
    /// Uses `aten::sum`.
    public func sum(_ dimensions: [Int], keepingDimensions: Bool = false) -> Tensor {
        Operator.sumDims(self, dimensions, keepingDimensions)
    }
    /// The mean of all values.
    ///
    /// Uses `aten::mean`.
    public func mean() -> Tensor { Operator.meanAll(self) }
    /// Means along dimensions.
    ///
    /// Uses `aten::mean`.
    public func mean(_ dimensions: [Int], keepingDimensions: Bool = false) -> Tensor {
        Operator.meanDims(self, dimensions, keepingDimensions)
    }
    /// Variances along dimensions; `correction` 1 divides by n - 1.
    ///
    /// Uses `aten::var`.
    public func variance(_ dimensions: [Int], correction: Int = 1, keepingDimensions: Bool = false)
        -> Tensor
    { Operator.varDims(self, dimensions, correction, keepingDimensions) }
    /// Standard deviations along dimensions; `correction` 1 divides by n - 1.
    ///
    /// Uses `aten::std`.
    public func standardDeviation(
        _ dimensions: [Int], correction: Int = 1, keepingDimensions: Bool = false
    ) -> Tensor { Operator.stdDims(self, dimensions, correction, keepingDimensions) }
    /// The largest value.
    ///
    /// Uses `aten::max`.
    public func max() -> Tensor { Operator.maxAll(self) }
    /// The smallest value.
    ///
    /// Uses `aten::min`.
    public func min() -> Tensor { Operator.minAll(self) }
    /// Largest values along dimensions.
    ///
    /// Uses `aten::amax`.
    public func max(_ dimensions: [Int], keepingDimensions: Bool = false) -> Tensor {
        Operator.amax(self, dimensions, keepingDimensions)
    }
    /// Smallest values along dimensions.
    ///
    /// Uses `aten::amin`.
    public func min(_ dimensions: [Int], keepingDimensions: Bool = false) -> Tensor {
        Operator.amin(self, dimensions, keepingDimensions)
    }
    /// Where the largest value along a dimension is.
    ///
    /// Uses `aten::argmax`.
    public func argmax(_ dimension: Int, keepingDimension: Bool = false) -> Tensor {
        Operator.argmax(self, dimension, keepingDimension)
    }
    /// Where the smallest value along a dimension is.
    ///
    /// Uses `aten::argmin`.
    public func argmin(_ dimension: Int, keepingDimension: Bool = false) -> Tensor {
        Operator.argmin(self, dimension, keepingDimension)
    }
    /// log of the sum of e to each value, along dimensions.
    ///
    /// Uses `aten::logsumexp`.
    public func logSumExp(_ dimensions: [Int], keepingDimensions: Bool = false) -> Tensor {
        Operator.logsumexp(self, dimensions, keepingDimensions)
    }
    /// Running sums along a dimension.
    ///
    /// Uses `aten::cumsum`.
    public func cumulativeSum(_ dimension: Int) -> Tensor { Operator.cumsum(self, dimension) }
    /// Vector norms along dimensions; `order` 2 is Euclidean.
    ///
    /// Uses `aten::linalg_vector_norm`.
    public func norm(_ dimensions: [Int]? = nil, order: Double = 2, keepingDimensions: Bool = false)
        -> Tensor
    { Operator.vectorNorm(self, order, dimensions, keepingDimensions) }
    /// The order that would sort along a dimension.
    ///
    /// Uses `aten::argsort`.
    public func argsort(_ dimension: Int = -1, descending: Bool = false) -> Tensor {
        Operator.argsort(self, dimension, descending)
    }
    /// True when all hold.
    ///
    /// Uses `aten::all`.
    public func all() -> Tensor { Operator.all(self) }
    /// True when one holds.
    ///
    /// Uses `aten::any`.
    public func any() -> Tensor { Operator.any(self) }
}

extension Operator {
    fileprivate static let sumAll = Operator("aten::sum")
    fileprivate static let sumDims = Operator("aten::sum", "dim_IntList")
    fileprivate static let meanAll = Operator("aten::mean")
    fileprivate static let meanDims = Operator("aten::mean", "dim")
    fileprivate static let varDims = Operator("aten::var", "correction")
    fileprivate static let stdDims = Operator("aten::std", "correction")
    fileprivate static let maxAll = Operator("aten::max")
    fileprivate static let minAll = Operator("aten::min")
    fileprivate static let amax = Operator("aten::amax")
    fileprivate static let amin = Operator("aten::amin")
    fileprivate static let argmax = Operator("aten::argmax")
    fileprivate static let argmin = Operator("aten::argmin")
    fileprivate static let logsumexp = Operator("aten::logsumexp")
    fileprivate static let cumsum = Operator("aten::cumsum")
    fileprivate static let vectorNorm = Operator("aten::linalg_vector_norm")
    fileprivate static let argsort = Operator("aten::argsort")
    fileprivate static let all = Operator("aten::all")
    fileprivate static let any = Operator("aten::any")
}
