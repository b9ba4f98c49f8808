import Foundation
import Manifests
import TestSupport
import Testing

/// `matter-prep run` with scenes behind a server of the loopback: fetched by its recipe, and read as they are.
@Suite struct MatterPrepNetworkTests {
    private static let environment = [
        "no_proxy": "127.0.0.1", "GDAL_HTTP_RETRY_DELAY": "0.05", "GDAL_HTTP_MAX_RETRY": "2",
    ]

    /// A folder with an archive of two simulated scenes of one place, and the server that gives it.
    private struct Archive {
        let folder: TemporaryFolder
        let server: LoopbackServer
        /// "west,south,east,north" of the scenes.
        let box: [Double]
        /// Paths of the items, whose files lie behind the server, and of the same with files on disk.
        let items: (remote: [String], local: [String])

        init() throws {
            folder = try TemporaryFolder()
            let made = try runProgram(
                "matter-prep",
                [
                    "simulate", "--out", folder.path("earth"), "--products", "l2a", "--regions",
                    "1", "--size", "252", "--dates", "2", "--seed", "5", "--quiet",
                ])
            try #require(made.status == 0, "\(made.stderr)")
            server = try LoopbackServer(folder: folder.path)
            let metadata = folder.files().filter { $0.hasSuffix("/MTD_MSIL2A.xml") }
            var box = [180.0, 90, -180, -90]
            var (remote, local, features): ([String], [String], [String]) = ([], [], [])
            for (number, path) in metadata.enumerated() {
                let scene = try Product(folder, path)
                box = [
                    min(box[0], scene.box[0]), min(box[1], scene.box[1]),
                    max(box[2], scene.box[2]), max(box[3], scene.box[3]),
                ]
                let names = ["remote/\(number)/item.json", "local/\(number)/item.json"]
                for (name, base) in zip(names, [server.address, folder.path]) {
                    try AtomicFile.makeFolder(
                        at: URL(filePath: folder.path(name)).deletingLastPathComponent().path)
                    try AtomicFile.write(scene.item(base), to: folder.path(name))
                }
                features.append(scene.item(server.address))
                remote.append(folder.path(names[0]))
                local.append(folder.path(names[1]))
            }
            try AtomicFile.makeFolder(at: folder.path("v1"))
            try AtomicFile.write(
                #"{"type":"FeatureCollection","features":[\#(features.joined(separator: ","))]}"#,
                to: folder.path("v1/search"))
            (self.box, items) = (box, (remote, local))
        }

        func recipe(_ name: String = "recipe.toml") throws -> String {
            let centre = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]
            try AtomicFile.write(
                """
                output = "tiles"
                [[region]]
                name = "here"
                point = [\(centre[0]), \(centre[1])]
                [fetch]
                endpoint = "\(server.address)/v1"
                dates = "2015-07-01/2040-12-31"
                cloud = 100
                coverage = 0
                bands = ["B04", "B08"]
                side = 2400
                [tiles]
                size = 120
                """, to: folder.path(name))
            return folder.path(name)
        }
    }

    /// What an item needs of a simulated product.
    private struct Product {
        let name: String
        let box: [Double]
        let time: String
        /// Band → path below the folder.
        let images: [String: String]

        init(_ folder: TemporaryFolder, _ metadata: String) throws {
            let text = try WholeFile.readText(folder.path(metadata))
            let product = String(metadata.dropLast("/MTD_MSIL2A.xml".count))
            name = String(URL(filePath: product).lastPathComponent.dropLast(".SAFE".count))
            let ring = try #require(text.firstMatch(of: /<EXT_POS_LIST>([^<]*)/)).1
                .split(separator: " ").compactMap { Double($0) }
            let (latitudes, longitudes) = (
                stride(from: 0, to: ring.count, by: 2).map { ring[$0] },
                stride(from: 1, to: ring.count, by: 2).map { ring[$0] }
            )
            box = [
                try #require(longitudes.min()), try #require(latitudes.min()),
                try #require(longitudes.max()), try #require(latitudes.max()),
            ]
            time = String(
                try #require(text.firstMatch(of: /<PRODUCT_START_TIME>([^<]*)/)).1)
            var images: [String: String] = [:]
            for file in folder.files() where file.hasPrefix("\(product)/GRANULE/") {
                guard let match = file.firstMatch(of: /_(B04|B08)_10m\.jp2$|_(SCL)_20m\.jp2$/)
                else { continue }
                images[String(match.1 ?? match.2 ?? "")] = file
            }
            self.images = images
        }

        func item(_ base: String) -> String {
            let tile = name.split(separator: "_").first { $0.count == 6 && $0.hasPrefix("T") } ?? ""
            let baseline = name.split(separator: "_").first { $0.count == 5 && $0.hasPrefix("N") }
            let digits = baseline.map { "\($0.dropFirst().prefix(2)).\($0.suffix(2))" } ?? ""
            let assets = images.sorted { $0.key < $1.key }.map { band, path in
                #""\#(band)":{"href":"\#(base)/\#(path)"}"#
            }
            return """
                {"type":"Feature","stac_version":"1.0.0","id":"\(name)","collection":"sentinel-2-l2a",
                "bbox":[\(box.map { "\($0)" }.joined(separator: ","))],
                "properties":{"datetime":"\(time)","grid:code":"MGRS-\(tile.dropFirst())",
                "s2:processing_baseline":"\(digits)","eo:cloud_cover":1},
                "assets":{\(assets.joined(separator: ","))}}
                """
        }
    }

    private func run(_ words: [String]) throws -> ProgramResult {
        try runProgram("matter-prep", words, environment: Self.environment)
    }

    /// Asked once, fetched once; then the server may be gone, and the network be left alone.
    @Test func aRecipeFetchesWhatItNeeds() throws {
        let archive = try Archive()
        let recipe = try archive.recipe()
        let folder = archive.folder
        let refused = try run(["run", recipe])
        #expect(refused.status == ExitCode.unavailable.rawValue)
        #expect(refused.stderr.contains("give --allow-network"), "\(refused.stderr)")
        #expect(refused.stderr.split(separator: "\n").count == 1)
        let told = try run(["run", recipe, "--dry-run"])
        #expect(told.status == 0 && told.stdout.contains("would search"), "\(told.stderr)")
        #expect(archive.server.requests.isEmpty)
        let searched = try run(["run", recipe, "--dry-run", "--allow-network"])
        #expect(searched.stdout.contains("2 of 2 scenes"), "\(searched.stdout) \(searched.stderr)")
        #expect(!FileManager.default.fileExists(atPath: folder.path("tiles")))
        let done = try run(["run", recipe, "--allow-network", "--quiet"])
        #expect(done.status == 0, "\(done.stderr)")
        #expect(try run(["verify", folder.path("tiles")]).status == 0)
        let asked = archive.server.requests.count
        let manifest = try WholeFile.read(folder.path("tiles/manifest.jsonl"))
        for words in [["run", recipe, "--quiet"], ["run", recipe, "--allow-network", "--quiet"]] {
            let again = try run(words)
            #expect(again.status == 0, "\(again.stderr)")
        }
        #expect(archive.server.requests.count == asked)
        #expect(try WholeFile.read(folder.path("tiles/manifest.jsonl")) == manifest)
        // The scenes are a folder like any other.
        let byHand = try run([
            "run", "--region", "here=\(folder.path("tiles/scenes/here"))", "--tile-size", "120",
            "--out", folder.path("by-hand"), "--quiet",
        ])
        #expect(byHand.status == 0, "\(byHand.stderr)")
        for name in ["manifest.jsonl", "run.json"] {
            #expect(
                try WholeFile.read(folder.path("tiles/\(name)"))
                    == WholeFile.read(folder.path("by-hand/\(name)")))
        }
    }

    /// Items whose files lie behind addresses give the tiles of the same files on disk, where the network may be used.
    @Test func itemsAreReadAsTheyAre() throws {
        let archive = try Archive()
        let folder = archive.folder
        func run(_ items: [String], _ out: String, _ more: [String] = []) throws -> ProgramResult {
            try self.run(
                [
                    "run", "--region", "here=\(items.joined(separator: ","))", "--bands", "B04,B08",
                    "--tile-size", "128", "--out", folder.path(out), "--quiet",
                ] + more)
        }
        let refused = try run(archive.items.remote, "remote")
        #expect(refused.status == ExitCode.inputMissing.rawValue)
        #expect(refused.stderr.contains("--allow-network"), "\(refused.stderr)")
        #expect(archive.server.requests.isEmpty)
        let local = try run(archive.items.local, "local")
        #expect(local.status == 0, "\(local.stderr)")
        let remote = try run(archive.items.remote, "remote", ["--allow-network"])
        #expect(remote.status == 0, "\(remote.stderr)")
        #expect(
            try WholeFile.read(folder.path("remote/manifest.jsonl"))
                == WholeFile.read(folder.path("local/manifest.jsonl")))
        // The record has the digest of every byte, under the address without what it may be signed with.
        let inputs = try RunRecord(readingFrom: folder.path("remote")).inputs
        let images = inputs.filter { $0.path.hasSuffix(".jp2") }
        #expect(images.count == 6 && images.allSatisfy { $0.path.contains(archive.server.address) })
        let digests = try RunRecord(readingFrom: folder.path("local")).inputs.map(\.sha256)
        #expect(images.allSatisfy { digests.contains($0.sha256) })
        let index = try run(
            archive.items.remote.map {
                "\(archive.server.address)\($0.dropFirst(folder.path.count))"
            }, "address", ["--allow-network"])
        #expect(index.status == 0, "\(index.stderr)")
        #expect(
            try WholeFile.read(folder.path("address/manifest.jsonl"))
                == WholeFile.read(folder.path("local/manifest.jsonl")))
    }
}
