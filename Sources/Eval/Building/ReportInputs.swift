/// The folders that a report is made from.
public struct ReportInputs: Sendable, Hashable {
    /// The bench run folder.
    public var bench: String
    /// Pretraining run folders.
    public var pretraining: [String]
    /// Preparation output folders.
    public var preparations: [String]
    /// The report's headline; `nil` for one made of task and data set.
    public var title: String?
    /// What a reader must know that the runs do not say.
    public var cautions: [String]

    /// Names the folders.
    public init(
        bench: String, pretraining: [String] = [], preparations: [String] = [],
        title: String? = nil, cautions: [String] = []
    ) {
        self.bench = bench
        self.pretraining = pretraining
        self.preparations = preparations
        self.title = title
        self.cautions = cautions
    }
}
