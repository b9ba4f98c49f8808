package import Geo

/// Which pixels count as changed: cores that hardly can be unchanged, and what is doubtful close around them.
///
/// Where parcels turn with the seasons, doubt alone is spread over unchanged land; a change that stays has a core, and around it,
/// where the window of the evidence reaches over its border, a rim of doubt.
package struct ChangeRule: Hashable, Sendable {
    /// A pixel less probable to be unchanged than this is a core.
    package var certain: Double
    /// A pixel less probable to be unchanged than this is changed if a core is near.
    package var threshold: Double
    /// How near, in steps along rows and columns.
    package var reach: Int

    /// A rule; a threshold below `certain` stands alone.
    package init(certain: Double, threshold: Double, reach: Int) {
        (self.certain, self.threshold, self.reach) = (min(certain, threshold), threshold, reach)
    }

    /// Whether each pixel is unchanged; `nil` where nothing is known.
    package func isUnchanged(_ probabilities: [Float?], size: PixelSize) -> [Bool?] {
        precondition(probabilities.count == size.count)
        var isNear = [Bool](repeating: false, count: size.count)
        for index in probabilities.indices {
            guard let probability = probabilities[index], Double(probability) < certain else {
                continue
            }
            let (row, column) = (index / size.width, index % size.width)
            for other in max(0, row - reach)...min(size.height - 1, row + reach) {
                let rest = reach - abs(other - row)
                let columns = max(0, column - rest)...min(size.width - 1, column + rest)
                for place in columns { isNear[other * size.width + place] = true }
            }
        }
        return zip(probabilities, isNear).map { probability, isNear in
            probability.map { !isNear || Double($0) >= threshold }
        }
    }
}
