import Geo

/// What a worker is asked for: the facts of a raster, what it says of its camera, or pixels of its bands.
struct DecodeRequest: Hashable, Codable {
    /// What an image in sensor geometry may carry.
    enum Carried: String, Codable {
        /// The entries of a camera model.
        case camera
        /// Control points.
        case controls
    }

    var path: String
    /// What is asked for in place of the facts.
    var carried: Carried?
    /// The band, counted from 0; nil for the facts.
    var band: Int?
    /// How many bands from that one on; one if nil.
    var bands: Int?
    /// Whether the numbers of 16 bits have a sign; they have none if nil.
    var isSigned: Bool?
    /// Column, row, width and height; nil for the whole.
    var window: [Int]?
    /// Width and height of the answer; nil for the window's.
    var scaledTo: [Int]?

    /// Bytes that a decoder needs at least: numbers of 32 bits inside, of 16 bits for the answer, and something to work with.
    var memory: Int { max(32 << 20, (window ?? []).suffix(2).reduce(6 * (bands ?? 1), *)) }
}

/// What a worker answers; pixels lie in the shared memory.
struct DecodeReply: Codable {
    struct Failure: Codable {
        var code: RasterError.Code
        var messages: [String]
    }

    var facts: RasterFacts?
    var camera: [String: String]?
    var controls: [GroundControlPoint]?
    var width: Int?
    var height: Int?
    var failure: Failure?
    /// Whether memory was short.
    var isOutOfMemory = false
}

/// What a raster says of itself.
struct RasterFacts: Codable, Sendable {
    var size: PixelSize
    var bandCount: Int
    var blockSize: PixelSize
    var grid: GeoGrid?
    var nodata: Double?
    var bandDescriptions: [String]
    var bandScales: [BandScale?]
    var pixelType: RasterPixelType?

    init(_ file: borrowing RasterFile) {
        (size, bandCount, blockSize) = (file.size, file.bandCount, file.blockSize)
        (grid, bandDescriptions, pixelType) = (file.grid, file.bandDescriptions, file.pixelType)
        bandScales = file.bandScales
        nodata = file.nodata.flatMap { $0.isFinite ? $0 : nil }
    }
}
