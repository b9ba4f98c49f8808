import Geo
import Manifests
import Tensors

/// What a method says of one city: scores and mask, (height, width) row by row.
struct Prediction: Sendable, Hashable {
    let size: PixelSize
    let scores: [Float]
    let mask: [UInt8]

    init(size: PixelSize, scores: [Float], mask: [UInt8]) {
        self.size = size
        self.scores = scores
        self.mask = mask
    }

    /// The content of a prediction's file: `score` as float32, `mask` as uint8, and the truth as `label`, uint8.
    func serialized(label: [UInt8]) throws -> [UInt8] {
        let shape = [size.height, size.width]
        return try Safetensors.serialize([
            "score": HostArray(scores, shape: shape), "mask": HostArray(mask, shape: shape),
            "label": HostArray(label, shape: shape),
        ])
    }

    /// Reads a prediction's file.
    ///
    /// - Throws: the reader's error, or `BenchError`, 65, when `score` or `mask` is not there or of another form.
    init(parsing bytes: [UInt8], path: String) throws {
        let arrays = try Safetensors.parse(bytes, path: path).arrays
        guard let score = arrays["score"], let mask = arrays["mask"], score.shape.count == 2,
            score.shape == mask.shape, score.dtype == .float32, mask.dtype == .uint8
        else {
            throw BenchError(.invalid, "\(path): not a prediction; remove it and run again")
        }
        size = try PixelSize(width: score.shape[1], height: score.shape[0])
        scores = try score.values(as: Float.self)
        self.mask = try mask.values(as: UInt8.self)
    }
}
