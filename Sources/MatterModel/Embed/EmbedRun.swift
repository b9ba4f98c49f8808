import Foundation
import Geo
import Manifests
import Store
public import Tensors

/// Everything that `matter-model embed` does, resolved.
public struct EmbedPlan: Sendable {
    /// The output folder of `matter-prep run`.
    public var tiles: String
    /// The encoder's file.
    public var encoder: String
    /// Ids of the tiles to embed; empty for all.
    public var ids: [String]
    /// Pixels between two patches.
    public var stride: Int
    /// The folder that is written.
    public var output: String
    /// Where features are computed.
    public var device: Device
    /// Whether convolutions run in bfloat16.
    public var usesBFloat16: Bool

    /// Makes a plan.
    public init(
        tiles: String, encoder: String, ids: [String] = [], stride: Int = 1, output: String,
        device: Device = .cpu, usesBFloat16: Bool = false
    ) {
        (self.tiles, self.encoder, self.ids, self.stride) = (tiles, encoder, ids, stride)
        (self.output, self.device, self.usesBFloat16) = (output, device, usesBFloat16)
    }

    fileprivate var manifest: String { "\(tiles)/manifest.jsonl" }

    /// Which tiles are embedded is no part of it: a folder may be filled in several calls.
    fileprivate func record() throws -> RunRecord {
        RunRecord(
            program: "matter-model embed",
            plan: .object([
                "stride": .integer(Int64(stride)), "noData": .string(FeatureTIFF.noData),
                "bfloat16": .bool(usesBFloat16),
                "device": .string(device.kind == .cpu ? "cpu" : "cuda"),
            ]),
            inputs: [
                try InputDigest(file: manifest, named: "manifest.jsonl"),
                try InputDigest(file: encoder, named: "encoder.safetensors"),
            ])
    }
}

/// Writes dense feature maps of tiles, each a cloud-optimised GeoTIFF.
public struct EmbedRun {
    private let plan: EmbedPlan
    private let records: [TileRecord]

    /// Reads the manifest and finds the tiles.
    /// - Throws: `ManifestError`: `missing` without a manifest, `invalid` for a damaged one, `configuration` for a tile that is not in it.
    public init(_ plan: EmbedPlan) throws {
        self.plan = plan
        let all = try TileManifest.read(plan.manifest)
        let known = Set(all.map(\.id))
        if let other = plan.ids.first(where: { !known.contains($0) }) {
            throw ManifestError(
                .configuration, path: plan.manifest,
                "has no tile \(other); the first is \(all.first?.id ?? "none")")
        }
        let wanted = Set(plan.ids)
        records = all.filter { wanted.isEmpty || wanted.contains($0.id) }
    }

    /// How many tiles there are.
    public var count: Int { records.count }

    /// How many of them are written already.
    public var present: Int {
        records.count { FileManager.default.fileExists(atPath: path(of: $0)) }
    }

    private func path(of record: TileRecord) -> String { "\(plan.output)/\(record.id).tif" }

    /// Writes what is not there yet.
    ///
    /// - Parameters:
    ///   - shouldStop: asked before each tile.
    ///   - onTile: called with the path of each file when it is there.
    /// - Throws: `ManifestError` (`configuration` if the folder holds features of another plan), `StoreError`, `TrainingError`, `TorchError`.
    public func run(shouldStop: () -> Bool = { false }, onTile: (String) -> Void) throws {
        let lock = try FolderLock(folder: plan.output)
        defer { withExtendedLifetime(lock) {} }
        try claim()
        var encoder = try DenseEncoder(encoderFile: plan.encoder, device: plan.device)
        encoder.usesBFloat16 = plan.usesBFloat16
        let store = try SampleStore("\(plan.tiles)/store", for: .reading)
        for record in records {
            guard !shouldStop() else { return }
            let path = path(of: record)
            if !FileManager.default.fileExists(atPath: path) {
                try write(record, encoder, store, to: path)
            }
            onTile(path)
        }
    }

    private func claim() throws {
        let record = try plan.record()
        let path = "\(plan.output)/\(RunRecord.fileName)"
        guard FileManager.default.fileExists(atPath: path) else {
            return try record.write(to: plan.output)
        }
        guard try RunRecord(readingFrom: plan.output) == record else {
            throw ManifestError(
                .configuration, path: path,
                "tells of another encoder, manifest, stride or precision; name another folder for --out"
            )
        }
    }

    private func write(
        _ record: TileRecord, _ encoder: DenseEncoder, _ store: SampleStore, to path: String
    ) throws {
        let image = try TileImage.read(record, bands: encoder.bands.map(\.rawValue), from: store)
        let valid = try TileImage.valid(record, from: store)
        let features = try encoder.features(of: image, valid: valid, stride: plan.stride)
        let tiff = FeatureTIFF(
            try masked(features, valid), transform: transform(record), crs: record.crs)
        try AtomicFile.makeFolder(
            at: URL(fileURLWithPath: path).deletingLastPathComponent().path)
        try AtomicFile.write(tiff.bytes(), to: path)
    }

    /// Features with NaN where the pixel in the middle of a patch is not clear.
    private func masked(_ features: Tensor, _ valid: Tensor) throws -> Tensor {
        try Torch.attempt {
            var mask = valid.isEqual(0).reshaped([1, valid.size(2), valid.size(3)])
            for dimension in 1...2 {
                let centres = stride(from: 0, to: mask.size(dimension), by: plan.stride)
                mask = mask.indexSelect(dimension, Tensor(centres.map(Int64.init)))
            }
            return features.maskedFill(mask, with: .nan)
        }
    }

    /// A feature's pixel is `stride` pixels wide, and its centre is that of the pixel in the middle of its patch.
    private func transform(_ record: TileRecord) -> [Double] {
        let (own, stride) = (record.transform, Double(plan.stride))
        let shift = (1 - stride) / 2
        return [
            own[0] + shift * own[1], own[1] * stride, own[2] * stride,
            own[3] + shift * own[5], own[4] * stride, own[5] * stride,
        ]
    }
}
