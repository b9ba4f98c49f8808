import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// From the top of the atmosphere to the ground.
@Suite struct AtmosphereTests {
    private static let pair = SharedData.path("s2-pairs/ssl4eo-s12-T43RCP")

    /// Against another transcription of 6S's formulas: optical depth, reflectance, transmittance both ways, albedo.
    @Test(arguments: [
        [442.7, 0.236714499, 0.088435125, 0.773434926, 0.170894548],
        [492.4, 0.152882537, 0.057497382, 0.844022093, 0.120450835],
        [664.6, 0.045075634, 0.016754431, 0.949800126, 0.041011686],
    ]) func airIsAsIn6S(values: [Double]) {
        let air = MolecularAtmosphere(
            wavelengthInNanometres: values[0], pressureInHectopascals: 1013.25)
        let (sun, view) = (MadeProduct.sun, MadeProduct.view)
        let through = air.transmittance(zenith: sun.zenith) * air.transmittance(zenith: view.zenith)
        let found = [
            air.opticalDepth, air.pathReflectance(sun: sun, view: view), through,
            air.sphericalAlbedo,
        ]
        for (found, expected) in zip(found, values.dropFirst()) {
            #expect(abs(found - expected) < 1e-6)
        }
    }

    @Test func pressureFallsWithHeight() {
        #expect(MolecularAtmosphere.pressure(atElevation: 0) == 1013.25)
        #expect(abs(MolecularAtmosphere.pressure(atElevation: 5500) - 505) < 1)
    }

    /// A real scene as L1C and L2A over bright dry land, without dark object: the air's own share is nearly all of the bias.
    @Test(.enabled(if: pair != nil, "needs the shared data"))
    func bringsARealSceneToTheGround() throws {
        let pair = try #require(Self.pair)
        func date(_ level: String) throws -> String {
            let folder = "\(pair)/\(level)/0000200"
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            return "\(folder)/\(try #require(names.first { $0.hasPrefix("20200604") }))"
        }
        let (above, ground) = (try date("s2c"), try date("s2a"))
        let facts = try JSONValue.parse(file: "\(above)/metadata.json")
        func degrees(_ key: String) throws -> Double { try #require(facts[key]?.double) }
        let sun = ViewAngle(
            zenith: try degrees("MEAN_SOLAR_ZENITH_ANGLE"),
            azimuth: try degrees("MEAN_SOLAR_AZIMUTH_ANGLE"))
        for (band, name, most) in [
            (Sentinel2Band.b01, "B1", 0.01), (.b02, "B2", 0.01), (.b04, "B4", 0.01),
        ] {
            let view = ViewAngle(
                zenith: try degrees("MEAN_INCIDENCE_ZENITH_ANGLE_\(name)"),
                azimuth: try degrees("MEAN_INCIDENCE_AZIMUTH_ANGLE_\(name)"))
            let air = MolecularAtmosphere(
                wavelengthInNanometres: band.centreWavelengthInNanometres,
                pressureInHectopascals: 1013.25)
            let path = air.pathReflectance(sun: sun, view: view)
            let through =
                air.transmittance(zenith: sun.zenith) * air.transmittance(zenith: view.zenith)
            let planes = try [above, ground].map {
                try RasterFile(reading: "\($0)/\(name).tif").read(as: UInt16.self).pixels
                    .map { Double($0) / 10000 }
            }
            let corrected = planes[0].map { number -> Double in
                let value = (number - path) / through
                return value / (1 + air.sphericalAlbedo * value)
            }
            let before = mean(zip(planes[0], planes[1]).map { $0 - $1 })
            let after = mean(zip(corrected, planes[1]).map { $0 - $1 })
            #expect(abs(after) < most && abs(after) <= abs(before))
        }
    }

    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    // MARK: Runs

    /// What the made scene reflects on the ground: water in the first rows, land below.
    private static func truth(_ band: Sentinel2Band, _ row: Int, _ column: Int) -> Double {
        if row < 24 { return 0.01 }
        return 0.05 + 0.1 * Double(band.index % 3) + 0.0005 * Double(column)
    }

    private static func seen(_ band: Sentinel2Band, haze: Double) -> (Int, Int) -> UInt16 {
        let air = MolecularAtmosphere(
            wavelengthInNanometres: band.centreWavelengthInNanometres,
            pressureInHectopascals: 1013.25)
        let (sun, view) = (MadeProduct.sun, MadeProduct.view)
        let ratio =
            band.centreWavelengthInNanometres
            / Sentinel2Band.b02.centreWavelengthInNanometres
        let path = air.pathReflectance(sun: sun, view: view) + haze * pow(ratio, -1.5)
        let through = air.transmittance(zenith: sun.zenith) * air.transmittance(zenith: view.zenith)
        return { row, column in
            let ground = truth(band, row, column)
            let value = path + through * ground / (1 - air.sphericalAlbedo * ground)
            return UInt16((value * 10000).rounded())
        }
    }

    private func run(
        _ path: String, _ folder: TemporaryFolder, _ rule: SurfaceRule, sen2cor: Sen2Cor? = nil
    ) throws -> TileRecord {
        var settings = PrepSettings()
        (settings.tileSize, settings.aligns) = (MadeProduct.size, false)
        settings.surfaceReflectance = rule
        let plan = try PrepPlan(
            regions: [RegionInput(name: "r", paths: [path])], settings: settings,
            output: folder.path("out"), sen2cor: sen2cor)
        _ = try PrepRun(plan).run()
        let manifest = folder.path("out/manifest.jsonl")
        return try #require(
            try JSONLinesReader.read(TileRecord.self, from: manifest).records.first)
    }

    /// A made scene over 2 % of haze: every band comes back to the ground within 0.002, and the tile says how.
    @Test func takesAirAndHazeOut() throws {
        let folder = try TemporaryFolder()
        let bands: [Sentinel2Band] = [.b02, .b03, .b04, .b08, .b12]
        let product = MadeProduct(bands: bands) { band, row, column in
            Self.seen(band, haze: 0.02)(row, column)
        }
        let record = try run(try product.write(to: folder.path), folder, .darkObject)
        #expect(record.surfaceReflectance == "dark-object+rayleigh")
        let file = try RasterFile(reading: folder.path("out/\(record.path)"))
        #expect(file.metadata()["MATTER_SURFACE_REFLECTANCE"] == "dark-object+rayleigh")
        let pixels = try file.read(as: UInt16.self)
        for (index, band) in bands.enumerated() {
            for (row, column) in [(10, 10), (100, 30), (200, 220)] {
                let found = Double(pixels[index, row, column]) / 10000
                #expect(abs(found - Self.truth(band, row, column)) < 0.002)
            }
        }
    }

    /// A desert has no dark object: the air is taken out, and the tile says that the haze is not.
    @Test func withoutDarkObjectOnlyTheAirIsTakenOut() throws {
        let folder = try TemporaryFolder()
        let product = MadeProduct(bands: [.b02, .b12]) { band, row, column in
            Self.seen(band, haze: 0)(100 + row / 10, column)
        }
        let record = try run(try product.write(to: folder.path), folder, .darkObject)
        #expect(record.surfaceReflectance == "rayleigh")
    }

    /// A sun below the horizon is an error in words, not numbers.
    @Test func refusesDarkness() throws {
        let folder = try TemporaryFolder()
        let path = try MadeProduct(bands: [.b02, .b12]).write(to: folder.path)
        let angles = "\(path)/\(MadeProduct.granule)/MTD_TL.xml"
        let text = try WholeFile.readText(angles)
        try AtomicFile.write(
            text.replacingOccurrences(of: "<VALUES>40.0 ", with: "<VALUES>90.01 "), to: angles)
        let error = #expect(throws: PrepError.self) { try run(path, folder, .darkObject) }
        #expect(error?.code == .badData && error?.message.contains("90.01") == true)
    }

    /// Numbers stay as they are unless somebody asks, and the tile says what they are.
    @Test func leavesNumbersAsDelivered() throws {
        let folder = try TemporaryFolder()
        let record = try run(try MadeProduct().write(to: folder.path), folder, .delivered)
        #expect(record.surfaceReflectance == "none")
        let file = try RasterFile(reading: folder.path("out/\(record.path)"))
        #expect(try file.read(as: UInt16.self)[0, 3, 5] == 1026)
    }

    // MARK: Sen2Cor

    /// A stand-in for Sen2Cor: the product it makes is the L1C with another name and level, without B10.
    private func standIn(
        _ folder: TemporaryFolder, failing: Bool = false, instead: String? = nil,
        timeout: Duration? = nil
    ) throws -> Sen2Cor {
        let path = folder.path("L2A_Process")
        let work = """
            made="$2/\(MadeProduct.name.replacingOccurrences(of: "L1C", with: "L2A")).SAFE"
            cp -r "$3" "$made"
            sed -e 's/Level-1C</Level-2A</;s/MSIL1C/MSIL2A/;s#<IMAGE_FILE>[^<]*_B10</IMAGE_FILE>##' \
                "$made/MTD_MSIL1C.xml" > "$made/MTD_MSIL2A.xml"
            rm "$made/MTD_MSIL1C.xml"
            """
        try AtomicFile.write(
            """
            #!/bin/sh
            if [ "$1" = --help ]; then echo "Processor (Sen2Cor). Version: 2.11.0, created: 2022"; exit 0; fi
            \(failing ? "echo 'no auxiliary data'; exit 3" : instead ?? work)
            """, to: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return try Sen2Cor(path: path, timeout: timeout)
    }

    @Test func readsWhatSen2CorMakes() throws {
        let folder = try TemporaryFolder()
        let processor = try standIn(folder)
        let path = try MadeProduct().write(to: folder.path)
        let record = try run(path, folder, .auto, sen2cor: processor)
        #expect(record.surfaceReflectance == "sen2cor 2.11.0")
        #expect(record.source.name == MadeProduct.name)
        let settings = try RunRecord(readingFrom: folder.path("out")).plan["settings"]
        #expect(settings?["surfaceReflectance"]?.string == "sen2cor")
        #expect(try PrepVerification(folder: folder.path("out")).faults.isEmpty)
    }

    /// Sen2Cor's products have no band of cirrus: all others are written, and asking for it is refused before it works.
    @Test func leavesOutWhatSen2CorDoes() throws {
        let folder = try TemporaryFolder()
        let processor = try standIn(folder)
        let path = try MadeProduct(bands: [.b04, .b10]).write(to: folder.path)
        #expect(try run(path, folder, .sen2cor, sen2cor: processor).bands == ["B04"])
        var settings = PrepSettings()
        (settings.bands, settings.surfaceReflectance) = ([.b04, .b10], .sen2cor)
        let error = #expect(throws: PrepError.self) {
            try PrepPlan(
                regions: [RegionInput(name: "r", paths: [path])], settings: settings,
                output: folder.path("other"), sen2cor: processor)
        }
        #expect(error?.code == .usage && error?.message.contains("B10") == true)
    }

    /// A run that is stopped ends what Sen2Cor started too.
    @Test func stopsWhatSen2CorStarted() throws {
        let folder = try TemporaryFolder()
        let note = folder.path("child")
        let processor = try standIn(folder, instead: "sleep 600 & echo $! > '\(note)'; wait")
        var settings = PrepSettings()
        (settings.aligns, settings.surfaceReflectance) = (false, .sen2cor)
        let plan = try PrepPlan(
            regions: [
                RegionInput(name: "r", paths: [try MadeProduct().write(to: folder.path)])
            ], settings: settings, output: folder.path("out"), sen2cor: processor)
        let stop = PrepError(.unavailable, "", "stopped")
        let error = #expect(throws: PrepError.self) {
            try PrepRun(plan, checkStop: { if Self.process(in: note) != nil { throw stop } }).run()
        }
        #expect(error == stop)
        let process = try #require(Self.process(in: note))
        #expect(Self.isGone(process))
    }

    /// The number of a process that a stand-in wrote down, once it is there as a whole.
    private static func process(in note: String) -> Int? {
        let text = (try? WholeFile.readText(note)) ?? ""
        return text.hasSuffix("\n") ? Int(text.dropLast()) : nil
    }

    /// Whether a process comes to be gone, or dead and not yet buried.
    private static func isGone(_ process: Int) -> Bool {
        func isLive() -> Bool {
            let line = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
            return !line.isEmpty && !line.contains(") Z")
        }
        for _ in 0..<3000 where isLive() { usleep(20_000) }
        return !isLive()
    }

    /// What takes Sen2Cor too long is ended with all it started, even what does not listen; its date is set aside and
    /// made up for by the next run, which takes nothing of the half-written product.
    @Test(arguments: [false, true]) func setsADateAsideThatSen2CorIsTooLongAt(deaf: Bool) throws {
        let folder = try TemporaryFolder()
        let note = folder.path("child")
        let path = try MadeProduct().write(to: folder.path)
        let half = "\(MadeProduct.name.replacingOccurrences(of: "L1C", with: "L2A")).SAFE"
        let work = """
            mkdir "$2/\(half)"; echo '<half>' > "$2/\(half)/MTD_MSIL2A.xml"
            echo 'Progress 12 %'; echo
            \(deaf ? "trap '' TERM" : ":")
            sleep 600 & echo $! > '\(note)'
            wait
            """
        var processor = try standIn(folder, instead: work, timeout: .milliseconds(1))
        processor.grace = .milliseconds(50)
        var settings = PrepSettings()
        (settings.aligns, settings.surfaceReflectance) = (false, .sen2cor)
        settings.tileSize = MadeProduct.size
        func run(_ processor: Sen2Cor) throws -> PrepReport {
            let plan = try PrepPlan(
                regions: [RegionInput(name: "r", paths: [path])], settings: settings,
                output: folder.path("out"), sen2cor: processor)
            let log = folder.path("out/sen2cor/\(MadeProduct.name)/sen2cor.log")
            return try PrepRun(
                plan,
                checkStop: {
                    // The time is looked at after this: not before the stand-in has come to its sleep.
                    guard FileManager.default.fileExists(atPath: log) else { return }
                    var tries = 0
                    while Self.process(in: note) == nil, tries < 3000 {
                        usleep(20_000)
                        tries += 1
                    }
                }
            ).run()
        }
        let late = try run(processor)
        #expect(late.tiles == 0 && late.leftOut == 1 && late.quarantined.count == 1)
        let line = try #require(late.quarantined.first)
        #expect(line.hasPrefix("r \(MadeProduct.name): Sen2Cor: timed out 0.001 s; "))
        #expect(line.contains("Progress 12 %") && line.contains("/sen2cor.log"))
        #expect(line.contains("--sen2cor-timeout") && !line.contains("\n"))
        let process = try #require(Self.process(in: note))
        #expect(Self.isGone(process))
        let better = try run(try standIn(folder))
        #expect(better.tiles == 1 && better.leftOut == 0 && better.quarantined.isEmpty)
        #expect(try PrepVerification(folder: folder.path("out")).faults.isEmpty)
    }

    /// The files of a date that was set aside may be others when the run goes on; afterwards no longer.
    @Test func goesOnWithOtherFilesOfADateThatWasSetAside() throws {
        let folder = try TemporaryFolder()
        func files(brighterBy step: UInt16) throws -> String {
            try MadeProduct(number: { UInt16(1000 + 7 * $1 + $2) + step }).write(to: folder.path)
        }
        func run(_ processor: Sen2Cor, _ out: String = "out") throws -> PrepReport {
            var settings = PrepSettings()
            (settings.aligns, settings.surfaceReflectance) = (false, .sen2cor)
            settings.tileSize = MadeProduct.size
            let path = folder.path("\(MadeProduct.name).SAFE")
            let plan = try PrepPlan(
                regions: [RegionInput(name: "r", paths: [path])], settings: settings,
                output: folder.path(out), sen2cor: processor)
            return try PrepRun(plan).run()
        }
        _ = try files(brighterBy: 0)
        let late = try standIn(folder, instead: "sleep 600", timeout: .milliseconds(1))
        #expect(try run(late).quarantined.count == 1)
        _ = try files(brighterBy: 5)
        let processor = try standIn(folder)
        let report = try run(processor)
        #expect(report.tiles == 1 && report.written == 1 && report.quarantined.isEmpty)
        _ = try run(processor, "fresh")
        for file in ["run.json", "manifest.jsonl", "files.jsonl", "leftout.jsonl"] {
            let digests = try ["out", "fresh"].map {
                try SHA256Digest(ofFile: folder.path("\($0)/\(file)"))
            }
            #expect(digests[0] == digests[1], "\(file)")
        }
        _ = try files(brighterBy: 9)
        let error = #expect(throws: PrepError.self) { try run(processor) }
        #expect(error?.code == .configuration)
    }

    @Test func saysInOneLineWhySen2CorFails() throws {
        let folder = try TemporaryFolder()
        let processor = try standIn(folder, failing: true)
        let path = try MadeProduct().write(to: folder.path)
        let error = #expect(throws: PrepError.self) {
            try run(path, folder, .sen2cor, sen2cor: processor)
        }
        #expect(error?.description.contains("ended with 3: no auxiliary data") == true)
        #expect(error?.description.contains("\n") == false)
        let missing = #expect(throws: PrepError.self) { try run(path, folder, .sen2cor) }
        #expect(missing?.exitCode == .unavailable)
        #expect(throws: PrepError.self) { try Sen2Cor(path: folder.path("nothing")) }
    }

    /// L1C beside L2A in one region is refused in one line, or corrected when that is asked for.
    @Test func refusesAMixtureOfLevels() throws {
        let folder = try TemporaryFolder()
        let above = try MadeProduct().write(to: folder.path("in"))
        let ground = folder.path("in/other.SAFE")
        try FileManager.default.copyItem(atPath: above, toPath: ground)
        let text = try WholeFile.readText("\(above)/MTD_MSIL1C.xml")
            .replacingOccurrences(of: "Level-1C<", with: "Level-2A<")
            .replacingOccurrences(of: "MSIL1C", with: "MSIL2A")
            .replacingOccurrences(of: "2020-06-01", with: "2020-06-11")
        try AtomicFile.write(text, to: "\(ground)/MTD_MSIL2A.xml")
        try FileManager.default.removeItem(atPath: "\(ground)/MTD_MSIL1C.xml")
        let error = #expect(throws: PrepError.self) {
            try run(folder.path("in"), folder, .delivered)
        }
        #expect(error?.code == .badData && error?.message.contains("--surface-reflectance") == true)
        let record = try run(folder.path("in"), folder, .darkObject)
        #expect(record.surfaceReflectance == "rayleigh")
    }
}
