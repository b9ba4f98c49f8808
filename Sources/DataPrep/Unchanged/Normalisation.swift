import Foundation

/// Orthogonal regression of one band on another over invariant pixels (Canty, Nielsen, Schmidt, Remote Sensing of Environment
/// 91, 2004): both dates have noise, so that neither is the truth that the other is fitted to.
enum Normalisation {
    /// Fewer invariant pixels make no line.
    static let fewestPixels = 100

    /// The lines that bring `date` onto `reference`, band by band.
    ///
    /// - Parameters:
    ///   - date: A plane a band.
    ///   - reference: The same bands of the reference.
    ///   - places: The invariant pixels.
    ///   - names: Names of the bands.
    /// - Returns: The bands' lines.
    /// - Throws: `AlterationDetection.Refusal`.
    static func fit(
        _ date: [[UInt16]], to reference: [[UInt16]], places: [Int32], names: [String]
    ) throws -> [NormalisationFit.Band] {
        guard places.count >= fewestPixels else {
            throw AlterationDetection.Refusal(
                description: "\(places.count) pixels are invariant, \(fewestPixels) are needed")
        }
        return try names.indices.map { band in
            try line(date[band], reference[band], places, names[band])
        }
    }

    private static func line(
        _ x: [UInt16], _ y: [UInt16], _ places: [Int32], _ name: String
    ) throws -> NormalisationFit.Band {
        let count = Double(places.count)
        var (sumX, sumY) = (0, 0)
        for place in places {
            sumX += Int(x[Int(place)])
            sumY += Int(y[Int(place)])
        }
        let (meanX, meanY) = (Double(sumX) / count, Double(sumY) / count)
        var (xx, yy, xy) = (0.0, 0.0, 0.0)
        for place in places {
            let (dx, dy) = (Double(x[Int(place)]) - meanX, Double(y[Int(place)]) - meanY)
            xx += dx * dx
            yy += dy * dy
            xy += dx * dy
        }
        guard xx > 0, yy > 0, xy > 0 else {
            throw AlterationDetection.Refusal(
                description: "\(name) of the invariant pixels does not rise with the reference's")
        }
        let difference = yy - xx
        let slope =
            (difference + (difference * difference + 4 * xy * xy).squareRoot()) / (2 * xy)
        return NormalisationFit.Band(
            band: name, slope: slope, offset: meanY - slope * meanX,
            correlation: xy / (xx * yy).squareRoot())
    }

    /// A plane brought to the reference's radiometry: 0 stays "no data", and data stays at least 1.
    static func apply(_ line: NormalisationFit.Band, to plane: [UInt16]) -> [UInt16] {
        plane.map { value in
            value == 0
                ? 0
                : UInt16(min(max((line.slope * Double(value) + line.offset).rounded(), 1), 65_535))
        }
    }
}
