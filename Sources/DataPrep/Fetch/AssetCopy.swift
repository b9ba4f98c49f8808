import Foundation
import Geo
import Manifests
import Raster

/// Brings the wanted window of an asset onto disk as a COG of its own; pixels are never changed.
struct AssetCopy {
    let area: FetchArea
    let patience: Patience
    let query: FetchQuery
    let signer: AddressSigner

    /// What was written of an asset.
    struct Copy {
        let layer: STACLayer
        let grid: GeoGrid?
        let digest: InputDigest
    }

    /// Writes the asset to a path, or proves what a killed run has left there; a file with its own name is whole.
    ///
    /// - Throws: `RasterError`, `ManifestError`, or `PrepError` where the asset has no ground or does not touch the area.
    func copy(_ asset: STACAsset, to path: String) throws -> Copy {
        if asset.layer == .granule {
            if !StoredFile(path).exists {
                let text = try attempt(asset) {
                    try StoredFile($0).read(limit: SafeXML.longestFile)
                }
                _ = try SafeXML.parse(Data(text), path: Network.redacted(asset.location))
                try AtomicFile.write(text, to: path)
            }
            return try found(asset.layer, path, grid: nil)
        }
        if !StoredFile(path).exists {
            let bytes = try attempt(asset) { try encode(asset, at: $0) }
            try AtomicFile.write(bytes, to: path)
        }
        return try found(asset.layer, path, grid: RasterFile(reading: path).grid)
    }

    /// Reads an asset at its address, signed where that is needed; a token that was refused is not used again.
    private func attempt<Result>(
        _ asset: STACAsset, _ body: (_ address: String) throws -> Result
    ) throws -> Result {
        try patience.attempt(asset.location) {
            let address = try signer.signed(
                asset.location, of: query.collection, by: query.signer)
            do {
                return try body(address)
            } catch {
                if address != asset.location { signer.forget() }
                throw error
            }
        }
    }

    private func found(_ layer: STACLayer, _ path: String, grid: GeoGrid?) throws -> Copy {
        Copy(
            layer: layer, grid: grid,
            digest: try StoredFile(path).digest(named: layer.fileName))
    }

    private func encode(_ asset: STACAsset, at address: String) throws -> [UInt8] {
        let name = Network.redacted(asset.location)
        let file = try RasterFile(reading: address)
        guard let grid = try file.grid ?? asset.ground?.grid(file.size) else {
            throw PrepError(.badData, name, "neither the file nor its item says where it lies")
        }
        guard let window = try area.window(on: grid) else {
            throw PrepError(.badData, name, "the area does not touch \(grid)")
        }
        let part = try grid.cropped(to: window)
        if asset.layer == .classification {
            return try RasterWriter.encode(
                file.read(window, bands: [0], as: UInt8.self), grid: part, as: .cog(.deflate),
                nodata: 0, bandNames: ["SCL"])
        }
        guard file.pixelType == .uint16 || file.pixelType == .uint8 else {
            throw PrepError(
                .badData, name, "pixels are not of 16 bits: another product than Sentinel-2's L2A")
        }
        let band = asset.layer.fileName.split(separator: ".").first.map(String.init) ?? ""
        return try RasterWriter.encode(
            file.read(window, bands: [0], as: UInt16.self), grid: part, as: .cog(.deflate),
            nodata: Double(asset.noData), bandNames: [band])
    }
}

/// Tries again what failed on the network, after ever longer pauses.
struct Patience: Sendable {
    /// Attempts in all.
    var attempts = 4
    /// The first pause in seconds; each further one is twice as long.
    var firstPause = 1.0
    /// Throws when the work should end.
    var checkStop: @Sendable () throws -> Void = {}

    /// Runs a body until it succeeds; what lies on disk is tried once.
    func attempt<Result>(_ address: String, _ body: () throws -> Result) throws -> Result {
        let most = StoredFile(address).isRemote && Network.isAllowed ? attempts : 1
        for attempt in 1..<max(most, 1) {
            do {
                return try body()
            } catch let error as RasterError where error.code != .notPermitted {
                try pause(firstPause * Double(1 << (attempt - 1)))
                Network.forget(address)
            }
        }
        return try body()
    }

    private func pause(_ seconds: Double) throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            try checkStop()
            Thread.sleep(forTimeInterval: min(0.05, seconds))
        }
    }
}
