import Geo

/// Bytes damaged by chance, as disks, networks and people damage them; the same for the same seed.
struct Damage {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// What parsers stumble over.
    private static let tokens: [[UInt8]] =
        [
            "<", "]]>", "&amp;", "{", "[", "\"", "-1", "1e999", "NaN", "null", "4294967296",
            "9223372036854775808", "../", "/", "\u{FEFF}", "\0", "\r\n",
        ].map { Array($0.utf8) } + [[0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0x80], [0xC0, 0x80]]

    /// One to three changes.
    mutating func done(to bytes: [UInt8]) -> [UInt8] {
        var damaged = bytes
        for _ in 0...random.nextInt(below: 3) where !damaged.isEmpty { change(&damaged) }
        return damaged
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = random.nextInt(below: bytes.count)
        let end = min(bytes.count, place + 1 + random.nextInt(below: 64))
        switch random.nextInt(below: 7) {
        case 0: bytes[place] = UInt8(random.nextInt(below: 256))
        case 1: bytes[place] ^= 1 << UInt8(random.nextInt(below: 8))
        case 2: bytes.removeSubrange(place...)
        case 3: bytes.removeSubrange(place..<end)
        case 4: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 5: bytes.insert(contentsOf: token(), at: place)
        default:
            let token = token()
            bytes.replaceSubrange(place..<min(bytes.count, place + token.count), with: token)
        }
    }

    private mutating func token() -> [UInt8] {
        Self.tokens[random.nextInt(below: Self.tokens.count)]
    }
}
