import Bench
import Foundation
import Geo
import Manifests
import Raster
import Store
import TestSupport
import Testing

/// A small folder in SpaceNet 2's published form: 8 bands whose pixels say where they lie, and squares for buildings.
struct SpaceNetFixture {
    static let size = [(20, 16), (22, 16), (20, 17)]
    static let origin = (longitude: -115.0, latitude: 36.0)
    static let degree = 2.7e-6

    let root: String

    /// Chips `AOI_2_Sim_img1`… with one building each but the last, which has none.
    init(at root: String, part: String = "AOI_2_Sim_Train") throws {
        self.root = root
        for chip in 1...3 {
            try Self.writeImage(
                to: "\(root)/\(part)/MUL-PanSharpen/MUL-PanSharpen_\(Self.key(chip)).tif",
                grid: Self.grid(chip))
            let features = chip == 3 ? [] : [Self.feature([Self.square(chip)])]
            try write(Self.collection(features), chip: chip, part: part)
        }
    }

    static func key(_ chip: Int) -> String { "AOI_2_Sim_img\(chip)" }

    static func grid(_ chip: Int) throws -> GeoGrid {
        let (width, height) = size[chip - 1]
        return GeoGrid(
            size: try PixelSize(width: width, height: height),
            transform: try AffineTransform(gdal: [
                origin.longitude + Double(chip) * 1e-3, degree, 0, origin.latitude, 0, -degree,
            ]), crs: .wgs84)
    }

    /// Pixels 3…8 × 2…6 (columns × rows).
    static func square(_ chip: Int) -> [(Double, Double)] {
        [(3, 2), (9, 2), (9, 7), (3, 7), (3, 2)].map { place(chip, $0.0, $0.1) }
    }

    /// Longitude and latitude of a place in pixels.
    static func place(_ chip: Int, _ column: Double, _ row: Double) -> (Double, Double) {
        (
            origin.longitude + Double(chip) * 1e-3 + column * degree,
            origin.latitude - row * degree
        )
    }

    static func ring(_ points: [(Double, Double)]) -> String {
        "[" + points.map { "[\($0.0), \($0.1)]" }.joined(separator: ", ") + "]"
    }

    static func polygon(_ rings: [[(Double, Double)]]) -> String {
        #"{"type": "Polygon", "coordinates": [\#(rings.map(ring).joined(separator: ", "))]}"#
    }

    static func feature(_ rings: [[(Double, Double)]]) -> String { feature(polygon(rings)) }

    /// As in Vegas, every feature has the Id 0.
    static func feature(_ geometry: String) -> String {
        #"{"type": "Feature", "properties": {"Id": 0, "note": "é\u00e9 \"q\""}, "geometry": \#(geometry)}"#
    }

    static func collection(_ features: [String], crs: String = "urn:ogc:def:crs:OGC:1.3:CRS84")
        -> String
    {
        """
        {"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "\(crs)"}},
        "features": [\(features.joined(separator: ",\n"))]}
        """
    }

    static func writeImage(
        to path: String, grid: GeoGrid?, bands: Int = 8, size: PixelSize? = nil
    ) throws {
        let size = try #require(size ?? grid?.size)
        let pixels = (0..<bands * size.count).map { UInt16(truncatingIfNeeded: $0 % 4001 + 1) }
        try AtomicFile.makeFolder(at: String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        try RasterWriter.write(
            RasterBuffer(size: size, bands: bands, pixels: pixels), grid: grid, as: .geoTIFF(),
            to: path)
    }

    func outline(_ chip: Int, part: String = "AOI_2_Sim_Train") -> String {
        "\(root)/\(part)/geojson/buildings/buildings_\(Self.key(chip)).geojson"
    }

    func image(_ chip: Int) -> String {
        "\(root)/AOI_2_Sim_Train/MUL-PanSharpen/MUL-PanSharpen_\(Self.key(chip)).tif"
    }

    func write(_ text: String, chip: Int, part: String = "AOI_2_Sim_Train") throws {
        let path = outline(chip, part: part)
        try AtomicFile.makeFolder(at: String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    func open(_ options: [String: String] = [:], strict: Bool = false) throws -> SpaceNetDataset<
        SpaceNet2
    > {
        try SpaceNetDataset<SpaceNet2>(
            at: root, options: DatasetOptions(options, isStrict: strict))
    }
}

extension SampleSource {
    /// The bytes of a sample's plane.
    func bytes(_ plane: String, of index: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try reader().read(index, planes: [plane]) { bytes = Array($0[0].bytes) }
        return bytes
    }

    /// Reads all samples whole.
    func readAll() throws {
        let reader = try reader()
        for index in 0..<count { try reader.read(index, planes: nil) { _ in } }
    }
}

/// Expects one line with all of some words, and an exit code.
func expectRefusal(
    _ exitCode: ExitCode, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) {
    let error = #expect(throws: (any Error).self, sourceLocation: sourceLocation) { try body() }
    let text = error.map { String(describing: $0) } ?? ""
    #expect(
        (error as? any ExitCoded)?.exitCode == exitCode, "\(text)", sourceLocation: sourceLocation)
    #expect(!text.contains("\n"), sourceLocation: sourceLocation)
    for word in words {
        #expect(text.contains(word), "\(word): \(text)", sourceLocation: sourceLocation)
    }
}
