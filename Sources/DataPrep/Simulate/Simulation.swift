import Foundation
import Manifests

/// Makes a synthetic Earth: real formats, simple physics, exact truth.
///
/// Each product appears whole under its name or not at all; a run that was killed goes on where it was
/// and ends with the same bytes. `plan.json` comes first and keeps two plans from being mixed;
/// `run.json` comes last.
public struct Simulation: Sendable {
    /// What is made.
    public let plan: SimulationPlan

    /// A simulation of a plan.
    public init(plan: SimulationPlan) { self.plan = plan }

    /// One thing that is finished.
    public struct Event: Sendable {
        /// Path below the Earth's folder.
        public let path: String
        /// How many of `total` are finished.
        public let done: Int
        /// How many there are to be.
        public let total: Int
    }

    /// Writes what is not there yet.
    ///
    /// - Parameters:
    ///   - root: The Earth's folder; made if missing.
    ///   - checkStop: Called after each finished thing; what it throws ends the run, to be gone on with.
    ///   - onEvent: Told of each finished thing.
    /// - Throws: `SimulationError` when the folder holds another plan's Earth; `ManifestError` and
    ///   `RasterError` when a file cannot be written.
    public func run(
        to root: String, checkStop: () throws -> Void = {}, onEvent: (Event) -> Void = { _ in }
    ) throws {
        try AtomicFile.makeFolder(at: root)
        let lock = try FolderLock(folder: root)
        defer { withExtendedLifetime(lock) {} }
        try claim(root)
        var done = 0
        try writeProducts(to: root) { path in
            done += 1
            onEvent(Event(path: path, done: done, total: total))
            try checkStop()
        }
        let record = RunRecord(
            program: "matter-prep simulate", plan: try JSONValue(encoding: plan), seed: plan.seed)
        try record.write(to: root)
    }

    /// How many events a whole run has.
    public var total: Int {
        plan.products.map { product in
            switch product {
            case .l2a: plan.regions * plan.dates
            case .oscd: plan.cities
            case .bigearthnet, .bigearthnetV2: plan.patches
            case .spacenet: plan.chips
            case .sensor: 1
            }
        }.reduce(0, +)
    }

    private func claim(_ root: String) throws {
        let path = root + "/plan.json"
        let text = try JSONValue(encoding: plan).serialized(pretty: true) + "\n"
        guard FileManager.default.fileExists(atPath: path) else {
            return try AtomicFile.write(text, to: path)
        }
        guard try String(contentsOfFile: path, encoding: .utf8) == text else {
            throw SimulationError(
                .configuration,
                "\(path): this folder holds an Earth of another plan; give another --out, "
                    + "or the same options and seed")
        }
    }

    private func writeProducts(
        to root: String, finished: (String) throws -> Void
    ) throws {
        for product in plan.products {
            switch product {
            case .l2a:
                for region in 0..<plan.regions {
                    try L2ASeries(plan: plan, region: region).write(to: root, finished: finished)
                }
            case .oscd: try OSCDProduct(plan: plan).write(to: root, finished: finished)
            case .bigearthnet:
                try BigEarthNetProduct(plan: plan).write(to: root, finished: finished)
            case .spacenet: try SpaceNetProduct(plan: plan).write(to: root, finished: finished)
            case .sensor: try SensorProduct(plan: plan).write(to: root, finished: finished)
            case .bigearthnetV2:
                try BigEarthNetV2Product(plan: plan).write(to: root, finished: finished)
            }
        }
    }
}
