import Foundation
public import Geo

/// Pixels of rasters, each block of a file decoded once while memory lasts, whoever asks for it and how often.
///
/// Many threads may read at a time. Who finds a block missing decodes it; who finds another thread at it takes its other
/// blocks first. So threads that each cut, resample and encode a window of their own decode for one another, and decoding
/// lies beside the rest of the work. Pixels are numbers of 16 bits without sign.
public final class DecodedBlocks: Sendable {
    /// How many threads the work around it has, for whoever reads whole bands.
    public let threads: Int
    // Guards `shelf` and the lists of `Gathering`s.
    private let condition = NSCondition()
    private nonisolated(unsafe) var shelf: BlockShelf

    /// Bytes of pixels that are kept in memory where nothing else is said: all bands under two rows of tiles.
    public static let usualLimit = 640 << 20
    /// Bytes of pixels that are kept in memory where a disk takes the others.
    public static let limitBesideDisk = 256 << 20

    /// No blocks yet.
    ///
    /// - Parameters:
    ///   - limit: bytes of pixels that are kept; what is expected to be read last, or not at all, goes first.
    ///   - threads: how many threads the work around it has; one for each core if nil.
    public init(limit: Int = usualLimit, threads: Int? = nil) {
        shelf = BlockShelf(limit: limit)
        self.threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    }

    /// Keeps less in memory from now on, and what has no room there and may be read again in a file without a name in a folder: at
    /// most 8 GiB and a sixteenth of what is free on its disk.
    ///
    /// Does nothing where the disk knows no such files.
    public func useDisk(of folder: String) {
        guard let file = BlockFile(folder: folder) else { return }
        locked {
            shelf.file = file
            shelf.limit = min(shelf.limit, Self.limitBesideDisk)
        }
    }

    /// Says that a scene is read from top to bottom once more, and then no more: what was passed need not be kept.
    public func beginLastSweep(of scene: String) { locked { shelf.beginLastSweep(of: scene) } }

    /// Gives up what is kept of a scene that is not read again.
    public func forget(_ scene: String) { locked { shelf.forget(scene) } }

    /// How many blocks were decoded so far; small blocks that lie together count as one.
    public var decodedCount: Int { locked { shelf.decodedCount } }

    /// Bytes of pixels that are kept now.
    public var bytes: Int { locked { shelf.bytes } }

    /// Whether blocks go to a disk for which memory has no room.
    package var usesDisk: Bool { locked { shelf.file != nil } }

    /// What reading has cost so far, summed over threads.
    public var cost: DecodingCost { locked { shelf.cost } }

    /// Pixels of a window of one band.
    ///
    /// - Parameters:
    ///   - path: the raster, as `RasterFile` takes it.
    ///   - band: the band, counted from 0.
    ///   - window: the pixels, inside of the raster; all if nil.
    ///   - scene: what the file belongs to: the pixels of one scene are kept and given up together.
    ///   - threads: how many threads decode what is missing.
    /// - Returns: one band of the window's size.
    /// - Throws: `RasterError` and `DecodeFault` as `ForeignRaster` does.
    public func read(
        _ path: String, band: Int = 0, _ window: PixelWindow? = nil, of scene: String = "",
        threads: Int = 1
    ) throws -> RasterBuffer<UInt16> {
        let window = try window ?? layout(of: path).size.window
        return try RasterBuffer(size: window.size, bands: 1) { _, place in
            try read(path, band: band, window, of: scene, threads: threads, into: place)
        }
    }

    /// Pixels of a window of one band, written to a place of the window's size.
    ///
    /// - Throws: as the one that gives a raster; then some of the place may be written.
    package func read(
        _ path: String, band: Int, _ window: PixelWindow, of scene: String, threads: Int,
        into place: UnsafeMutableBufferPointer<UInt16>
    ) throws {
        precondition(place.count == window.size.count, "a place of another size than the window")
        let layout = try layout(of: path)
        guard layout.size.window.contains(window) else {
            throw RasterError(
                .invalid, path: path, "no window \(window) in a raster of \(layout.size)")
        }
        let source = BlockSource(path: path, band: band, scene: scene)
        let parts = layout.parts(under: window)
        locked { shelf.begin(layout.extent(of: window.rows), of: source) }
        let workers = max(1, min(threads, parts.count))
        let gathering = Gathering(source, layout, window, parts, place)
        // Each worker copies blocks of its own into places of its own.
        nonisolated(unsafe) let work = gathering
        DispatchQueue.concurrentPerform(iterations: workers) { _ in gather(work) }
        if let fault = gathering.fault { throw fault }
    }

    // MARK: Taking turns

    private enum Step {
        case copy(Int, RasterBuffer<UInt16>)
        case make(Int, BlockFile.Slot?)
        case done
    }

    private func gather(_ work: Gathering) {
        while true {
            switch locked({ next(work) }) {
            case .copy(let part, let block): work.copy(block, part)
            case .make(let part, let slot): make(part, slot, work)
            case .done: return
            }
        }
    }

    /// What a worker does next; waits where all that is left is being decoded by others.
    private func next(_ work: Gathering) -> Step {
        while work.fault == nil, !work.parts.isEmpty {
            for (index, part) in work.parts.enumerated() {
                switch shelf.take(part, of: work.source) {
                case .ready(let block):
                    work.parts.remove(at: index)
                    return .copy(part, block)
                case .missing(let slot):
                    work.parts.remove(at: index)
                    return .make(part, slot)
                case .inWork: continue
                }
            }
            let start = ContinuousClock.now
            condition.wait()
            shelf.cost.secondsWaited += (ContinuousClock.now - start) / .seconds(1)
        }
        return .done
    }

    /// Reads a block back from the disk, or decodes it.
    private func make(_ part: Int, _ slot: BlockFile.Slot?, _ work: Gathering) {
        do {
            let start = ContinuousClock.now
            let window = try work.layout.window(of: part)
            let end = work.layout.extent(of: window.rows).upperBound
            let known = slot.flatMap { slot in locked { shelf.file }?.read(slot) }
            let block = try known ?? decoded(window, of: work.source)
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            locked {
                shelf.cost.seconds += seconds
                if known == nil {
                    shelf.cost.bytes += block.pixels.count * 2
                    shelf.decodedCount += 1
                }
                shelf.put(block, part, of: work.source, end: end)
                condition.broadcast()
            }
            work.copy(block, part)
        } catch {
            locked {
                shelf.giveUp(part, of: work.source)
                if work.fault == nil { work.fault = error }
                condition.broadcast()
            }
        }
    }

    private func decoded(
        _ window: PixelWindow, of source: BlockSource
    ) throws -> RasterBuffer<UInt16> {
        let file = try checkedOut(source.path)
        let block = try file.read(window, band: source.band)
        locked { shelf.files.give(file, of: source.path) }
        return block
    }

    // MARK: Open files

    private func layout(of path: String) throws -> BlockLayout {
        if let known = locked({ shelf.files.layout(of: path) }) { return known }
        let file = try checkedOut(path)
        let layout = BlockLayout(file.size, block: file.blockSize)
        locked {
            shelf.files.know(layout, of: path)
            shelf.files.give(file, of: path)
        }
        return layout
    }

    private func checkedOut(_ path: String) throws -> ForeignRaster {
        // Nobody else holds what the shelf has handed out.
        nonisolated(unsafe) let known = locked { shelf.files.take(path) }
        return try known ?? ForeignRaster(reading: path)
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }
}

/// What reading pixels has cost.
public struct DecodingCost: Sendable, Hashable {
    /// Seconds that threads spent on decoding, or on waiting for the process that does it.
    public var seconds = 0.0
    /// Seconds that threads waited for blocks that others decoded.
    public var secondsWaited = 0.0
    /// Bytes of pixels.
    public var bytes = 0
}

/// One band of one file.
struct BlockSource: Hashable {
    let path: String
    let band: Int
    let scene: String
}

/// A window that is put together from blocks by a few threads.
private final class Gathering {
    let source: BlockSource
    let layout: BlockLayout
    // What is left to do and what went wrong: changed only under the lock of `DecodedBlocks`.
    var parts: [Int]
    var fault: (any Error)?
    private let window: PixelWindow
    private let pixels: UnsafeMutableBufferPointer<UInt16>

    init(
        _ source: BlockSource, _ layout: BlockLayout, _ window: PixelWindow, _ parts: [Int],
        _ pixels: UnsafeMutableBufferPointer<UInt16>
    ) {
        (self.source, self.layout, self.window) = (source, layout, window)
        (self.parts, self.pixels) = (parts, pixels)
    }

    /// Copies what the window has of a block.
    func copy(_ block: RasterBuffer<UInt16>, _ part: Int) {
        guard let area = try? layout.window(of: part), let common = area.intersection(window)
        else { return }
        let width = common.size.width
        block.pixels.withUnsafeBufferPointer { block in
            guard let from = block.baseAddress, let to = pixels.baseAddress else { return }
            for row in common.rows {
                let source =
                    (row - area.offset.row) * area.size.width
                    + common.offset.column - area.offset.column
                let target =
                    (row - window.offset.row) * window.size.width
                    + common.offset.column - window.offset.column
                (to + target).initialize(from: from + source, count: width)
            }
        }
    }
}
