import Foundation
import Geo
import Manifests
import Raster

/// Writes one date as an L2A SAFE folder: JP2 bands on their native grids, SCL, metadata, manifest.
///
/// A *partial* tile: smaller than 10980 pixels, everything else as in a real product. GDAL's
/// SENTINEL2 driver opens its `MTD_MSIL2A.xml`. Checksums in the manifest are MD5, as in ESA's L2A.
struct SAFEProduct {
    let name: SAFEName
    let image: SimulatedImage

    private struct Layer {
        let path: String
        let bytes: [UInt8]
    }

    /// Writes the product's files below `folder`.
    func write(into folder: FolderWriter) throws {
        var layers = try concurrently(image.bands) { band in try encode(band) }
        layers.append(try sceneClassification())
        layers.sort { $0.path < $1.path }
        let grid = try name.site.grid(
            width: image.size.width, height: image.size.height, resolution: 10)
        let transform = try CoordinateTransform(from: grid.crs, to: CRS(epsg: 4326))
        let metadata = SAFEMetadata(
            name: name, image: image, files: layers.map(\.path),
            footprint: transform.map(grid.corners).compactMap(\.self))
        let tile = SAFETileMetadata(name: name, image: image, size: image.size.width)
        var files = layers.map { Layer(path: $0.path + ".jp2", bytes: $0.bytes) }
        files.append(
            Layer(path: "GRANULE/\(name.granule)/MTD_TL.xml", bytes: Array(tile.text.utf8)))
        files.append(Layer(path: "MTD_MSIL2A.xml", bytes: Array(metadata.text.utf8)))
        for file in files { try folder.write(file.bytes, to: file.path) }
        try folder.write(try manifest(of: files), to: "manifest.safe")
    }

    private func encode(_ band: SimulatedBand) throws -> Layer {
        let grid = try name.site.grid(
            width: band.width, height: band.height, resolution: band.resolution)
        let buffer = try RasterBuffer(size: grid.size, pixels: band.values)
        return Layer(
            path: name.image(band.band.rawValue, resolution: band.resolution),
            bytes: try RasterWriter.encode(buffer, grid: grid, as: .jpeg2000()))
    }

    private func sceneClassification() throws -> Layer {
        let grid = try name.site.grid(
            width: image.size.width / 2, height: image.size.height / 2, resolution: 20)
        let buffer = try RasterBuffer(size: grid.size, pixels: image.sceneClasses)
        return Layer(
            path: name.image("SCL", resolution: 20),
            bytes: try RasterWriter.encode(buffer, grid: grid, as: .jpeg2000()))
    }

    private func manifest(of files: [Layer]) throws -> String {
        let objects = try files.enumerated().map { index, file in
            let type = file.path.hasSuffix(".jp2") ? "application/octet-stream" : "text/xml"
            return """
                    <dataObject ID="Data_\(index + 1)">
                      <byteStream mimeType="\(type)" size="\(file.bytes.count)">
                        <fileLocation locatorType="URL" href="./\(file.path)"/>
                        <checksum checksumName="MD5">\(try FileDigest.hex(of: file.bytes, .md5))</checksum>
                      </byteStream>
                    </dataObject>
                """
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <xfdu:XFDU xmlns:gml="http://www.opengis.net/gml" xmlns:safe="http://www.esa.int/safe/sentinel/1.1" xmlns:xfdu="urn:ccsds:schema:xfdu:1" version="esa/safe/sentinel/1.1/sentinel-2/msi/archive_l2a_user_product">
              <dataObjectSection>
            \(objects.joined(separator: "\n"))
              </dataObjectSection>
            </xfdu:XFDU>

            """
    }
}
