import Foundation
import Geo
import Manifests
import Raster

/// Finds scenes of regions in a STAC archive and brings the wanted windows of them onto disk.
///
/// Per region a folder with `search.json`, what the search found and chose, and a folder a scene with COGs and
/// `item.json`; `SceneReader` reads it. Killed anywhere and started again it goes on where it was: a search is asked
/// once, a file with its own name is whole, and a folder with its item is done.
public struct Fetch {
    /// What the folder with the saved search is called in a region's folder.
    public static let searchName = "search.json"
    /// What `run.json` names as the program of a folder with scenes.
    static let program = "matter-prep fetch"

    private let regions: [FetchRegion]
    private let output: String
    /// Whether the one region's scenes lie in `output` itself, not in a folder of the region's name there.
    private let isFlat: Bool
    private let offline: String?
    private let patience: Patience
    private let signer = AddressSigner()
    private let onEvent: (FetchEvent) -> Void

    /// A fetch.
    ///
    /// - Parameters:
    ///   - regions: what is wanted, each under a name of its own.
    ///   - output: the folder to write.
    ///   - offline: a saved search or any GeoJSON of items that takes the place of asking; the network is not used then.
    ///   - firstPause: seconds before a failed read is tried again; twice as long each time.
    ///   - checkStop: throws when the work should end.
    ///   - onEvent: told what happens.
    /// - Throws: `PrepError` (`usage`) for regions that share a name.
    public init(
        _ regions: [FetchRegion], output: String, offline: String? = nil, firstPause: Double = 1,
        checkStop: @escaping @Sendable () throws -> Void = {},
        onEvent: @escaping (FetchEvent) -> Void = { _ in }
    ) throws {
        guard !regions.isEmpty, Set(regions.map { $0.name.lowercased() }).count == regions.count
        else { throw PrepError(.usage, "--region", "regions need names that differ") }
        self.regions = regions
        self.output = output
        isFlat = false
        self.offline = offline
        patience = Patience(firstPause: firstPause, checkStop: checkStop)
        self.onEvent = onEvent
    }

    /// A fetch of one region into a folder of its own, which holds the search, the scenes and the record.
    init(
        _ region: FetchRegion, into folder: String, offline: String?, patience: Patience,
        onEvent: @escaping (FetchEvent) -> Void
    ) {
        regions = [region]
        output = folder
        isFlat = true
        self.offline = offline
        self.patience = patience
        self.onEvent = onEvent
    }

    private func folder(of region: FetchRegion) -> String {
        isFlat ? output : "\(output)/\(region.name)"
    }

    /// Searches and writes nothing.
    ///
    /// - Throws: as `run()`.
    public func preview() throws -> FetchReport {
        try report { region in
            let search = try search(region)
            return try search.report(region, search.choice.chosen.map { scene($0, .wanted) })
        }
    }

    /// Does it.
    ///
    /// - Throws: `RasterError` (`unavailable`) without network, `ManifestError`, `PrepError`; what fails of single scenes
    ///   or regions while others succeed stands in the report.
    public func run() throws -> FetchReport {
        let lock = try FolderLock(folder: output)
        defer { withExtendedLifetime(lock) {} }
        try claim()
        return try report { region in
            let search = try savedSearch(region)
            onEvent(.found(region: region.name, scenes: search.choice.chosen.count))
            var scenes: [FetchReport.Scene] = []
            for item in search.choice.chosen {
                scenes.append(
                    try fetch(item, of: region, isFirst: scenes.allSatisfy { $0.outcome == .kept }))
                onEvent(.scene(region: region.name, scenes[scenes.count - 1]))
            }
            return try search.report(region, scenes)
        }
    }

    /// Reports of all regions; a region's failure is one of the report unless nothing succeeded.
    private func report(
        _ work: (FetchRegion) throws -> FetchReport.Region
    ) throws -> FetchReport {
        var report = FetchReport()
        var first: (any Error)?
        for region in regions {
            do {
                report.regions.append(try work(region))
            } catch let error as any ExitCoded where error is PrepError || error is RasterError {
                if error.exitCode == .unavailable { throw error }
                first = first ?? error
                report.failures.append("\(region.name): \(error)")
            }
        }
        for region in report.regions {
            for scene in region.scenes where scene.outcome == .failed {
                report.failures.append("\(region.name) \(scene.id): \(scene.reason ?? "")")
            }
        }
        if report.regions.isEmpty, let first { throw first }
        return report
    }

    /// Writes `run.json`, or proves that the folder belongs to the same regions and search.
    private func claim() throws {
        if try !isClaimed() { try record().write(to: output) }
    }

    private func record() throws -> RunRecord {
        RunRecord(
            program: Self.program,
            plan: .object(["regions": try JSONValue(encoding: regions)]),
            inputs: try offline.map { [try InputDigest(file: $0, named: Self.searchName)] } ?? [])
    }

    /// Whether the folder belongs to the same regions and search; false for one that belongs to nobody.
    private func isClaimed() throws -> Bool {
        guard FileManager.default.fileExists(atPath: "\(output)/\(RunRecord.fileName)") else {
            return false
        }
        guard try RunRecord(readingFrom: output) != record() else { return true }
        throw PrepError(
            .configuration, output,
            "the folder holds another fetch (areas, bands, dates or limits differ; see its "
                + "\(RunRecord.fileName)); name another folder or remove this one")
    }

    // MARK: Search

    private struct Search {
        var choice: SceneChoice
        var found: Int

        func report(
            _ region: FetchRegion, _ scenes: [FetchReport.Scene]
        ) throws -> FetchReport.Region {
            FetchReport.Region(
                name: region.name, tile: choice.tile?.name, found: found, scenes: scenes,
                rejected: choice.rejected,
                covered: try choice.chosen.compactMap { try region.area.share(inTileOf: $0) }.max(),
                otherTiles: choice.otherTiles.map(\.name))
        }
    }

    private func search(_ region: FetchRegion) throws -> Search {
        let items: [JSONValue]
        var (source, base) = (Network.redacted(region.query.endpoint), "")
        if let offline {
            (source, base) = (
                offline, URL(fileURLWithPath: offline).deletingLastPathComponent().path
            )
            items = try Self.features(offline)
        } else {
            items = try ItemSearch(region: region, checkStop: patience.checkStop).items()
        }
        return try choose(items, of: region, source: source, base: base)
    }

    private func choose(
        _ features: [JSONValue], of region: FetchRegion, source: String, base: String
    ) throws -> Search {
        let items = try features.map { try STACItem($0, path: source, base: base) }
        let choice = SceneChoice(items, area: region.area, query: region.query)
        guard choice.chosen.count >= region.query.fewestScenes else {
            let reasons = choice.rejected.sorted { $0.key < $1.key }.prefix(3)
                .map { "\($0.key) \($0.value)" }
            throw PrepError(
                .missing, source,
                "\(items.count) items found, \(choice.chosen.count) of them wanted, "
                    + "\(region.query.fewestScenes) needed"
                    + (reasons.isEmpty ? "" : " (\(reasons.joined(separator: "; ")))")
                    + "; ask for more days, more cloud or less coverage")
        }
        return Search(choice: choice, found: items.count)
    }

    private static func features(_ path: String) throws -> [JSONValue] {
        let json = try JSONValue.parse(file: path)
        if json["type"]?.string == "Feature" { return [json] }
        guard let features = json["features"]?.array else {
            throw PrepError(.badData, path, "has no features: neither a saved search nor an item")
        }
        return features
    }

    /// The region's search where nobody must be asked: saved, or given; nil where it has not been made.
    private func knownSearch(_ region: FetchRegion) throws -> Search? {
        guard offline == nil else { return try search(region) }
        let folder = folder(of: region)
        let path = "\(folder)/\(Self.searchName)"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try choose(Self.features(path), of: region, source: path, base: folder)
    }

    /// The region's saved search, or a new one that is saved before anything is fetched.
    private func savedSearch(_ region: FetchRegion) throws -> Search {
        try AtomicFile.makeFolder(at: folder(of: region))
        return try knownSearch(region) ?? newSearch(region)
    }

    /// Asks, and keeps what was found if it is enough: a folder without scenes belongs to nobody.
    private func newSearch(_ region: FetchRegion) throws -> Search {
        let folder = folder(of: region)
        let features = try ItemSearch(region: region, checkStop: patience.checkStop).items()
        let sorted = features.sorted { ($0["id"]?.string ?? "") < ($1["id"]?.string ?? "") }
        let collection: JSONValue = .object([
            "type": "FeatureCollection", "features": .array(sorted),
            "matter:region": try JSONValue(encoding: region),
        ])
        let search = try choose(
            sorted, of: region, source: Network.redacted(region.query.endpoint), base: folder)
        try claim()
        try AtomicFile.write(
            Array((collection.serialized() + "\n").utf8), to: "\(folder)/\(Self.searchName)")
        return search
    }

    // MARK: Before anything is fetched

    /// Says what is there and what would be fetched, by searches that were made before; nil where one was not.
    ///
    /// Uses no network, writes nothing, and believes a scene that has its item.
    func known() throws -> FetchReport? {
        let isClaimed = try isClaimed()
        guard isClaimed || offline != nil else { return nil }
        var report = FetchReport()
        for region in regions {
            guard let search = try knownSearch(region) else { return nil }
            let scenes = try search.choice.chosen.map { item in
                let path = try "\(folder(of: item, region))/\(LocalItem.fileName)"
                let isThere = isClaimed && FileManager.default.fileExists(atPath: path)
                return scene(item, isThere ? .kept : .wanted)
            }
            report.regions.append(try search.report(region, scenes))
        }
        return report
    }

    /// The scenes that there will be of a region, by a search that was made before or is made and kept now.
    ///
    /// - Throws: as `run()`, and for an item that lacks a band.
    func awaitedScenes(of region: FetchRegion) throws -> [Scene] {
        let known = try offline != nil || isClaimed() ? knownSearch(region) : nil
        let search = try known ?? askedSearch(region)
        let scenes = try search.choice.chosen.map { item in
            try Scene(
                awaited: item, layers: layers(item.assets(), region.query, item),
                in: folder(of: item, region))
        }
        return scenes.sorted { ($0.time, $0.name) < ($1.time, $1.name) }
    }

    private func askedSearch(_ region: FetchRegion) throws -> Search {
        let lock = try FolderLock(folder: output)
        defer { withExtendedLifetime(lock) {} }
        return try isClaimed() ? savedSearch(region) : newSearch(region)
    }

    // MARK: Scenes

    private func scene(
        _ item: STACItem, _ outcome: FetchReport.Outcome, bytes: Int = 0, reason: String? = nil
    ) -> FetchReport.Scene {
        FetchReport.Scene(
            id: item.id, date: item.time.iso8601, cloudCover: item.cloudCover, outcome: outcome,
            bytes: bytes, reason: reason)
    }

    /// A scene's windows; without the network nothing is tried for the next scene.
    private func fetch(
        _ item: STACItem, of region: FetchRegion, isFirst: Bool
    ) throws -> FetchReport.Scene {
        do {
            let folder = try folder(of: item, region)
            let assets = item.assets()
            let layers = try self.layers(assets, region.query, item)
            if try LocalItem.isWhole(folder, layers: Set(layers)) { return scene(item, .kept) }
            try AtomicFile.makeFolder(at: folder)
            try clear(folder)
            let copier = AssetCopy(
                area: region.area, patience: patience, query: region.query, signer: signer)
            var copies: [AssetCopy.Copy] = []
            for layer in layers {
                try patience.checkStop()
                guard let asset = assets[layer] else { continue }
                copies.append(try copier.copy(asset, to: "\(folder)/\(layer.fileName)"))
            }
            let json = try LocalItem.json(item, copies).serialized(pretty: true) + "\n"
            try AtomicFile.write(Array(json.utf8), to: "\(folder)/\(LocalItem.fileName)")
            return scene(
                item, .written, bytes: copies.map(\.digest.bytes).reduce(json.utf8.count, +))
        } catch let error as any ExitCoded where error is PrepError || error is RasterError {
            if isFirst, error.exitCode == .unavailable { throw error }
            return scene(item, .failed, reason: "\(error)")
        }
    }

    /// Where a scene goes; its id names the folder if it can.
    private func folder(of item: STACItem, _ region: FetchRegion) throws -> String {
        let isPlain = item.id.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0))
        }
        guard isPlain, !item.id.hasPrefix("."), item.id.count <= 200
        else {
            throw PrepError(
                .badData, item.id.debugDescription, "an item's id that cannot name a folder")
        }
        return "\(folder(of: region))/\(item.id)"
    }

    private func layers(
        _ assets: [STACLayer: STACAsset], _ query: FetchQuery, _ item: STACItem
    ) throws -> [STACLayer] {
        let bands = query.bands.map(STACLayer.band)
        if let absent = bands.first(where: { assets[$0] == nil }) {
            let name = absent.fileName.prefix(3)
            throw PrepError(.missing, item.id, "has no asset for \(name); leave it out of --bands")
        }
        let extra: [STACLayer] = [.classification] + (query.wantsGranules ? [.granule] : [])
        return bands + extra.filter { assets[$0] != nil }
    }

    /// Takes away what a finished scene no longer is: a file of it was changed or is gone.
    private func clear(_ folder: String) throws {
        guard FileManager.default.fileExists(atPath: "\(folder)/\(LocalItem.fileName)") else {
            return
        }
        let layers = Sentinel2Band.allCases.map(STACLayer.band) + [.classification, .granule]
        for name in [LocalItem.fileName] + layers.map(\.fileName) {
            let path = "\(folder)/\(name)"
            guard FileManager.default.fileExists(atPath: path) else { continue }
            do {
                try FileManager.default.removeItem(atPath: path)
            } catch {
                throw PrepError(.cannotCreate, path, "cannot be replaced: \(error)")
            }
        }
    }
}
