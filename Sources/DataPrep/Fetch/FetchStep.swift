import Foundation
import Manifests
import Raster

/// Carries out what a recipe wants fetched: every region into a folder of its name, then the plan of its tiles.
///
/// Each region's folder is one that `Fetch` wrote, so it is proven, repaired and gone on with as that does.
public struct FetchStep {
    /// What makes a plan, given the scenes of regions that are not fetched yet, by region.
    public typealias Planner = (_ awaited: [String: [Scene]]) throws -> PrepPlan

    private let order: FetchOrder
    private let folder: String
    private let isShared: Bool
    private let patience: Patience
    private let onEvent: (FetchEvent) -> Void

    /// A step.
    ///
    /// - Parameters:
    ///   - order: what is wanted.
    ///   - output: the folder of the tiles.
    ///   - isShared: whether other processes fetch into the same folders; they are waited for.
    ///   - firstPause: seconds before a failed read is tried again; twice as long each time.
    ///   - checkStop: throws when the work should end.
    ///   - onEvent: told what happens.
    public init(
        _ order: FetchOrder, output: String, isShared: Bool = false, firstPause: Double = 1,
        checkStop: @escaping @Sendable () throws -> Void = {},
        onEvent: @escaping (FetchEvent) -> Void = { _ in }
    ) {
        self.order = order
        folder = order.folder(below: output)
        self.isShared = isShared
        patience = Patience(firstPause: firstPause, checkStop: checkStop)
        self.onEvent = onEvent
    }

    /// The regions as a plan takes them; their scenes need not be there.
    public var inputs: [RegionInput] {
        order.regions.map { RegionInput(name: $0.name, paths: ["\(folder)/\($0.name)"]) }
    }

    /// Searches for all regions, fetches what is missing of those that the plan works on, and plans.
    ///
    /// What is there already is not asked for: without the network a step that was finished is still one.
    /// - Throws: `PrepError`, `RasterError`, `ManifestError`; `unavailable` where scenes are missing and the network may not be used.
    public func plan(_ make: Planner) throws -> PrepPlan {
        guard !order.regions.isEmpty else { return try make([:]) }
        var awaited: [String: [Scene]] = [:]
        for region in order.regions {
            try refuseWithoutNetwork(region) { $0 != nil }
            awaited[region.name] = try scenes(of: region)
        }
        let needed = Self.own(try make(awaited))
        let regions = order.regions.filter { needed.contains($0.name) }
        for region in regions { try refuseWithoutNetwork(region) { $0.map(Self.isWhole) == true } }
        try fetch(regions)
        return try make(awaited.filter { !needed.contains($0.key) })
    }

    /// The plan where all is there that it needs; nil where something must be fetched before.
    ///
    /// Uses no network and writes nothing.
    /// - Throws: as `plan`.
    public func planOfWhatIsThere(_ make: Planner) throws -> PrepPlan? {
        guard !order.regions.isEmpty else { return try make([:]) }
        var awaited: [String: [Scene]] = [:]
        var whole: Set<String> = []
        for region in order.regions {
            let fetch = fetch(region)
            guard let report = try fetch.known() else { return nil }
            if Self.isWhole(report) {
                whole.insert(region.name)
            } else {
                awaited[region.name] = try fetch.awaitedScenes(of: region)
            }
        }
        let plan = try make(awaited)
        return Self.own(plan).isDisjoint(with: awaited.keys) ? plan : nil
    }

    /// Says what would be fetched, searching where the network may be used; writes nothing.
    ///
    /// - Throws: as `plan`.
    public func preview() throws -> FetchPreview {
        FetchPreview(
            regions: try order.regions.map { region in
                let fetch = fetch(region)
                var report = try fetch.known()
                if report == nil, Network.isAllowed { report = try fetch.preview() }
                return FetchPreview.Region(wanted: region, found: report?.regions.first)
            })
    }

    // MARK: One region after the other

    private func fetch(_ region: FetchRegion) -> Fetch {
        Fetch(
            region, into: "\(folder)/\(region.name)", offline: order.offline, patience: patience,
            onEvent: onEvent)
    }

    /// The scenes that there will be; faults of an archive's answer name the region.
    private func scenes(of region: FetchRegion) throws -> [Scene] {
        do {
            return try waiting { try fetch(region).awaitedScenes(of: region) }
        } catch let error as PrepError where !error.path.hasPrefix(folder) {
            throw PrepError(error.code, "region \(region.name), \(error.path)", error.message)
        }
    }

    private func fetch(_ regions: [FetchRegion]) throws {
        var failures: [String] = []
        for region in regions {
            // Without the network nothing could be put right; damage is named when the scenes are proven.
            if !Network.isAllowed, order.offline == nil { continue }
            failures += try waiting { try fetch(region).run() }.failures
        }
        guard !failures.isEmpty else { return }
        let more = failures.count > 3 ? "; and \(failures.count - 3) more" : ""
        throw PrepError(
            .unavailable, folder,
            "\(failures.count) scenes could not be fetched (\(failures.prefix(3).joined(separator: "; "))\(more)); run "
                + "again to try again, or take them out of the region's \(order.offline ?? Fetch.searchName)"
        )
    }

    /// Says how to get what is not there, before anything is written.
    private func refuseWithoutNetwork(
        _ region: FetchRegion, unless isEnough: (FetchReport?) -> Bool
    ) throws {
        guard !Network.isAllowed, order.offline == nil else { return }
        guard try !isEnough(fetch(region).known()) else { return }
        throw PrepError(
            .unavailable, "\(folder)/\(region.name)",
            "the scenes of region \(region.name) are not all there and the network is not used; give --allow-network "
                + "to fetch them from \(Network.redacted(region.query.endpoint))")
    }

    /// Runs a body; where another shard is at the same region, when that one is done.
    private func waiting<Result>(_ body: () throws -> Result) throws -> Result {
        while true {
            do {
                return try body()
            } catch let error as ManifestError where error.code == .locked && isShared {
                try patience.checkStop()
                Thread.sleep(forTimeInterval: 0.2)
            }
        }
    }

    private static func isWhole(_ report: FetchReport) -> Bool {
        report.regions.allSatisfy { $0.scenes.allSatisfy { $0.outcome == .kept } }
    }

    /// The regions that a plan works on.
    private static func own(_ plan: PrepPlan) -> Set<String> {
        Set(plan.regions.filter { !$0.own.isEmpty }.map(\.name))
    }
}
