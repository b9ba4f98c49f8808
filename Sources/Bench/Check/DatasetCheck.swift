import Dispatch
import Foundation
import Manifests
import Store
import Synchronization

/// Proves a data set before it is used: reads every sample whole, on all cores.
public struct DatasetCheck: Sendable {
    /// Share of a sample's ground above which another split's sample on it is an error, not a remark: neighbouring chips of
    /// SpaceNet share some of their outermost pixels.
    public static let smallestLeak = 0.05

    private let dataset: any Dataset
    private let name: String
    private let root: String
    private let threads: Int

    /// Prepares to check a data set that is open.
    ///
    /// - Parameters:
    ///   - dataset: The data set.
    ///   - root: Its folder, which `files` are relative to.
    ///   - threads: How many samples are read at a time; one a core if nil.
    public init(_ dataset: any Dataset, at root: String, threads: Int? = nil) {
        self.dataset = dataset
        name = type(of: dataset).name
        self.root = FileSystem.trimmed(root)
        self.threads = max(threads ?? ProcessInfo.processInfo.activeProcessorCount, 1)
    }

    /// How many samples there are to read.
    public var count: Int { dataset.count }

    /// What the threads share.
    private final class Work: Sendable {
        let next = Atomic<Int>(0)
        let done = Atomic<Int>(0)
        let isStopped = Atomic<Bool>(false)
        let tally = Mutex(CheckTally())
    }

    /// Reads all samples.
    ///
    /// - Parameters:
    ///   - onProgress: Is told ten times a second how many samples are done.
    ///   - shouldStop: Is asked as often whether to end.
    /// - Returns: The report, or nil when it was stopped.
    public func run(
        onProgress: (Int) -> Void = { _ in }, shouldStop: () -> Bool = { false }
    ) -> CheckReport? {
        let work = Work()
        let group = DispatchGroup()
        for number in 0..<threads {
            let queue = DispatchQueue(label: "check.\(number)")
            queue.async(group: group) { [self] in look(work) }
        }
        while group.wait(timeout: .now() + .milliseconds(100)) == .timedOut {
            onProgress(work.done.load(ordering: .relaxed))
            if shouldStop() { work.isStopped.store(true, ordering: .relaxed) }
        }
        onProgress(work.done.load(ordering: .relaxed))
        guard !work.isStopped.load(ordering: .relaxed) else { return nil }
        return report(work.tally.withLock { $0 })
    }

    // MARK: One thread

    private func look(_ work: Work) {
        var tally = CheckTally()
        var reader: (any SampleReader)?
        while !work.isStopped.load(ordering: .relaxed) {
            let index = work.next.add(1, ordering: .relaxed).oldValue
            guard index < dataset.count else { break }
            look(at: index, &reader, &tally)
            work.done.add(1, ordering: .relaxed)
        }
        work.tally.withLock { $0.add(tally) }
    }

    private func look(
        at index: Int, _ reader: inout (any SampleReader)?, _ tally: inout CheckTally
    ) {
        let key = dataset.key(index)
        var inspection = SampleInspection(index, key: key, classes: dataset.classes.count)
        do {
            let open = try reader ?? dataset.reader()
            reader = open
            var faults: [String] = []
            try open.read(index, planes: nil) { planes in
                inspection.look(at: planes, &tally)
                faults = dataset.faults(index, in: planes)
            }
            tally.read += 1
            tally.findings += inspection.findings
            tally.findings += faults.map { CheckFinding(.error, .fault, index, "\(key): \($0)") }
            let repairs = try (dataset as? any RepairingDataset)?.repairs(index) ?? []
            tally.findings += repairs.map { CheckFinding(.remark, .repair, index, "\(key): \($0)") }
            let footprint =
                if let placed = open as? any PlacedReader { placed.footprint } else {
                    try dataset.footprint(index)
                }
            if let footprint {
                tally.footprints.append((index, footprint))
            }
        } catch {
            let missing = dataset.files(index).filter { !isThere("\(root)/\($0)") }
            tally.findings += missing.map {
                CheckFinding(.error, .missing, index, "\(key): \($0) is missing or empty")
            }
            guard missing.isEmpty else { return }
            let kind = tally.kind(of: error)
            tally.findings.append(CheckFinding(.error, kind, index, "\(key): \(error)"))
        }
    }

    private func isThere(_ path: String) -> Bool {
        // A file that may not be read is told by its reader, with the reason.
        do { return try WholeFile.size(of: path) > 0 } catch {
            return (error as? ManifestError)?.code != .missing
        }
    }

    // MARK: The whole

    private func report(_ tally: CheckTally) -> CheckReport {
        var findings =
            tally.findings + dataset.remarks.map { CheckFinding(.remark, .opening, nil, $0) }
        let (splitOf, splitFindings) = splitFindings()
        findings += splitFindings
        findings += shapeFindings(tally)
        findings += leaks(tally, splitOf)
        let kinds = CheckFinding.Kind.allCases
        let order = Dictionary(uniqueKeysWithValues: zip(kinds, 0...))
        findings.sort { left, right in
            if left.level != right.level { return left.level == .error }
            if left.kind != right.kind {
                return order[left.kind, default: 0] < order[right.kind, default: 0]
            }
            return (left.index ?? -1, left.text) < (right.index ?? -1, right.text)
        }
        return CheckReport(
            dataset: name, samples: dataset.count, read: tally.read,
            splits: dataset.splits.mapValues(\.count),
            countries: dataset.countries(of: 0..<dataset.count), planes: planes(tally),
            findings: findings, failure: tally.failures.min())
    }

    private func planes(_ tally: CheckTally) -> [CheckReport.Plane] {
        let known = dataset.planes.filter { tally.planes[$0] != nil }
        let others = tally.planes.keys.filter { !known.contains($0) }.sorted()
        return (known + others).compactMap { name in
            tally.planes[name].map { plane in
                let codes = plane.codes.indices.filter { plane.codes[$0] > 0 }
                return CheckReport.Plane(
                    name: name,
                    forms: Dictionary(
                        uniqueKeysWithValues: plane.forms.map {
                            ($0.key.description, $0.value.count)
                        }),
                    pixels: plane.pixels,
                    withoutData: plane.withoutData,
                    codes: plane.codes.isEmpty
                        ? nil
                        : Dictionary(
                            uniqueKeysWithValues: codes.map { (String($0), plane.codes[$0]) }))
            }
        }
    }

    /// A plane has one type in all samples; sizes may differ.
    private func shapeFindings(_ tally: CheckTally) -> [CheckFinding] {
        tally.planes.sorted { $0.key < $1.key }.compactMap { name, plane in
            var types: [String: (count: Int, first: Int)] = [:]
            for (form, seen) in plane.forms {
                let type = form.pixel.rawValue
                let known = types[type] ?? (0, seen.first)
                types[type] = (known.count + seen.count, min(known.first, seen.first))
            }
            guard types.count > 1 else { return nil }
            let shown = types.sorted { $0.key < $1.key }.map {
                "\($0.key) in \($0.value.count) samples (first: \(dataset.key($0.value.first)))"
            }
            return CheckFinding(.error, .shape, nil, "\(name): \(shown.joined(separator: ", "))")
        }
    }

    // MARK: Splits

    /// The split of each sample by its place among the sorted names, and samples of two splits or none.
    private func splitFindings() -> ([Int], [CheckFinding]) {
        var splitOf = [Int](repeating: -1, count: dataset.count)
        var findings: [CheckFinding] = []
        let names = dataset.splits.keys.sorted()
        for (number, name) in names.enumerated() {
            for index in dataset.splits[name] ?? [] {
                if splitOf[index] >= 0 {
                    findings.append(
                        CheckFinding(
                            .error, .split, index,
                            "\(dataset.key(index)): is in \(names[splitOf[index]]) and in \(name)"))
                }
                splitOf[index] = number
            }
        }
        let without = splitOf.indices.filter { splitOf[$0] < 0 }
        if !without.isEmpty, !names.isEmpty {
            // Samples that nobody labelled are in no split, rightly; the data set says so where it is opened.
            let areUnlabelled =
                !dataset.classes.isEmpty && without.allSatisfy { dataset.target($0) == .none }
            findings.append(
                CheckFinding(
                    areUnlabelled ? .remark : .error, .split, nil,
                    "\(without.count) samples belong to no split"))
        }
        return (splitOf, findings)
    }

    private func leaks(_ tally: CheckTally, _ splitOf: [Int]) -> [CheckFinding] {
        let pairs = LeakSearch(tally.footprints, splits: splitOf).pairs
        let names = dataset.splits.keys.sorted()
        var findings = pairs.filter { $0.share >= Self.smallestLeak }.map { pair in
            CheckFinding(
                .error, .leak, pair.first,
                "\(dataset.key(pair.first)) (\(names[splitOf[pair.first]])) and \(dataset.key(pair.second)) (\(names[splitOf[pair.second]])) share \(Self.percent(pair.share)) of their ground"
            )
        }
        let slight = pairs.filter { $0.share < Self.smallestLeak && $0.share > 1e-6 }
        if let most = slight.map(\.share).max() {
            findings.append(
                CheckFinding(
                    .remark, .leak, nil,
                    "\(slight.count) pairs of samples of different splits share their borders, at most \(Self.percent(most)) of their ground"
                ))
        }
        if pairs.count >= LeakSearch.mostPairs {
            findings.append(
                CheckFinding(
                    .error, .leak, nil,
                    "more than \(LeakSearch.mostPairs) pairs of samples of different splits share ground; the search ended there"
                ))
        }
        return findings
    }

    private static func percent(_ share: Double) -> String {
        "\((share * 10_000).rounded() / 100) %"
    }
}
