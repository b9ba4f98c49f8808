import Tensors

/// Brings the first convolution of a file to the bands of a run, by a rule that was named.
struct BandAdaptation {
    let rule: TaskEncoder.BandRule
    /// Bands of the file, in the order of its kernels; empty where it names none.
    let from: [String]
    /// Bands of the run.
    let to: [String]

    /// What three bands without names are.
    static let nameless = ["B04", "B03", "B02"]

    /// Kernels (outputs, bands, size, size) for the run's bands.
    ///
    /// - Throws: `BenchError`, 78: other bands and no rule, or names that the rule needs and the file has not.
    func callAsFunction(_ kernels: HostArray, path: String) throws -> HostArray {
        let count = kernels.shape.count == 4 ? kernels.shape[1] : 0
        guard count != to.count || (!from.isEmpty && from != to) || isColourTurned else {
            return kernels
        }
        let weight = Tensor(kernels).to(.float32)
        let scale = Double(count) / Double(to.count)
        switch rule {
        case .refuse: throw refusal(count, path)
        case .mean:
            let mean = weight.mean([1], keepingDimensions: true)
            return (mean.repeated([1, to.count, 1, 1]) * scale).hostArray()
        case .repeated:
            let places = (0..<to.count).map { Int64($0 % count) }
            return (weight.indexSelect(1, Tensor(places)) * scale).hostArray()
        case .named:
            let names = from.isEmpty && count == 3 ? Self.nameless : from
            guard names.count == count else {
                throw BenchError(
                    .configuration,
                    "\(path): encoder.bandRule is named, but the file does not name its \(count) bands; use mean or repeat"
                )
            }
            return Tensor.cat(
                to.map { band in
                    names.firstIndex(of: band).map { weight.narrow(1, start: $0, length: 1) }
                        ?? weight.narrow(1, start: 0, length: 1) * 0
                }, dimension: 1
            ).hostArray()
        }
    }

    /// Whether the run has just the three bands of a file without names, in another order: red kernels would read blue.
    private var isColourTurned: Bool {
        from.isEmpty && to != Self.nameless && to.sorted() == Self.nameless.sorted()
    }

    private func refusal(_ count: Int, _ path: String) -> BenchError {
        let names = from.isEmpty && count == 3 ? Self.nameless : from
        let theirs = names.isEmpty ? "\(count) bands" : names.joined(separator: ", ")
        return BenchError(
            .configuration,
            "\(path): the first convolution reads \(theirs), the run has \(to.joined(separator: ", ")); choose data.bands to fit, or a rule with encoder.bandRule: mean, repeat, named"
        )
    }
}
