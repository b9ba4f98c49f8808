// The records of BigEarthNet as rico-hdl writes them and ConfigILM looks for them: a patch's optical bands under its own name, those
// of radar under its partner's, and the map, which they do not know, under a name of its own.

extension PatchCollection {
    /// The records of a patch.
    func records(_ index: Int) -> [SampleRecord] {
        groups.map { group in
            let key =
                switch group.kind {
                case .optical: names[index]
                case .radar: partners?[index] ?? names[index]
                case .codes, .classes: names[index] + "_reference_map"
                }
            return SampleRecord(key: key, planes: group.files.map(\.plane))
        }
    }
}

extension BigEarthNetV1: SampleRecords {
    /// The records of a patch: one a sensor.
    public func records(_ index: Int) -> [SampleRecord] { patches.records(index) }
}

extension BigEarthNetV2: SampleRecords {
    /// The records of a patch: one a sensor, and the map's.
    public func records(_ index: Int) -> [SampleRecord] { patches.records(index) }
}
