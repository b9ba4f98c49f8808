public import Geo

/// A raster that others made: opened and decoded in a worker where `IsolatedDecoding` is on, else here; with the same bytes.
///
/// What lies on the network is always read here, where the network's settings are. One thread at a time reads.
public final class ForeignRaster {
    /// Where it is.
    public let path: String
    private let facts: RasterFacts
    /// nil where workers read.
    private let file: OpenRaster?

    /// Opens a file, as `RasterFile` does.
    /// - Throws: `RasterError` as there, and `DecodeFault`.
    public init(reading path: String) throws {
        self.path = path
        if IsolatedDecoding.isOn, !StoredFile(path).isRemote {
            file = nil
            facts = try IsolatedDecoding.ask(DecodeRequest(path: path)) { reply, _ in
                guard let facts = reply.facts else {
                    throw RasterError(.io, path: path, "a worker gave no answer")
                }
                return facts
            }
        } else {
            let own = try OpenRaster(path)
            file = own
            facts = RasterFacts(own.raster)
        }
    }

    /// Extent in pixels.
    public var size: PixelSize { facts.size }
    /// Number of bands.
    public var bandCount: Int { facts.bandCount }
    /// The pixels that the format packs together.
    public var blockSize: PixelSize { facts.blockSize }
    /// Which ground the pixels cover, or nil if the file does not say.
    public var grid: GeoGrid? { facts.grid }
    /// The value of pixels without data, of the first band; nil if there is none.
    public var nodata: Double? { facts.nodata }
    /// What the bands are called; empty text for those without a name.
    public var bandDescriptions: [String] { facts.bandDescriptions }
    /// How the numbers of each band become what they measure, by the file's own word; nil where it has none.
    public var bandScales: [BandScale?] { facts.bandScales }
    /// The type of the pixels, or nil where it is one that the suite converts on reading.
    public var pixelType: RasterPixelType? { facts.pixelType }

    /// Reads a window of one band, counted from 0, as numbers of 16 bits, at another size where one is given.
    /// - Throws: `RasterError` as `RasterFile.read`, and `DecodeFault`.
    public func read(
        _ window: PixelWindow? = nil, band: Int = 0, scaledTo: PixelSize? = nil
    ) throws -> RasterBuffer<UInt16> {
        if let file { return try file.raster.read(window, bands: [band], scaledTo: scaledTo) }
        let window = window ?? size.window
        let result = scaledTo ?? window.size
        let request = DecodeRequest(
            path: path, band: band,
            window: [
                window.offset.column, window.offset.row, window.size.width, window.size.height,
            ],
            scaledTo: scaledTo.map { [$0.width, $0.height] })
        return try IsolatedDecoding.ask(request) { reply, worker in
            guard reply.width == result.width, reply.height == result.height else {
                throw RasterError(.io, path: path, "a worker gave another window than was asked")
            }
            return try RasterBuffer(size: result, pixels: worker.pixels(result.count))
        }
    }
}

// MARK: Images in sensor geometry

extension ForeignRaster {
    /// The most numbers that are asked for at a time.
    private static let mostNumbers = 1 << 26

    /// The entries of the camera model that the file carries; empty where it carries none.
    /// - Throws: `RasterError` and `DecodeFault`, where a worker reads.
    public func cameraModel() throws -> [String: String] {
        if let file { return file.raster.metadata("RPC") }
        return try ask(.camera) { $0.camera }
    }

    /// The control points that the file carries; empty where it carries none.
    /// - Throws: `RasterError` as `RasterFile.groundControlPoints`, and `DecodeFault`.
    public func groundControlPoints() throws -> [GroundControlPoint] {
        if let file { return try file.raster.groundControlPoints() }
        return try ask(.controls) { $0.controls }
    }

    private func ask<Answer>(
        _ carried: DecodeRequest.Carried, _ answer: (DecodeReply) -> Answer?
    ) throws -> Answer {
        try IsolatedDecoding.ask(DecodeRequest(path: path, carried: carried)) { reply, _ in
            guard let answer = answer(reply) else {
                throw RasterError(.io, path: path, "a worker gave no answer")
            }
            return answer
        }
    }

    /// Reads all bands whole, as numbers of 16 bits.
    /// - Throws: `RasterError` as `RasterFile.read`, and `DecodeFault`.
    public func readAll() throws -> RasterBuffer<UInt16> {
        if let file { return try file.raster.read(as: UInt16.self) }
        return try strips(isSigned: nil) { $0 }
    }

    /// Reads all bands whole, as numbers of 16 bits with a sign.
    /// - Throws: `RasterError` as `RasterFile.read`, and `DecodeFault`.
    public func readAllSigned() throws -> RasterBuffer<Int16> {
        if let file { return try file.raster.read(as: Int16.self) }
        return try strips(isSigned: true) { Int16(bitPattern: $0) }
    }

    /// All bands from workers, some rows at a time: a worker has less memory than the image may take.
    private func strips<Pixel: RasterPixel>(
        isSigned: Bool?, _ number: (UInt16) -> Pixel
    ) throws -> RasterBuffer<Pixel> {
        guard size.count <= RasterFile.largestRead / (2 * bandCount) else {
            throw RasterError(
                .invalid, path: path,
                "\(bandCount) bands of \(size.count) pixels are too much to read at once")
        }
        var whole = RasterBuffer<Pixel>(size: size, bands: bandCount, filledWith: .zero)
        let blocks = Self.mostNumbers / (size.width * bandCount * blockSize.height)
        let rows = blockSize.height * max(1, blocks)
        for top in stride(from: 0, to: size.height, by: rows) {
            let height = min(rows, size.height - top)
            let request = DecodeRequest(
                path: path, band: 0, bands: bandCount, isSigned: isSigned,
                window: [0, top, size.width, height])
            let count = size.width * height
            let numbers = try IsolatedDecoding.ask(request) { reply, worker in
                guard reply.width == size.width, reply.height == height else {
                    throw RasterError(
                        .io, path: path, "a worker gave another window than was asked")
                }
                return try worker.pixels(bandCount * count)
            }
            for band in 0..<bandCount {
                let place = (band * size.height + top) * size.width
                for index in 0..<count {
                    whole.pixels[place + index] = number(numbers[band * count + index])
                }
            }
        }
        return whole
    }
}

/// A file that is open here.
final class OpenRaster {
    let raster: RasterFile

    init(_ path: String) throws { raster = try RasterFile(reading: path) }
}
