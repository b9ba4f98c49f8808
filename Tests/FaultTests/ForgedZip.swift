/// Archives of stored files, made byte by byte so that they can lie.
struct ForgedZip {
    struct Entry {
        var name: String
        var content: [UInt8]
        var mode = 0
        var flags = 0
        /// What the directory says of the name, sizes and place, where that is not the truth.
        var listedName: String?
        var listedBytes: Int?
        var listedPacked: Int?
        var listedStart: Int?
        var method = 0

        init(_ name: String, _ content: String = "<a/>") {
            self.name = name
            self.content = Array(content.utf8)
        }
    }

    var entries: [Entry]
    /// Number of entries that the end says.
    var count: Int?

    var bytes: [UInt8] {
        var (files, directory): ([UInt8], [UInt8]) = ([], [])
        for entry in entries {
            let (name, size) = (Array(entry.name.utf8), entry.content.count)
            let start = files.count
            files += [0x50, 0x4B, 3, 4] + number(20, 2) + number(entry.flags, 2)
            let crc = number(0, 4) + number(Self.crc(entry.content), 4)
            files += number(entry.method, 2) + crc + number(size, 4) + number(size, 4)
            files += number(name.count, 2) + number(0, 2) + name + entry.content
            let listed = Array((entry.listedName ?? entry.name).utf8)
            directory += [0x50, 0x4B, 1, 2] + number(20, 2) + number(20, 2)
            directory += number(entry.flags, 2) + number(entry.method, 2) + crc
            directory += number(entry.listedPacked ?? size, 4)
            directory += number(entry.listedBytes ?? size, 4)
            directory += number(listed.count, 2) + number(0, 8) + number(entry.mode << 16, 4)
            directory += number(entry.listedStart ?? start, 4) + listed
        }
        let total = number(count ?? entries.count, 2)
        return files + directory + [0x50, 0x4B, 5, 6] + number(0, 4) + total + total
            + number(directory.count, 4) + number(files.count, 4) + number(0, 2)
    }

    /// CRC-32 of ISO 3309, by which a reader tells that it got what was put in.
    private static func crc(_ bytes: [UInt8]) -> Int {
        let crc = bytes.reduce(UInt32.max) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in
                crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1
            }
        }
        return Int(~crc)
    }

    private func number(_ value: Int, _ count: Int) -> [UInt8] { ForgedTIFF.number(value, count) }
}
