import Foundation
public import Geo
import Manifests

/// A region with everything resolved: scenes opened by their metadata, bands chosen.
public struct RegionPlan: Sendable {
    /// The region's name.
    public let name: String
    /// Its scenes by time.
    public let scenes: [Scene]
    /// The bands to write, in the order of wavelength numbers.
    public let bands: [Sentinel2Band]
}

/// What a run will do, decided before anything is written.
public struct PrepPlan: Sendable {
    /// The settings.
    public let settings: PrepSettings
    /// The regions by name.
    public let regions: [RegionPlan]
    /// The output folder.
    public let output: String

    /// Finds the scenes of every region and chooses bands.
    ///
    /// - Throws: `PrepError`: `missing` for an empty folder or a missing band, `badData` for damaged metadata or two
    ///   scenes of one time, `usage` for a tile size out of 16…16384 or two regions of one name.
    public init(regions inputs: [RegionInput], settings: PrepSettings, output: String) throws {
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
        self.settings = settings
        self.output = output
        let reader = SceneReader(unnamedBand: settings.bands?.first ?? .b04)
        regions = try inputs.sorted { $0.name < $1.name }.map { input in
            let scenes = try reader.scenes(at: input.paths)
            try Self.refuseTwins(scenes, region: input.name)
            let bands = (settings.bands ?? scenes.first.map { Array($0.bands.keys) } ?? []).sorted()
            guard !bands.isEmpty else {
                throw PrepError(.missing, input.name, "the first scene has no band")
            }
            for scene in scenes { for band in bands { _ = try scene.source(of: band) } }
            return RegionPlan(name: input.name, scenes: scenes, bands: bands)
        }
    }

    private static func refuseTwins(_ scenes: [Scene], region: String) throws {
        for (first, second) in zip(scenes, scenes.dropFirst()) where first.time == second.time {
            throw PrepError(
                .badData, region,
                "\(first.name) and \(second.name) were taken at the same time; put each tile into "
                    + "a region of its own")
        }
    }

    /// What `run.json` holds of it: nothing that differs from machine to machine.
    func record(inputs: [InputDigest]) throws -> RunRecord {
        let scenes = regions.map { region in
            JSONValue.object([
                "name": .string(region.name),
                "bands": .array(region.bands.map { .string($0.rawValue) }),
                "scenes": .array(region.scenes.map { .string($0.name) }),
            ])
        }
        return RunRecord(
            program: "matter-prep run",
            plan: .object([
                "settings": try JSONValue(encoding: settings), "regions": .array(scenes),
            ]), inputs: inputs)
    }
}
