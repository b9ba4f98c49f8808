import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Camera models in files beside images.
@Suite struct CameraModelFileTests {
    private static let names = ["line", "samp", "lat", "long", "height"]

    private static func parts(_ model: RPCModel) -> [RPCModel.Normalisation] {
        [model.line, model.sample, model.latitude, model.longitude, model.height]
    }

    private static func rpb(_ model: RPCModel) -> String {
        var lines = [
            "satId = \"QB02\";", "bandId = \"P\";", "SpecId = \"RPC00B\";", "BEGIN_GROUP = IMAGE",
            "\terrBias = 56.01;", "\terrRand = 0.12;",
        ]
        for (name, part) in zip(names, parts(model)) {
            lines.append("\t\(name)Offset = \(part.offset);")
        }
        for (name, part) in zip(names, parts(model)) {
            lines.append("\t\(name)Scale = \(part.scale);")
        }
        for (name, list) in zip(["lineNum", "lineDen", "sampNum", "sampDen"], model.coefficients) {
            let numbers = list.map { "\t\t\t\($0)" }.joined(separator: ",\n")
            lines.append("\t\(name)Coef = (\n\(numbers));")
        }
        return (lines + ["END_GROUP = IMAGE", "END;", ""]).joined(separator: "\n")
    }

    private static func text(_ model: RPCModel) -> String {
        let units = ["pixels", "pixels", "degrees", "degrees", "meters"]
        var lines: [String] = []
        for end in ["OFF", "SCALE"] {
            for ((name, unit), part) in zip(zip(names, units), parts(model)) {
                let number = end == "OFF" ? part.offset : part.scale
                lines.append(
                    "\(name.uppercased())_\(end): \(number < 0 ? "" : "+")\(number) \(unit)")
            }
        }
        for (name, list) in zip(
            ["LINE_NUM", "LINE_DEN", "SAMP_NUM", "SAMP_DEN"], model.coefficients)
        {
            for (index, number) in list.enumerated() {
                lines.append("\(name)_COEFF_\(index + 1):\t\(number)")
            }
        }
        return (lines + [""]).joined(separator: "\r\n")
    }

    /// A model of which no two numbers are the same.
    private static func model() throws -> RPCModel {
        try RPCModel(
            line: .init(offset: 1000.5, scale: 1001), sample: .init(offset: -3.25, scale: 0.1),
            latitude: .init(offset: -33.5, scale: 0.0675),
            longitude: .init(offset: 23.75, scale: 0.0131),
            height: .init(offset: 731, scale: 501),
            coefficients: (0..<4).map { list in
                (0..<20).map { (Double($0) - 7.3) * pow(10, Double(-$0 - list)) }
            })
    }

    @Test func readsBothForms() throws {
        let folder = try TemporaryFolder()
        let model = try Self.model()
        for text in [Self.rpb(model), Self.text(model), "\u{FEFF}" + Self.text(model)] {
            try AtomicFile.write(text, to: folder.path("camera"))
            #expect(try CameraModelFile.read(folder.path("camera")) == model)
        }
    }

    @Test func readsTheNumbersAsTheyAreDelivered() throws {
        let folder = try TemporaryFolder()
        let delivered = Self.text(try Self.model())
            .replacingOccurrences(of: "+1000.5 pixels", with: "+001000.50 pixels")
            .replacingOccurrences(of: "+0.1 pixels", with: "+1.000E-01  pixels")
        #expect(
            delivered.contains("LINE_OFF: +001000") && delivered.contains("SAMP_SCALE: +1.000E"))
        try AtomicFile.write(delivered, to: folder.path("camera"))
        #expect(try CameraModelFile.read(folder.path("camera")) == Self.model())
    }

    @Test func refusesWhatIsNotWhole() throws {
        let folder = try TemporaryFolder()
        let (rpb, text) = (Self.rpb(try Self.model()), Self.text(try Self.model()))
        func with(_ new: String, for old: String, in text: String) -> String {
            text.replacingOccurrences(of: old, with: new)
        }
        let cases: [(wrong: String, words: String)] = [
            (with("lineoffset", for: "lineOffset", in: rpb), "lineOffset is missing"),
            (rpb + "heightScale = 2;\n", "heightScale stands in it 2 times"),
            (with("Offset = high", for: "Offset = 731.0", in: rpb), "heightOffset is \"high\""),
            (with("latScale = 0;", for: "latScale = 0.0675;", in: rpb), "latScale is 0"),
            (with("lineNumCoef = (1,", for: "lineNumCoef = (", in: rpb), "lineNumCoef has 21"),
            (with("sampDenCoef = (x,", for: "sampDenCoef = (", in: rpb), "sampDenCoef has \"x\""),
            (with("sampDenCoef = ", for: "sampDenCoef = (", in: rpb), "sampDenCoef is"),
            (with("RPC00A", for: "RPC00B", in: rpb), "RPC00B"),
            (with("SAMP_NUM:", for: "SAMP_NUM_COEFF_7:", in: text), "SAMP_NUM_COEFF_7 is missing"),
            (text + "LAT_OFF: 1 degrees\n", "LAT_OFF stands in it 2 times"),
            (with("LINE_OFF: nan", for: "LINE_OFF: +", in: text), "LINE_OFF is"),
            (with("+2398 feet", for: "+731.0 meters", in: text), "HEIGHT_OFF is \"+2398 feet\""),
            ("a camera", "neither RPB"), ("", "neither RPB"),
            (String(repeating: " ", count: 70_000), "at most"),
        ]
        let path = folder.path("scene.RPB")
        for (wrong, words) in cases {
            try AtomicFile.write(wrong, to: path)
            do {
                _ = try CameraModelFile.read(path)
                Issue.record("taken in spite of: \(words)")
            } catch let error as any ExitCoded {
                let said = "\(error)"
                #expect(said.contains("scene.RPB") && said.contains(words), "\(said)")
                #expect(error.exitCode == .badData && !said.contains("\n"))
            }
        }
        let error = #expect(throws: PrepError.self) { try CameraModelFile.read("/no/such.RPB") }
        #expect(error?.exitCode == .inputMissing && error?.path == "/no/such.RPB")
    }

    // MARK: The image beside it

    private static func lay(
        _ bench: HeightsBench, _ image: String, camera: String? = nil
    ) throws -> (outcome: Orthorectification.Outcome, pixels: [UInt16], tag: String?) {
        var work = Orthorectification(
            image: bench.folder.path(image), elevation: nil, crs: nil, resolution: 10)
        work.cameraFile = camera
        let path = bench.folder.path("ortho.tif")
        let outcome = try work.write(to: path)
        let file = try RasterFile(reading: path)
        return (outcome, try file.read(as: UInt16.self).pixels, file.metadata()["MATTER_CAMERA"])
    }

    @Test(arguments: ["bare.RPB", "bare.rpb", "bare_RPC.TXT", "bare_rpc.txt"])
    func laysAsWithTheModelInTheImage(name: String) throws {
        let bench = try HeightsBench()
        let carried = try Self.lay(bench, "scene.tif")
        #expect(carried.outcome.camera == nil && carried.tag == nil)
        #expect(throws: PrepError.self) { try Self.lay(bench, "bare.tif") }
        let isText = name.lowercased().hasSuffix("txt")
        let form = isText ? Self.text(bench.model) : Self.rpb(bench.model)
        try AtomicFile.write(form, to: bench.folder.path(name))
        let beside = try Self.lay(bench, "bare.tif")
        #expect(beside.pixels == carried.pixels && beside.tag == name)
        #expect(beside.outcome.camera == bench.folder.path(name))
        #expect(beside.outcome.warnings == carried.outcome.warnings)
    }

    /// A file that was asked for comes before the image's own model, which comes before a file beside it.
    @Test func theFileAskedForComesFirst() throws {
        let bench = try HeightsBench()
        let carried = try Self.lay(bench, "scene.tif")
        var moved = bench.model
        moved.sample.offset += 20
        try AtomicFile.write(Self.rpb(moved), to: bench.folder.path("scene.RPB"))
        let beside = try Self.lay(bench, "scene.tif")
        #expect(beside.pixels == carried.pixels && beside.tag == nil)
        let path = bench.folder.path("scene.RPB")
        let asked = try Self.lay(bench, "scene.tif", camera: path)
        #expect(asked.pixels != carried.pixels && asked.tag == "scene.RPB")
        #expect(asked.outcome.warnings.contains { $0.contains("not that in the image") })
        let bare = try Self.lay(bench, "bare.tif", camera: path)
        #expect(bare.pixels == asked.pixels)
        #expect(!bare.outcome.warnings.contains { $0.contains("not that in the image") })
        try FileManager.default.removeItem(atPath: bench.folder.path("ortho.tif"))
        let error = #expect(throws: PrepError.self) {
            try Self.lay(bench, "bare.tif", camera: bench.folder.path("none.RPB"))
        }
        #expect(error?.exitCode == .inputMissing && error?.path.hasSuffix("none.RPB") == true)
        #expect(!bench.folder.files().contains("ortho.tif"))
    }
}
