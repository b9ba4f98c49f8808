public import Manifests

/// A data set that mends what it reads, and can tell of it sample by sample.
public protocol RepairingDataset: Dataset {
    /// What is empty or was mended in a sample, a line each.
    ///
    /// - Throws: an `ExitCoded` error, as reading the sample does.
    func repairs(_ index: Int) throws -> [String]
}

/// One thing that a check found.
public struct CheckFinding: Codable, Hashable, Sendable {
    /// How bad it is.
    public enum Level: String, Codable, Sendable {
        /// The data set must not be used as it is.
        case error
        /// Worth knowing.
        case remark
    }

    /// What kind of thing it is; of each kind some are shown.
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// A file is not there.
        case missing
        /// A sample cannot be read.
        case unreadable
        /// A sample that the system did not give: a failing disk, missing rights, no memory. It says nothing of the data.
        case notGiven
        /// What the data set itself says of a sample.
        case fault
        /// Sizes or types that differ where they must not.
        case shape
        /// NaN or infinities.
        case notFinite
        /// Label codes that no mask has.
        case codes
        /// A sample of two splits or of none.
        case split
        /// Samples of different splits that show the same ground.
        case leak
        /// A sample without data, or of one value.
        case empty
        /// A sample many of whose pixels are the greatest number of their type.
        case saturated
        /// What was mended.
        case repair
        /// What was seen at opening.
        case opening
    }

    /// How bad it is.
    public let level: Level
    /// What kind of thing it is.
    public let kind: Kind
    /// The sample's place, if it is of one.
    public let index: Int?
    /// What was found, beginning with the sample's key.
    public let text: String

    init(_ level: Level, _ kind: Kind, _ index: Int? = nil, _ text: String) {
        (self.level, self.kind, self.index, self.text) = (level, kind, index, text)
    }
}

/// What a check of a data set found: the same for the same files, however many threads looked.
public struct CheckReport: Codable, Hashable, Sendable {
    /// What is known of a plane over all samples.
    public struct Plane: Codable, Hashable, Sendable {
        /// "B02", "mask".
        public let name: String
        /// Samples by type and size: "uint16 120×120".
        public let forms: [String: Int]
        /// Pixels in all samples.
        public let pixels: Int
        /// Pixels that are 0, or not finite.
        public let withoutData: Int
        /// Of a mask: pixels by code.
        public let codes: [String: Int]?
    }

    /// The data set's name.
    public let dataset: String
    /// How many samples it has.
    public let samples: Int
    /// How many of them were read whole.
    public let read: Int
    /// Samples of each split.
    public let splits: [String: Int]
    /// Samples of each country; nil where the data set does not know.
    public let countries: [String: Int]?
    /// All planes in the data set's order.
    public let planes: [Plane]
    /// All that was found: errors first, by kind and sample.
    public let findings: [CheckFinding]
    /// The least exit code of what the system did not give (71, 74, 77); nil where it gave all.
    public let failure: Int32?

    /// Whether there is no error.
    public var isSound: Bool { errors == 0 }
    /// How many errors there are.
    public var errors: Int { findings.count { $0.level == .error } }

    /// The error with which a program ends.
    ///
    /// - Throws: `CheckFailure` where the system did not give a sample, whatever else was found; `BenchError`: 66 when all errors are
    ///   files that are not there, else 65; nothing when there is none.
    public func expectSound() throws {
        guard !isSound else { return }
        if let code = failure.flatMap(ExitCode.init(rawValue:)) {
            let count = findings.count { $0.kind == .notGiven }
            throw CheckFailure(
                exitCode: code,
                description:
                    "\(dataset): \(count) of \(samples) samples could not be read; look at the disk and the rights, and check again"
            )
        }
        let isMissing = findings.allSatisfy { $0.level != .error || $0.kind == .missing }
        throw BenchError(
            isMissing ? .missing : .invalid,
            "\(dataset): \(errors) errors in \(samples) samples; mend or fetch again what is named above"
        )
    }
}

/// A check that the system did not let come to its end: nothing is known of the data.
public struct CheckFailure: ExitCoded, Hashable, CustomStringConvertible {
    /// The code with which a program ends: 71, 74 or 77.
    public let exitCode: ExitCode
    /// One line: how many samples, and what to do.
    public let description: String
}
