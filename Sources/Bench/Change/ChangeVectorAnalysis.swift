public import Geo

/// Change vector analysis: the length of the difference of two standardised spectra.
///
/// Each band of each date is brought to mean 0 and standard deviation 1 over the pixels where both dates hold data,
/// zₜ(b) = (xₜ(b) − mₜ(b)) / sₜ(b), which takes out haze, sun angle and season as far as they are linear in the whole scene;
/// the score is ‖z₂ − z₁‖₂ over the bands. A band that is constant counts 0. Pixels without data on either date score 0.
/// Means and deviations come from exact integer sums, so they depend on no order of summation.
///
/// The variant of the MATTER authors' snapshot (geowatch, `rutgers_material_seg/utils/cva.py`: optional standardisation,
/// L2 norm of the raw band difference, Otsu); what stands behind the "VCA" row of the paper is not published.
public struct ChangeVectorAnalysis: ChangeMethod {
    /// "cva".
    public let name = "cva"
    /// "Change vector analysis".
    public let title = "Change vector analysis"
    /// The bands whose difference is taken.
    public let bands: [Sentinel2Band]

    /// Makes the method for some bands, at least one.
    public init(bands: [Sentinel2Band]) {
        precondition(!bands.isEmpty, "change vector analysis needs a band")
        self.bands = bands
    }

    /// What is computed.
    public var description: String {
        "L2 norm of the difference of the two dates in \(bands.count) bands, each band of each date standardised over the scene; needs no training."
    }

    /// The length of the standardised difference at each pixel.
    public func score(_ pair: ImagePair) -> [Float] {
        let mask = pair.dataMask
        var sums = [Float](repeating: 0, count: mask.count)
        for band in bands {
            guard let before = pair.before.plane(band), let after = pair.after.plane(band) else {
                preconditionFailure("the pair does not hold \(band.rawValue)")
            }
            let first = BandStatistics(of: before, where: mask)
            let second = BandStatistics(of: after, where: mask)
            let (start1, start2) = (before.startIndex, after.startIndex)
            for index in sums.indices {
                let difference =
                    second.standardised(after[start2 + index])
                    - first.standardised(before[start1 + index])
                sums[index] += difference * difference
            }
        }
        return zip(sums, mask).map { $1 == 0 ? 0 : $0.squareRoot() }
    }
}

/// Mean and population standard deviation of one band over the pixels that hold data.
struct BandStatistics {
    let mean: Double
    let standardDeviation: Double
    private let scale: Float
    private let offset: Float

    init(of plane: ArraySlice<UInt16>, where mask: [UInt8]) {
        var (count, sum, squares) = (UInt64(0), UInt64(0), UInt64(0))
        for (value, valid) in zip(plane, mask) where valid != 0 {
            count += 1
            sum += UInt64(value)
            squares += UInt64(value) * UInt64(value)
        }
        let number = Double(max(count, 1))
        mean = Double(sum) / number
        // n Σx² − (Σx)² in full width: the difference of two nearly equal numbers must be exact.
        let (left, right) = (
            count.multipliedFullWidth(by: squares), sum.multipliedFullWidth(by: sum)
        )
        let (low, borrow) = left.low.subtractingReportingOverflow(right.low)
        let high = left.high - right.high - (borrow ? 1 : 0)
        let spread = Double(high) * 0x1p64 + Double(low)
        standardDeviation = spread.squareRoot() / number
        scale = standardDeviation > 0 ? Float(1 / standardDeviation) : 0
        offset = standardDeviation > 0 ? Float(-mean / standardDeviation) : 0
    }

    func standardised(_ value: UInt16) -> Float { Float(value) * scale + offset }
}
