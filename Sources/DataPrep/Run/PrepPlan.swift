import Foundation
public import Geo
import Manifests
import Raster
import Tensors

/// A region with everything resolved: scenes opened by their metadata, bands chosen.
public struct RegionPlan: Sendable {
    /// The region's name.
    public let name: String
    /// Its scenes by time.
    public let scenes: [Scene]
    /// The bands to write, in the order of wavelength numbers.
    public let bands: [Sentinel2Band]
    /// Places in `scenes` of those that this run works on: all, or a shard's.
    public let own: Range<Int>

    /// The scenes that this run works on.
    public var ownScenes: ArraySlice<Scene> { scenes[own] }
}

/// What a run will do, decided before anything is written.
public struct PrepPlan: Sendable {
    /// The settings.
    public let settings: PrepSettings
    /// The regions by name.
    public let regions: [RegionPlan]
    /// The output folder; a shard's is below the one that was named.
    public let output: String
    /// Which part of the plan is to be done; `nil` for all of it.
    public let shard: Shard?
    /// Sen2Cor, where it is installed and may be used.
    public let sen2cor: Sen2Cor?
    /// What is taken on trust and worth a look, a line each: levels and offsets that nobody said.
    public let remarks: [String]

    /// Finds the scenes of every region and chooses bands.
    ///
    /// Scenes of regions that are still to be fetched are given as `awaited`, by region; files of them are not looked for.
    /// - Throws: `PrepError`: `missing` for an empty folder or a missing band, `badData` for damaged metadata or two
    ///   scenes of one time, `usage` for a tile size out of 16…16384 or two regions of one name; `TorchError` with code
    ///   `unavailable` where windows are to be transformed on a GPU that is not there.
    public init(
        regions inputs: [RegionInput], settings: PrepSettings, output: String, shard: Shard? = nil,
        sen2cor: Sen2Cor? = nil, awaited: [String: [Scene]] = [:]
    ) throws {
        guard (16...16384).contains(settings.tileSize) else {
            throw PrepError(
                .usage, "--tile-size \(settings.tileSize)", "a tile has 16 to 16384 pixels a side")
        }
        guard (1...settings.tileSize).contains(settings.tileStride ?? 1) else {
            throw PrepError(
                .usage, "--tile-stride \(settings.tileStride ?? 0)",
                "tiles follow one another by 1 to \(settings.tileSize) pixels, their own side")
        }
        let names = inputs.map { $0.name.lowercased() }
        guard !inputs.isEmpty, Set(names).count == names.count else {
            throw PrepError(
                .usage, "--region", "regions need names that differ, in any case of letters")
        }
        if settings.aligns { try settings.search.torchDevice.require() }
        let settings = try settings.decided(with: sen2cor)
        self.settings = settings
        self.sen2cor = sen2cor
        self.output = shard.map { "\(output)/\($0.folder)" } ?? output
        self.shard = shard
        let found = try inputs.sorted { $0.name < $1.name }.map {
            try Self.found($0, settings: settings, awaited: awaited[$0.name])
        }
        remarks = found.flatMap { PlanRemarks.lines(of: $0.scenes, in: $0.name, settings) }
        var rest = shard?.records(of: found.map(\.scenes.count).reduce(0, +)) ?? 0..<Int.max
        regions = found.map { region in
            let own = rest.clamped(to: region.scenes.indices)
            let count = region.scenes.count
            rest = max(0, rest.lowerBound - count)..<max(0, rest.upperBound - count)
            return RegionPlan(
                name: region.name, scenes: region.scenes, bands: region.bands, own: own)
        }
    }

    private static func found(
        _ input: RegionInput, settings: PrepSettings, awaited: [Scene]?
    ) throws -> (name: String, scenes: [Scene], bands: [Sentinel2Band]) {
        let reader = SceneReader(
            unnamedBand: settings.bands?.first ?? .b04, looseOffset: settings.looseOffset)
        let scenes = try awaited ?? reader.scenes(at: input.paths)
        try refuseTwins(scenes, region: input.name)
        try refuseMixture(scenes, region: input.name, settings: settings)
        try PlanRemarks.refuseUnknownOffsets(scenes, region: input.name)
        var bands = (settings.bands ?? scenes.first.map { Array($0.bands.keys) } ?? []).sorted()
        if settings.surfaceReflectance == .sen2cor,
            scenes.contains(where: { $0.isSurfaceReflectance == false })
        {
            guard settings.bands?.contains(.b10) != true else {
                throw PrepError(
                    .usage, "--bands B10", "Sen2Cor's products have no B10; leave it out")
            }
            bands.removeAll { $0 == .b10 }
        }
        guard !bands.isEmpty else {
            throw PrepError(.missing, input.name, "the first scene has no band")
        }
        for scene in scenes { for band in bands { _ = try scene.source(of: band) } }
        return (input.name, scenes, bands)
    }

    private static func refuseTwins(_ scenes: [Scene], region: String) throws {
        for (first, second) in zip(scenes, scenes.dropFirst()) where first.time == second.time {
            throw PrepError(
                .badData, region,
                "\(first.name) and \(second.name) were taken at the same time; put each tile into "
                    + "a region of its own")
        }
    }

    /// Reflectance of the ground beside that above the atmosphere would look like a change of everything.
    private static func refuseMixture(
        _ scenes: [Scene], region: String, settings: PrepSettings
    ) throws {
        guard settings.surfaceReflectance == .delivered,
            let ground = scenes.first(where: { $0.isSurfaceReflectance == true }),
            let above = scenes.first(where: { $0.isSurfaceReflectance == false })
        else { return }
        throw PrepError(
            .badData, region,
            "\(ground.name) is reflectance of the ground (L2A), \(above.name) of the top of the atmosphere "
                + "(L1C); correct the latter with --surface-reflectance dark-object or sen2cor, or "
                + "put them into regions of their own")
    }

    /// The libraries that pixels go through, and by which shifts are found.
    static var libraries: [String: String] {
        RasterLibraries.versions.merging(["libtorch": Torch.version]) { first, _ in first }
    }

    /// What `run.json` holds of it: nothing that differs from machine to machine.
    func record(
        inputs: [InputDigest], alignedTo: [String: [InputDigest]] = [:]
    ) throws -> RunRecord {
        let scenes = regions.map { region in
            JSONValue.object([
                "name": .string(region.name),
                "bands": .array(region.bands.map { .string($0.rawValue) }),
                "scenes": .array(region.scenes.map { .string($0.name) }),
            ])
        }
        var plan: [String: JSONValue] = [
            "settings": try JSONValue(encoding: settings), "regions": .array(scenes),
        ]
        if let shard { plan["shard"] = try JSONValue(encoding: shard) }
        if !alignedTo.isEmpty {
            plan["alignedTo"] = .object(
                alignedTo.mapValues { files in
                    let digests = files.map { ($0.path, JSONValue.string($0.sha256.hex)) }
                    return .object(Dictionary(digests) { first, _ in first })
                })
        }
        return RunRecord(
            program: "matter-prep run", plan: .object(plan), inputs: inputs,
            libraries: Self.libraries)
    }

    /// The scenes of a region that are read: those that this run works on, then other shards', to align these by.
    func readings(of region: RegionPlan) throws -> [SceneReading] {
        let aligning = try alignmentBands(of: region)
        let own = region.ownScenes.map {
            SceneReading(
                scene: $0, bands: bandsRead(of: $0, in: region, aligning), isOwn: true)
        }
        guard shard != nil, !region.own.isEmpty else { return own }
        let others = region.scenes.indices.filter { !region.own.contains($0) }
        return own
            + others.map {
                SceneReading(scene: region.scenes[$0], bands: aligning, isOwn: false)
            }
    }

    /// Refuses a plan of which a file is not there; none is opened.
    /// - Throws: `PrepError` (`missing`) that names scene, band and file.
    func refuseMissing() throws {
        for reading in try regions.flatMap(readings) {
            try SceneFiles(scene: reading.scene).refuseMissing(reading.bands)
        }
    }

    /// The bands of a scene that are read: those to write, and those that alignment and correction look at.
    func bandsRead(of scene: Scene, in region: RegionPlan) throws -> [Sentinel2Band] {
        bandsRead(of: scene, in: region, try alignmentBands(of: region))
    }

    private func bandsRead(
        of scene: Scene, in region: RegionPlan, _ aligning: [Sentinel2Band]
    ) -> [Sentinel2Band] {
        var bands = region.bands + aligning
        if scene.isSurfaceReflectance == false {
            switch settings.surfaceReflectance {
            case .delivered: break
            case .auto, .darkObject: bands += DarkObject.bands.filter { scene.bands[$0] != nil }
            case .sen2cor: bands += scene.bands.keys.sorted()
            }
        }
        var seen: Set<Sentinel2Band> = []
        return bands.filter { seen.insert($0).inserted }
    }

    func alignmentBands(of region: RegionPlan) throws -> [Sentinel2Band] {
        try RegionAligner(
            region: region.name, scenes: region.scenes, bands: region.bands, settings: settings
        ).alignmentBands()
    }
}

/// A scene that a run reads.
struct SceneReading {
    let scene: Scene
    let bands: [Sentinel2Band]
    /// Whether the run works on it, and does not only align others by it.
    let isOwn: Bool
}
