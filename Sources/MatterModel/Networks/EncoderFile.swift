import Geo
public import Manifests
public import Tensors

/// An encoder on disk: a safetensors file whose weights have torchvision's names where the layer is torchvision's.
public struct EncoderFile {
    /// The recipe that the encoder was trained with.
    public let recipe: Recipe
    /// What pixels are standardised with.
    public let statistics: BandStatistics
    /// Steps of training; 0 for an untrained encoder.
    public let step: Int
    /// What made the encoder: the run's record without its recipe; nil in files of before there was one.
    public let provenance: RunRecord?
    /// The weights by name.
    public let weights: [String: HostArray]

    package static let architecture = "matter-encoder"

    /// What an encoder's metadata hold, beside the proof of them.
    private static let fields = [
        "architecture", "bands", "digest", "format", "provenance", "recipe", "statistics", "step",
        "version",
    ]

    /// Reads an encoder.
    /// - Throws: `ManifestError` (`missing`), or `TrainingError` (`badEncoder`) if it is not one.
    public init(path: String) throws {
        if path.hasSuffix(".pt") || path.hasSuffix(".pth") || path.hasSuffix(".pkl") {
            throw TrainingError.badEncoder(
                path: path,
                reason: "a pickle can run code and is never loaded; save it as safetensors")
        }
        _ = try WholeFile.size(of: path)
        do {
            let file = try Safetensors.read(path)
            let metadata = file.metadata
            guard metadata["architecture"] == Self.architecture else {
                throw GeoError(
                    "its architecture is \(metadata["architecture"] ?? "not given"), "
                        + "expected \(Self.architecture)")
            }
            try Self.requireProof(metadata)
            func field(_ name: String) throws -> [UInt8] {
                guard let text = metadata[name] else { throw GeoError("has no \"\(name)\"") }
                return Array(text.utf8)
            }
            recipe = try decodeStrictJSON(Recipe.self, from: field("recipe"))
            if let problem = recipe.problem {
                throw GeoError("its recipe's \(problem.key) \(problem.reason)")
            }
            statistics = try decodeStrictJSON(BandStatistics.self, from: field("statistics"))
            guard statistics.means.count == recipe.data.bands.count,
                statistics.deviations.count == recipe.data.bands.count,
                statistics.deviations.allSatisfy({ $0 > 0 }),
                let step = Int(String(decoding: try field("step"), as: UTF8.self))
            else { throw GeoError("its statistics or its step do not fit its bands") }
            // Files of before there were digests have none.
            if let digest = metadata["digest"], digest != Checkpoint.digest(file.arrays, step).hex {
                throw GeoError("its digest does not fit its weights: the file was damaged")
            }
            self.step = step
            provenance = try metadata["provenance"].map {
                try decodeStrictJSON(RunRecord.self, from: Array($0.utf8))
            }
            weights = file.arrays
        } catch {
            throw TrainingError.badEncoder(path: path, reason: "\(error)")
        }
    }

    /// A recipe or a mean with a turned bit would give other features, as weights would.
    private static func requireProof(_ metadata: [String: String]) throws {
        if let proof = metadata["proof"] {
            guard proof == Self.proof(of: metadata) else {
                throw GeoError(
                    "its proof does not fit its recipe, statistics, step or provenance: the file was damaged"
                )
            }
        } else if let other = metadata.keys.sorted().first(where: { !fields.contains($0) }) {
            // Files of before there were proofs have none; what else is there may be its name, damaged.
            throw GeoError("has a field \"\(other)\" that no encoder has: the file was damaged")
        }
    }

    /// SHA-256 over all fields, of which the digest stands for the weights.
    private static func proof(of metadata: [String: String]) -> String {
        let text = fields.map { name in
            metadata[name].map { "\(name) \($0.utf8.count)\n\($0)\n" } ?? ""
        }.joined()
        return SHA256Digest(of: Array(text.utf8)).hex
    }

    /// Writes an encoder, whole or not at all; the same encoder of the same run gives the same bytes.
    static func write(
        _ weights: [String: HostArray], recipe: Recipe, statistics: BandStatistics, step: Int,
        run: RunRecord, to path: String
    ) throws {
        var metadata = [
            "architecture": architecture,
            "bands": recipe.data.bands.joined(separator: ","),
            "digest": Checkpoint.digest(weights, step).hex,
            "format": "pt",
            "provenance": try JSONValue(encoding: provenance(of: run)).serialized(),
            "recipe": try JSONValue(encoding: recipe).serialized(),
            "statistics": try JSONValue(encoding: statistics).serialized(),
            "step": "\(step)",
            "version": SuiteVersion.current,
        ]
        metadata["proof"] = proof(of: metadata)
        try AtomicFile.write(
            Safetensors.serialize(weights, metadata: metadata), to: path)
    }

    /// A run's record as an encoder holds it: with libtorch's version, and without the recipe, which has a field of its own.
    private static func provenance(of run: RunRecord) -> RunRecord {
        var record = run
        record.plan = run.plan.without("recipe").with("libtorch", .string(Torch.version))
        return record
    }

    /// The encoder, ready for inference or further training.
    /// - Throws: `TrainingError` (`badEncoder`) if weights are missing, unknown or of another shape.
    package func model(path: String) throws -> MatterEncoder {
        let model = MatterEncoder(recipe)
        do {
            try model.load(weights)
        } catch {
            throw TrainingError.badEncoder(path: path, reason: "\(error)")
        }
        return model
    }
}
