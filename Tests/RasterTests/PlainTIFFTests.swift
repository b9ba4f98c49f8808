import CGDAL
import Foundation
import Geo
import Manifests
import Raster
import Testing
import TestSupport

/// Files that need no GDAL are read as GDAL reads them, bit for bit; files that do are left to it.
struct PlainTIFFTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    static let types: [(GDALDataType, [String])] = [
        (GDT_Byte, ["1", "2"]), (GDT_UInt16, ["1", "2"]), (GDT_Int16, ["1", "2"]),
        (GDT_Float32, ["1", "2", "3"]),
    ]

    @Test(arguments: ["NONE", "DEFLATE", "LZW", "ZSTD"], ["LITTLE", "BIG"])
    func everyKindReadsAsGDALReadsIt(compression: String, order: String) throws {
        let reader = PlainTIFFReader()
        let loader = RasterLoader()
        for (type, predictors) in Self.types {
            for predictor in compression == "NONE" ? ["1"] : predictors {
                for (place, layout) in Self.layouts.enumerated() {
                    for bands in [1, 3, 8] {
                        var options = layout + ["COMPRESS=\(compression)", "ENDIANNESS=\(order)"]
                        if predictor != "1" { options.append("PREDICTOR=\(predictor)") }
                        let path = folder.path("\(place).tif")
                        TIFFMaker(bands: bands, type: type, options: options).write(to: path)
                        let gdal = try loader.readByGDAL(path)
                        let plain = try #require(try reader.read(path), "\(options) not plain")
                        #expect(plain.pixels.elementsEqual(gdal.pixels), "\(options) \(type)")
                        #expect(plain.pixelType == gdal.pixelType)
                        #expect(plain.width == 37 && plain.height == 29)
                        #expect(plain.bands == bands)
                    }
                }
            }
        }
    }

    static let layouts = [
        ["INTERLEAVE=BAND"], ["INTERLEAVE=PIXEL", "BLOCKYSIZE=7"],
        ["INTERLEAVE=BAND", "BLOCKYSIZE=5", "BIGTIFF=YES"],
        ["INTERLEAVE=PIXEL", "TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16"],
        ["INTERLEAVE=BAND", "TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=16", "BIGTIFF=YES"],
    ]

    /// Beyond what one read gives, blocks are read some at a time.
    @Test(arguments: ["NONE", "ZSTD"])
    func largeFilesAreReadBlockByBlock(compression: String) throws {
        let reader = PlainTIFFReader()
        let loader = RasterLoader()
        for layout in Self.layouts {
            let path = folder.path("a.tif")
            TIFFMaker(
                width: 410, height: 300, bands: 8, options: layout + ["COMPRESS=\(compression)"]
            )
            .write(to: path)
            let gdal = try loader.readByGDAL(path)
            let plain = try #require(try reader.read(path), "\(layout) not plain")
            #expect(plain.pixels.elementsEqual(gdal.pixels), "\(layout)")
            let bytes = try Data(contentsOf: URL(filePath: path))
            for share in [0.2, 0.5, 0.999] {
                try bytes.prefix(Int(share * Double(bytes.count)))
                    .write(to: URL(filePath: folder.path("cut.tif")))
                let code = #expect(throws: RasterError.self) {
                    try reader.read(folder.path("cut.tif"))
                }?.code
                #expect(code == .unreadable, "\(layout) cut at \(share)")
            }
        }
    }

    @Test func theHeaderTellsPlaceAndNoData() throws {
        let path = folder.path("a.tif")
        TIFFMaker(nodata: -9999.5).write(to: path)
        let reader = PlainTIFFReader()
        let raster = try #require(try reader.read(path))
        // What the header says lies in the reader's memory.
        withExtendedLifetime(reader) {
            #expect(raster.isPlain)
            #expect(raster.nodata == -9999.5)
            #expect(raster.crs == CRS(epsg: 32633) && raster.epsg == 32633)
            #expect(raster.transform?.gdal == [390000, 10, 0, 5_348_400, 0, -10])
            #expect(raster.bounds == SIMD4(390000, 5_348_110, 390370, 5_348_400))
        }
    }

    @Test(arguments: [
        ["COMPRESS=JPEG"], ["COMPRESS=LZMA"], ["NBITS=1"], ["NBITS=12"], ["SPARSE_OK=TRUE"],
        ["PHOTOMETRIC=MINISWHITE"], ["PIXELTYPE=SIGNEDBYTE"],
    ])
    func whatIsNotPlainIsGDALs(options: [String]) throws {
        let path = folder.path("a.tif")
        var maker = TIFFMaker(type: GDT_Byte, options: options)
        if options == ["NBITS=12"] { maker.type = GDT_UInt16 }
        maker.isEmpty = options == ["SPARSE_OK=TRUE"]
        maker.write(to: path)
        #expect(try PlainTIFFReader().read(path)?.width == nil)
        #expect(try !RasterLoader().read(path).isPlain)
    }

    @Test func otherFormatsAndMissingOrEmptyFiles() throws {
        let reader = PlainTIFFReader()
        try Data([0x89, 0x50, 0x4E, 0x47, 1, 2, 3, 4, 5]).write(to: URL(filePath: folder.path("a")))
        #expect(try reader.read(folder.path("a"))?.width == nil)
        try Data().write(to: URL(filePath: folder.path("b")))
        let codes = ["b", "c", "."].map { name in
            #expect(throws: RasterError.self) { try reader.read(folder.path(name)) }?.code
        }
        #expect(codes == [.unreadable, .missing, .unreadable])
    }

    @Test func aReaderIsUsedAgainForFilesOfOtherSizes() throws {
        let reader = PlainTIFFReader()
        for side in [3, 700, 20, 300] {
            let path = folder.path("\(side).tif")
            TIFFMaker(width: side, height: side).write(to: path)
            let raster = try #require(try reader.read(path))
            let pixels = raster.pixels.withMemoryRebound(to: UInt16.self) { Array($0) }
            #expect(pixels == TIFFMaker.pixels(side * side, seed: 1))
        }
    }

    // MARK: Damage

    static let damaged: [[String]] = [
        [], ["COMPRESS=DEFLATE", "PREDICTOR=2"], ["COMPRESS=LZW"], ["COMPRESS=ZSTD", "TILED=YES"],
        ["BIGTIFF=YES", "ENDIANNESS=BIG"], ["INTERLEAVE=BAND", "BLOCKYSIZE=4"],
    ]

    @Test(arguments: damaged.indices)
    func anyBytesGiveAnErrorOrPixelsThatGDALGives(index: Int) throws {
        let path = folder.path("a.tif")
        let maker = TIFFMaker(width: 17, height: 11, bands: 2, options: Self.damaged[index])
        maker.write(to: path)
        let sound = Array(try Data(contentsOf: URL(filePath: path)))
        var generator = SplitMix64(seed: UInt64(index))
        let (reader, loader) = (PlainTIFFReader(), RasterLoader())
        var outcomes = ["error": 0, "not plain": 0, "pixels": 0]
        for _ in 0..<1000 {
            var bytes = sound
            if generator.next() % 4 == 0 {
                bytes.removeLast(Int(generator.next() % UInt64(bytes.count)))
            }
            for _ in 0..<Int(generator.next() % 4) where !bytes.isEmpty {
                // Two in three in the header.
                let room = generator.next() % 3 == 0 ? bytes.count : min(bytes.count, 300)
                bytes[Int(generator.next() % UInt64(room))] = UInt8(
                    truncatingIfNeeded: generator.next())
            }
            try bytes.withUnsafeBufferPointer { try Self.write($0, path) }
            do {
                guard let raster = try reader.read(path) else {
                    outcomes["not plain", default: 0] += 1
                    continue
                }
                outcomes["pixels", default: 0] += 1
                if let gdal = try? loader.readByGDAL(path) {
                    #expect(raster.pixels.elementsEqual(gdal.pixels))
                }
            } catch {
                #expect(error.description.contains("a.tif"))
                outcomes["error", default: 0] += 1
            }
        }
        #expect(outcomes.allSatisfy { $0.value > 0 }, "\(outcomes)")
    }

    /// Whatever single byte differs from the file before, a reader says what one says that never saw another file.
    @Test(arguments: [[], ["BIGTIFF=YES"], ["BLOCKYSIZE=2"]])
    func aFileIsNotTakenForTheOneBefore(options: [String]) throws {
        let paths = (folder.path("a.tif"), folder.path("b.tif"))
        TIFFMaker(width: 11, height: 9, options: options, nodata: 7).write(to: paths.0)
        let sound = Array(try Data(contentsOf: URL(filePath: paths.0)))
        let reader = PlainTIFFReader()
        var outcomes: Set<String> = []
        for place in sound.indices {
            var bytes = sound
            bytes[place] ^= 1 << UInt8(place % 8)
            try bytes.withUnsafeBufferPointer { try Self.write($0, paths.1) }
            _ = try reader.read(paths.0)
            let told = Self.outcome(reader, paths.1)
            #expect(told == Self.outcome(PlainTIFFReader(), paths.1), "byte \(place)")
            outcomes.insert(told)
        }
        #expect(outcomes.count > 11 * 9)
    }

    private static func outcome(_ reader: PlainTIFFReader, _ path: String) -> String {
        do {
            guard let raster = try reader.read(path) else { return "not plain" }
            return
                "\(raster.width)×\(raster.height)×\(raster.bands) of \(raster.pixelType), no data \(raster.nodata as Any), \(raster.transform as Any), \(raster.bounds as Any), \(raster.epsg as Any): \(Array(raster.pixels))"
        } catch { return error.description }
    }

    private static func write(_ bytes: UnsafeBufferPointer<UInt8>, _ path: String) throws {
        guard let file = fopen(path, "w") else { throw RasterError(.io, path: path) }
        defer { fclose(file) }
        guard fwrite(bytes.baseAddress, 1, bytes.count, file) == bytes.count else {
            throw RasterError(.io, path: path)
        }
    }

    /// Gives a field of the first directory of a classic little-endian file another value.
    private static func set(_ tag: UInt16, to value: UInt32, in path: String) throws {
        var bytes = try WholeFile.read(path)
        func number(_ place: Int, _ count: Int) -> Int {
            (0..<count).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
        }
        let start = number(4, 4)
        let fields = (0..<number(start, 2)).map { start + 2 + 12 * $0 }
        let field = try #require(fields.first { number($0, 2) == Int(tag) })
        // A number of 32 bits, whatever it was.
        (bytes[field + 2], bytes[field + 3]) = (4, 0)
        for byte in 0..<4 {
            bytes[field + 8 + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte))
        }
        try AtomicFile.write(bytes, to: path)
    }

    /// Strips that hold more rows than the image has are cut off, as libtiff does.
    @Test(arguments: ["NONE", "DEFLATE", "LZW", "ZSTD"])
    func stripsThatAreLongerThanTheirRows(compression: String) throws {
        let path = folder.path("a.tif")
        TIFFMaker(options: ["COMPRESS=\(compression)", "BLOCKYSIZE=29"]).write(to: path)
        try Self.set(257, to: 20, in: path)
        let loader = RasterLoader()
        let gdal = Array(try loader.readByGDAL(path).pixels)
        #expect(gdal.count == 37 * 20 * 2)
        #expect(try loader.read(path).pixels.elementsEqual(gdal))
    }

    /// A small image does not make a reader take gigabytes for one block of it.
    @Test func blocksFarLargerThanTheImageAreRefused() throws {
        let path = folder.path("a.tif")
        let tiles = ["TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16", "COMPRESS=DEFLATE"]
        TIFFMaker(width: 16, height: 16, options: tiles).write(to: path)
        try Self.set(322, to: 65520, in: path)
        try Self.set(323, to: 65520, in: path)
        let error = #expect(throws: RasterError.self) { try PlainTIFFReader().read(path) }
        #expect(error?.code == .unreadable)
        #expect(error?.description.contains("65520×65520 pixels for an image of 16×16") == true)
    }

    @Test(arguments: [0.1, 0.5, 0.9, 0.99])
    func aTruncatedFileNamesItself(share: Double) throws {
        let path = folder.path("cut.tif")
        TIFFMaker(width: 120, height: 120).write(to: path)
        let bytes = try Data(contentsOf: URL(filePath: path))
        try bytes.prefix(Int(Double(bytes.count) * share)).write(to: URL(filePath: path))
        let error = #expect(throws: RasterError.self) { try PlainTIFFReader().read(path) }
        #expect(error?.code == .unreadable && error?.path == path)
    }

    // MARK: Real files

    @Test(.enabled(if: SharedData.isAvailable, "needs the shared data"))
    func everyRealFileReadsAsRasterioReadsIt() throws {
        let root = try #require(SharedData.folder)
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let fixture = try JSONValue.parse(file: tests.appending(path: "Fixtures/pixels.json").path)
        guard case .object(let files)? = fixture["files"] else { throw RasterError(.invalid) }
        let loader = RasterLoader()
        var plain = 0
        for (name, facts) in files.sorted(by: { $0.key < $1.key }) {
            let path = "\(root)/\(name)"
            let raster = try loader.read(path)
            plain += raster.isPlain ? 1 : 0
            let digest = SHA256Digest(of: Array(raster.pixels)).hex
            // What is not plain here is JPEG, of which each release of its library makes other pixels.
            if raster.isPlain { #expect(.string(digest) == facts["sha256"], "\(name)") }
            #expect(.string(raster.pixelType.rawValue) == facts["type"], "\(name)")
            let nodata = raster.nodata.map { JSONValue.string("\($0)") } ?? .null
            #expect(nodata == facts["nodata"], "\(name)")
            guard raster.isPlain else { continue }
            #expect(raster.epsg == facts["epsg"]?.int, "\(name)")
            if case .array(let numbers)? = facts["transform"], let transform = raster.transform {
                for (mine, theirs) in zip(transform.gdal, numbers.compactMap(\.double)) {
                    #expect(abs(mine - theirs) <= 1e-9 * max(1, abs(theirs)), "\(name)")
                }
            }
            let gdal = try loader.readByGDAL(path)
            #expect(SHA256Digest(of: Array(gdal.pixels)).hex == digest, "\(name)")
        }
        #expect(files.count > 150)
        #expect(plain > files.count - 12, "\(plain) of \(files.count) plain")
    }
}
