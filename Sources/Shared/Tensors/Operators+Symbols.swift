// MARK: + - * / with tensors and numbers

extension Tensor {
    /// Sums of pairs.
    ///
    /// Uses `aten::add`.
    public static func + (left: Tensor, right: Tensor) -> Tensor { Operator.add(left, right) }
    /// Differences of pairs.
    ///
    /// Uses `aten::sub`.
    public static func - (left: Tensor, right: Tensor) -> Tensor { Operator.sub(left, right) }
    /// Products of pairs.
    ///
    /// Uses `aten::mul`.
    public static func * (left: Tensor, right: Tensor) -> Tensor { Operator.mul(left, right) }
    /// Quotients of pairs.
    ///
    /// Uses `aten::div`.
    public static func / (left: Tensor, right: Tensor) -> Tensor { Operator.div(left, right) }

    /// Adds a number.
    ///
    /// Uses `aten::add`.
    public static func + (left: Tensor, right: Double) -> Tensor { Operator.addNumber(left, right) }
    /// Adds a number.
    ///
    /// Uses `aten::add`.
    public static func + (left: Double, right: Tensor) -> Tensor { Operator.addNumber(right, left) }
    /// Subtracts a number.
    ///
    /// Uses `aten::sub`.
    public static func - (left: Tensor, right: Double) -> Tensor { Operator.subNumber(left, right) }
    /// Subtracts from a number.
    ///
    /// Uses `aten::rsub`.
    public static func - (left: Double, right: Tensor) -> Tensor { Operator.rsub(right, left) }
    /// Multiplies by a number.
    ///
    /// Uses `aten::mul`.
    public static func * (left: Tensor, right: Double) -> Tensor { Operator.mulNumber(left, right) }
    /// Multiplies by a number.
    ///
    /// Uses `aten::mul`.
    public static func * (left: Double, right: Tensor) -> Tensor { Operator.mulNumber(right, left) }
    /// Divides by a number.
    ///
    /// Uses `aten::div`.
    public static func / (left: Tensor, right: Double) -> Tensor { Operator.divNumber(left, right) }
    /// Divides a number.
    ///
    /// Uses `aten::reciprocal` and `aten::mul`.
    public static func / (left: Double, right: Tensor) -> Tensor { right.reciprocal() * left }
    /// Values with the other sign.
    ///
    /// Uses `aten::neg`.
    public static prefix func - (tensor: Tensor) -> Tensor { Operator.neg(tensor) }
}

extension Tensor {
    /// Adds `scale · other`.
    ///
    /// Uses `aten::add`.
    public func adding(_ other: Tensor, scale: Double) -> Tensor {
        Operator.add(self, other, scale)
    }
}

// MARK: In place

extension Tensor {
    /// Adds `scale · other` to the values themselves.
    ///
    /// Uses `aten::add_`.
    @discardableResult
    public func addInPlace(_ other: Tensor, scale: Double = 1) -> Tensor {
        Operator.addInPlace(self, other, scale)
    }
    /// Adds a number to the values themselves.
    ///
    /// Uses `aten::add_`.
    @discardableResult
    public func addInPlace(_ value: Double) -> Tensor { Operator.addNumberInPlace(self, value) }
    /// Adds a whole number to the values themselves, which may be integers.
    ///
    /// Uses `aten::add_`.
    @discardableResult
    public func addInPlace(count: Int) -> Tensor { Operator.addNumberInPlace(self, count) }
    /// Multiplies the values themselves.
    ///
    /// Uses `aten::mul_`.
    @discardableResult
    public func multiplyInPlace(_ value: Double) -> Tensor {
        Operator.mulNumberInPlace(self, value)
    }
    /// Overwrites the values with those of a tensor of a shape that fits.
    ///
    /// Uses `aten::copy_`.
    @discardableResult
    public func copyInPlace(_ other: Tensor) -> Tensor { Operator.copyInPlace(self, other) }
    /// Overwrites all values with one.
    ///
    /// Uses `aten::fill_`.
    @discardableResult
    public func fillInPlace(_ value: Double) -> Tensor { Operator.fillInPlace(self, value) }
    /// Draws all values anew from [`low`, `high`).
    ///
    /// Uses `aten::uniform_`.
    @discardableResult
    public func uniformInPlace(_ low: Double = 0, _ high: Double = 1) -> Tensor {
        Operator.uniformInPlace(self, low, high)
    }
    /// Draws all values anew from a normal distribution.
    ///
    /// Uses `aten::normal_`.
    @discardableResult
    public func normalInPlace(mean: Double = 0, deviation: Double = 1) -> Tensor {
        Operator.normalInPlace(self, mean, deviation)
    }
    /// Adds `scale · first · second` to the values themselves.
    ///
    /// Uses `aten::addcmul_`.
    @discardableResult
    public func addProductInPlace(_ first: Tensor, _ second: Tensor, scale: Double = 1) -> Tensor {
        Operator.addcmul(self, first, second, scale)
    }
    /// Adds `scale · first / second` to the values themselves.
    ///
    /// Uses `aten::addcdiv_`.
    @discardableResult
    public func addQuotientInPlace(_ first: Tensor, _ second: Tensor, scale: Double = 1) -> Tensor {
        Operator.addcdiv(self, first, second, scale)
    }
    /// Moves the values by `weight` of the way to `end`.
    ///
    /// Uses `aten::lerp_`.
    @discardableResult
    public func interpolateInPlace(to end: Tensor, weight: Double) -> Tensor {
        Operator.lerp(self, end, weight)
    }
}

extension Operator {
    fileprivate static let add = Operator("aten::add", "Tensor")
    fileprivate static let sub = Operator("aten::sub", "Tensor")
    fileprivate static let mul = Operator("aten::mul", "Tensor")
    fileprivate static let div = Operator("aten::div", "Tensor")
    fileprivate static let addNumber = Operator("aten::add", "Scalar")
    fileprivate static let subNumber = Operator("aten::sub", "Scalar")
    fileprivate static let rsub = Operator("aten::rsub", "Scalar")
    fileprivate static let mulNumber = Operator("aten::mul", "Scalar")
    fileprivate static let divNumber = Operator("aten::div", "Scalar")
    fileprivate static let neg = Operator("aten::neg")
    fileprivate static let addInPlace = Operator("aten::add_", "Tensor")
    fileprivate static let addNumberInPlace = Operator("aten::add_", "Scalar")
    fileprivate static let mulNumberInPlace = Operator("aten::mul_", "Scalar")
    fileprivate static let copyInPlace = Operator("aten::copy_")
    fileprivate static let fillInPlace = Operator("aten::fill_", "Scalar")
    fileprivate static let uniformInPlace = Operator("aten::uniform_")
    fileprivate static let normalInPlace = Operator("aten::normal_")
    fileprivate static let addcmul = Operator("aten::addcmul_")
    fileprivate static let addcdiv = Operator("aten::addcdiv_")
    fileprivate static let lerp = Operator("aten::lerp_", "Scalar")
}
