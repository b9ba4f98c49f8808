import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Three simulated dates of one place (60 × 60 pixels, baselines 03.00, 03.01 and 04.00), made once and copied.
enum Fixture {
    private static let earth: TemporaryFolder? = {
        guard let folder = try? TemporaryFolder(),
            let plan = try? SimulationPlan(products: [.l2a], regions: 1, size: 60, dates: 3)
        else { return nil }
        return (try? Simulation(plan: plan).run(to: folder.path)) == nil ? nil : folder
    }()

    /// The products' folders, copied so that a test may break them, by date.
    static func products(in folder: TemporaryFolder) throws -> [String] {
        let region = try #require(earth).path("l2a/33UUU")
        let names = try FileManager.default.contentsOfDirectory(atPath: region)
        return try names.filter { $0.hasSuffix(".SAFE") }
            .sorted { $0.dropFirst(11) < $1.dropFirst(11) }.map { name in
                let copy = folder.path("l2a/\(name)")
                try AtomicFile.makeFolder(at: folder.path("l2a"))
                try FileManager.default.copyItem(atPath: "\(region)/\(name)", toPath: copy)
                return copy
            }
    }

    /// The one file of a product whose path has a part.
    static func file(_ part: String, in product: String) throws -> String {
        let all = FileManager.default.subpaths(atPath: product) ?? []
        return "\(product)/\(try #require(all.first { $0.contains(part) }, "no \(part)"))"
    }

    /// Replaces text in a file; it must be there.
    static func edit(_ path: String, _ edits: (String, String)...) throws {
        var text = try WholeFile.readText(path)
        for (before, after) in edits {
            try #require(text.contains(before), "no \(before) in \(path)")
            text = text.replacing(before, with: after)
        }
        try overwrite(path, Array(text.utf8))
    }

    /// Writes a file in place, as no program of ours would.
    static func overwrite(_ path: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(filePath: path))
    }

    /// Tiles of 32 pixels of B04 and B8A, nothing aligned.
    static var settings: PrepSettings {
        var settings = PrepSettings()
        settings.tileSize = 32
        settings.bands = [.b04, .b8a]
        settings.aligns = false
        return settings
    }

    /// `matter-prep run` in this process.
    @discardableResult static func run(
        _ paths: [String], into output: String, _ settings: PrepSettings = settings,
        checkStop: @escaping () throws -> Void = {},
        onEvent: @escaping (PrepEvent) -> Void = { _ in }
    ) throws -> PrepReport {
        let region = RegionInput(name: "r", paths: paths)
        let plan = try PrepPlan(regions: [region], settings: settings, output: output)
        return try PrepRun(plan, checkStop: checkStop, onEvent: onEvent).run()
    }

    /// Arguments of `matter-prep` that do the same.
    static func arguments(
        _ paths: [String], into output: String, tileSize: Int = 32
    ) -> [String] {
        ["tile"] + paths + [
            "--name", "r", "--out", output, "--tile-size", "\(tileSize)", "--bands", "B04,B8A",
            "--quiet",
        ]
    }

    /// Digests of every file below a folder but logs and locks.
    static func tree(_ folder: String) throws -> [String: SHA256Digest] {
        var tree: [String: SHA256Digest] = [:]
        for name in FileManager.default.subpaths(atPath: folder) ?? []
        where !name.hasSuffix(".log") && !name.hasSuffix("lock.mdb") {
            var isFolder: ObjCBool = false
            let path = "\(folder)/\(name)"
            _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            if !isFolder.boolValue { tree[name] = try SHA256Digest(ofFile: path) }
        }
        return tree
    }

    /// Files of a band of one date without metadata, 64 × 64 pixels of 10 m; what is not said is made up.
    static func image(
        _ path: String, pixels: [UInt16]? = nil, side: Int = 64, grid: GeoGrid? = nil,
        as format: RasterFormat = .geoTIFF(), nodata: Double? = nil
    ) throws {
        let size = try PixelSize(width: side, height: side)
        let values = pixels ?? (0..<size.count).map { UInt16(200 + $0 % 3000) }
        try AtomicFile.makeFolder(at: URL(filePath: path).deletingLastPathComponent().path)
        try RasterWriter.write(
            RasterBuffer(size: size, pixels: values), grid: try grid ?? self.grid(side), as: format,
            nodata: nodata, to: path)
    }

    /// A grid in zone 33, unless another one or transform is said.
    static func grid(
        _ side: Int = 64, epsg: Int = 32633, x: Double = 300_000, y: Double = 5_700_000
    ) throws -> GeoGrid {
        GeoGrid(
            size: try PixelSize(width: side, height: side),
            transform: try AffineTransform(originX: x, originY: y, resolution: 10),
            crs: CRS(epsg: epsg))
    }

    /// Settings for images of B04 alone.
    static var single: PrepSettings {
        var settings = settings
        settings.bands = [.b04]
        settings.alignmentBands = [.b04]
        return settings
    }
}

/// The work must fail with an exit code and one line that has some words.
func expectRefusal(
    _ code: ExitCode, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) {
    do {
        try body()
        Issue.record("was not refused", sourceLocation: sourceLocation)
    } catch let error as any ExitCoded {
        let line = "\(error)"
        #expect(error.exitCode == code, "\(line)", sourceLocation: sourceLocation)
        for word in words where !word.isEmpty {
            #expect(line.contains(word), "\(word): \(line)", sourceLocation: sourceLocation)
        }
    } catch {
        Issue.record("no exit code: \(error)", sourceLocation: sourceLocation)
    }
}

/// The program must have failed with an exit code and one line that has some words.
func expectOneLine(
    _ result: ProgramResult, _ status: Int32, _ words: String...,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(result.status == status, "\(result.stderr)", sourceLocation: sourceLocation)
    let lines = result.stderr.split(separator: "\n")
    #expect(lines.count == 1, "\(result.stderr)", sourceLocation: sourceLocation)
    #expect(result.stderr.hasPrefix("error: "), sourceLocation: sourceLocation)
    for word in words {
        #expect(
            result.stderr.contains(word), "\(word): \(result.stderr)",
            sourceLocation: sourceLocation)
    }
}
