/// The data sets that the suite knows: a new one is a type that is a `Dataset`, and a line here.
public enum DatasetRegistry {
    /// All of them, in the order in which help shows them.
    public static let all: [any Dataset.Type] = [
        BigEarthNetV1.self,
        BigEarthNetV2.self,
        EuroSAT.self,
        OSCDDataset.self,
        PackedStore.self,
        SpaceNetDataset<SpaceNet1>.self,
        SpaceNetDataset<SpaceNet2>.self,
        SpaceNetDataset<SpaceNet4>.self,
        SpaceNetDataset<SpaceNet7>.self,
        TilesDataset.self,
    ]

    /// The names of all.
    public static var names: [String] { all.map { $0.name } }

    /// Opens a data set by its name.
    ///
    /// - Throws: `BenchError`: 78 for an unknown name, and what the data set throws.
    public static func open(
        _ name: String, at root: String, options: DatasetOptions = DatasetOptions()
    ) throws -> any Dataset {
        guard let type = all.first(where: { $0.name == name }) else {
            throw BenchError(
                .configuration,
                "no data set \(name); there are \(names.joined(separator: ", "))")
        }
        return try type.init(at: root, options: options)
    }
}
