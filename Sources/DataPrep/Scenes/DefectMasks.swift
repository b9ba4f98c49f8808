import Geo
import Raster
import Synchronization

/// The pixels of a scene's bands that its own masks call lost, defective or saturated: found once a band, when it is first read.
///
/// A scene classification has a class of its own for them, so that the masks of scenes with one are not read.
final class DefectMasks: Sendable {
    private struct State {
        var masks: QualityMasks?
        var isLoaded = false
        var runs: [Sentinel2Band: PixelRuns] = [:]
    }

    private let state = Mutex(State())

    /// Such pixels of a band of the files' scene, in its file's own grid.
    ///
    /// - Throws: `PrepError`, `RasterError` or `DecodeFault` for a mask that cannot be read.
    func runs(of source: BandSource, in files: SceneFiles) throws -> PixelRuns {
        let scene = files.scene
        guard Self.speaks(of: scene),
            let band = scene.bands.first(where: { $0.value == source })?.key
        else { return PixelRuns() }
        // Who comes meanwhile waits: it wants the same.
        return try state.withLock { state in
            if let known = state.runs[band] { return known }
            if !state.isLoaded { state.masks = try scene.qualityMasks() }
            state.isLoaded = true
            let paths = state.masks?.defectFiles(of: band) ?? []
            var runs = PixelRuns()
            if let ground = state.masks?.ground, !paths.isEmpty {
                let finder = DefectFinder(
                    ground: ground, grid: try files.grid(of: source),
                    threads: files.blocks.threads)
                for path in paths { try finder.find(path, into: &runs) }
            }
            state.runs[band] = runs
            return runs
        }
    }

    /// The masks of some bands that are read.
    static func files(of bands: [Sentinel2Band], in scene: Scene) throws -> [String] {
        guard speaks(of: scene), let masks = try scene.qualityMasks() else { return [] }
        return bands.flatMap { masks.defectFiles(of: $0) }
    }

    private static func speaks(of scene: Scene) -> Bool {
        scene.classification == nil && scene.granulePath != nil
    }
}

/// Pixels of a band by row.
struct PixelRuns: Sendable {
    private var rows: [Int: [Range<Int>]] = [:]

    /// Whether there are none.
    var isEmpty: Bool { rows.isEmpty }

    mutating func add(row: Int, _ columns: Range<Int>) {
        rows[row, default: []].append(columns)
    }

    /// Sets them to 0 in the pixels of a window.
    func clear(_ pixels: UnsafeMutableBufferPointer<UInt16>, in window: PixelWindow) {
        let (left, width) = (window.offset.column, window.size.width)
        for row in window.rows {
            for run in rows[row] ?? [] {
                let common = run.clamped(to: left..<left + width)
                let start = (row - window.offset.row) * width - left
                for column in common { pixels[start + column] = 0 }
            }
        }
    }
}
