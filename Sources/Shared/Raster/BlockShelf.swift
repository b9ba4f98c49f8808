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
        enum State {
            /// A thread decodes it, or reads it back.
            case inWork
            case here(RasterBuffer<UInt16>)
            /// On disk alone.
            case away
        }

        var state = State.inWork
        /// Where its lower end lies in the scene, 0…1.
        var end = 0.0
        /// Where it lies on disk, if it does.
        var slot: BlockFile.Slot?

        var pixels: RasterBuffer<UInt16>? {
            if case .here(let pixels) = state { pixels } else { nil }
        }
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
        /// From now on it is in work, by whoever asked; on disk, if it lies there.
        case missing(BlockFile.Slot?)
    }

    var files = OpenRasters()
    var cost = DecodingCost()
    /// Bytes of pixels that are kept in memory.
    var limit: Int
    /// Where blocks go for which memory has no room.
    var file: BlockFile?
    private var blocks: [Key: Block] = [:]
    private var scenes: [String: Sweep] = [:]
    /// Scenes that are read from top to bottom once more, and then no more.
    private var lastSweeps: Set<String> = []
    private var clock = 0
    private(set) var bytes = 0
    var decodedCount = 0

    init(limit: Int) { self.limit = limit }

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
        switch blocks[key]?.state {
        case .here(let pixels): return .ready(pixels)
        case .inWork: return .inWork
        case .away, nil:
            blocks[key, default: Block()].state = .inWork
            return .missing(blocks[key]?.slot)
        }
    }

    /// Keeps a block that ends at a place 0…1 of its scene, and lets others go where there is no room.
    mutating func put(
        _ pixels: RasterBuffer<UInt16>, _ part: Int, of source: BlockSource, end: Double
    ) {
        let key = Key(source: source, part: part)
        blocks[key, default: Block()].state = .here(pixels)
        blocks[key]?.end = end
        bytes += pixels.pixels.count * 2
        while bytes > limit, let last = leastWanted { letGo(last) }
        if scenes.count > 64 {
            let kept = Set(blocks.keys.map(\.source.scene))
            scenes = scenes.filter { kept.contains($0.key) }
        }
    }

    /// A block could not be had: whoever wants it next tries again.
    mutating func giveUp(_ part: Int, of source: BlockSource) {
        remove(Key(source: source, part: part))
    }

    /// From now on a scene is read from top to bottom once.
    mutating func beginLastSweep(of scene: String) {
        lastSweeps.insert(scene)
        scenes[scene] = nil
    }

    /// A scene is not read again.
    mutating func forget(_ scene: String) {
        for (key, block) in blocks where key.source.scene == scene {
            if case .inWork = block.state { continue }
            bytes -= (block.pixels?.pixels.count ?? 0) * 2
            remove(key)
        }
        scenes[scene] = nil
        lastSweeps.remove(scene)
    }

    /// Takes a block out of memory; to the disk, where it is expected to be read again.
    private mutating func letGo(_ key: Key) {
        guard let block = blocks[key], let pixels = block.pixels else { return }
        bytes -= pixels.pixels.count * 2
        let scene = key.source.scene
        let isPassed = lastSweeps.contains(scene) && wait(block, scenes[scene]) > 1
        guard !isPassed, let slot = block.slot ?? file?.write(pixels) else { return remove(key) }
        blocks[key] = Block(state: .away, end: block.end, slot: slot)
    }

    private mutating func remove(_ key: Key) {
        if let slot = blocks.removeValue(forKey: key)?.slot { file?.giveBack(slot) }
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
