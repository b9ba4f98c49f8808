/// Archives of stored files, made byte by byte so that they can lie.
enum ZipFixture {
    struct Entry {
        var name: String
        var content: [UInt8]
        var mode = 0
        var flags = 0

        init(name: String, content: String, mode: Int = 0, flags: Int = 0) {
            self.init(name: name, bytes: Array(content.utf8), mode: mode, flags: flags)
        }

        init(name: String, bytes: [UInt8], mode: Int = 0, flags: Int = 0) {
            (self.name, content, self.mode, self.flags) = (name, bytes, mode, flags)
        }
    }

    static func bytes(_ entries: [Entry]) -> [UInt8] {
        var (files, directory): ([UInt8], [UInt8]) = ([], [])
        for entry in entries {
            let (name, content) = (Array(entry.name.utf8), entry.content)
            let sizes =
                number(crc(content), 4) + number(content.count, 4) + number(content.count, 4)
            let common = number(20, 2) + number(entry.flags, 2) + number(0, 6) + sizes
            let lengths = number(name.count, 2) + number(0, 2)
            directory += [0x50, 0x4B, 1, 2] + number(20, 2) + common + lengths + number(0, 6)
            directory += number(entry.mode << 16, 4) + number(files.count, 4) + name
            files += [0x50, 0x4B, 3, 4] + common + lengths + name + content
        }
        let counts = number(0, 4) + number(entries.count, 2) + number(entries.count, 2)
        return files + directory + [0x50, 0x4B, 5, 6] + counts
            + number(directory.count, 4) + number(files.count, 4) + number(0, 2)
    }

    private static func crc(_ bytes: [UInt8]) -> Int {
        let crc = bytes.reduce(UInt32.max) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in
                crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1
            }
        }
        return Int(~crc)
    }

    private static func number(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
