/// Everything a report says: the content of `report.json`, the only source of every rendering.
///
/// A pure function of the run folders it was made from: no clock, host name or absolute path.
public struct Report: Codable, Sendable, Equatable {
    /// The form of this document.
    public static let currentSchema = "matter-report/1"

    /// The form that this document claims to have.
    public var schema: String
    /// What made the report.
    public var program: Program
    /// The headline of the report.
    public var title: String
    /// The task that the methods were run on, such as "oscd".
    public var task: String
    /// The seed of the run, if it had one.
    @Nullable public var seed: UInt64?
    /// The data set that the methods were scored on.
    public var dataset: Dataset
    /// What the metrics and the protocol mean, in words.
    public var definitions: [Definition]
    /// The methods, in the order in which they are shown everywhere.
    public var methods: [Method]
    /// Scores of snapshots taken during pretraining, one curve a method.
    public var convergence: [ConvergenceCurve]
    /// The methods without such a curve, on the same cities.
    public var referenceLevels: [ReferenceLevel]
    /// The pretraining runs.
    public var pretraining: [Pretraining]
    /// The alignment of the prepared dates, one a region.
    public var alignment: [Alignment]
    /// Images of each city: both dates, truth, and each method's prediction.
    public var panels: [CityPanels]
    /// What a reader must know before trusting the numbers.
    public var notices: [Notice]
    /// The files that the report was made from, with their digests.
    public var inputs: [Input]
}

extension Report {
    /// A program and its version.
    public struct Program: Codable, Sendable, Equatable {
        /// The program's name.
        public var name: String
        /// The suite's version.
        public var version: String
    }

    /// The data set, as far as the numbers depend on it.
    public struct Dataset: Codable, Sendable, Equatable {
        /// Its name.
        public var name: String
        /// The digest that names its exact content, lower-case hexadecimal.
        @Nullable public var sha256: String?
        /// The cities whose pixels are scored, sorted.
        public var cities: [String]
    }

    /// A term and what it means here.
    public struct Definition: Codable, Sendable, Equatable {
        /// The term.
        public var term: String
        /// Its meaning, in one or two sentences.
        public var text: String
    }

    /// Something a reader must know before trusting the numbers.
    public struct Notice: Codable, Sendable, Equatable {
        /// How much it matters.
        public enum Severity: String, Codable, Sendable {
            /// Good to know.
            case note
            /// The numbers don't mean what they seem to mean.
            case warning
        }

        /// How much it matters.
        public var severity: Severity
        /// What it is, in a sentence.
        public var text: String
    }

    /// A file that the report was made from.
    public struct Input: Codable, Sendable, Equatable {
        /// Its path inside the run folder, with the folder's role in front ("bench/run.json").
        public var path: String
        /// Its size.
        public var bytes: Int
        /// Its digest, lower-case hexadecimal.
        public var sha256: String
    }
}
