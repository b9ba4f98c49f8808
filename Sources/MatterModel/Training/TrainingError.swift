public import Manifests

/// Why a training run could not start or go on, in one line.
public enum TrainingError: ExitCoded, Hashable, CustomStringConvertible {
    /// No tile of the store was seen at two dates (65).
    case noPairs(store: String, samples: Int, usable: Int, crop: Int)
    /// No crop is clear on two dates (65).
    case noClearCrop(store: String, crop: Int, minimum: Double)
    /// The list of unchanged pairs names none to train on (65).
    case noUnchangedPairs(list: String)
    /// Negatives of other regions were asked for, but there is one region (65).
    case oneRegion(store: String, region: String)
    /// A loss, a gradient or a weight is not a number (81); `crops` were in the batch.
    case diverged(what: String, step: Int, crops: [String], checkpoint: String?)
    /// The crops of a batch cannot be shared out evenly (78).
    case unevenRanks(batch: Int, ranks: Int)
    /// The folder holds a run of another plan (78).
    case otherPlan(folder: String, difference: String)
    /// The folder's run is too far for the plan, whatever may change (78).
    case tooLate(folder: String, reason: String)
    /// A process was given another plan or store than the first (78).
    case otherRank(rank: Int, difference: String?)
    /// A batch did not come in time (74).
    case noBatch(store: String, number: Int, patience: Duration)
    /// All checkpoints are damaged (65).
    case noGoodCheckpoint(folder: String, reasons: [String])
    /// An encoder file that is not one (65).
    case badEncoder(path: String, reason: String)

    /// The error, and what to do.
    public var description: String {
        switch self {
        case .noPairs(let store, let samples, let usable, let crop):
            "\(store): of \(samples) samples \(usable) are usable, and no place has two dates of at least "
                + "\(crop)×\(crop) px; prepare more dates of the same tiles"
        case .noClearCrop(let store, let crop, let minimum):
            "\(store): no crop of \(crop)×\(crop) px is clear on two dates to \(minimum); lower "
                + "data.minimumValidFraction or data.crop, or prepare clearer dates"
        case .noUnchangedPairs(let list):
            "\(list): names no pair of dates to train on; prepare more dates or clearer ones, or run matter-prep "
                + "unchanged with a lower --smallest-score or --smallest-pair-share"
        case .oneRegion(let store, let region):
            "\(store): has the region \"\(region)\" alone to train on, but loss.negatives = \"regions\" needs another; "
                + "prepare a further region (of those in matter-prep unchanged one is for validation) or use \"places\""
        case .diverged(let what, let step, let crops, let checkpoint):
            "training diverged at step \(step): \(what); "
                + Self.list(of: crops)
                + (checkpoint.map { "the last good checkpoint is \($0); " } ?? "")
                + "lower optimiser.learningRate"
        case .unevenRanks(let batch, let ranks):
            "data.batch = \(batch) crops cannot be shared by \(ranks) processes; make it a multiple of \(ranks)"
        case .otherPlan(let folder, let difference):
            "\(folder): holds a run of another plan (\(difference)); name another folder for --out, remove this one, "
                + "or go on with what changed by --allow-change KEY"
        case .tooLate(let folder, let reason):
            "\(folder): \(reason); name another folder for --out, or remove this one"
        case .otherRank(let rank, let difference):
            "rank \(rank) was given another plan or store than rank 0"
                + (difference.map { " (\($0))" } ?? "")
                + "; give all processes the same options, and copies of one store"
        case .noBatch(let store, let number, let patience):
            "\(store): batch \(number) has not come for \(patience.components.seconds) s; check the disk, and run "
                + "again to go on after the last checkpoint"
        case .noGoodCheckpoint(let folder, let reasons):
            "\(folder): no checkpoint can be read (\(reasons.joined(separator: "; "))); remove the folder to start anew"
        case .badEncoder(let path, let reason):
            "\(path): is no encoder of matter-model: \(reason)"
        }
    }

    private static func list(of crops: [String]) -> String {
        guard !crops.isEmpty else { return "" }
        let rest = crops.count > 2 ? " and \(crops.count - 2) more, all in diverged.json" : ""
        return "the batch had the crops \(crops.prefix(2).joined(separator: ", "))\(rest); "
    }

    /// The code with which a program ends.
    public var exitCode: ExitCode {
        switch self {
        case .noPairs, .noClearCrop, .noUnchangedPairs, .oneRegion, .noGoodCheckpoint, .badEncoder:
            .badData
        case .diverged: .diverged
        case .otherPlan, .tooLate, .otherRank, .unevenRanks: .configuration
        case .noBatch: .io
        }
    }
}
