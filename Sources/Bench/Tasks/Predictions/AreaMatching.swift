package import Geo

/// How many objects of a mask were found, by intersection over union of pixels.
///
/// A predicted object is a connected area of the predicted mask (pixels that share a side). A true object is an area given by the caller.
/// Predicted objects take the true one with the greatest IoU that no other has taken, the pairs in the order of falling IoU, then of
/// places; those below the limit match nothing. The limit is SpaceNet's (van Etten et al., 2018): IoU ≥ 0.5. Its
/// challenges' score is another (`OutlineMatching`): of outlines, the surest first, and what covers less than 20 pixels
/// is not missed.
///
/// Where pixels are ignored (ours: nobody can say whether an object was found that is mostly unseen): an object, true or predicted, at least half of which is
/// ignored is left out; of all others the ignored pixels do not count.
package struct AreaMatching: Hashable, Sendable {
    /// Objects found, objects that are none, objects missed.
    package let truePositives, falsePositives, falseNegatives: Int

    /// Matches the objects of a predicted mask.
    ///
    /// - Parameters:
    ///   - mask: 0 and 1, row by row.
    ///   - truth: for each true object its pixels, by their places in the mask, without repetition; empty ones are left out.
    ///   - isIgnored: of each pixel whether nothing is known of it; empty where all are known.
    ///   - size: of the mask.
    ///   - least: the least intersection over union of a match.
    package init(
        mask: [UInt8], truth: [[Int]], isIgnored: [Bool] = [], size: PixelSize, least: Double = 0.5
    ) {
        let areas = ConnectedAreas(of: mask, size: size)
        let sizes = areas.seenSizes(without: isIgnored)
        let truth = truth.map { Self.seen($0, isIgnored) }.filter { !$0.isEmpty }
        var pairs: [(overlap: Double, found: Int, true: Int)] = []
        for (number, pixels) in truth.enumerated() {
            var shared: [Int: Int] = [:]
            for pixel in pixels where areas.labels[pixel] > 0 {
                shared[Int(areas.labels[pixel]) - 1, default: 0] += 1
            }
            for (found, common) in shared where sizes[found] > 0 {
                let union = sizes[found] + pixels.count - common
                let overlap = Double(common) / Double(union)
                if overlap >= least { pairs.append((overlap, found, number)) }
            }
        }
        pairs.sort { ($1.overlap, $0.found, $0.true) < ($0.overlap, $1.found, $1.true) }
        var (foundTaken, trueTaken) = (Set<Int>(), Set<Int>())
        for pair in pairs where !foundTaken.contains(pair.found) && !trueTaken.contains(pair.true) {
            foundTaken.insert(pair.found)
            trueTaken.insert(pair.true)
        }
        truePositives = foundTaken.count
        falsePositives = sizes.count { $0 > 0 } - foundTaken.count
        falseNegatives = truth.count - trueTaken.count
    }

    /// The pixels of an object that are not ignored; none where those are no more than half.
    private static func seen(_ pixels: [Int], _ isIgnored: [Bool]) -> [Int] {
        guard !isIgnored.isEmpty else { return pixels }
        let seen = pixels.filter { !isIgnored[$0] }
        return 2 * seen.count > pixels.count ? seen : []
    }
}

/// The connected areas of a mask: pixels that share a side.
package struct ConnectedAreas {
    /// For each pixel the number of its area from 1, in the order of first pixels; 0 outside.
    package let labels: [Int32]
    /// Pixels of each area.
    package let sizes: [Int]

    /// Finds them.
    package init(of mask: [UInt8], size: PixelSize) {
        precondition(mask.count == size.count, "a mask of \(mask.count) pixels for \(size)")
        var labels = [Int32](repeating: 0, count: mask.count)
        var sizes: [Int] = []
        var stack: [Int] = []
        for start in mask.indices where mask[start] != 0 && labels[start] == 0 {
            let label = Int32(sizes.count + 1)
            labels[start] = label
            stack.append(start)
            var count = 0
            while let pixel = stack.popLast() {
                count += 1
                let column = pixel % size.width
                for (next, isInside) in [
                    (pixel - size.width, pixel >= size.width),
                    (pixel + size.width, pixel + size.width < mask.count),
                    (pixel - 1, column > 0), (pixel + 1, column + 1 < size.width),
                ] where isInside && mask[next] != 0 && labels[next] == 0 {
                    labels[next] = label
                    stack.append(next)
                }
            }
            sizes.append(count)
        }
        (self.labels, self.sizes) = (labels, sizes)
    }

    /// Pixels of each area that are not ignored; 0 where those are no more than half.
    func seenSizes(without isIgnored: [Bool]) -> [Int] {
        guard !isIgnored.isEmpty else { return sizes }
        var seen = sizes
        for (place, label) in labels.enumerated() where label > 0 && isIgnored[place] {
            seen[Int(label) - 1] -= 1
        }
        return zip(seen, sizes).map { 2 * $0 > $1 ? $0 : 0 }
    }

    /// For each area its pixels, ascending.
    package var pixels: [[Int]] {
        var pixels = [[Int]](repeating: [], count: sizes.count)
        for (place, label) in labels.enumerated() where label > 0 {
            pixels[Int(label) - 1].append(place)
        }
        return pixels
    }
}
