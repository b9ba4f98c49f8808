/// The pixels of one plane of a sample, where they lie; valid only while the sample is being read.
public struct SamplePlane {
    /// What a pixel is.
    public enum Pixel: String, Sendable, Hashable, Codable, CaseIterable {
        /// Codes of masks, 8-bit images.
        case uint8
        /// Counts of Sentinel-2 and WorldView.
        case uint16
        /// Signed counts.
        case int16
        /// Sentinel-1 in decibels, and whatever else is no whole number.
        case float32

        /// Bytes of a pixel.
        public var size: Int {
            switch self {
            case .uint8: 1
            case .uint16, .int16: 2
            case .float32: 4
            }
        }
    }

    /// The plane's name: a band's ("B02", "VV"), "mask"; of a pair "before.B02" and "after.B02".
    public let name: String
    /// Pixels of a row.
    public let width: Int
    /// Rows.
    public let height: Int
    /// What a pixel is.
    public let pixel: Pixel
    /// height × width pixels, row by row, little-endian.
    public let bytes: UnsafeRawBufferPointer

    /// A plane of height × width pixels.
    public init(
        name: String, width: Int, height: Int, pixel: Pixel, bytes: UnsafeRawBufferPointer
    ) {
        precondition(
            bytes.count == width * height * pixel.size,
            "\(name): \(bytes.count) bytes for \(width) × \(height) of \(pixel)")
        (self.name, self.width, self.height) = (name, width, height)
        (self.pixel, self.bytes) = (pixel, bytes)
    }
}

/// What a sample is labelled with, besides masks, which are planes.
public enum SampleTarget: Sendable, Hashable {
    /// Nothing, or a mask among the planes.
    case none
    /// One class, 0…
    case category(Int)
    /// 1 for each class that is there, 0 for each that is not.
    case categories([UInt8])
}

/// Samples that can be read one by one in any order: a data set's folder, or a store packed from it.
///
/// The order of samples is that of their keys' bytes and never that of a file system.
public protocol SampleSource: Sendable {
    /// How many samples there are.
    var count: Int { get }
    /// The name of a sample, unique and stable: what a store keeps it under and what errors name.
    func key(_ index: Int) -> String
    /// What a sample is labelled with.
    func target(_ index: Int) -> SampleTarget
    /// A reader for one thread.
    /// - Throws: an `ExitCoded` error.
    func reader() throws -> any SampleReader
}

/// Reads samples on one thread, its buffers used again from sample to sample.
public protocol SampleReader: AnyObject {
    /// Lets `body` look at the planes asked for of a sample, in that order; at all of them, sorted by name, for `nil`.
    ///
    /// - Throws: an `ExitCoded` error that names the sample, the plane or file, and what to do; whatever `body` throws.
    func read(_ index: Int, planes: [String]?, _ body: ([SamplePlane]) throws -> Void) throws
}
