// MARK: Arithmetic

extension Tensor {
    /// e to each value.
    ///
    /// Uses `aten::exp`.
    public func exp() -> Tensor { Operator.exp(self) }
    /// Natural logarithms.
    ///
    /// Uses `aten::log`.
    public func log() -> Tensor { Operator.log(self) }
    /// Square roots.
    ///
    /// Uses `aten::sqrt`.
    public func sqrt() -> Tensor { Operator.sqrt(self) }
    /// Absolute values.
    ///
    /// Uses `aten::abs`.
    public func abs() -> Tensor { Operator.abs(self) }
    /// Sines of radians.
    ///
    /// Uses `aten::sin`.
    public func sin() -> Tensor { Operator.sin(self) }
    /// Cosines of radians.
    ///
    /// Uses `aten::cos`.
    public func cos() -> Tensor { Operator.cos(self) }
    /// Largest whole numbers not above.
    ///
    /// Uses `aten::floor`.
    public func floor() -> Tensor { Operator.floor(self) }
    /// Nearest whole numbers, halves to even.
    ///
    /// Uses `aten::round`.
    public func round() -> Tensor { Operator.round(self) }
    /// One divided by each value.
    ///
    /// Uses `aten::reciprocal`.
    public func reciprocal() -> Tensor { Operator.reciprocal(self) }
    /// One divided by the square roots.
    ///
    /// Uses `aten::rsqrt`.
    public func rsqrt() -> Tensor { Operator.rsqrt(self) }
    /// -1, 0 or 1.
    ///
    /// Uses `aten::sign`.
    public func sign() -> Tensor { Operator.sign(self) }
    /// The logistic function.
    ///
    /// Uses `aten::sigmoid`.
    public func sigmoid() -> Tensor { Operator.sigmoid(self) }
    /// Hyperbolic tangents.
    ///
    /// Uses `aten::tanh`.
    public func tanh() -> Tensor { Operator.tanh(self) }
    /// Squares.
    ///
    /// Uses `aten::square`.
    public func square() -> Tensor { Operator.square(self) }
    /// True where a value is not a number.
    ///
    /// Uses `aten::isnan`.
    public func isNaN() -> Tensor { Operator.isNaN(self) }
    /// True where a value is neither infinite nor not a number.
    ///
    /// Uses `aten::isfinite`.
    public func isFinite() -> Tensor { Operator.isFinite(self) }
    /// Angles of complex numbers, in radians.
    ///
    /// Uses `aten::angle`.
    public func angle() -> Tensor { Operator.angle(self) }
    /// Values below zero become zero.
    ///
    /// Uses `aten::relu`.
    public func relu() -> Tensor { Operator.relu(self) }
    /// The Gaussian error linear unit.
    ///
    /// Uses `aten::gelu`.
    public func gelu() -> Tensor { Operator.gelu(self) }
    /// Values below zero are multiplied by `slope`.
    ///
    /// Uses `aten::leaky_relu`.
    public func leakyRelu(slope: Double = 0.01) -> Tensor { Operator.leakyRelu(self, slope) }
    /// log(1 + e to each value).
    ///
    /// Uses `aten::softplus`.
    public func softplus() -> Tensor { Operator.softplus(self) }
    /// Limits each value to a range.
    ///
    /// Uses `aten::clamp`.
    public func clamp(minimum: Double? = nil, maximum: Double? = nil) -> Tensor {
        Operator.clamp(self, minimum, maximum)
    }
    /// Replaces what is not a number.
    ///
    /// Uses `aten::nan_to_num`.
    public func replacingNaN(with value: Double = 0) -> Tensor { Operator.nanToNum(self, value) }
    /// Each value to a power.
    ///
    /// Uses `aten::pow`.
    public func pow(_ exponent: Double) -> Tensor { Operator.powScalar(self, exponent) }
    /// The larger of each pair.
    ///
    /// Uses `aten::maximum`.
    public func maximum(_ other: Tensor) -> Tensor { Operator.maximum(self, other) }
    /// The smaller of each pair.
    ///
    /// Uses `aten::minimum`.
    public func minimum(_ other: Tensor) -> Tensor { Operator.minimum(self, other) }
    /// Angles of (other, self), in radians.
    ///
    /// Uses `aten::atan2`.
    public func atan2(_ other: Tensor) -> Tensor { Operator.atan2(self, other) }
    /// Takes `self` where `condition` holds and `other` elsewhere.
    ///
    /// Uses `aten::where`.
    public func selected(where condition: Tensor, else other: Tensor) -> Tensor {
        Operator.whereSelf(condition, self, other)
    }
    /// Puts `value` where `mask` holds.
    ///
    /// Uses `aten::masked_fill`.
    public func maskedFill(_ mask: Tensor, with value: Double) -> Tensor {
        Operator.maskedFill(self, mask, value)
    }
    /// True where a value is equal to that of `other`.
    ///
    /// Uses `aten::eq`.
    public func isEqual(_ other: Tensor) -> Tensor { Operator.eqTensor(self, other) }
    /// True where a value is equal to `other`.
    ///
    /// Uses `aten::eq`.
    public func isEqual(_ other: Double) -> Tensor { Operator.eqScalar(self, other) }
    /// True where a value is different from that of `other`.
    ///
    /// Uses `aten::ne`.
    public func isNotEqual(_ other: Tensor) -> Tensor { Operator.neTensor(self, other) }
    /// True where a value is different from `other`.
    ///
    /// Uses `aten::ne`.
    public func isNotEqual(_ other: Double) -> Tensor { Operator.neScalar(self, other) }
    /// True where a value is less than that of `other`.
    ///
    /// Uses `aten::lt`.
    public func isLess(_ other: Tensor) -> Tensor { Operator.ltTensor(self, other) }
    /// True where a value is less than `other`.
    ///
    /// Uses `aten::lt`.
    public func isLess(_ other: Double) -> Tensor { Operator.ltScalar(self, other) }
    /// True where a value is at most that of `other`.
    ///
    /// Uses `aten::le`.
    public func isLessOrEqual(_ other: Tensor) -> Tensor { Operator.leTensor(self, other) }
    /// True where a value is at most `other`.
    ///
    /// Uses `aten::le`.
    public func isLessOrEqual(_ other: Double) -> Tensor { Operator.leScalar(self, other) }
    /// True where a value is greater than that of `other`.
    ///
    /// Uses `aten::gt`.
    public func isGreater(_ other: Tensor) -> Tensor { Operator.gtTensor(self, other) }
    /// True where a value is greater than `other`.
    ///
    /// Uses `aten::gt`.
    public func isGreater(_ other: Double) -> Tensor { Operator.gtScalar(self, other) }
    /// True where a value is at least that of `other`.
    ///
    /// Uses `aten::ge`.
    public func isGreaterOrEqual(_ other: Tensor) -> Tensor { Operator.geTensor(self, other) }
    /// True where a value is at least `other`.
    ///
    /// Uses `aten::ge`.
    public func isGreaterOrEqual(_ other: Double) -> Tensor { Operator.geScalar(self, other) }
    /// True where both hold.
    ///
    /// Uses `aten::logical_and`.
    public func and(_ other: Tensor) -> Tensor { Operator.logicalAnd(self, other) }
    /// True where one holds.
    ///
    /// Uses `aten::logical_or`.
    public func or(_ other: Tensor) -> Tensor { Operator.logicalOr(self, other) }
    /// True where it does not hold.
    ///
    /// Uses `aten::logical_not`.
    public func not() -> Tensor { Operator.logicalNot(self) }
}

extension Operator {
    fileprivate static let exp = Operator("aten::exp")
    fileprivate static let log = Operator("aten::log")
    fileprivate static let sqrt = Operator("aten::sqrt")
    fileprivate static let abs = Operator("aten::abs")
    fileprivate static let sin = Operator("aten::sin")
    fileprivate static let cos = Operator("aten::cos")
    fileprivate static let floor = Operator("aten::floor")
    fileprivate static let round = Operator("aten::round")
    fileprivate static let reciprocal = Operator("aten::reciprocal")
    fileprivate static let rsqrt = Operator("aten::rsqrt")
    fileprivate static let sign = Operator("aten::sign")
    fileprivate static let sigmoid = Operator("aten::sigmoid")
    fileprivate static let tanh = Operator("aten::tanh")
    fileprivate static let square = Operator("aten::square")
    fileprivate static let isNaN = Operator("aten::isnan")
    fileprivate static let isFinite = Operator("aten::isfinite")
    fileprivate static let angle = Operator("aten::angle")
    fileprivate static let relu = Operator("aten::relu")
    fileprivate static let gelu = Operator("aten::gelu")
    fileprivate static let leakyRelu = Operator("aten::leaky_relu")
    fileprivate static let softplus = Operator("aten::softplus")
    fileprivate static let clamp = Operator("aten::clamp")
    fileprivate static let nanToNum = Operator("aten::nan_to_num")
    fileprivate static let powScalar = Operator("aten::pow", "Tensor_Scalar")
    fileprivate static let maximum = Operator("aten::maximum")
    fileprivate static let minimum = Operator("aten::minimum")
    fileprivate static let atan2 = Operator("aten::atan2")
    fileprivate static let whereSelf = Operator("aten::where", "self")
    fileprivate static let maskedFill = Operator("aten::masked_fill", "Scalar")
    fileprivate static let eqTensor = Operator("aten::eq", "Tensor")
    fileprivate static let eqScalar = Operator("aten::eq", "Scalar")
    fileprivate static let neTensor = Operator("aten::ne", "Tensor")
    fileprivate static let neScalar = Operator("aten::ne", "Scalar")
    fileprivate static let ltTensor = Operator("aten::lt", "Tensor")
    fileprivate static let ltScalar = Operator("aten::lt", "Scalar")
    fileprivate static let leTensor = Operator("aten::le", "Tensor")
    fileprivate static let leScalar = Operator("aten::le", "Scalar")
    fileprivate static let gtTensor = Operator("aten::gt", "Tensor")
    fileprivate static let gtScalar = Operator("aten::gt", "Scalar")
    fileprivate static let geTensor = Operator("aten::ge", "Tensor")
    fileprivate static let geScalar = Operator("aten::ge", "Scalar")
    fileprivate static let logicalAnd = Operator("aten::logical_and")
    fileprivate static let logicalOr = Operator("aten::logical_or")
    fileprivate static let logicalNot = Operator("aten::logical_not")
}
