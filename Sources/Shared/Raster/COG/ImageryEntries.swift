/// The wavelengths of bands in the domain `IMAGERY`, which GDAL 3.6 leaves out when it copies a dataset into a TIFF.
///
/// The copy is given an entry as long as all of them together, and they are put in its place: nothing else in the file moves.
struct ImageryEntries {
    private static let name = "MATTER_ROOM"
    /// TIFF's tag of GDAL's entries.
    private static let metadata = UInt16(42112)

    private let items: String

    /// The entries of bands; nil where no wavelength is known.
    init?(_ bands: [BandDescription]) {
        var items = ""
        for (number, band) in bands.enumerated() {
            for (name, value) in [
                ("CENTRAL_WAVELENGTH_UM", band.wavelengthInMicrometres),
                ("FWHM_UM", band.bandwidthInMicrometres),
            ] {
                guard let value else { continue }
                items +=
                    "<Item name=\"\(name)\" sample=\"\(number)\" domain=\"IMAGERY\">\(value)</Item>"
            }
        }
        guard !items.isEmpty else { return nil }
        self.items = items
    }

    /// What is copied in their stead.
    var room: [String: String] {
        [Self.name: String(repeating: "-", count: items.utf8.count)]
    }

    /// The file with the entries in the room that was kept for them.
    ///
    /// - Throws: `RasterError` (`io`) if it is not there.
    func put(into file: [UInt8]) throws(RasterError) -> [UInt8] {
        let kept = "<Item name=\"\(Self.name)\">\(room[Self.name] ?? "")</Item>"
        let padding = String(repeating: " ", count: kept.utf8.count - items.utf8.count)
        guard let place = Self.place(in: file) else {
            throw RasterError(.io, "GDAL left out what was to be said of the bands")
        }
        let text = String(decoding: file[place], as: UTF8.self)
        let filled = Array(text.replacing(kept, with: items + padding).utf8)
        guard text.contains(kept), filled.count == place.count else {
            throw RasterError(.io, "GDAL said of the bands what it should in another form")
        }
        var file = file
        file.replaceSubrange(place, with: filled)
        return file
    }

    /// Where the entries of the first image lie.
    private static func place(in file: [UInt8]) -> Range<Int>? {
        file.withUnsafeBytes { all in
            let bytes = TIFFBytes(all: all, isBigEndian: false)
            let isBig = bytes.load(UInt16.self, at: 2) == 43
            guard bytes.load(UInt16.self, at: 0) == 0x4949,
                let start = bytes.integer(bytes: isBig ? 8 : 4, at: isBig ? 8 : 4)
            else { return nil }
            var place: Range<Int>?
            _ = try? bytes.forEachField(at: start, isBig: isBig) {
                (tag: UInt16, field: TIFFField) throws(TIFFFault) in
                if tag == metadata { place = field.offset..<field.offset + field.bytes }
            }
            return place
        }
    }
}
