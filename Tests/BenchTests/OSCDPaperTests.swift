import Bench
import BenchFixtures
import Foundation
import Manifests
import MatterModel
import Tensors
import TestSupport
import Testing

/// OSCD's table with several encoders.
@Suite(.serialized)
struct OSCDPaperTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let fixture = try OSCDFixture(
            at: folder.path("OSCD"), train: ["pisa", "nantes"], test: ["rio"])
        for name in OSCDPaper.recipes {
            try fixture.write(
                "name = \"oscd-\(name)\"\ntask = \"change\"\n",
                to: folder.path("recipes/bench-oscd-\(name).toml"))
        }
    }

    private func run(_ encoder: String?, tag: String?, seeds: [UInt64]) throws {
        let settings = [
            "data.crop=16", "data.stride=16", "data.overlap=0", "encoder.frozen=true",
            "head.kind=linear", "run.epochs=1", "run.batch=2",
        ]
        let paper = OSCDPaper(
            paths: TaskPaths(
                data: folder.path("OSCD"), output: folder.path("TABLE"),
                encoder: encoder.map { folder.path($0) }), recipes: folder.path("recipes"),
            settings: settings, seeds: seeds, tag: tag)
        let summaries = try paper.run()
        #expect(summaries != nil)
    }

    private func record(_ path: String) throws -> JSONValue {
        let path = folder.path("TABLE/\(path)")
        return try JSONValue.parse(WholeFile.read(path), path: path)
    }

    @Test func severalEncodersFitIntoOneTable() throws {
        for seed in 1...2 {
            try EncoderRunTests.writeEncoder(to: folder.path("matter-\(seed).safetensors"))
        }
        try run("matter-{seed}.safetensors", tag: "matter", seeds: [1, 2])
        let state = ResNet(.resnet18, stem: .torchvision, channels: 3).hostState()
        try Safetensors.write(
            state, metadata: ["bands": "B04,B03,B02"], to: folder.path("resnet.safetensors"))
        try run("resnet.safetensors", tag: "imagenet", seeds: [1])
        let files = Set(folder.files())
        for name in OSCDPaper.recipes {
            for seed in 1...2 {
                let method = try record("\(name)-matter/run/seed-\(seed)/task.json")["method"]
                #expect(method?["variant"]?.string == "matter")
            }
            let method = try record("\(name)-imagenet/task.json")["method"]
            #expect(method?["variant"]?.string == "imagenet")
            #expect(!files.contains { $0.hasPrefix("TABLE/\(name)-random") })
        }
        // Change vector analysis once; MATTER's features once for each seed's encoder, another network's maps once.
        #expect(try record("unsupervised/methods/cva/task.json")["seed"]?.int == 0)
        #expect(!files.contains("TABLE/unsupervised/methods/matter/task.json"))
        let other = try record("unsupervised-imagenet/methods/encoder/task.json")["method"]
        #expect(other?["variant"]?.string == "imagenet")
        #expect(other?["initialisation"]?.string == "resnet.safetensors")
        for seed in 1...2 {
            let home = "unsupervised-matter-seed-\(seed)"
            let task = try record("\(home)/methods/matter/task.json")
            #expect(task["seed"]?.int == seed)
            #expect(task["method"]?["initialisation"]?.string == "matter-{seed}.safetensors")
            #expect(task["method"]?["variant"]?.string == "matter")
            #expect(try record("\(home)/run.json")["plan"]?["seed"]?.int == seed)
        }
    }

    @Test(arguments: ["random", "a/b", "", "ünet"])
    func aNameThatIsNoneIsRefused(tag: String) {
        expectRefusal(.configuration, "--tag") {
            try run("matter-1.safetensors", tag: tag, seeds: [1])
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("TABLE")))
    }

    @Test func aNameNeedsAnEncoder() {
        expectRefusal(.configuration, "--tag", "--encoder") {
            try run(nil, tag: "matter", seeds: [1])
        }
    }
}
