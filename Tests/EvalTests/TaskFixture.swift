import Manifests
import TestSupport

/// Makes run folders of tasks in the format "matter-task/1", small ones, to be spoilt by tests.
struct TaskFixture {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// What a run is made of.
    struct Run {
        var name = "unet"
        var initialisation = "random"
        var architecture: String?
        var seed: UInt64 = 1
        /// How sure the scores are; 0 is noise.
        var skill: Float = 2
        var cities = ["beirut", "rio", "paris"]
        var side = 40
        var selection = "val"
        var validation: [Double] = [0.1, 0.3, 0.5, 0.55]
        var digest = "00ff"
        /// The suite's version that made it.
        var version = "0.1.0"
        /// The digest of the encoder that it began with.
        var encoder: String?
        /// What was chosen, as JSON.
        var plan = "{}"
        var variant: String?
        var rule = "fixed"
        /// The one threshold of all images; `nil` where each has its own.
        var threshold: Double? = 0.9
        var classes = ["unchanged", "changed"]
        /// Whether it chooses among settings instead of being trained: a line a setting, from step 0, and no losses.
        var isProbe = false
    }

    func write(_ relative: String, _ text: String) throws {
        try write(relative, Array(text.utf8))
    }

    func write(_ relative: String, _ bytes: [UInt8]) throws {
        let path = folder.path(relative)
        try AtomicFile.makeFolder(
            at: "/" + path.split(separator: "/").dropLast().joined(separator: "/"))
        try AtomicFile.write(bytes, to: path)
    }

    /// A change run: noise, and more of it where there is change.
    @discardableResult
    func change(_ path: String, _ run: Run = Run()) throws -> String {
        for (number, city) in run.cities.enumerated() {
            let truth = Self.truth(run.side, number)
            var generator = Noise(run.seed &* 977 &+ UInt64(number))
            let scores = truth.map { generator.uniform() + ($0 == 1 ? 0.5 * run.skill : 0) }
            try write(
                "\(path)/predictions/\(city).safetensors",
                Self.arrays([
                    ("score", "F32", [run.side, run.side], scores.flatMap(Self.bytes)),
                    ("label", "U8", [run.side, run.side], truth),
                ]))
        }
        try write(
            "\(path)/task.json", record(run, task: "change", classes: run.classes))
        try common(path, run)
        return folder.path(path)
    }

    /// An image of a change run: its name, and scores and truths row by row.
    struct Image {
        var name: String
        var width: Int
        var scores: [Float]
        var truth: [UInt8]
    }

    /// A change run of given images.
    @discardableResult
    func change(_ path: String, _ run: Run = Run(), images: [Image]) throws -> String {
        var run = run
        run.cities = images.map(\.name)
        for image in images {
            let shape = [image.truth.count / image.width, image.width]
            try write(
                "\(path)/predictions/\(image.name).safetensors",
                Self.arrays([
                    ("score", "F32", shape, image.scores.flatMap(Self.bytes)),
                    ("label", "U8", shape, image.truth),
                ]))
        }
        try write(
            "\(path)/task.json", record(run, task: "change", classes: run.classes))
        try common(path, run)
        return folder.path(path)
    }

    /// A run of land cover: `count` samples in tiles of four, five classes.
    @discardableResult
    func multilabel(_ path: String, _ run: Run = Run(), count: Int = 60) throws -> String {
        var generator = Noise(run.seed)
        var labels: [UInt8] = []
        var scores: [Float] = []
        for place in 0..<count * 5 {
            let isPositive = (place * 7919) % 100 < 20
            labels.append(isPositive ? 1 : 0)
            scores.append(generator.uniform() + (isPositive ? 0.2 * run.skill : 0))
        }
        try write(
            "\(path)/predictions/all.safetensors",
            Self.arrays([
                ("scores", "F32", [count, 5], scores.flatMap(Self.bytes)),
                ("labels", "U8", [count, 5], labels),
            ]))
        var copy = run
        copy.cities = (0..<count).map { "patch-\($0)" }
        try write(
            "\(path)/task.json",
            record(copy, task: "multilabel", classes: ["a", "b", "c", "d", "e"]) {
                "tile-\($0 / 4)"
            })
        try common(path, run)
        return folder.path(path)
    }

    /// A run of segmentation whose pixels are dealt to three images, each of `width` columns; short ones are one column wide.
    func segmentation(
        _ path: String, classes: Int, prediction: [UInt8], truth: [UInt8], width: Int? = nil
    ) throws -> String {
        var run = Run()
        let third = prediction.count >= 3 && width == nil ? prediction.count / 3 : prediction.count
        let cuts = stride(from: 0, to: prediction.count, by: third).map {
            $0..<min($0 + third, prediction.count)
        }
        run.cities = cuts.indices.map { "chip-\($0)" }
        for (name, cut) in zip(run.cities, cuts) {
            let columns = width ?? (cut.count % 19 == 0 ? 19 : 1)
            let shape = [cut.count / columns, columns]
            try write(
                "\(path)/predictions/\(name).safetensors",
                Self.arrays([
                    ("class", "U8", shape, Array(prediction[cut])),
                    ("label", "U8", shape, Array(truth[cut])),
                ]))
        }
        let names = (0..<classes).map { "class \($0)" }
        try write("\(path)/task.json", record(run, task: "segmentation", classes: names))
        try common(path, run)
        return folder.path(path)
    }

    /// A run of classification; what is called has the greatest score.
    func classification(_ path: String, classes: Int, prediction: [Int], truth: [Int64]) throws
        -> String
    {
        let scores = prediction.flatMap { called in
            (0..<classes).map { Float($0 == called ? 0.9 : 0.1 / Float(classes)) }
        }
        return try lists(
            path, task: "classification", classes: classes, count: truth.count, scores: scores,
            labels: (
                "I64", [truth.count],
                truth.flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) }
            ))
    }

    /// A run of land cover with these scores and labels.
    func multilabel(_ path: String, classes: Int, scores: [Float], labels: [UInt8]) throws -> String
    {
        let count = scores.count / classes
        return try lists(
            path, task: "multilabel", classes: classes, count: count, scores: scores,
            labels: ("U8", [count, classes], labels))
    }

    private func lists(
        _ path: String, task: String, classes: Int, count: Int, scores: [Float],
        labels: (kind: String, shape: [Int], bytes: [UInt8])
    ) throws -> String {
        try write(
            "\(path)/predictions/all.safetensors",
            Self.arrays([
                ("scores", "F32", [count, classes], scores.flatMap(Self.bytes)),
                ("labels", labels.kind, labels.shape, labels.bytes),
            ]))
        var run = Run()
        run.cities = (0..<count).map { "patch-\($0)" }
        let names = (0..<classes).map { "class \($0)" }
        try write("\(path)/task.json", record(run, task: task, classes: names))
        try common(path, run)
        return folder.path(path)
    }

    /// What matter-bench writes beside task.json, its epochs from 0.
    private func common(_ path: String, _ run: Run) throws {
        let inputs =
            run.encoder.map {
                #"{"path":"encoder/encoder.safetensors","bytes":1,"sha256":"\#($0)"}"#
            } ?? ""
        try write(
            "\(path)/run.json",
            #"{"program":"matter-bench run","version":"\#(run.version)","plan":{"task":\#(run.plan)},"#
                + #""inputs":[\#(inputs)],"dataset":{"sha256":"\#(run.digest)"}}"#
        )
        var curves = ""
        for (choice, value) in run.validation.enumerated() where run.isProbe {
            curves +=
                "{\"epoch\":0,\"step\":\(choice),\"seconds\":\(choice + 1),\"validation\":{\"f1\":\(value)}}\n"
        }
        for (epoch, value) in run.validation.enumerated() where !run.isProbe {
            let step = (epoch + 1) * 10
            curves +=
                "{\"epoch\":\(epoch),\"step\":\(step),\"seconds\":\(step * 2),\"loss\":\(1.0 / Double(step))}\n"
            curves +=
                "{\"epoch\":\(epoch),\"step\":\(step),\"seconds\":\(step * 2),\"validation\":{\"f1\":\(value)}}\n"
        }
        try write("\(path)/curves.jsonl", curves + "{\"torn")
    }

    private func record(
        _ run: Run, task: String, classes: [String], group: (Int) -> String? = { _ in nil }
    ) throws -> String {
        let items = run.cities.enumerated().map { number, city -> JSONValue in
            .object([
                "key": .string(city), "group": .string(group(number) ?? city), "split": "test",
            ])
        }
        var method: [String: JSONValue] = [
            "name": .string(run.name), "initialisation": .string(run.initialisation),
            "frozen": true, "labels": 1.0,
        ]
        method["variant"] = run.variant.map(JSONValue.string)
        method["architecture"] = run.architecture.map(JSONValue.string)
        var record: [String: JSONValue] = [
            "format": "matter-task/1", "task": .string(task), "dataset": "toy", "split": "test",
            "protocol": "pooled", "classes": .array(classes.map(JSONValue.string)), "ignore": 255,
            "method": .object(method), "seed": .integer(Int64(run.seed)), "items": .array(items),
            "selection": .object(["split": .string(run.selection), "metric": "f1", "value": 0.5]),
        ]
        if task == "change" {
            record["threshold"] = run.threshold.map(JSONValue.number)
            record["thresholdRule"] = .string(run.rule)
        }
        return JSONValue.object(record).serialized(pretty: true)
    }

    /// Squares of change, and a strip that is not scored.
    private static func truth(_ side: Int, _ number: Int) -> [UInt8] {
        (0..<side * side).map { place in
            let (row, column) = (place / side, place % side)
            if row < 2 { return 255 }
            return (row / (5 + number)) % 3 == 0 && (column / 6) % 2 == 1 ? 1 : 0
        }
    }

    static func bytes(_ value: Float) -> [UInt8] {
        withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init)
    }

    /// A safetensors file.
    static func arrays(_ arrays: [(name: String, kind: String, shape: [Int], bytes: [UInt8])])
        -> [UInt8]
    {
        var header: [String: JSONValue] = [:]
        var body: [UInt8] = []
        for array in arrays {
            header[array.name] = .object([
                "dtype": .string(array.kind),
                "shape": .array(array.shape.map { .integer(Int64($0)) }),
                "data_offsets": .array([
                    .integer(Int64(body.count)), .integer(Int64(body.count + array.bytes.count)),
                ]),
            ])
            body += array.bytes
        }
        let text = Array(JSONValue.object(header).serialized().utf8)
        return withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + text + body
    }
}

/// Seeded noise in 0 … 1.
private struct Noise {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

    mutating func uniform() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(state >> 40) / 16_777_216
    }
}

/// The repository's protocols, and its other files.
enum Checkout {
    static func path(_ relative: String) -> String {
        let file = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/\(file)/\(relative)"
    }
}
