// MARK: Linear algebra and Fourier transforms

extension Tensor {
    /// Matrix product; leading dimensions are batches.
    ///
    /// Uses `aten::matmul`.
    public func matmul(_ other: Tensor) -> Tensor { Operator.matmul(self, other) }
    /// `self · weightᵀ + bias`; weight `(out, in)`.
    ///
    /// Uses `aten::linear`.
    public func linear(weight: Tensor, bias: Tensor? = nil) -> Tensor {
        Operator.linear(self, weight, bias)
    }
    /// Distances between the rows of two matrices.
    ///
    /// Uses `aten::cdist`, from differences whatever the number of rows: from products, as PyTorch has it for more than 25 rows, small
    /// distances of long rows would be noise.
    public func distances(to other: Tensor, order: Double = 2) -> Tensor {
        Operator.cdist(self, other, order, 2)
    }
    /// Solves `self · x = other` for x.
    ///
    /// Uses `aten::linalg_solve`.
    public func solve(_ other: Tensor) -> Tensor { Operator.solve(self, other) }
    /// The inverse matrix.
    ///
    /// Uses `aten::linalg_inv`.
    public func inverse() -> Tensor { Operator.inverse(self) }
    /// The determinant.
    ///
    /// Uses `aten::linalg_det`.
    public func determinant() -> Tensor { Operator.det(self) }
    /// The lower Cholesky factor of a positive definite matrix.
    ///
    /// Uses `aten::linalg_cholesky`.
    public func cholesky() -> Tensor { Operator.cholesky(self) }
    /// Fourier transform of the last two dimensions of real values; the last keeps its non-negative half.
    ///
    /// Uses `aten::fft_rfft2`.
    public func rfft2() -> Tensor { Operator.rfft2(self) }
    /// Inverse of `rfft2`; `size` is the `(height, width)` of the result.
    ///
    /// Uses `aten::fft_irfft2`.
    public func irfft2(_ size: [Int]? = nil) -> Tensor { Operator.irfft2(self, size) }
    /// Fourier transform of the last two dimensions.
    ///
    /// Uses `aten::fft_fft2`.
    public func fft2() -> Tensor { Operator.fft2(self) }
    /// Inverse of `fft2`.
    ///
    /// Uses `aten::fft_ifft2`.
    public func ifft2() -> Tensor { Operator.ifft2(self) }
    /// Moves frequency zero to the middle of dimensions.
    ///
    /// Uses `aten::fft_fftshift`.
    public func fftShifted(_ dimensions: [Int]) -> Tensor { Operator.fftshift(self, dimensions) }
    /// Real parts.
    ///
    /// Uses `aten::real`.
    public func real() -> Tensor { Operator.real(self) }
    /// Imaginary parts.
    ///
    /// Uses `aten::imag`.
    public func imaginary() -> Tensor { Operator.imag(self) }
    /// Complex conjugates.
    ///
    /// Uses `aten::conj`.
    public func conjugate() -> Tensor { Operator.conj(self) }
}

extension Operator {
    fileprivate static let matmul = Operator("aten::matmul")
    fileprivate static let linear = Operator("aten::linear")
    fileprivate static let cdist = Operator("aten::cdist")
    fileprivate static let solve = Operator("aten::linalg_solve")
    fileprivate static let inverse = Operator("aten::linalg_inv")
    fileprivate static let det = Operator("aten::linalg_det")
    fileprivate static let cholesky = Operator("aten::linalg_cholesky")
    fileprivate static let rfft2 = Operator("aten::fft_rfft2")
    fileprivate static let irfft2 = Operator("aten::fft_irfft2")
    fileprivate static let fft2 = Operator("aten::fft_fft2")
    fileprivate static let ifft2 = Operator("aten::fft_ifft2")
    fileprivate static let fftshift = Operator("aten::fft_fftshift")
    fileprivate static let real = Operator("aten::real")
    fileprivate static let imag = Operator("aten::imag")
    fileprivate static let conj = Operator("aten::conj")
}
