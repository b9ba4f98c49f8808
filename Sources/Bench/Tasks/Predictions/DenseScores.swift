import Metrics

/// What the probabilities of an image's pixels are called.
enum DenseAnswer {
    /// The class of the greatest of each pixel's probabilities, the first of several; planes lie one after the other.
    static func greatest(_ probabilities: [Float], classes: Int) -> [UInt8] {
        let pixels = probabilities.count / classes
        var best = [UInt8](repeating: 0, count: pixels)
        for number in 1..<max(classes, 1) {
            for pixel in 0..<pixels
            where probabilities[number * pixels + pixel]
                > probabilities[Int(best[pixel]) * pixels + pixel]
            { best[pixel] = UInt8(number) }
        }
        return best
    }
}

extension ClassConfusion {
    /// One more image.
    ///
    /// - Throws: `BenchError`, 65, naming the image where its truth holds a code that is no class.
    mutating func add(_ classes: [UInt8], truth image: WholeImage, ignoring code: Int) throws {
        do {
            try add(prediction: classes, truth: image.codes, ignoring: UInt8(code))
        } catch {
            throw BenchError(
                .invalid, "\(image.key): \(error); name the code of what is left out in data.ignore"
            )
        }
    }

    /// Pixels by truth, then by prediction.
    var rows: [[Int64]] {
        (0..<classes).map { truth in (0..<classes).map { self[truth, $0] } }
    }
}
