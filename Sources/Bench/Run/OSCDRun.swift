import Geo
import Manifests

/// Change detection on OSCD without labels: every method on every pixel of every test city.
///
/// The run folder is a function of the data, the plan, the encoders and the suite's version. Killed anywhere and started again,
/// it goes on after the last city that was finished and ends with the same files.
public struct OSCDRun {
    /// Opens an encoder's file on a device.
    public typealias EncoderOpener = (_ path: String, _ device: String) throws -> any FeatureSource

    private let plan: OSCDPlan
    private let paths: OSCDPaths
    private let openEncoder: EncoderOpener

    /// Prepares a run; nothing is read yet.
    public init(plan: OSCDPlan, paths: OSCDPaths) {
        self.init(plan: plan, paths: paths) { try EncoderFeatures(file: $0, device: $1) }
    }

    /// Prepares a run with encoders of the caller's own.
    public init(plan: OSCDPlan, paths: OSCDPaths, openEncoder: @escaping EncoderOpener) {
        self.plan = plan
        self.paths = paths
        self.openEncoder = openEncoder
    }

    /// Runs, and returns what each method reached; `nil` when `shouldStop` became true on the way.
    ///
    /// - Throws: `BenchError`, `RasterError`, `ManifestError` or the encoder's error.
    public func run(
        onEvent: @escaping (BenchEvent) -> Void = { _ in },
        shouldStop: @escaping () -> Bool = { false }
    ) throws -> [MethodSummary]? {
        try plan.check()
        let methods = try plan.methods.map(method)
        let snapshots = try paths.snapshots.map(Snapshot.all) ?? []
        let curveBands = try snapshots.last.map { try snapshotMethod($0.path).bands } ?? []
        let session = try OSCDSession(
            plan: plan, paths: paths, bands: Set(methods.flatMap(\.method.bands) + curveBands),
            onEvent: onEvent, shouldStop: shouldStop)
        let curveCities = try curveCities(in: session.dataset)
        try AtomicFile.makeFolder(at: paths.output)
        let lock = try FolderLock(folder: paths.output)
        defer { withExtendedLifetime(lock) {} }
        do {
            try begin(session, inputs: methods.compactMap(\.input))
            session.tell(
                .started(steps: methods.count * session.dataset.split.test.count + snapshots.count))
            let summaries = try methods.map {
                try MethodRun(
                    method: $0.method, input: $0.input, initialisation: $0.initialisation,
                    session: session
                ).run()
            }
            if !snapshots.isEmpty {
                try SnapshotRun(
                    snapshots: snapshots, cities: curveCities, session: session,
                    method: snapshotMethod
                ).run()
            }
            return summaries
        } catch is StopRequest {
            return nil
        }
    }

    /// Reads the test cities, writes the record and the panels that belong to no method.
    private func begin(_ session: OSCDSession, inputs: [InputDigest]) throws {
        try AtomicFile.removeLeftovers(in: paths.output)
        let names = session.dataset.split.test
        let cities = try names.map(session.city)
        let facts = cities.map(CityFacts.init)
        let record = BenchRecord(
            program: "matter-bench run oscd", version: SuiteVersion.current, task: "oscd",
            dataset: .init(
                name: session.dataset.split.dataSetName, cities: names,
                sha256: session.digests.whole, details: facts),
            plan: try JSONValue(encoding: plan), inputs: inputs.sorted { $0.path < $1.path })
        try record.publish(in: paths.output)
        for city in facts where city.isEmpty { session.tell(.emptyDate(city: city.city)) }
        for city in cities { try PanelFile.writeScene(of: city, below: paths.output) }
    }

    private func curveCities(in dataset: OSCDDataset) throws -> [String] {
        guard !plan.curveCities.isEmpty else { return dataset.split.test }
        let chosen = Set(plan.curveCities).sorted()
        if let unknown = chosen.first(where: { !dataset.split.test.contains($0) }) {
            throw BenchError(
                .configuration,
                "the curve's city \(unknown) is no test city; there are \(dataset.split.test.joined(separator: ", "))"
            )
        }
        return chosen
    }

    // MARK: Methods

    private struct OpenMethod {
        let method: any ChangeMethod
        var input: InputDigest?
        var initialisation: String?
    }

    private func method(_ kind: OSCDMethod) throws -> OpenMethod {
        switch kind {
        case .cva:
            return OpenMethod(
                method: ChangeVectorAnalysis(bands: plan.changeVectorBands))
        case .untrained:
            return try encoderMethod(
                .untrained, title: "Untrained encoder",
                origin: "of the encoder before its training",
                file: paths.untrained, option: "--untrained")
        case .matter:
            return try encoderMethod(
                .matter, title: "MATTER", origin: "of the trained encoder", file: paths.encoder,
                option: "--encoder")
        case .encoder:
            return try encoderMethod(
                .encoder, title: "Encoder", origin: "of stage \(stage)", file: paths.encoder,
                option: "--encoder")
        }
    }

    private var stage: Int { plan.features.stage ?? OSCDRun.usualStage }
    /// Cells of four pixels, where MATTER's features are taken too (ours).
    private static let usualStage = 1

    private func source(_ kind: OSCDMethod, _ file: String) throws -> any FeatureSource {
        guard kind == .encoder else { return try openEncoder(file, plan.device) }
        return try ResidualFeatures(
            file: file, device: EncoderFeatures.device(plan.device), stage: stage)
    }

    private func encoderMethod(
        _ kind: OSCDMethod, title: String, origin: String, file: String?, option: String
    ) throws -> OpenMethod {
        guard let file else {
            throw BenchError(
                .configuration,
                "the method \(kind.rawValue) needs an encoder; give it with \(option)")
        }
        guard FileSystem.isFile(file) else {
            throw BenchError(
                .missing, "\(file): no such encoder; train one with matter-model pretrain")
        }
        let method = FeatureDistance(
            name: kind.rawValue, title: title, origin: origin,
            kind: kind == .encoder ? "maps of a residual network" : "residual features",
            source: try source(kind, file), plan: plan.features)
        let name = FileSystem.name(of: file)
        let pattern = kind == .untrained ? nil : paths.encoderPattern
        return OpenMethod(
            method: method,
            input: try InputDigest(file: file, named: "\(kind.rawValue)/\(name)"),
            initialisation: pattern ?? name)
    }

    private func snapshotMethod(_ path: String) throws -> any ChangeMethod {
        FeatureDistance(
            name: OSCDMethod.matter.rawValue, title: "MATTER", origin: "of a snapshot",
            source: try openEncoder(path, plan.device), plan: plan.features)
    }
}
