import Foundation
import Geo

/// What a product's `MTD_MSIL1C.xml` or `MTD_MSIL2A.xml` says that tiles depend on.
struct ProductMetadata: Sendable {
    let productName: String
    let time: SensingTime
    let baseline: String
    let isSurfaceReflectance: Bool
    let tile: MGRSTile?
    /// Paths below the SAFE folder, without suffix.
    let imageFiles: [String]
    let quantification: Double
    /// In the order of `Sentinel2Band.index`; absent before baseline 04.00.
    let offsets: [Sentinel2Band: Double]

    init(contentsOf path: String) throws {
        try self.init(SafeXML.read(path), path: path)
    }

    init(_ root: XMLElementNode, path: String) throws {
        func text(_ name: String) throws -> String {
            guard let value = root.first(name)?.value, !value.isEmpty else {
                throw PrepError(.badData, path, "no \(name) in the product metadata")
            }
            return value
        }
        // Products of the pilot ("Level-2Ap", 2017 to March 2018) say the same under names of their own.
        let uri = try root.first("PRODUCT_URI_2A")?.value ?? text("PRODUCT_URI")
        productName = uri.hasSuffix(".SAFE") ? String(uri.dropLast(5)) : uri
        let started =
            try root.first("DATATAKE_SENSING_START")?.value ?? text("PRODUCT_START_TIME")
        guard let time = SensingTime(started) else {
            throw PrepError(.badData, path, "sensing time \"\(started)\" is none of Sentinel-2")
        }
        self.time = time
        baseline = try text("PROCESSING_BASELINE")
        isSurfaceReflectance = try text("PROCESSING_LEVEL").contains("2A")
        imageFiles = ["IMAGE_FILE", "IMAGE_ID", "IMAGE_FILE_2A", "IMAGE_ID_2A"]
            .flatMap { root.all($0).map(\.value) }
        tile =
            MGRSTile.found(in: productName)
            ?? imageFiles.lazy.compactMap {
                MGRSTile.found(in: $0)
            }.first
        let kind = isSurfaceReflectance ? "BOA_QUANTIFICATION_VALUE" : "QUANTIFICATION_VALUE"
        let number =
            try root.first(kind)?.value ?? root.first("L2A_\(kind)")?.value
            ?? text("QUANTIFICATION_VALUE")
        guard let value = Double(number), value.isFinite, value > 0 else {
            throw PrepError(.badData, path, "\(kind) is \"\(number)\", not a number above 0")
        }
        quantification = value
        offsets = try Self.offsets(
            root, name: isSurfaceReflectance ? "BOA_ADD_OFFSET" : "RADIO_ADD_OFFSET", path: path,
            isNeeded: (Double(baseline) ?? 0) >= 4 && (Double(baseline) ?? 0) < 90)
    }

    /// The offsets by band: all thirteen or none.
    private static func offsets(
        _ root: XMLElementNode, name: String, path: String, isNeeded: Bool
    ) throws -> [Sentinel2Band: Double] {
        let elements = root.all(name)
        guard !elements.isEmpty else {
            if isNeeded {
                throw PrepError(
                    .badData, path,
                    "no \(name) though the baseline is 04.00 or later: reflectance would be "
                        + "0.1 too high; get the product again")
            }
            return [:]
        }
        var offsets: [Sentinel2Band: Double] = [:]
        for element in elements {
            let id = element.attributes["band_id"] ?? ""
            guard let index = Int(id), Sentinel2Band.allCases.indices.contains(index),
                let value = Double(element.value), value.isFinite, abs(value) <= 10000
            else {
                throw PrepError(.badData, path, "\(name) band_id=\"\(id)\" is \"\(element.value)\"")
            }
            offsets[Sentinel2Band.allCases[index]] = value
        }
        guard offsets.count == Sentinel2Band.allCases.count, elements.count == offsets.count else {
            throw PrepError(
                .badData, path, "\(elements.count) \(name) elements; thirteen bands need one each")
        }
        return offsets
    }

    /// How the numbers of a band are read.
    func radiometry(of band: Sentinel2Band) -> Radiometry {
        Radiometry(offset: offsets[band] ?? 0, quantification: quantification)
    }
}
