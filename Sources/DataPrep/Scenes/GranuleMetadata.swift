import Foundation
public import Geo

/// What a granule's `MTD_TL.xml` says: its ground, the angles of sun and sensor, and its masks.
public struct GranuleMetadata: Sendable {
    /// The ground that the granule's files cover.
    public let ground: Ground
    /// Directions to the sun.
    public let sun: AngleGrid
    /// The mean direction to the sun.
    public let meanSun: ViewAngle
    /// Directions to the sensor by band; where several detectors looked, their mean.
    public let views: [Sentinel2Band: AngleGrid]
    /// Mean directions to the sensor by band.
    public let meanViews: [Sentinel2Band: ViewAngle]
    /// The masks that the file names, below the product's folder.
    let maskFiles: [String]

    /// Reads the file.
    ///
    /// - Throws: `PrepError` (`missing`, `badData`) for what is not there or contradicts itself.
    public init(contentsOf path: String) throws {
        let reader = GranuleReader(root: try SafeXML.read(path), path: path)
        ground = try reader.ground()
        let origin = Position(x: ground.bounds.left, y: ground.bounds.top)
        sun = try reader.grid(reader.element("Sun_Angles_Grid"), origin: origin)
        meanSun = try reader.mean(reader.element("Mean_Sun_Angle"))
        var detectors: [Sentinel2Band: [AngleGrid]] = [:]
        for element in reader.root.all("Viewing_Incidence_Angles_Grids") {
            detectors[try reader.band(element), default: []].append(
                try reader.grid(element, origin: origin))
        }
        views = try detectors.mapValues { grids in
            guard let merged = AngleGrid(merging: grids) else {
                throw PrepError(.badData, path, "view angle grids of detectors differ in size")
            }
            return merged
        }
        var means: [Sentinel2Band: ViewAngle] = [:]
        for element in reader.root.all("Mean_Viewing_Incidence_Angle") {
            means[try reader.band(element)] = try reader.mean(element)
        }
        meanViews = means
        maskFiles = reader.root.all("MASK_FILENAME").map(\.value)
    }
}

private struct GranuleReader {
    let root: XMLElementNode
    let path: String

    func element(_ name: String) throws -> XMLElementNode {
        guard let found = root.first(name) else {
            throw PrepError(.badData, path, "no \(name) in the granule metadata")
        }
        return found
    }

    private func number(_ name: String, in element: XMLElementNode) throws -> Double {
        let text = element.first(name)?.value ?? ""
        guard let value = Double(text), value.isFinite, abs(value) < 1e9 else {
            throw PrepError(.badData, path, "\(name) is \"\(text)\", not a number")
        }
        return value
    }

    func ground() throws -> Ground {
        let code = try element("HORIZONTAL_CS_CODE").value.uppercased()
        guard code.hasPrefix("EPSG:"), let epsg = Int(code.dropFirst(5)) else {
            throw PrepError(.badData, path, "HORIZONTAL_CS_CODE is \"\(code)\", not EPSG:…")
        }
        let (size, position) = (try element("Size"), try element("Geoposition"))
        let (left, top) = (try number("ULX", in: position), try number("ULY", in: position))
        let width = try number("NCOLS", in: size) * number("XDIM", in: position)
        let height = try number("NROWS", in: size) * number("YDIM", in: position)
        guard width > 0, height < 0 else {
            throw PrepError(.badData, path, "the granule has no area, or lies south up")
        }
        return Ground(
            bounds: MapBounds(left: left, bottom: top + height, right: left + width, top: top),
            crs: CRS(epsg: epsg))
    }

    func band(_ element: XMLElementNode) throws -> Sentinel2Band {
        let id = element.attributes["bandId"] ?? ""
        guard let index = Int(id), Sentinel2Band.allCases.indices.contains(index) else {
            throw PrepError(.badData, path, "\(element.name) has bandId=\"\(id)\"")
        }
        return Sentinel2Band.allCases[index]
    }

    func mean(_ element: XMLElementNode) throws -> ViewAngle {
        ViewAngle(
            zenith: try number("ZENITH_ANGLE", in: element),
            azimuth: try number("AZIMUTH_ANGLE", in: element))
    }

    func grid(_ element: XMLElementNode, origin: Position) throws -> AngleGrid {
        guard let zenith = element.first("Zenith"), let azimuth = element.first("Azimuth") else {
            throw PrepError(.badData, path, "\(element.name) lacks Zenith or Azimuth")
        }
        let (heights, directions) = (try values(zenith), try values(azimuth))
        let columns = heights.first?.count ?? 0
        guard (2...1000).contains(heights.count), (2...1000).contains(columns),
            heights.count == directions.count,
            (heights + directions).allSatisfy({ $0.count == columns })
        else { throw PrepError(.badData, path, "\(element.name) is not a grid of numbers") }
        let spacing = try number("COL_STEP", in: zenith)
        guard spacing > 0 else { throw PrepError(.badData, path, "COL_STEP is not above 0") }
        return AngleGrid(
            columns: columns, rows: heights.count, origin: origin, spacing: spacing,
            zenith: heights.flatMap(\.self), azimuth: directions.flatMap(\.self))
    }

    private func values(_ element: XMLElementNode) throws -> [[Double]] {
        try element.all("VALUES").map { line in
            try line.value.split(separator: " ").map { text in
                guard let value = Double(text) else {
                    throw PrepError(.badData, path, "\"\(text)\" is no angle")
                }
                return value
            }
        }
    }
}

extension Scene {
    /// The granule's own metadata, read when asked for; nil for a scene that brings none.
    ///
    /// - Throws: `PrepError` for a file that is not there or contradicts itself.
    public func granule() throws -> GranuleMetadata? {
        try granulePath.map { try GranuleMetadata(contentsOf: $0) }
    }
}
