import Geo

/// Blocks by place, and files that are open: what `DecodedBlocks` keeps.
///
/// Knows nothing of threads.
struct BlockShelf {
    private struct Key: Hashable {
        let source: BlockSource
        let part: Int
    }

    private struct Block {
        /// nil while it is decoded.
        var pixels: RasterBuffer<UInt16>?
        /// Where its lower end lies in the scene, 0…1.
        var end = 0.0
    }

    /// How a scene is read: from top to bottom, as tiles are cut.
    private struct Sweep {
        var lastUse: Int
        /// What ends above is not expected to be read again.
        var start: Double
    }

    /// What became of a wish for a block.
    enum Answer {
        case ready(RasterBuffer<UInt16>)
        /// Another thread decodes it.
        case inWork
        /// From now on it is in work, by whoever asked.
        case missing
    }

    var files = OpenRasters()
    var cost = DecodingCost()
    private var blocks: [Key: Block] = [:]
    private var scenes: [String: Sweep] = [:]
    private var clock = 0
    private(set) var bytes = 0
    private(set) var decodedCount = 0

    /// Rows of a scene are about to be read.
    mutating func begin(_ rows: Range<Double>, of source: BlockSource) {
        clock += 1
        // Threads are a few windows apart.
        let start = rows.lowerBound - (rows.upperBound - rows.lowerBound)
        scenes[source.scene] = Sweep(lastUse: clock, start: start)
    }

    /// A block, or the task of making it.
    mutating func take(_ part: Int, of source: BlockSource) -> Answer {
        let key = Key(source: source, part: part)
        guard let block = blocks[key] else {
            blocks[key] = Block()
            return .missing
        }
        return block.pixels.map(Answer.ready) ?? .inWork
    }

    /// Keeps a block that ends at a place 0…1 of its scene, and gives others up where there is no room.
    mutating func put(
        _ pixels: RasterBuffer<UInt16>, _ part: Int, of source: BlockSource, end: Double, limit: Int
    ) {
        blocks[Key(source: source, part: part)] = Block(pixels: pixels, end: end)
        bytes += pixels.pixels.count * 2
        decodedCount += 1
        while bytes > limit, let last = leastWanted {
            bytes -= (blocks.removeValue(forKey: last)?.pixels?.pixels.count ?? 0) * 2
        }
        if scenes.count > 64 {
            let kept = Set(blocks.keys.map(\.source.scene))
            scenes = scenes.filter { kept.contains($0.key) }
        }
    }

    /// A block could not be decoded: whoever wants it next tries again.
    mutating func giveUp(_ part: Int, of source: BlockSource) {
        blocks[Key(source: source, part: part)] = nil
    }

    /// What will be needed last: any block of the scene used longest ago, of the same scene first what lies above the rows
    /// that are read, then what lies farthest below.
    private var leastWanted: Key? {
        blocks.lazy.filter { $0.value.pixels != nil }.max { left, right in
            let (a, b) = (scenes[left.key.source.scene], scenes[right.key.source.scene])
            let (used, other) = (a?.lastUse ?? 0, b?.lastUse ?? 0)
            return used == other
                ? wait(left.value, a) < wait(right.value, b) : used > other
        }?.key
    }

    private func wait(_ block: Block, _ sweep: Sweep?) -> Double {
        block.end <= sweep?.start ?? 0 ? 2 : block.end
    }
}

/// Files that are open and not in use, and how all known ones are laid out.
struct OpenRasters {
    private var idle: [(path: String, file: ForeignRaster)] = []
    private var layouts: [String: BlockLayout] = [:]

    private static let mostIdle = 16
    private static let mostKnown = 256

    mutating func take(_ path: String) -> ForeignRaster? {
        idle.lastIndex { $0.path == path }.map { idle.remove(at: $0).file }
    }

    mutating func give(_ file: ForeignRaster, of path: String) {
        idle.append((path, file))
        if idle.count > Self.mostIdle { idle.removeFirst() }
    }

    func layout(of path: String) -> BlockLayout? { layouts[path] }

    mutating func know(_ layout: BlockLayout, of path: String) {
        if layouts.count >= Self.mostKnown { layouts.removeAll() }
        layouts[path] = layout
    }
}
