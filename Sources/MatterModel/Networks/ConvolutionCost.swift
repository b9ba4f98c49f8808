/// What convolutions cost on one square map: counted, not measured.
struct ConvolutionCost: Hashable {
    /// Side of the map in pixels.
    private(set) var side: Int
    /// Products that are added up; taps that fall on padding count, as libraries compute them.
    private(set) var multiplications = 0
    /// Values of all maps that were made.
    private(set) var values = 0

    init(side: Int) {
        self.side = side
    }

    /// A convolution with padding of half its size.
    mutating func convolve(_ inputs: Int, _ outputs: Int, size: Int, stride: Int = 1) {
        side = (side + 2 * (size / 2) - size) / stride + 1
        multiplications += inputs * outputs * size * size * side * side
        values += outputs * side * side
    }

    /// A maximum of 3×3 pixels at stride 2.
    mutating func pool(_ channels: Int) {
        side = (side - 1) / 2 + 1
        values += channels * side * side
    }

    /// What another path over the same map costs beside; the side stays.
    mutating func add(_ other: ConvolutionCost) {
        multiplications += other.multiplications
        values += other.values
    }
}
