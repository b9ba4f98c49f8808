import Foundation
import Geo
import Glibc
import Raster

/// What a run's own process holds in memory at its worst, told from the sizes of images and tiles; `FORMATS.md` says how.
///
/// Processes that decode come beside it, one for each thread: each has a block, or where a format has no blocks an image, in hand.
public struct PrepMemory: Sendable, Codable, Hashable {
    /// What the program takes itself, with its libraries: measured now.
    public private(set) var program = 0
    /// Decoded blocks, kept for whoever needs them next.
    public private(set) var decoded = 0
    /// The pictures that dates are aligned by.
    public private(set) var alignment = 0
    /// Tiles that are made side by side or wait to be written.
    public private(set) var tiles = 0
    /// The dates of a place while they are compared with one another.
    public private(set) var comparison = 0

    /// The sum of what is held at a time: dates are aligned, then tiles cut, then dates compared.
    public private(set) var bytes = 0

    /// The parts in words.
    var words: String {
        let parts = [
            ("decoded blocks", decoded), ("pictures to align by", alignment), ("tiles", tiles),
            ("dates to compare", comparison), ("the program", program),
        ]
        return parts.filter { $0.1 > 0 }
            .map { "\($0.0) \(PrepPreview.megabytes($0.1))" }.joined(separator: ", ")
    }

    /// Looks at the sizes of each region's first scene.
    ///
    /// - Parameters:
    ///   - plan: what is to be done.
    ///   - threads: how many work; one for each core if nil.
    ///   - compares: whether dates are compared afterwards.
    ///   - limit: bytes of decoded blocks that are kept.
    /// - Throws: as `SceneFiles.grid` for files that cannot be read.
    package init(
        _ plan: PrepPlan, threads: Int?, compares: Bool, limit: Int = DecodedBlocks.limitBesideDisk
    ) throws {
        let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
        let side = plan.settings.tileSize
        for region in plan.regions where !region.own.isEmpty {
            let layers = try Layers(region, of: plan)
            decoded += region.scenes.count * layers.read
            alignment = max(alignment, layers.alignment(of: plan.settings))
            let tile = TileBytes(pixels: side * side, bands: region.bands.count)
            tiles = max(tiles, tile.held(by: threads))
            if compares {
                let dates = region.scenes.count
                comparison = max(comparison, tile.compared(dates: dates, by: threads))
            }
        }
        decoded = min(decoded, limit)
        sum()
    }

    /// Adds what this process holds now.
    mutating func addProgram() {
        program = Self.residentBytes
        sum()
    }

    private mutating func sum() { bytes = program + decoded + max(alignment, tiles, comparison) }

    /// What this process holds now.
    ///
    /// Uses `/proc/self/statm`, whose size the system gives as 0.
    private static var residentBytes: Int {
        let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let pages = text?.split(separator: " ")
        guard let pages, pages.count > 1, let count = Int(pages[1]) else { return 0 }
        return count * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}

/// Bytes of the whole bands of a scene.
private struct Layers {
    /// All that are read of it.
    let read: Int
    /// One picture that dates are aligned by, and how many stand for a date.
    let picture: Int
    let count: Int

    init(_ region: RegionPlan, of plan: PrepPlan) throws {
        let scene = region.scenes[0]
        let files = SceneFiles(scene: scene)
        func bytes(_ source: BandSource) throws -> Int { try files.grid(of: source).size.count * 2 }
        let aligning = try plan.alignmentBands(of: region)
        read =
            try plan.bandsRead(of: scene, in: region)
            .reduce(0) { try $0 + bytes(scene.source(of: $1)) }
            + (scene.classification.map(bytes) ?? 0)
        picture = try bytes(scene.source(of: aligning[0]))
        count = aligning.count
    }

    /// The reference's pictures, a date's, and one in the making; a mosaic or a consensus has its own beside the reference's.
    func alignment(of settings: PrepSettings) -> Int {
        var sets = settings.aligns ? 2 : 1
        if settings.aligns, AlignmentReference(settings.reference).isOfSeveral { sets += 1 }
        return picture * (sets * count + 1)
    }
}

extension AlignmentReference {
    /// Whether it is made of more than one date.
    fileprivate var isOfSeveral: Bool {
        if case .date = self { false } else { true }
    }
}

/// Bytes of a tile in its forms.
private struct TileBytes {
    let pixels: Int
    let bands: Int

    private var image: Int { 2 * pixels * bands }

    /// Threads each have a source window, the tile and its files in hand; two more tiles wait or are written.
    func held(by threads: Int) -> Int {
        // Beside the bands: classes and flags of every pixel, and the picture.
        let (making, files) = (3 * image + 8 * pixels, 2 * image + 4 * pixels)
        return threads * making + 2 * files
    }

    /// All dates with their masks and what their pairs say; of each pair in work both dates in 32 bits, places and weights.
    func compared(dates: Int, by threads: Int) -> Int {
        let pairs = min(threads, max(0, dates * (dates - 1) / 2))
        return dates * (image + 5 * pixels) + pairs * (4 * image + 16 * pixels)
    }
}
