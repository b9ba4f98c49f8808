import Glibc
import Raster
import Store

/// Reads patches on one thread: each file with one `openat`, one `pread` and one `close`, into memory that stays.
final class PatchReader: PlacedReader {
    private let patches: PatchCollection
    private let folder: Int32
    private let sources: [Source]
    private var loaders: [RasterLoader]
    private var asked: [String]?
    private var chosen: [Int] = []
    private var path: [UInt8] = []
    private var planes: [SamplePlane] = []
    private var ground: Ground?
    private let mask = UnsafeMutableRawBufferPointer.allocate(
        byteCount: 120 * 120, alignment: 64)

    /// One plane: its file, and the group that this belongs to.
    private struct Source {
        let group: Int
        let file: PatchFile
        let suffix: [UInt8]
    }

    /// Where a patch lies, as its first file says.
    private struct Ground: Equatable {
        let bounds: SIMD4<Double>?
        let epsg: Int?
    }

    init(_ patches: PatchCollection) throws {
        self.patches = patches
        sources = patches.groups.indices.flatMap { group in
            patches.groups[group].files.map {
                Source(group: group, file: $0, suffix: Array($0.suffix.utf8) + [0])
            }
        }
        loaders = sources.map { _ in RasterLoader() }
        folder = open(patches.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else {
            throw BenchError(
                .missing, "\(patches.root): cannot be opened: \(String(cString: strerror(errno)))")
        }
        try choose(nil)
    }

    deinit {
        close(folder)
        mask.deallocate()
    }

    func read(_ index: Int, planes: [String]?, _ body: ([SamplePlane]) throws -> Void) throws {
        if planes != asked { try choose(planes) }
        self.planes.removeAll(keepingCapacity: true)
        var group = -1
        var length = 0
        ground = nil
        for place in chosen {
            let source = sources[place]
            if source.group != group {
                group = source.group
                let kind = patches.groups[group]
                kind.write(pathOf: patches.name(index, in: kind), to: &path)
                length = path.count
            }
            path.removeLast(path.count - length)
            path.append(contentsOf: source.suffix)
            let raster = try load(place)
            try check(raster, against: source.file)
            self.planes.append(try plane(raster, source))
        }
        try body(self.planes)
    }

    var footprint: Footprint? {
        guard let bounds = ground?.bounds, let epsg = ground?.epsg else { return nil }
        return Footprint(crs: "EPSG:\(epsg)", bounds: (0..<4).map { bounds[$0] })
    }

    /// Which planes are read, in the order asked for; all by name for nil.
    private func choose(_ planes: [String]?) throws {
        let names = sources.map(\.file.plane)
        chosen = try (planes ?? names.sorted()).map { name in
            guard let place = names.firstIndex(of: name) else {
                throw BenchError(
                    .configuration,
                    "\(patches.root): no plane \(name) was opened; there are \(names.joined(separator: ", "))"
                )
            }
            return place
        }
        asked = planes
    }

    private var name: String {
        "\(patches.root)/\(String(decoding: path.dropLast(), as: UTF8.self))"
    }

    private func load(_ place: Int) throws -> LoadedRaster {
        let loader = loaders[place]
        return try path.withUnsafeBytes { bytes in
            // The path ends with a zero.
            // swift-format-ignore: NeverForceUnwrap
            let start = bytes.baseAddress!.assumingMemoryBound(to: CChar.self)
            return try loader.read(start, in: folder) { name }
        }
    }

    private func check(_ raster: LoadedRaster, against file: PatchFile) throws {
        let type: RasterPixelType = file.pixel == .float32 ? .float32 : .uint16
        guard raster.width == file.side, raster.height == file.side, raster.bands == 1,
            raster.pixelType == type
        else {
            throw BenchError(
                .invalid,
                "\(name): \(raster.bands) bands of \(raster.width)×\(raster.height) pixels of \(raster.pixelType); expected one of \(file.side)×\(file.side) of \(type), unpack the archive again"
            )
        }
        let here = Ground(bounds: raster.bounds, epsg: raster.epsg)
        guard let first = ground else {
            ground = here
            return
        }
        guard first == here else {
            throw BenchError(
                .invalid,
                "\(name): lies at \(Self.text(here)) where the patch's other files lie at \(Self.text(first)); unpack the archive again"
            )
        }
    }

    private static func text(_ ground: Ground) -> String {
        let bounds = ground.bounds.map { b in (0..<4).map { "\(b[$0])" }.joined(separator: " ") }
        return "\(bounds ?? "no place") in \(ground.epsg.map { "EPSG:\($0)" } ?? "no system")"
    }

    private func plane(_ raster: LoadedRaster, _ source: Source) throws -> SamplePlane {
        let file = source.file
        var (pixel, bytes) = (file.pixel, raster.pixels)
        switch patches.groups[source.group].kind {
        case .optical: break
        case .radar: if !patches.keepsNaN { try checkNumbers(bytes) }
        case .codes: try translate(bytes)
        case .classes:
            try translate(bytes)
            pixel = .uint8
            bytes = UnsafeRawBufferPointer(mask)
        }
        return SamplePlane(
            name: file.plane, width: file.side, height: file.side, pixel: pixel, bytes: bytes)
    }

    private func checkNumbers(_ bytes: UnsafeRawBufferPointer) throws {
        let exponent: UInt32 = 0x7F80_0000
        let bad = bytes.assumingMemoryBound(to: UInt32.self).reduce(0) {
            $0 &+ ($1 & exponent == exponent ? 1 : 0)
        }
        guard bad > 0 else { return }
        throw BenchError(
            .invalid,
            "\(name): \(bad) pixels are NaN or infinite; leave the patch out, or take them with --option nan=keep"
        )
    }

    /// Turns CORINE codes into classes; refuses codes that there are not.
    private func translate(_ bytes: UnsafeRawBufferPointer) throws {
        let codes = bytes.assumingMemoryBound(to: UInt16.self)
        let table = CORINEClass.ofCode
        var unknown = 0
        for index in codes.indices {
            let value = Int(codes[index]) < table.count ? table[Int(codes[index])] : 254
            mask[index] = value
            unknown += value == 254 ? 1 : 0
        }
        guard unknown > 0 else { return }
        var counts: [UInt16: Int] = [:]
        for code in codes where Int(code) >= table.count || table[Int(code)] == 254 {
            counts[code, default: 0] += 1
        }
        let list = counts.sorted { $0.key < $1.key }.prefix(8)
            .map { "\($0.key) (\($0.value) pixels)" }
        throw BenchError(
            .invalid,
            "\(name): codes that CORINE does not have: \(list.joined(separator: ", ")); unpack Reference_Maps again"
        )
    }
}
