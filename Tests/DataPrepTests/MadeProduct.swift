import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport

/// A small L1C product made by hand: bands, angles and masks as a test wants them.
struct MadeProduct {
    /// Polygons of GML before baseline 04.00, a raster of flags since.
    enum Masks: CaseIterable { case polygons, raster }

    static let name = "S2A_MSIL1C_20200601T101031_N0209_R022_T33UUU_20200601T120000"
    static let granule = "GRANULE/L1C_T33UUU_A025800_20200601T101031"
    /// Pixels of 10 m a side.
    static let size = 240
    static let corner = Position(x: 300_000, y: 5_700_000)
    static let sun = ViewAngle(zenith: 40, azimuth: 150)
    static let view = ViewAngle(zenith: 8, azimuth: 290)

    var masks = Masks.polygons
    var bands: [Sentinel2Band] = [.b04]
    /// Rows, from the top, that lie under opaque cloud.
    var cloudRows = 0
    /// Rows of 10 m of B04 that its own mask calls defective; all others are called degraded.
    var defectiveRows = 0..<0
    /// The stored number of a pixel.
    var number: (Sentinel2Band, _ row: Int, _ column: Int) -> UInt16 = {
        UInt16(1000 + 7 * $1 + $2)
    }

    var grid: GeoGrid {
        get throws {
            GeoGrid(
                size: try PixelSize(width: Self.size, height: Self.size),
                transform: try AffineTransform(
                    originX: Self.corner.x, originY: Self.corner.y, resolution: 10),
                crs: CRS(epsg: 32633))
        }
    }

    /// Writes the product below a folder and gives its path.
    @discardableResult
    func write(to folder: String) throws -> String {
        let root = "\(folder)/\(Self.name).SAFE"
        let quality = "\(root)/\(Self.granule)/QI_DATA"
        for path in ["\(root)/\(Self.granule)/IMG_DATA", quality] {
            try AtomicFile.makeFolder(at: path)
        }
        let images = bands.map {
            "\(Self.granule)/IMG_DATA/T33UUU_20200601T101031_\($0.rawValue)"
        }
        for (band, image) in zip(bands, images) {
            let pixels = (0..<Self.size * Self.size).map {
                number(band, $0 / Self.size, $0 % Self.size)
            }
            let grid = try grid
            try RasterWriter.write(
                RasterBuffer(size: grid.size, pixels: pixels), grid: grid, as: .jpeg2000(),
                to: "\(root)/\(image).jp2")
        }
        try AtomicFile.write(Self.metadata(images), to: "\(root)/MTD_MSIL1C.xml")
        let mask = masks == .polygons ? "MSK_CLOUDS_B00.gml" : "MSK_CLASSI_B00.jp2"
        let defects = masks == .polygons ? "MSK_DEFECT_B04.gml" : "MSK_QUALIT_B04.jp2"
        let names = defectiveRows.isEmpty ? [mask] : [mask, defects]
        try AtomicFile.write(
            Self.granuleMetadata(masks: names.map { "\(Self.granule)/QI_DATA/\($0)" }),
            to: "\(root)/\(Self.granule)/MTD_TL.xml")
        if !defectiveRows.isEmpty {
            switch masks {
            case .polygons:
                try AtomicFile.write(
                    polygon("QT_DEFECTIVE_PIXELS", rows: defectiveRows),
                    to: "\(quality)/\(defects)")
            case .raster: try qualityFlags(to: "\(quality)/\(defects)")
            }
        }
        switch masks {
        case .polygons:
            try AtomicFile.write(
                polygon("OPAQUE", rows: 0..<cloudRows), to: "\(quality)/\(mask)")
        case .raster: try flags(to: "\(quality)/\(mask)")
        }
        return root
    }

    private static func metadata(_ images: [String]) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <!-- a comment, and <![CDATA[ that is not parsed ]]> -->
        <n1:Level-1C_User_Product xmlns:n1="x"><PRODUCT_URI>\(name).SAFE</PRODUCT_URI>
        <PRODUCT_START_TIME>2020-06-01T10:10:31.024Z</PRODUCT_START_TIME>
        <PROCESSING_LEVEL>Level-1C</PROCESSING_LEVEL><PROCESSING_BASELINE>02.09</PROCESSING_BASELINE>
        \(images.map { "<IMAGE_FILE>\($0)</IMAGE_FILE>" }.joined())
        <QUANTIFICATION_VALUE>10000</QUANTIFICATION_VALUE></n1:Level-1C_User_Product>
        """
    }

    private static func granuleMetadata(masks: [String]) -> String {
        func grid(_ angle: Double) -> String {
            let line = "<VALUES>\(angle) \(angle)</VALUES>"
            return "<COL_STEP>5000</COL_STEP><Values_List>\(line)\(line)</Values_List>"
        }
        let means = Sentinel2Band.allCases.map {
            "<Mean_Viewing_Incidence_Angle bandId=\"\($0.index)\"><ZENITH_ANGLE>\(view.zenith)"
                + "</ZENITH_ANGLE><AZIMUTH_ANGLE>\(view.azimuth)</AZIMUTH_ANGLE>"
                + "</Mean_Viewing_Incidence_Angle>"
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?><Tile><HORIZONTAL_CS_CODE>EPSG:32633</HORIZONTAL_CS_CODE>
            <Size resolution="10"><NROWS>\(size)</NROWS><NCOLS>\(size)</NCOLS></Size>
            <Geoposition resolution="10"><ULX>\(corner.x)</ULX><ULY>\(corner.y)</ULY><XDIM>10</XDIM><YDIM>-10</YDIM>
            </Geoposition><Sun_Angles_Grid><Zenith>\(grid(sun.zenith))</Zenith><Azimuth>\(grid(sun.azimuth))</Azimuth>
            </Sun_Angles_Grid><Mean_Sun_Angle><ZENITH_ANGLE>\(sun.zenith)</ZENITH_ANGLE>
            <AZIMUTH_ANGLE>\(sun.azimuth)</AZIMUTH_ANGLE></Mean_Sun_Angle>\(means.joined())
            \(masks.map { "<MASK_FILENAME>\($0)</MASK_FILENAME>" }.joined())</Tile>
            """
    }

    /// A mask of one polygon over whole rows; of none where there are no rows.
    private func polygon(_ kind: String, rows: Range<Int>) -> String {
        let left = Self.corner.x
        let right = left + Double(Self.size) * 10
        let top = Self.corner.y - Double(rows.lowerBound) * 10
        let bottom = Self.corner.y - Double(rows.upperBound) * 10
        let ring = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
            .map { "\($0.0) \($0.1)" }.joined(separator: " ")
        let feature = """
            <eop:MaskFeature gml:id="\(kind).0"><eop:maskType>\(kind)</eop:maskType>
            <gml:posList srsDimension="2">\(ring)</gml:posList></eop:MaskFeature>
            """
        return """
            <eop:Mask xmlns:eop="e" xmlns:gml="g"><eop:maskMembers>\(rows.isEmpty ? "" : feature)
            </eop:maskMembers></eop:Mask>
            """
    }

    /// Eight flags at 10 m, as in `MSK_QUALIT_B04`.
    private func qualityFlags(to path: String) throws {
        let count = Self.size * Self.size
        var pixels = [UInt8](repeating: 0, count: 8 * count)
        for index in 0..<count {
            let isDefective = defectiveRows.contains(index / Self.size)
            pixels[(isDefective ? 4 : 3) * count + index] = 1
        }
        let grid = try grid
        try RasterWriter.write(
            RasterBuffer(size: grid.size, bands: 8, pixels: pixels), grid: grid, as: .jpeg2000(),
            to: path)
    }

    /// Opaque cloud, cirrus and snow at 60 m, as in `MSK_CLASSI_B00`.
    private func flags(to path: String) throws {
        let side = Self.size / 6
        let size = try PixelSize(width: side, height: side)
        var pixels = [UInt8](repeating: 0, count: 3 * side * side)
        for index in 0..<side * (cloudRows / 6) { pixels[index] = 1 }
        let grid = GeoGrid(
            size: size,
            transform: try AffineTransform(
                originX: Self.corner.x, originY: Self.corner.y, resolution: 60),
            crs: CRS(epsg: 32633))
        try RasterWriter.write(
            RasterBuffer(size: size, bands: 3, pixels: pixels), grid: grid, as: .jpeg2000(),
            to: path)
    }
}
