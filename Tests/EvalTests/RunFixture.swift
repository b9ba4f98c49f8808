import Manifests
import TestSupport

/// Makes run folders in the suite's formats, small ones, to be spoilt by tests.
struct RunFixture {
    let folder: TemporaryFolder
    var bench: String { folder.path("bench") }
    var pretraining: String { folder.path("pretrain") }
    var preparation: String { folder.path("prep") }
    var report: String { folder.path("report") }

    /// A city and its counts: true and false positives, false and true negatives.
    typealias City = (name: String, counts: [Int])

    static let cities: [City] = [("beirut", [30, 10, 20, 940]), ("rio", [5, 45, 15, 935])]

    /// Makes the three folders with two methods, the second better than the first.
    init(cities: [City] = RunFixture.cities, dataset: String = "Toy", title: String = "MATTER")
        throws
    {
        folder = try TemporaryFolder()
        try writeBench(cities, dataset: dataset)
        try writeMethod("cva", title: "CVA", cities: cities.map { ($0.name, $0.counts) })
        try writeMethod("matter", title: title, cities: cities.map(Self.improved))
        try writePretraining()
        try writePreparation()
    }

    /// Writes a file, making the folders above it.
    func write(_ relative: String, _ text: String) throws {
        let path = folder.path(relative)
        let parent = path.split(separator: "/").dropLast().joined(separator: "/")
        try AtomicFile.makeFolder(at: "/" + parent)
        try AtomicFile.write(text, to: path)
    }

    private static func improved(_ city: City) -> City {
        let gain = city.counts[2] / 2
        let c = city.counts
        return (city.name, [c[0] + gain, c[1], c[2] - gain, c[3]])
    }

    private func writeBench(_ cities: [City], dataset: String) throws {
        let names = JSONValue.array(cities.map { .string($0.name) })
        let record: JSONValue = .object([
            "program": "matter-bench run oscd", "version": "0.1.0", "task": "oscd",
            "dataset": .object([
                "name": .string(dataset), "cities": names, "sha256": "00ff",
            ]),
            "plan": .object(["methods": ["cva", "matter"]]), "inputs": [],
        ])
        try write("bench/run.json", record.serialized(pretty: true))
        try write(
            "bench/curves.jsonl",
            """
            {"method":"matter","step":0,"f1":0.2,"precision":0.2,"recall":0.2,"cities":["beirut"]}
            {"method":"matter","step":50,"f1":null,"precision":null,"recall":0.0,"cities":["beirut"]}

            """)
        for city in cities {
            for image in ["before", "after", "truth", "cva", "matter"] {
                let path = folder.path("bench/panels/\(city.name)/\(image).png")
                try write("bench/panels/\(city.name)/\(image).png", "")
                try AtomicFile.write(PNGFixture.bytes, to: path)
            }
        }
    }

    private func writeMethod(_ method: String, title: String, cities: [City]) throws {
        let summary: JSONValue = .object([
            "method": .string(method), "title": .string(title), "description": "Does things.",
            "thresholdRule": "otsu", "isOracle": false, "averagePrecision": 0.25,
        ])
        try write("bench/methods/\(method)/summary.json", summary.serialized(pretty: true))
        var counts = ""
        var sum = [0, 0, 0, 0]
        for (name, c) in cities {
            let total = c.reduce(0, +)
            let line: JSONValue = .object([
                "city": .string(name), "split": "test", "threshold": 0.5,
                "truePositive": .integer(Int64(c[0])), "falsePositive": .integer(Int64(c[1])),
                "falseNegative": .integer(Int64(c[2])), "trueNegative": .integer(Int64(c[3])),
                "pixelsScored": .integer(Int64(total)), "pixelsPresent": .integer(Int64(total)),
            ])
            counts += line.serialized() + "\n"
            sum = zip(sum, c).map { $0 + $1 }
            try write("bench/methods/\(method)/predictions/\(name).safetensors", "pixels \(name)")
        }
        try write("bench/methods/\(method)/counts.jsonl", counts)
        try write(
            "bench/methods/\(method)/thresholds.jsonl",
            """
            {"threshold":0.5,"truePositive":\(sum[0]),"falsePositive":\(sum[1]),"falseNegative":\(sum[2]),\
            "trueNegative":\(sum[3])}

            """)
    }

    private func writePretraining() throws {
        try write(
            "pretrain/run.json",
            #"{"program":"matter-model pretrain","version":"0.1.0","plan":{},"seed":7,"inputs":[]}"#
        )
        try write(
            "pretrain/curves.jsonl",
            """
            {"step":1,"epoch":0,"loss":4.1,"learningRate":0.1,"embeddingStd":0.06,"alignment":1,"uniformity":-1}
            {"step":2,"epoch":0,"loss":null,"learningRate":0.1,"embeddingStd":0.06,"alignment":1,"uniformity":-1}
            {"step":3,"ep
            """)
    }

    private func writePreparation() throws {
        try write(
            "prep/alignment/fields.json",
            """
            {"region":"fields","dates":[{"date":"2020-06-01T10:30:00Z","status":"reference"},
            {"date":"2020-06-11T10:30:00Z","status":"aligned","shift":{"rows":1.03,"columns":-0.54},
            "trueShift":{"rows":1.0,"columns":-0.5},"residual":{"median":0.04}}]}
            """)
    }
}

/// A PNG of one pixel.
enum PNGFixture {
    static let bytes: [UInt8] = [
        0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D, 0x49, 0x48, 0x44, 0x52, 0, 0,
        0,
        1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 0x3A, 0x7E, 0x9B, 0x55, 0, 0, 0, 0x0A, 0x49, 0x44, 0x41, 0x54,
        0x78, 0x9C, 0x63, 0x60, 0, 0, 0, 2, 0, 1, 0x48, 0xAF, 0xA4, 0x71, 0, 0, 0, 0, 0x49, 0x45,
        0x4E,
        0x44, 0xAE, 0x42, 0x60, 0x82,
    ]
}
