import Store

/// The planes of a sample that a run reads, and what their pixels become.
struct TaskBands {
    /// Bands in the order of the channels.
    let names: [String]
    /// The images of a sample: one, or two dates.
    let images: [[BatchPlan.Band]]
    /// The plane of labels, where there is one.
    let mask: String?
    /// Whether each image is standardised by itself afterwards.
    let standardisesImages: Bool

    /// The bands of a data set that are images: of pairs those that both dates have, without the dates.
    static func available(in dataset: any Dataset, for task: TaskPlan.Task) throws -> [String] {
        let planes = dataset.planes.filter { !SamplePlane.holdsCodes($0) }
        guard task == .change else {
            return planes
        }
        let after = Set(planes.filter { $0.hasPrefix("after.") }.map { $0.dropFirst(6) })
        let bands = planes.filter { $0.hasPrefix("before.") }.map { $0.dropFirst(7) }
            .filter(after.contains).map(String.init)
        guard !bands.isEmpty else {
            throw BenchError(
                .configuration,
                "change needs pairs of images; \(type(of: dataset).name) has the planes \(dataset.planes.prefix(20).joined(separator: ", "))"
            )
        }
        return bands
    }

    /// The plane of labels of a task; nil where the data set has none.
    static func mask(in dataset: any Dataset) -> String? {
        dataset.planes.first { SamplePlane.holdsCodes($0) }
    }

    /// Bands with their statistics: (means, deviations) in their order.
    init(
        _ names: [String], task: TaskPlan.Task, mask: String?, means: [Double],
        deviations: [Double], standardisesImages: Bool
    ) {
        func image(_ prefix: String) -> [BatchPlan.Band] {
            names.indices.map {
                BatchPlan.Band(
                    prefix + names[$0], mean: Float(means[$0]), deviation: Float(deviations[$0]))
            }
        }
        self.names = names
        images = task == .change ? [image("before."), image("after.")] : [image("")]
        self.mask = mask
        self.standardisesImages = standardisesImages
    }

    /// A plan of batches of these bands.
    func batches(_ size: Int, seed: UInt64) -> BatchPlan {
        var plan = BatchPlan(images: images, batch: size)
        plan.masks = mask.map { [$0] } ?? []
        plan.seed = seed
        return plan
    }
}
