import Geo
import Raster

/// What is read of an image, and what it carries.
extension Orthorectification {
    /// The image's numbers: 0 where it has no data, whatever stands for that in the file, and at least 1 elsewhere.
    ///
    /// In numbers with a sign, those below 0 are no data too where the file names none.
    func source(_ file: ForeignRaster) throws -> RasterBuffer<UInt16> {
        switch file.pixelType {
        case .uint8, .uint16:
            var source = try file.readAll()
            let none = file.nodata.flatMap { UInt16(exactly: $0) } ?? 0
            Radiometry.harmonised.harmonise(&source.pixels, noData: none)
            return source
        case .int16:
            let source = try file.readAllSigned()
            let none = file.nodata.flatMap { Int16(exactly: $0) } ?? 0
            let least: Int16 = none == 0 ? 0 : 1
            return try RasterBuffer(
                size: source.size, bands: source.bands,
                pixels: source.pixels.map { $0 == none ? 0 : UInt16(max($0, least)) })
        default:
            throw PrepError(
                .badData, image,
                "pixels are not whole numbers of 8 or 16 bits; write reflectance × 10000 as uint16")
        }
    }

    /// A camera model, and where it was found.
    struct Camera {
        var model: RPCModel
        /// `nil` where the image carries it.
        var file: String?
        var warnings: [String] = []
    }

    /// The camera model of the file that was given, or that the image carries, or of a file beside it; nil without any.
    func camera(_ file: ForeignRaster) throws -> Camera? {
        let carried = try file.cameraModel()
        if let path = cameraFile {
            var camera = Camera(model: try CameraModelFile.read(path), file: path)
            if !carried.isEmpty {
                camera.warnings.append("the camera model of \(path) is used, not that in the image")
            }
            return camera
        }
        guard carried.isEmpty else { return Camera(model: try model(carried), file: nil) }
        return try CameraModelFile.find(beside: image).map {
            Camera(model: try CameraModelFile.read($0), file: $0)
        }
    }

    private func model(_ carried: [String: String]) throws -> RPCModel {
        do {
            return try RPCModel(metadata: carried)
        } catch {
            throw PrepError(
                .badData, image, "its camera model is not whole: \(error); give another by --rpc")
        }
    }
}
